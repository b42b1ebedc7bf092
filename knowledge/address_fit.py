"""Learns the parts of addresses: `python -m knowledge.address_fit`.

Its lines are `knowledge/seeds/addresses`.

A structured perceptron: wherever the likeliest tags are not those that are marked, what spoke for
them counts less and what spoke for the marked ones more. The mean over all lessons, and over
several orders of the lines, since each order by itself forgets others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.address_parts import Span
from knowledge.address_sense import FILE, allowed, likeliest, tagged
from knowledge.address_signs import cut, signs
from knowledge.sense import Weights, packed

ROUNDS = 5
SEED = 20260601
ORDERS = 3  # of the lines
SEEN = 2  # times, or a sign tells nothing
MOST_SIGNS = 30_000  # those that weigh most

Floats = NDArray[np.float32]
Where = tuple[int | NDArray[np.int64], int]  # rows and a column


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """An address with its parts marked: `road=文苑路|roadno=9号`."""

    parts: tuple[tuple[str, str], ...]  # kind, text

    @classmethod
    def of(cls, line: str) -> Seed:
        """From a line as it is written."""
        marked = (part.partition("=") for part in line.split("|"))
        return cls(parts=tuple((kind, text) for kind, _, text in marked))

    @property
    def text(self) -> str:
        """The address."""
        return "".join(text for _, text in self.parts)

    @property
    def spans(self) -> Iterator[Span]:
        """The parts, where they stand."""
        end = 0
        for kind, text in self.parts:
            start, end = end, end + len(text)
            yield kind, start, end


def seeds() -> Iterator[Seed]:
    """The addresses of the package."""
    folder = resources.files("knowledge") / "seeds" / "addresses"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield from read_seeds(file.read_text(encoding="utf-8"))


def read_seeds(text: str) -> Iterator[Seed]:
    """The addresses of a file, one a line."""
    return (Seed.of(line) for line in text.splitlines() if not line.startswith("#"))


def fitted() -> tuple[Weights, Weights]:
    """What each sign weighs, and what follows what."""
    known = tuple(dict.fromkeys(seeds()))
    pieces = [cut(seed.text) for seed in known]
    marked = [tagged(cut_up, seed.spans) for cut_up, seed in zip(pieces, known, strict=True)]
    shown = [[*signs(cut_up)] for cut_up in pieces]
    counts = Counter(sign for address in shown for each in address for sign in each)
    features = sorted(sign for sign, count in counts.items() if count >= SEEN)
    places = {sign: place for place, sign in enumerate(features)}
    tags = tuple(sorted({tag for address in marked for tag in address}))
    lesson = _Lesson(
        rows=[
            np.asarray([[places.get(sign, len(places)) for sign in each] for each in address])
            for address in shown
        ],
        marked=[[tags.index(tag) for tag in address] for address in marked],
        allowed=allowed(tags),
        signs=len(features),
    )
    taught = [lesson.taught(SEED + order) for order in range(ORDERS)]
    matrix = np.mean([matrix for matrix, _ in taught], axis=0)
    follows = np.mean([follows for _, follows in taught], axis=0)
    kept = np.sort(np.argsort(-np.abs(matrix).max(axis=1), kind="stable")[:MOST_SIGNS])
    return (
        _weights(tags, tuple(features[place] for place in kept), matrix[kept]),
        _weights(tags, (*tags, "start"), follows),
    )


def main() -> None:
    """Writes the file of the weights into the package."""
    Path(str(resources.files("knowledge") / FILE)).write_bytes(packed(fitted()))


def _weights(tags: tuple[str, ...], features: tuple[str, ...], matrix: Floats) -> Weights:
    return Weights(
        labels=tags,
        features=features,
        rarity=np.ones(len(features), np.float32),
        matrix=matrix,
        constant=np.zeros(len(tags), np.float32),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """The addresses as numbers: the signs of each piece, and the tags that are marked."""

    rows: list[NDArray[np.int64]]
    marked: list[list[int]]
    allowed: Floats
    signs: int  # how many are known; the next number stands for all others

    def taught(self, seed: int) -> tuple[Floats, Floats]:
        """What the addresses teach in one order; in whole numbers, so it is always the same."""
        tags = self.allowed.shape[1]
        weights, follows = _Learnt((self.signs + 1, tags)), _Learnt((tags + 1, tags))
        random = np.random.default_rng(seed)
        for _ in range(ROUNDS):
            for number in random.permutation(len(self.rows)):
                rows, marked = self.rows[number], self.marked[number]
                leads = weights.now[rows].sum(axis=1)
                read = likeliest(leads, follows.now + self.allowed)
                for row, own, other in zip(rows, marked, read, strict=True):
                    if own != other:
                        weights.prefer((row, own), (row, other))
                weights.forget(self.signs)
                for own_step, other_step in zip(_steps(marked), _steps(read), strict=True):
                    if own_step != other_step:
                        follows.prefer(own_step, other_step)
                weights.lessons += 1
                follows.lessons += 1
        return weights.mean()[:-1], follows.mean()


class _Learnt:
    """Weights as they are now, and what is missing to their mean over all lessons."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.now = np.zeros(shape, np.float32)
        self.lessons = 1
        self._late = np.zeros(shape, np.float64)

    def prefer(self, one: Where, other: Where) -> None:
        """Weigh the one more and the other less."""
        for where, more in ((one, 1), (other, -1)):
            self.now[where] += more
            self._late[where] += more * self.lessons

    def forget(self, row: int) -> None:
        """Leave a row without any weight."""
        self.now[row] = self._late[row] = 0

    def mean(self) -> Floats:
        """The mean over all lessons."""
        return (self.now - self._late / self.lessons).astype(np.float32)


def _steps(tags: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Which tag follows which; the last row is for the first tag."""
    return zip((-1, *tags[:-1]), tags, strict=True)


if __name__ == "__main__":
    main()
