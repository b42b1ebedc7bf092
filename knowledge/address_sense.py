"""A sense for the parts of an address, learnt from `knowledge/seeds/addresses`.

Every sign of a piece (`knowledge/address_signs.py`) weighs for or against its beginning a part of
some kind or going on with it, and so does what stands before it; what weighs most together wins.
The weights are a plain, bounded file of words and small whole numbers that
`python -m knowledge.address_fit` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from knowledge.address_parts import Span
from knowledge.address_signs import Piece, cut, signs
from knowledge.sense import Weights, unpacked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE = "addresses.bin"
NO_PART = "redundant"  # a separator, a city said twice, a word about the parcel
BEGINS, GOES_ON = "B-", "I-"
TRUST = 12.0  # in the grammar: what it adds to the tag by which it reads a piece
NEVER = -1e6


class AddressSense:
    """Reads the parts of addresses; may be shared."""

    def __init__(self, weights: Weights, follows: Weights) -> None:
        import numpy as np

        unknown = np.zeros((1, len(weights.labels)), np.float32)
        self.tags = weights.labels
        self._columns = {tag: column for column, tag in enumerate(weights.labels)}
        self._matrix = np.concatenate([weights.matrix, unknown])
        self._places = {sign: place for place, sign in enumerate(weights.features)}
        self._follows = follows.matrix + allowed(weights.labels)

    def spans(self, text: str, ruled: Iterable[Span]) -> list[Span]:
        """The parts, weighed with those the grammar reads; what is no part is left out."""
        pieces = cut(text)
        if not pieces:
            return []
        unknown = len(self._places)
        rows = [[self._places.get(sign, unknown) for sign in each] for each in signs(pieces)]
        leads = self._matrix[rows].sum(axis=1)
        for number, tag in enumerate(tagged(pieces, ruled)):
            if tag in self._columns:
                leads[number, self._columns[tag]] += TRUST
        read = [self.tags[column] for column in likeliest(leads, self._follows)]
        return [span for span in _spans(pieces, read) if span[0] != NO_PART]


@cache
def address_sense() -> AddressSense:
    """The sense of the package, read once."""
    weights, follows = unpacked((resources.files("knowledge") / FILE).read_bytes())
    return AddressSense(weights, follows)


def tagged(pieces: Sequence[Piece], parts: Iterable[Span]) -> list[str]:
    """The tag of each piece: the kind of its part, and whether the part begins with it."""
    start, last = pieces[-1]
    tags = [BEGINS + NO_PART] * (start + len(last))
    for kind, start, end in parts:
        tags[start:end] = [BEGINS + kind, *[GOES_ON + kind] * (end - start - 1)]
    return [tags[start] for start, _ in pieces]


def likeliest(leads: Floats, follows: Floats) -> list[int]:
    """The sequence of tags that weighs most (Viterbi); the last row follows the start."""
    import numpy as np

    every = np.arange(follows.shape[1])
    after = np.ascontiguousarray(follows[:-1].T)
    reached = leads[0] + follows[-1]
    steps = []
    for lead in leads[1:]:
        ways = after + reached
        before = ways.argmax(axis=1)
        reached = ways[every, before] + lead
        steps.append(before)
    best = [int(reached.argmax())]
    for before in reversed(steps):
        best.append(int(before[best[-1]]))
    return best[::-1]


def allowed(tags: Sequence[str]) -> Floats:
    """What may follow what: no part goes on that is not there. The last row follows the start."""
    import numpy as np

    def weight(before: str, tag: str) -> float:
        goes_on = tag.startswith(GOES_ON)
        return NEVER if goes_on and before[len(GOES_ON) :] != tag[len(GOES_ON) :] else 0.0

    return np.asarray(
        [[weight(before, tag) for tag in tags] for before in (*tags, "")], np.float32
    )


def _spans(pieces: Sequence[Piece], tags: Sequence[str]) -> Iterator[Span]:
    kind, begun, end = NO_PART, 0, 0
    for (start, said), tag in zip(pieces, tags, strict=True):
        if tag.startswith(BEGINS):
            yield kind, begun, end
            kind, begun = tag.removeprefix(BEGINS), start
        end = start + len(said)
    yield kind, begun, end
