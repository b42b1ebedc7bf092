"""One linear model for each of many labels, fitted all at a time.

Dual coordinate descent on the squared hinge loss (Hsieh et al. 2008).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Row = tuple[NDArray[np.int64], Floats]  # where a text's features stand, and what they weigh

SEED = 20260601


def descended(
    rows: Sequence[Row], is_one: NDArray[np.bool_], costs: Floats, *, features: int, rounds: int
) -> Floats:
    """The weights, features × labels.

    `is_one` says which rows are of which label and `costs` what an error costs there: 1 / (2 ·
    penalty); both rows × labels.
    """
    matrix = np.zeros((features, is_one.shape[1]), dtype=np.float32)
    signs = np.where(is_one, 1, -1).astype(np.float32)
    alphas = np.zeros_like(signs)
    lengths = [float(values @ values) for _, values in rows]
    random = np.random.default_rng(SEED)
    for _ in range(rounds):
        for number in random.permutation(len(rows)):
            where, values = rows[number]
            sign, alpha, cost = signs[number], alphas[number], costs[number]
            own = matrix.take(where, axis=0)
            slope = sign * (values @ own) - 1 + alpha * cost
            moved = np.maximum(alpha - slope / (lengths[number] + cost), 0)
            change = moved - alpha
            if change.any():
                alphas[number] = moved
                own += values[:, None] * (change * sign)
                matrix[where] = own
    return matrix
