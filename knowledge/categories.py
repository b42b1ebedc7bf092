"""Finds the category of a clause by the typical words of the category table, and by what was
learnt of confirmed ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.orders import URGENT, OrderClass
from domain.rules import Category
from knowledge.lexicon import lexicon
from knowledge.normal import BLOT
from knowledge.words import Words

if TYPE_CHECKING:
    from knowledge.learning import Guess, Learned

SURE = 0.6  # a learned guess less sure than this says nothing
LEARNED_SCORE = 2.0  # of a match that no typical word made


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


class CategoryFinder:
    """Longest and most specific words win; a thing without a fault is a match but no complaint.

    What was learnt may name another category when it is sure. It makes no complaint of what is
    none and nothing a danger to life, and takes the urgency from nothing whose words are urgent.
    """

    def __init__(self, categories: Mapping[str, Category], learned: Learned | None = None) -> None:
        self._categories = categories
        self._learned = learned
        self._codes = tuple(categories)
        # What begins with a letter that was not said need not be looked for.
        self._words = [
            (code, Words.of(word))
            for code, category in categories.items()
            for word in category.words
        ]
        self._by_letter: dict[str, list[int]] = {}
        for number, (_, words) in enumerate(self._words):
            for letter in {way[0] for way in words.parts[0]}:
                self._by_letter.setdefault(letter, []).append(number)
        self._things = tuple(sorted(lexicon().things, key=len, reverse=True))
        self._faults = lexicon().faults
        self._harmless = re.compile("|".join(map(re.escape, lexicon().harmless)))

    def readable(self, key: str) -> str:
        """The text with harmless sayings blotted out; as long as it was."""
        return self._harmless.sub(lambda found: BLOT * len(found[0]), key)

    def best(self, clause: str) -> Match | None:
        """The best category of a readable clause; complaints before mere things."""
        said = self._said_in(clause)
        matches = [self._match(code, said[code], clause) for code in self._codes if code in said]
        best = max(matches, key=lambda match: (match.complaint, match.score), default=None)
        return best if self._learned is None else self._corrected(best, clause, self._learned)

    def learned(self, complaint: str) -> Match | None:
        """The category of a complaint in which no typical word was said, if one was learnt."""
        guess = None if self._learned is None else self._learned.guess(complaint)
        if guess is None or not self._may_say(guess, None):
            return None
        return Match(code=guess.code, score=LEARNED_SCORE, complaint=True)

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

    def _corrected(self, best: Match | None, clause: str, learned: Learned) -> Match | None:
        """What was learnt of words the table knows, where it is sure and may say so."""
        if best is None:
            return None
        guess = learned.guess(clause)
        return replace(best, code=guess.code) if self._may_say(guess, best) else best

    def _may_say(self, guess: Guess, best: Match | None) -> bool:
        category = self._categories.get(guess.code)
        if (
            guess.confidence < SURE
            or category is None
            or category.order_class in (None, OrderClass.E0)
        ):
            return False
        said = None if best is None else self._categories[best.code].order_class
        return said not in URGENT or category.order_class in URGENT

    def _said_in(self, clause: str) -> dict[str, list[tuple[str, ...]]]:
        """The words of each category that were said."""
        likely: set[int] = set()
        for letter in set(clause):
            likely.update(self._by_letter.get(letter, ()))
        said: dict[str, list[tuple[str, ...]]] = {}
        for number in likely:
            code, words = self._words[number]
            if found := words.said_in(clause):
                said.setdefault(code, []).append(found)
        return said

    def _match(self, code: str, found: list[tuple[str, ...]], clause: str) -> Match:
        lengths = sorted((_weight(said) for said in found), reverse=True)
        plain = all(len(said) == 1 and said[0] in self._things for said in found)
        complaint = not plain or self.has_fault(clause, beside=(said[0] for said in found))
        score = lengths[0] + min(0.5 * (len(lengths) - 1), 2)
        return Match(code=code, score=score, complaint=complaint)


def _weight(said: tuple[str, ...]) -> float:
    return sum(map(len, said)) + len(said) - 1
