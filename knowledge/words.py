"""Typical words: a small language for "these words, said together", used by tables people edit."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.normal import comparable


@dataclass(frozen=True, slots=True)
class Words:
    """`灯+不亮/坏`: every part is said, each in one of its ways; the shortest form is a word."""

    parts: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, written: str) -> Words:
        """The words as written in a table; the longest way of a part is tried first."""
        parts = (comparable(part).split("/") for part in written.split("+"))
        return cls(
            tuple(
                tuple(sorted((way.strip() for way in part if way.strip()), key=len, reverse=True))
                for part in parts
            )
        )

    def said_in(self, text: str) -> tuple[str, ...]:
        """The words found, one a part, or nothing when a part is missing."""
        found: list[str] = []
        for ways in self.parts:
            for way in ways:
                if way in text:
                    found.append(way)
                    break
            else:
                return ()
        return tuple(found)


def any_said(words: tuple[Words, ...], text: str) -> bool:
    """Whether any of these is said."""
    return any(word.said_in(text) for word in words)
