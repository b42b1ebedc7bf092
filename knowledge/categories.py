"""Finds the category of a clause by the typical words of the category table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.rules import Category
from knowledge.lexicon import lexicon
from knowledge.normal import BLOT
from knowledge.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A category whose words were said, and whether they were said as a complaint."""

    code: str
    score: float
    complaint: bool

    @property
    def confidence(self) -> float:
        """Longer and more words are surer; 0..1."""
        return min(1.0, 0.4 + self.score / 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    code: str
    words: tuple[Words, ...]


class CategoryFinder:
    """Longest and most specific words win; a thing without a fault is a match but no complaint."""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._entries = tuple(
            _Entry(code=code, words=tuple(Words.of(word) for word in category.words))
            for code, category in categories.items()
            if category.words
        )
        self._things = tuple(sorted(lexicon().things, key=len, reverse=True))
        self._faults = lexicon().faults
        self._harmless = re.compile("|".join(map(re.escape, lexicon().harmless)))

    def readable(self, key: str) -> str:
        """The text with harmless sayings blotted out; as long as it was."""
        return self._harmless.sub(lambda found: BLOT * len(found[0]), key)

    def best(self, clause: str) -> Match | None:
        """The best category of a readable clause; complaints before mere things."""
        matches = [
            match for entry in self._entries if (match := self._match(entry, clause)) is not None
        ]
        return max(matches, key=lambda match: (match.complaint, match.score), default=None)

    def without_things(self, key: str) -> str:
        """The key with everything blotted out that may be out of order; as long as it was."""
        for thing in self._things:
            if thing in key:
                key = key.replace(thing, BLOT * len(thing))
        return key

    def has_fault(self, clause: str, *, beside: Iterable[str] = ()) -> bool:
        """Whether something is said to be wrong or wanted, besides these words."""
        for word in beside:
            clause = clause.replace(word, BLOT)
        return any(fault in clause for fault in self._faults)

    def _match(self, entry: _Entry, clause: str) -> Match | None:
        found = [said for words in entry.words if (said := words.said_in(clause))]
        if not found:
            return None
        lengths = sorted((_weight(said) for said in found), reverse=True)
        plain = all(len(said) == 1 and said[0] in self._things for said in found)
        complaint = not plain or self.has_fault(clause, beside=(said[0] for said in found))
        score = lengths[0] + min(0.5 * (len(lengths) - 1), 2)
        return Match(code=entry.code, score=score, complaint=complaint)


def _weight(said: tuple[str, ...]) -> float:
    return sum(map(len, said)) + len(said) - 1
