"""The learned category model: what confirmed examples add to names and typical words.

Its weights are a plain, bounded file (a line of JSON, words, small whole numbers), never code.
They stand beside what the table says, so a label without examples is still found by its words.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.learning_features import WEIGHTS, masked, views
from knowledge.learning_prior import Label, Prior

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FORMAT = "xiaoqi category model 1"
LARGEST = 8 << 20  # bytes as stored
LARGEST_OPENED = 64 << 20
MOST_FEATURES = 60_000
STEPS = 127  # a weight is a whole number of so many steps to its column's largest


class BadModel(ValueError):
    """A stored model that cannot be used: why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A label, and how sure it is: a guess at .9 is right nine times of ten."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What was learnt: a row of weights for each feature, each prior label and the constant."""

    codes: tuple[str, ...]
    known: tuple[str, ...]  # labels of the prior, in the order of its columns
    features: tuple[str, ...]
    rarity: Floats  # of each feature
    learned: Floats  # feature x label
    prior: Floats  # label of the prior x label
    constant: Floats  # label
    scale: float  # of the prior's shares
    sharpness: float  # turns a lead into confidence


class Learned:
    """Weighs a text with learned weights; may be shared."""

    def __init__(self, weights: Weights, prior: Prior) -> None:
        self._weights = weights
        self._prior = prior
        self._places = {feature: place for place, feature in enumerate(weights.features)}
        # The table may have changed since: labels that are gone say nothing.
        now = {code: place for place, code in enumerate(prior.codes)}
        self._columns = [now.get(code) for code in weights.known]

    @property
    def codes(self) -> tuple[str, ...]:
        """The labels it can name."""
        return self._weights.codes

    def guess(self, text: str) -> Guess:
        """The likeliest label of a text."""
        said = masked(text)
        shares = self._prior.shares(said)
        known = [0.0 if column is None else shares[column] for column in self._columns]
        leads = margins(self._weights, self._places, said, known)
        best = int(leads.argmax())
        sure = chances(leads[None, :], self._weights.sharpness)[0, best]
        return Guess(code=self._weights.codes[best], confidence=float(sure))


class Untaught:
    """Guesses by names and typical words alone."""

    SHARPNESS = 4.0

    def __init__(self, prior: Prior) -> None:
        self._prior = prior

    @property
    def codes(self) -> tuple[str, ...]:
        """The labels it can name."""
        return self._prior.codes

    def guess(self, text: str) -> Guess:
        """The likeliest label of a text."""
        shares = self._prior.shares(masked(text))
        powers = [math.exp(self.SHARPNESS * share) for share in shares]
        best = max(range(len(shares)), key=shares.__getitem__)
        return Guess(code=self._prior.codes[best], confidence=powers[best] / sum(powers))


def counted(said: str, places: dict[str, int]) -> tuple[list[list[int]], list[list[float]]]:
    """The known features of a masked text, view by view: places, and how much each is said."""
    found: list[list[int]] = []
    weights: list[list[float]] = []
    for view in views(said):
        known = [(places[word], count) for word, count in view.items() if word in places]
        found.append([place for place, _ in known])
        weights.append([1.0 + math.log(count) for _, count in known])
    return found, weights


def row(said: str, places: dict[str, int], rarity: Floats) -> tuple[NDArray[np.int64], Floats]:
    """A masked text as a sparse row; each view has its own length."""
    import numpy as np

    found, weights = counted(said, places)
    values = []
    for at, weighed, share in zip(found, weights, WEIGHTS, strict=True):
        value = np.asarray(weighed, dtype=np.float32) * rarity[at]
        length = float(np.sqrt(value @ value))
        values.append(value * (share / length) if length else value)
    where = np.fromiter((place for at in found for place in at), dtype=np.int64)
    return where, np.concatenate(values) if values else np.zeros(0, dtype=np.float32)


def margins(
    weights: Weights, places: dict[str, int], said: str, shares: Sequence[float]
) -> Floats:
    """How far each label leads."""
    import numpy as np

    where, values = row(said, places, weights.rarity)
    known = np.asarray(shares, dtype=np.float32) * np.float32(weights.scale)
    leads = values @ weights.learned[where] + known @ weights.prior + weights.constant
    return leads.astype(np.float32)


def chances(leads: Floats, sharpness: float) -> Floats:
    """How likely each label is, text by text."""
    import numpy as np

    powers = np.exp(np.float32(sharpness) * (leads - leads.max(axis=1, keepdims=True)))
    found: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def packed(weights: Weights) -> bytes:
    """The weights as they are stored; raises BadModel when they are too large."""
    import numpy as np

    matrix = np.concatenate([weights.learned, weights.prior, weights.constant[None, :]])
    largest = np.maximum(np.abs(matrix).max(axis=0), 1e-9)
    steps = np.rint(matrix / largest * STEPS).astype(np.int8)
    rarities = np.rint(weights.rarity * 1000).astype("<u2")
    head = {
        "format": FORMAT,
        "codes": weights.codes,
        "known": weights.known,
        "features": len(weights.features),
        "largest": [float(one) for one in largest],
        "scale": weights.scale,
        "sharpness": weights.sharpness,
    }
    lines = [json.dumps(head, ensure_ascii=False), *weights.features]
    body = zlib.compress(
        "\n".join([*lines, ""]).encode() + rarities.tobytes() + steps.tobytes(), 9
    )
    if len(body) > LARGEST:
        raise BadModel(f"it has {len(body)} bytes, more than {LARGEST}")
    return body


def unpacked(body: bytes) -> Weights:
    """The weights that were stored; raises BadModel."""
    import numpy as np

    if len(body) > LARGEST:
        raise BadModel("it is too large")
    try:
        opener = zlib.decompressobj()
        plain = opener.decompress(body, LARGEST_OPENED)
        if opener.unconsumed_tail or not opener.eof:
            raise BadModel("it is too large or cut short")
        line, rest = plain.split(b"\n", 1)
        head: dict[str, Any] = json.loads(line)
        if head["format"] != FORMAT:
            raise BadModel(f"its format is {head['format']!r:.60}")
        *features, numbers = rest.split(b"\n", int(head["features"]))
        codes, known = tuple(map(str, head["codes"])), tuple(map(str, head["known"]))
        count = len(features)
        rarity = np.frombuffer(numbers, "<u2", count).astype(np.float32) / np.float32(1000)
        shape = (count + len(known) + 1, len(codes))
        steps = np.frombuffer(numbers, np.int8, -1, 2 * count).reshape(shape)
        largest = np.asarray(head["largest"], dtype=np.float32).reshape(len(codes))
        matrix = steps.astype(np.float32) * (largest / np.float32(STEPS))
        found = Weights(
            codes=codes,
            known=known,
            features=tuple(feature.decode() for feature in features),
            rarity=rarity,
            learned=matrix[:count],
            prior=matrix[count:-1],
            constant=matrix[-1],
            scale=float(head["scale"]),
            sharpness=float(head["sharpness"]),
        )
    except BadModel:
        raise
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, MemoryError) as error:
        raise BadModel(f"it cannot be read: {error}") from None
    if count != int(head["features"]) or not codes or not np.isfinite(matrix).all():
        raise BadModel("its numbers do not fit")
    return found


def digest_of(body: bytes) -> str:
    """The checksum kept beside a stored model."""
    return hashlib.sha256(body).hexdigest()


def load(body: bytes, digest: str, labels: Sequence[Label]) -> Learned:
    """The model of this body for these labels; raises BadModel."""
    if digest_of(body) != digest:
        raise BadModel("its checksum is another")
    return Learned(unpacked(body), Prior(labels))
