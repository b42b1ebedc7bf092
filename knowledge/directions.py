"""Marks that turn the direction of writing: what a value opens ends with the value."""

from __future__ import annotations

_EMBEDS = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_END_OF_EMBEDDED, _END_OF_ISOLATED = "\u202c", "\u2069"
_OPENS = _EMBEDS | _ISOLATES


def closed(text: str) -> str:
    """The text, and an invisible end for every direction it opens and leaves open.

    Otherwise an override in what a resident wrote would turn round our own words after it.
    """
    if _OPENS.isdisjoint(text):
        return text
    ends: list[str] = []
    for mark in text:
        if mark in _EMBEDS:
            ends.append(_END_OF_EMBEDDED)
        elif mark in _ISOLATES:
            ends.append(_END_OF_ISOLATED)
        elif mark == _END_OF_EMBEDDED and ends[-1:] == [mark]:
            ends.pop()
        elif mark == _END_OF_ISOLATED and mark in ends:
            while ends.pop() != mark:
                pass
    return text + "".join(reversed(ends))
