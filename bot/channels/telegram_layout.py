"""How a message looks on Telegram: its parts, its buttons' rows, its harmless spelling; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.messages import Button, Outbound

LONGEST_TEXT = 4096  # UTF-16 units of a message
LONGEST_CAPTION = 1024  # UTF-16 units under a photo
LONGEST_TOKEN = 64  # bytes behind a button
ROW_WIDTH = 30  # halves of a Chinese character that fit beside each other on a phone
ROW_MOST = 5

_WORD_JOINER = "\u2060"
_ZERO_WIDTH_JOINER = "\u200d"
_TRAILING = "\u0e33\u0eb3"  # vowels of Thai and Lao that are letters, and never begin anything
_VIRAMA = 9  # the combining class of what joins two Indian consonants
# What Telegram turns into a mention, a command or a link into itself, whatever the sender asks
# for: a plain text has no switch for it (find_entities of tdlib).
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=([A-Za-z0-9_]{2,32}))")
_COMMAND = re.compile(r"(?<![\w/<>])/(?=[A-Za-z0-9_]{1,64}(?![\w/<>]))")
_APP_LINK = re.compile(r"(tg|ton|tonsite):(?=//)", re.IGNORECASE)
_LINK_TO_A_CHAT = re.compile(
    r"(?<![A-Za-z0-9-])(t|telegram|telesco)\.(?=(?:me|dog|pe)(?!\.?[A-Za-z0-9-]))",
    re.IGNORECASE | re.ASCII,  # otherwise the sign of kelvin is a k
)
ROOM = 4  # units a part leaves free: a cut may make a mention of an address
# Where a long text is best cut, best first.
_CUTS = (re.compile(r"\n"), re.compile(r"[。！？!?；;]"), re.compile(r"[，,、 ]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call: a text, or a photo or other file with the text as its caption."""

    text: str
    file: int | None = None


def steps(outbound: Outbound, *, username: str) -> tuple[Step, ...]:
    """The calls that say the message; buttons belong to the last."""
    text = harmless(outbound.text, username=username)
    if outbound.photos and units(text) <= LONGEST_CAPTION:
        *before, last = outbound.photos
        return (*(Step(text="", file=file) for file in before), Step(text=text, file=last))
    files = (Step(text="", file=file) for file in outbound.photos)
    parts = split(text, limit=LONGEST_TEXT - ROOM)
    said = (harmless(part, username=username) for part in parts if part.strip())
    return (*files, *(Step(text=part) for part in said))


def harmless(text: str, *, username: str) -> str:
    """The text with an invisible joiner in every mention but our own, in commands, and in links
    into the app.

    What a resident wrote must ring nobody's phone when we repeat it, and a tap on it must say
    nothing in the name of whoever reads it. Other links stay as they are, and are never previewed.
    """

    def joined(found: re.Match[str]) -> str:
        ours = username and found[1].lower() == username.lower()
        return "@" if ours else f"@{_WORD_JOINER}"

    text = _COMMAND.sub(f"/{_WORD_JOINER}", _MENTION.sub(joined, text))
    text = _LINK_TO_A_CHAT.sub(rf"\1.{_WORD_JOINER}", text)
    return _APP_LINK.sub(rf"\1:{_WORD_JOINER}", text)


def units(text: str) -> int:
    """The length as Telegram counts it, in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, *, limit: int = LONGEST_TEXT) -> list[str]:
    """The text in parts no longer than the limit, which joined are the text again.

    Never cuts inside what people see as one character; cuts at a line, a sentence or a blank
    where the second half of a part has one.
    """
    parts = []
    while units(text) > limit:
        at = _cut(text, limit)
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text] if text else parts


def rows(buttons: Iterable[Button]) -> Iterator[Sequence[Button]]:
    """The buttons in rows: short ones beside each other, long ones alone."""
    row: list[Button] = []
    taken = 0
    for button in buttons:
        width = _width(button.label) + 4
        if row and (taken + width > ROW_WIDTH or len(row) == ROW_MOST):
            yield row
            row, taken = [], 0
        row.append(button)
        taken += width
    if row:
        yield row


def _cut(text: str, limit: int) -> int:
    """Where to cut: the best place that leaves at most `limit` units before it."""
    longest = _fitting(text, limit)
    for places in _CUTS:
        ends = [found.end() for found in places.finditer(text, longest // 2, longest)]
        for end in reversed(ends):
            if not _one_character(text, end):
                return end
    for end in range(longest, longest // 2, -1):
        if not _one_character(text, end):
            return end
    return longest


def _fitting(text: str, limit: int) -> int:
    taken = 0
    for at, char in enumerate(text):
        taken += 2 if char > "\uffff" else 1
        if taken > limit:
            return at
    return len(text)


def _one_character(text: str, at: int) -> bool:
    """Whether the two sides of a cut are seen as one character (the main rules of UAX #29)."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M") or _ZERO_WIDTH_JOINER in (before, after):
        return True
    if after in _TRAILING or unicodedata.combining(before) == _VIRAMA:
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if _regional(after):
        flags = 0
        while flags < at and _regional(text[at - 1 - flags]):
            flags += 1
        return flags % 2 == 1
    return (before == "\r" and after == "\n") or "\u1160" <= after <= "\u11ff"  # rest of a 한


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _width(label: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in label)
