"""A sense for what is meant, learnt from `knowledge/seeds/messages`, beside the rules.

It weighs runs of one to three letters and what the rules made of the same message (`cues`), so it
knows where the rules may be trusted and speaks where they are silent. Its weights are a plain,
bounded file of words and small whole numbers that `python -m knowledge.sense_fit` writes.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE = "sense.bin"
CALM, DANGER = "calm", "danger"
LONGEST = 160  # characters in which people say what they want
LONGEST_RUN = 3
CUES = 1.5  # how much the cues together weigh beside the letters
STEPS = 127  # a weight is a whole number of so many steps to its column's largest

_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"[\s,.!?;:~\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """What is most likely meant, and how likely: of those at .8, four in five are."""

    label: str
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One question's weights: a row for each feature, a column for each label."""

    labels: tuple[str, ...]
    features: tuple[str, ...]
    rarity: Floats
    matrix: Floats
    constant: Floats


class Head:
    """Answers one question about a message; may be shared."""

    def __init__(self, weights: Weights) -> None:
        self.labels = weights.labels
        self._weights = weights
        self._places = {feature: place for place, feature in enumerate(weights.features)}
        self._columns = {label: place for place, label in enumerate(weights.labels)}

    def best(self, key: str, cues: Collection[str] = ()) -> Sensed:
        """The likeliest label."""
        chances = self.chances(key, cues)
        place = int(chances.argmax())
        return Sensed(label=self.labels[place], chance=float(chances[place]))

    def chance(self, label: str, key: str, cues: Collection[str] = ()) -> float:
        """How likely this label is."""
        return float(self.chances(key, cues)[self._columns[label]])

    def chances(self, key: str, cues: Collection[str] = ()) -> Floats:
        """How likely every label is, in their order."""
        import numpy as np

        where, values = row(key, cues, self._places, self._weights.rarity)
        leads = values @ self._weights.matrix[where] + self._weights.constant
        powers = np.exp(leads - leads.max())
        chances: Floats = powers / powers.sum()
        return chances


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """What is sensed of a message: what is wanted, what it is about, whether there is a danger.

    Of a danger it also knows the kind.
    """

    intent: Head
    category: Head
    danger: Head
    kind: Head


@cache
def sense() -> Sense:
    """The sense of the package, read once."""
    body = (resources.files("knowledge") / FILE).read_bytes()
    intent, category, danger, kind = (Head(weights) for weights in unpacked(body))
    return Sense(intent=intent, category=category, danger=danger, kind=kind)


def runs(key: str) -> set[str]:
    """The runs of letters of a message; a number is a number, a mark is a mark."""
    said = f"^{_MARKS.sub(' ', _DIGITS.sub('0', key[:LONGEST]))}$"
    return {
        said[start : start + size]
        for size in range(1, LONGEST_RUN + 1)
        for start in range(len(said) - size + 1)
    }


def row(
    key: str, cues: Collection[str], places: dict[str, int], rarity: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """A message as a sparse row: its letters of length one, and its cues beside them."""
    import numpy as np

    said = np.asarray(sorted(places[run] for run in runs(key) if run in places), dtype=np.int64)
    known = np.asarray(sorted(places[cue] for cue in cues if cue in places), dtype=np.int64)
    values = rarity[said]
    length = float(np.sqrt(values @ values)) or 1.0
    beside = np.full(len(known), CUES / max(len(cues), 1) ** 0.5, dtype=np.float32)
    return np.concatenate([said, known]), np.concatenate([values / length, beside])


def packed(heads: Sequence[Weights]) -> bytes:
    """The weights as they are stored."""
    return zlib.compress(b"".join(_parts(heads)), 9)


def _parts(heads: Sequence[Weights]) -> Iterator[bytes]:
    import numpy as np

    for weights in heads:
        matrix = np.concatenate([weights.matrix, weights.constant[None, :]])
        largest = np.maximum(np.abs(matrix).max(axis=0), 1e-9)
        head = {
            "labels": weights.labels,
            "features": weights.features,
            "largest": [float(one) for one in largest],
        }
        yield json.dumps(head, ensure_ascii=False).encode() + b"\n"
        yield np.rint(weights.rarity * 1000).astype("<u2").tobytes()
        yield np.rint(matrix / largest * STEPS).astype(np.int8).tobytes()


def unpacked(body: bytes) -> Iterator[Weights]:
    """The weights that were stored, question by question."""
    import numpy as np

    rest = zlib.decompress(body)
    while rest:
        line, _, rest = rest.partition(b"\n")
        head: dict[str, Any] = json.loads(line)
        count, labels = len(head["features"]), tuple(head["labels"])
        shape = (count + 1, len(labels))
        rarity = np.frombuffer(rest, "<u2", count).astype(np.float32) / np.float32(1000)
        steps = np.frombuffer(rest, np.int8, shape[0] * shape[1], 2 * count).reshape(shape)
        largest = np.asarray(head["largest"], dtype=np.float32)
        matrix = steps.astype(np.float32) * (largest / np.float32(STEPS))
        rest = rest[2 * count + shape[0] * shape[1] :]
        yield Weights(
            labels=labels,
            features=tuple(head["features"]),
            rarity=rarity,
            matrix=matrix[:-1],
            constant=matrix[-1],
        )
