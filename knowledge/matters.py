"""Which matter of public services a text asks about, however it is said: 高龄津贴, 大件垃圾.

Learnt from the questions in `knowledge/seeds/matters`, most of which are put without the official
name; the weights are a plain, bounded file that `python -m knowledge.matters_fit` writes.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from knowledge.normal import normal
from knowledge.sense import Head, unpacked
from knowledge.slips import mended

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE = "matters.bin"
NONE = "none"  # the label of what is no matter of public services; first in the order of letters


def matters_of(key: str) -> Floats:
    """How likely each matter is, of a text in its `form`; what is left to 1 is that it is none."""
    chances: Floats = _head().chances(key)[1:]
    return chances


def matters() -> tuple[str, ...]:
    """What the matters are called, in the order of `matters_of`."""
    return _head().labels[1:]


def form(text: str) -> str:
    """The text as it is compared: in one spelling, slips by sound put right."""
    return mended(normal(text)).key


@cache
def _head() -> Head:
    (weights,) = unpacked((resources.files("knowledge") / FILE).read_bytes())
    return Head(weights)
