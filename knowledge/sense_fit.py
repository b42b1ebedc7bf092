"""Learns the sense for what is meant: `python -m knowledge.sense_fit`.

Its sentences are `knowledge/seeds/messages`.

Logistic regression, one sentence at a time with steps that shrink where much was learnt (AdaGrad);
the mean of several orders of the sentences, since each order by itself forgets others.
Dangers said in groups teach nothing of what is wanted: there are so many of them that all talk
would be taken for a report.
The rules' cues teach only with sentences the rules were not mended for (every file but
`tuned.txt`): with the others the rules look better than they are.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.readings import ReadingContext
from domain.rules import Category
from knowledge.intents import Intents
from knowledge.matters import NONE
from knowledge.normal import normal
from knowledge.places import PlaceBook
from knowledge.reader import Reader
from knowledge.seed_files import labelled
from knowledge.sense import CALM, DANGER, FILE, LONGEST_RUN, Weights, packed, row, runs
from knowledge.slips import mended
from knowledge.tables import read_categories

Floats = NDArray[np.float32]

ROUNDS = 8
PACE = 0.7
DECAY = 1e-4
SEED = 20260601
ORDERS = 4  # of the sentences
MOST_FEATURES = 40_000  # of one question, those that say most
TUNED = "tuned.txt"
ONE_IN = 6  # of the questions about matters
DANGERS = "01"  # how the codes of dangers begin
QUIET_TALK = frozenset({"chitchat", "advert", "plus_one"})  # mostly said in groups, to others


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One sentence and what it is: an intent, or the category that is reported."""

    text: str
    label: str
    tuned: bool = False

    @property
    def intent(self) -> str:
        """What the person wants."""
        return "report" if self.label[:1].isdigit() else self.label

    @property
    def category(self) -> str:
        """The category that is reported, or ""."""
        return self.label if self.label[:1].isdigit() else ""


def seeds() -> Iterator[Seed]:
    """The sentences of the package; a line in brackets says what those below it are."""
    for file, label, said in labelled("messages"):
        yield Seed(text=said, label=label, tuned=file == TUNED)
    for _, matter, said in labelled("matters"):
        if matter != NONE and not zlib.crc32(said.encode()) % ONE_IN:
            yield Seed(text=said, label="ask", tuned=True)


def fitted() -> tuple[Weights, Weights, Weights, Weights]:
    """The weights of the four questions: intent, category, danger, kind of danger."""
    known = tuple(dict.fromkeys(seeds()))
    reader = Reader(_categories(), PlaceBook(()), Intents.load(), sensing=False)
    intents, categories, dangers, kinds = [], [], [], []
    for seed in known:
        key = mended(normal(seed.text)).key
        intent, danger = reader.cues(seed.text, _context(seed))
        if seed.tuned:
            intent, danger = _without_rules(intent), _without_rules(danger)
        is_danger = seed.category.startswith(DANGERS)
        if seed.label != CALM and not (is_danger and _context(seed).group):
            intents.append((key, intent, seed.intent))
        if is_danger:
            dangers.append((key, danger, DANGER))
            kinds.append((key, danger, seed.category))
            continue
        dangers.append((key, danger, CALM))
        if seed.category:
            categories.append((key, frozenset[str](), seed.category))
    categories += [
        (word, frozenset[str](), code)
        for code, category in _categories().items()
        for word in category.words
        if "+" not in word and "/" not in word and not code.startswith(DANGERS)
    ]
    return (
        _fit(intents, longest=2),
        _fit(categories),
        _fit(dangers, usual=CALM, longest=2, pace=0.5),
        _fit(kinds, longest=2),
    )


def main() -> None:
    """Writes the file of the weights into the package."""
    Path(str(resources.files("knowledge") / FILE)).write_bytes(packed(fitted()))


def _categories() -> dict[str, Category]:
    table = resources.files("knowledge") / "categories.csv"
    with table.open(encoding="utf-8") as lines:
        return read_categories(csv.DictReader(lines))


def _context(seed: Seed) -> ReadingContext:
    """Where it may have been said, always the same for one sentence."""
    tenth = zlib.crc32(seed.text.encode()) % 10
    likely = 9 if seed.intent in QUIET_TALK else 6 if seed.intent == "report" else 1
    overheard = tenth < likely
    return ReadingContext(group=overheard, addressed=not overheard)


def _without_rules(cues: frozenset[str]) -> frozenset[str]:
    return frozenset(cue for cue in cues if not cue.startswith(("=rule", "=holds matter")))


def _fit(
    examples: Sequence[tuple[str, frozenset[str], str]],
    *,
    usual: str | None = None,
    longest: int = LONGEST_RUN,
    pace: float = PACE,
) -> Weights:
    """The weights for one question; rare labels count for more, or all but the `usual` one."""
    counts = Counter(run for key, _, _ in examples for run in runs(key) if len(run) <= longest)
    cues = sorted({cue for _, cues, _ in examples for cue in cues})
    features = (*sorted(counts), *cues)
    rarity = np.asarray(
        [np.log((1 + len(examples)) / (1 + counts[one])) + 1 for one in features], np.float32
    )
    places = {feature: place for place, feature in enumerate(features)}
    labels = tuple(sorted({label for _, _, label in examples}))
    numbers = [labels.index(label) for _, _, label in examples]
    says = {
        one: (min(2.0, (200 / count) ** 0.5) if usual is None else 1 + (labels[one] != usual) / 2)
        for one, count in Counter(numbers).items()
    }
    lesson = _Lesson(
        rows=[row(key, cues, places, rarity) for key, cues, _ in examples],
        numbers=numbers,
        says=[says[number] for number in numbers],
        shape=(len(features), len(labels)),
        pace=pace,
    )
    taught = [lesson.taught(SEED + order) for order in range(ORDERS)]
    matrix = np.mean([matrix for matrix, _ in taught], axis=0)
    constant = np.mean([constant for _, constant in taught], axis=0)
    heard = np.abs(matrix).max(axis=1) * rarity
    heard[[place for place, one in enumerate(features) if one.startswith("=")]] = np.inf
    kept = np.sort(np.argsort(-heard, kind="stable")[:MOST_FEATURES])
    return Weights(
        labels=labels,
        features=tuple(features[place] for place in kept),
        rarity=rarity[kept],
        matrix=matrix[kept],
        constant=constant,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """The sentences as numbers: what each has, what it is, and how much it says."""

    rows: list[tuple[NDArray[np.int64], Floats]]
    numbers: list[int]
    says: list[float]
    shape: tuple[int, int]
    pace: float

    def taught(self, seed: int) -> tuple[Floats, Floats]:
        """The matrix and the constants that the sentences teach in one order."""
        matrix = np.zeros(self.shape, np.float32)
        constant = np.zeros(self.shape[1], np.float32)
        learnt = np.full(self.shape[0], 1e-3, np.float32)
        random = np.random.default_rng(seed)
        for _ in range(ROUNDS):
            for number in random.permutation(len(self.rows)):
                where, values = self.rows[number]
                own = matrix[where]
                leads = values @ own + constant
                powers = np.exp(leads - leads.max())
                slope = powers / powers.sum()
                slope[self.numbers[number]] -= 1
                slope *= np.float32(self.says[number])
                learnt[where] += values * values * (slope @ slope)
                own -= self.pace * (values / np.sqrt(learnt[where]))[:, None] * slope
                matrix[where] = own * np.float32(1 - DECAY)
                constant -= np.float32(0.02) * slope
        return matrix, constant


if __name__ == "__main__":
    main()
