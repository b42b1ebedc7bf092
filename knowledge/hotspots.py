"""Which messages are about one thing: alike in their words, and not of two places."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import rjieba
from numpy.typing import NDArray

from knowledge.addresses import districts

# Alike enough to be one thing, on average over all pairs of two groups; measured on messages to a
# city, where .14 to .18 give the same figures (docs/evaluation.md).
ALIKE = 0.16
ELSEWHERE = 0.4  # what is left of the likeness of two messages that name different districts
HEAD = 30  # characters: what people say first names the thing

_SPACE = re.compile(r"\s+")
_NO_LETTER = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")
_CODED = re.compile(r"[A-Z]\d+[市区县]")  # a district whose name was taken out
_SAYS_NOTHING = frozenset(
    "我们 你们 他们 什么 怎么 没有 这个 那个 进行 可以 因为 所以 已经 希望 领导 尊敬 您好 "  # noqa: SIM905
    "请问 问题 相关 部门 政府 自己 反映 投诉 咨询 关于 建议 请求 举报 解决 处理 严重 小区 "
    "业主 居民 附近 存在 为何 什么时候 何时".split()
)

Vector = dict[str, float]
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message that may be about the same thing as others."""

    id: str
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    """One way to look at all messages: their terms, weighed by how rare each is."""

    weights: dict[str, float]
    vectors: list[Vector]

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> _View:
        seen = Counter(term for document in documents for term in set(document))
        logarithm = np.log(len(documents) + 1)
        weights = {
            term: float(logarithm - np.log(many)) for term, many in seen.items() if many > 1
        }
        return cls(weights, [_vector(document, weights) for document in documents])

    def likeness(self) -> Matrix:
        """The cosine of every pair."""
        many = len(self.vectors)
        postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, vector in enumerate(self.vectors):
            for term, weight in vector.items():
                postings[term].append((row, weight))
        alike = np.zeros((many, many), np.float32)
        for posting in postings.values():
            rows = np.array([row for row, _ in posting])
            values = np.array([weight for _, weight in posting], np.float32)
            alike[np.ix_(rows, rows)] += np.outer(values, values)
        return alike


def gathered(messages: Sequence[Told], *, alike: float = ALIKE) -> list[tuple[int, ...]]:
    """The positions of messages about one thing, the largest group first.

    Groups grow together by the average likeness of all their pairs, so that one message that
    speaks of two things does not tie them. Time and memory grow with the square of the messages:
    4,300 take some seconds and 250 MB.
    """
    if not messages:
        return []
    likeness = np.zeros((len(messages), len(messages)), np.float32)
    for terms in zip(*(_terms(message.text) for message in messages), strict=True):
        likeness += _View.of(terms).likeness()
    likeness /= 3
    likeness[_of_two_places(messages)] *= ELSEWHERE
    groups = _grown_together(likeness, alike)
    return sorted(
        (tuple(sorted(group)) for group in groups), key=lambda group: (-len(group), group)
    )


def _terms(text: str) -> tuple[list[str], list[str], list[str]]:
    """The three views: all words with the first ones twice more, the first words, their pairs."""
    text = _SPACE.sub("", text)
    head = text[:HEAD]
    first, letters = _words(head), _NO_LETTER.sub("", head)
    pairs = [letters[at : at + 2] for at in range(len(letters) - 1)]
    return [*first, *first, *_words(text)], first, pairs


def _words(text: str) -> list[str]:
    return [
        word
        for word in rjieba.cut(text)
        if len(word) > 1 and word not in _SAYS_NOTHING and not word.isdigit()
    ]


def _vector(document: Iterable[str], weights: dict[str, float]) -> Vector:
    counts = Counter(term for term in document if term in weights)
    vector = {term: (1 + float(np.log(many))) * weights[term] for term, many in counts.items()}
    length = sum(weight * weight for weight in vector.values()) ** 0.5
    return {term: weight / length for term, weight in vector.items()} if length else {}


def _of_two_places(messages: Sequence[Told]) -> NDArray[np.bool_]:
    """Which pairs name districts (or have places) and none in common."""
    named = [_places(message) for message in messages]
    known = {name: column for column, name in enumerate(sorted(set().union(*named)))}
    table = np.zeros((len(messages), max(len(known), 1)), np.float32)
    for row, names in enumerate(named):
        table[row, [known[name] for name in names]] = 1
    says: NDArray[np.bool_] = table.sum(axis=1) > 0
    return np.asarray(says[:, None] & says[None, :] & (table @ table.T == 0))


def _places(message: Told) -> frozenset[str]:
    if message.place:
        return frozenset((message.place,))
    return frozenset(_CODED.findall(message.text)) | districts(message.text)


def _grown_together(likeness: Matrix, alike: float) -> list[list[int]]:
    """The two groups most alike become one, until none are alike enough (average linkage)."""
    np.fill_diagonal(likeness, -1)
    many = len(likeness)
    sizes = np.ones(many, np.float32)
    members: list[list[int]] = [[row] for row in range(many)]
    nearest = likeness.argmax(axis=1)
    best = likeness[np.arange(many), nearest]
    while (top := int(best.argmax())) >= 0 and best[top] >= alike:
        other = int(nearest[top])
        joined = (sizes[top] * likeness[top] + sizes[other] * likeness[other]) / (
            sizes[top] + sizes[other]
        )
        joined[[top, other]] = -1
        joined[sizes == 0] = -1
        likeness[top], likeness[:, top] = joined, joined
        likeness[other], likeness[:, other] = -1, -1
        sizes[top] += sizes[other]
        sizes[other], best[other] = 0, -1
        members[top] += members[other]
        members[other] = []
        stale = np.flatnonzero((sizes > 0) & ((nearest == top) | (nearest == other)))
        for row in {top, *stale.tolist()}:
            nearest[row] = likeness[row].argmax()
            best[row] = likeness[row, nearest[row]]
        closer = np.flatnonzero((sizes > 0) & (joined > best))
        nearest[closer], best[closer] = top, joined[closer]
    return [group for group in members if group]
