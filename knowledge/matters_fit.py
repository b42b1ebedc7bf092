"""Learns which matter is asked about from `knowledge/seeds`: `python -m knowledge.matters_fit`.

Runs of one and two letters and a linear model for each matter; messages about anything else teach
what is none.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from knowledge.descent import Floats, descended
from knowledge.matters import FILE, NONE, form
from knowledge.seed_files import labelled
from knowledge.sense import Weights, packed, row, runs

LONGEST_RUN = 2
AT_LEAST = 2  # sentences that have a run: what one alone says teaches nothing
LEAST = 0.4  # a weight below this is none: the file is half as large
ROUNDS = 12
COST = 0.25  # of an error: 1 / (2 · penalty)
SHARP = 8.0  # how much likelier what leads by one is: e to this power
ONE_IN = 10  # of the messages about anything else


def examples() -> Iterator[tuple[str, str]]:
    """Sentences and the matter each asks about, or none."""
    for _, matter, said in labelled("matters"):
        yield said, matter
    for _, intent, said in labelled("messages"):
        if intent != "ask" and not zlib.crc32(said.encode()) % ONE_IN:
            yield said, NONE


def fitted() -> Weights:
    """The weights that the examples teach."""
    said = [(form(text), matter) for text, matter in dict(examples()).items()]
    counts = Counter(run for key, _ in said for run in runs(key) if len(run) <= LONGEST_RUN)
    features = tuple(sorted(run for run, count in counts.items() if count >= AT_LEAST))
    often = np.asarray([counts[run] for run in features], dtype=np.float32)
    rarity = (np.log((1 + len(said)) / (1 + often)) + 1).astype(np.float32)
    places = {run: place for place, run in enumerate(features)}
    labels = tuple(sorted({matter for _, matter in said}))
    is_one = np.asarray([[label == matter for label in labels] for _, matter in said])
    rows = []
    for key, _ in said:
        where, values = row(key, (), places, rarity)
        rows.append((np.append(where, len(features)), np.append(values, np.float32(1))))
    costs: Floats = np.full(is_one.shape, COST, dtype=np.float32)
    matrix = descended(rows, is_one, costs, features=len(features) + 1, rounds=ROUNDS)
    matrix *= np.float32(SHARP)
    matrix[np.abs(matrix) < LEAST] = 0
    return Weights(
        labels=labels,
        features=features,
        rarity=rarity,
        matrix=matrix[:-1],
        constant=matrix[-1],
    )


def main() -> None:
    """Writes the file of the weights into the package."""
    Path(str(resources.files("knowledge") / FILE)).write_bytes(packed([fitted()]))


if __name__ == "__main__":
    main()
