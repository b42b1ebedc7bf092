"""Which answers are of the matter that a question is about (`knowledge/matters.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.matters import form, matters, matters_of

Floats = np.ndarray[Any, np.dtype[np.float32]]

KNOWN = 0.3  # how likely one matter must be for an answer to be of it
LEAST = 0.1  # how likely it must be to be asked about at all
NEAREST = 8  # answers that are looked at for their matter alone
ANOTHER = 0.9  # how much less sure an answer of another matter is
LIKELY = 0.3  # how likely a matter must be, or it is half as likely as it seems
RIVAL = 0.5  # the share of the best from which another answer makes it less sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """How likely the matter that is asked about is an answer's, and how likely another's.

    Answers are numbers; `shares` and `others` hold a chance for each.
    """

    shares: Floats
    others: Floats
    nearest: tuple[int, ...]  # the few answers whose matter is likeliest

    def by_words(self, answer: int, fit: float) -> float:
        """How well or how surely an answer fits by its words, when it may be of another matter."""
        return fit * (1 - ANOTHER * float(self.others[answer]))

    def by_matter(self, answer: int, answers: Iterable[int]) -> float:
        """How surely one of these answers is meant by its matter: less where another may be."""
        share = float(self.shares[answer])
        rival = max((float(self.shares[one]) for one in answers if one != answer), default=0.0)
        sure = share - rival / 2 if rival > RIVAL * share else share
        return sure if sure >= LIKELY else sure / 2


class Subjects:
    """The matters of many answers, each known by the questions it answers."""

    def __init__(self, answers: Sequence[Sequence[str]]) -> None:
        of_some: dict[int, Floats] = {}
        for number, questions in enumerate(answers):
            if questions:
                chances = np.mean([matters_of(form(one)) for one in questions], axis=0)
                if chances.max() >= LEAST:
                    of_some[number] = chances
        # Most questions of a large base are about no matter at all; those take no room.
        told = np.asarray(list(of_some.values()), dtype=np.float32).reshape(-1, len(matters()))
        likeliest = told.max(axis=1, initial=0.0)
        self._count = len(answers)
        self._numbers = np.asarray(list(of_some), dtype=np.int64)
        self._known = likeliest >= KNOWN
        self._chances = told / np.maximum(likeliest, KNOWN)[:, None]

    def meant(self, text: str, allowed: Floats | None) -> Meant:
        """What a text asks about, beside every answer; `allowed` is 1 for those that may be
        nearest, and 0 for the others.
        """
        asked = matters_of(form(text))
        asked = np.where(asked >= LEAST, asked, np.float32(0))
        shares, others = np.zeros((2, self._count), dtype=np.float32)
        if asked.any():
            told = self._chances @ asked
            shares[self._numbers] = told
            others[self._numbers] = np.where(self._known, np.maximum(asked.sum() - told, 0), 0)
        open_ = shares if allowed is None else shares * allowed
        near = np.flatnonzero(open_ >= LEAST)
        near = near[np.argsort(-open_[near], kind="stable")][:NEAREST]
        return Meant(shares=shares, others=others, nearest=tuple(map(int, near)))

    @property
    def nbytes(self) -> int:
        """How much room it takes."""
        return int(self._chances.nbytes)
