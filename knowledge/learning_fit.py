"""Learns a category model from confirmed examples, beside the prior of the table.

How much the prior counts and how sharp its confidence is are found by trying them on parts of the
examples that were left out. A label with few examples weighs as much as a large one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from knowledge.descent import SEED, Floats, Row, descended
from knowledge.learning import (
    MOST_FEATURES,
    STEPS,
    Weights,
    chances,
    row,
)
from knowledge.learning_features import masked, views
from knowledge.learning_prior import Prior, sayings

SCALES = (0.1, 0.3, 1.0, 3.0)  # of the prior beside the learned weights
SHARPNESSES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0)
PARTS = 3
PENALTY = 0.3
ROUNDS = 12
FEW = 10  # examples of a label, below which the table's own words for it are examples, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Texts and their labels."""

    texts: tuple[str, ...]
    codes: tuple[str, ...]


def fit(
    examples: Examples,
    prior: Prior,
    *,
    rare: bool = False,
    step: Callable[[int], None] = lambda done: None,
) -> Weights:
    """The weights that these examples teach; with `rare`, also by words that one alone has."""
    taught = Counter(examples.codes)
    anchors = [
        (saying, label.code)
        for label in prior.labels
        if taught[label.code] < FEW
        for saying in sayings(label)
    ]
    said = [masked(text) for text in (*examples.texts, *(saying for saying, _ in anchors))]
    codes = tuple(sorted({*prior.codes, *examples.codes}))
    column = {code: place for place, code in enumerate(codes)}
    named = (*examples.codes, *(code for _, code in anchors))
    numbers = np.asarray([column[code] for code in named], dtype=np.int64)
    shares = np.asarray([prior.shares(text) for text in said], dtype=np.float32)
    shares = shares.reshape(len(said), len(prior.codes))
    features, rarity = _vocabulary(said, at_least=1 if rare else 2)
    places = {feature: place for place, feature in enumerate(features)}
    rows = [row(text, places, rarity) for text in said]
    learning = _Learning(
        rows=rows,
        shares=shares,
        numbers=numbers,
        labels=len(codes),
        features=len(features),
        real=len(examples.texts),
    )
    scale, sharpness = _chosen(learning, step)
    step(len(SCALES))
    matrix = learning.fitted(np.arange(len(said)), scale)
    weights = Weights(
        codes=codes,
        known=prior.codes,
        features=features,
        rarity=rarity,
        learned=matrix[: len(features)],
        prior=matrix[len(features) : -1],
        constant=matrix[-1],
        scale=scale,
        sharpness=sharpness,
    )
    return _lighter(weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Learning:
    """The examples as numbers."""

    rows: list[Row]
    shares: Floats
    numbers: NDArray[np.int64]
    labels: int
    features: int
    real: int  # so many are examples, the rest is of the table

    def fitted(self, chosen: NDArray[np.int64], scale: float) -> Floats:
        """What these rows teach: of features, then of the prior's labels, then a constant."""
        known = self.shares.shape[1]
        tail = np.arange(self.features, self.features + known + 1)
        is_one = np.zeros((len(chosen), self.labels), dtype=np.bool_)
        is_one[np.arange(len(chosen)), self.numbers[chosen]] = True
        rows = []
        for place in chosen:
            where, values = self.rows[place]
            end = np.append(self.shares[place] * np.float32(scale), np.float32(1.0))
            rows.append((np.concatenate([where, tail]), np.concatenate([values, end])))
        return descended(
            rows,
            is_one,
            np.float32(1) / (np.float32(2 * PENALTY) * self._importance(is_one)),
            features=self.features + known + 1,
            rounds=ROUNDS,
        )

    def leads(self, matrix: Floats, chosen: NDArray[np.int64], scale: float) -> Floats:
        """How far each label leads in these rows."""
        known = self.shares.shape[1]
        prior, constant = matrix[self.features : self.features + known], matrix[-1]
        learned = np.stack(
            [values @ matrix[where] for where, values in map(self.rows.__getitem__, chosen)]
        )
        found: Floats = learned + (self.shares[chosen] * np.float32(scale)) @ prior + constant
        return found

    def _importance(self, is_one: NDArray[np.bool_]) -> Floats:
        """Each example's say in each label's model: labels weigh alike, whatever their number."""
        ones = np.maximum(is_one.sum(axis=0), 1)
        found: Floats = np.where(is_one, len(is_one) / (self.labels * ones), 1.0)
        return found.astype(np.float32)


def _vocabulary(said: Sequence[str], *, at_least: int) -> tuple[tuple[str, ...], Floats]:
    """The features that so many texts have, and how rare each is."""
    texts: Counter[str] = Counter()
    for text in said:
        for view in views(text):
            texts.update(view.keys())
    kept = sorted(feature for feature, count in texts.items() if count >= at_least)
    found = np.asarray([texts[feature] for feature in kept], dtype=np.float32)
    rarity = np.log((1 + len(said)) / (1 + found)) + 1
    return tuple(kept), rarity.astype(np.float32)


def _chosen(learning: _Learning, step: Callable[[int], None]) -> tuple[float, float]:
    """The scale of the prior and the sharpness that do best on examples left out."""
    everything = np.random.default_rng(SEED).permutation(learning.real)
    table = np.arange(learning.real, len(learning.rows))
    parts = np.array_split(everything, PARTS)
    tried: list[tuple[float, float, Floats, NDArray[np.int64]]] = []
    for done, scale in enumerate(SCALES):
        step(done)
        leads, wanted = [], []
        for number, part in enumerate(parts):
            rest = np.concatenate([table, *(o for at, o in enumerate(parts) if at != number)])
            if not len(part) or not len(rest):
                continue
            leads.append(learning.leads(learning.fitted(rest, scale), part, scale))
            wanted.append(learning.numbers[part])
        if not leads:
            return 1.0, 2.0
        found, right = np.concatenate(leads), np.concatenate(wanted)
        tried.append((_balanced(found.argmax(axis=1), right), scale, found, right))
    # The largest scale of those that do equally well: the table is the safer teacher.
    _, scale, found, right = max(tried, key=lambda one: one[:2])
    return scale, max(SHARPNESSES, key=lambda sharpness: _likelihood(found, right, sharpness))


def _balanced(got: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """The mean F1 of the labels wanted."""
    found = []
    for label in np.unique(wanted):
        hits = int(((got == label) & (wanted == label)).sum())
        found.append(2 * hits / int((got == label).sum() + (wanted == label).sum()))
    return sum(found) / len(found)


def _likelihood(leads: Floats, wanted: NDArray[np.int64], sharpness: float) -> float:
    chance = chances(leads, sharpness)[np.arange(len(wanted)), wanted]
    return float(np.log(np.maximum(chance, 1e-6)).mean())


def _lighter(weights: Weights) -> Weights:
    """The same without the features that say least, and in the steps it is stored in."""
    heard = np.abs(weights.learned).max(axis=1) * weights.rarity
    kept = np.sort(np.argsort(-heard, kind="stable")[:MOST_FEATURES])
    kept = kept[heard[kept] > 0]
    matrix = np.concatenate([weights.learned[kept], weights.prior, weights.constant[None, :]])
    largest = np.maximum(np.abs(matrix).max(axis=0), 1e-9)
    matrix = (np.rint(matrix / largest * STEPS) * (largest / STEPS)).astype(np.float32)
    count = len(kept)
    return replace(
        weights,
        features=tuple(weights.features[place] for place in kept),
        rarity=weights.rarity[kept],
        learned=matrix[:count],
        prior=matrix[count:-1],
        constant=matrix[-1],
    )
