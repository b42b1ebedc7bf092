"""What the names and typical words of labels say of a text, before anybody gave an example."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice, product

from domain.rules import Category
from knowledge.normal import comparable
from knowledge.words import Words

DECISIVE, TYPICAL, WEAK = 3.0, 2.0, 1.0
HEAD = 40  # what is said first counts twice
LONGEST_WORD = 40
MOST_SAYINGS, WAYS_OF_ONE = 16, 3
_PARTS = re.compile(r"[、和与及/,，;；\s]+")
_EMPTY = frozenset({"其他", "其它", "其他污染"})
_TIERS = {"decisive": DECISIVE, "typical": TYPICAL, "weak": WEAK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a text may be about: its code, and everything that says what that is."""

    code: str
    name: str = ""
    words: tuple[str, ...] = ()  # typical words, in the language of the category table
    below: tuple[str, ...] = ()  # names of what it is divided into


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Words of a topic from `topics.toml`, for labels called by one of its names."""

    names: tuple[str, ...]
    otherwise: tuple[str, ...]
    words: Mapping[str, float]


@cache
def topics() -> tuple[Topic, ...]:
    """The topics shipped, read once."""
    text = (resources.files("knowledge") / "topics.toml").read_text(encoding="utf-8")
    return tuple(_topic(table) for table in tomllib.loads(text).values())


def _topic(table: Mapping[str, str]) -> Topic:
    words: dict[str, float] = {}
    for tier, weight in _TIERS.items():
        for word in table.get(tier, "").split():
            words.setdefault(comparable(word), weight)
    return Topic(
        names=tuple(table["names"].split()),
        otherwise=tuple(table.get("otherwise", "").split()),
        words=words,
    )


def labels_of(categories: Mapping[str, Category]) -> tuple[Label, ...]:
    """A label for every category that work orders can have."""
    return tuple(
        Label(code=code, name=category.name, words=category.words)
        for code, category in categories.items()
        if category.order_class is not None
    )


def sayings(label: Label) -> tuple[str, ...]:
    """Short texts that the table itself gives for a label, at most MOST_SAYINGS."""
    ways = [
        "".join(said)
        for written in label.words
        for said in islice(product(*Words.of(written).parts), WAYS_OF_ONE)
    ]
    said = dict.fromkeys([*_split(label.name), *ways, *map(comparable, label.below)])
    return tuple(islice(said, MOST_SAYINGS))


class Prior:
    """Weighs what was said for each label; words that several labels share weigh less."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.codes = tuple(label.code for label in labels)
        self.labels = tuple(labels)
        plain = [_plain_words(label) for label in labels]
        for topic in topics():
            for number in _called(labels, topic):
                for word, weight in topic.words.items():
                    plain[number][word] = max(plain[number].get(word, 0.0), weight)
        shared = Counter(word for words in plain for word in words)
        self._by_start: dict[str, list[tuple[str, list[tuple[int, float]]]]] = {}
        owners: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, words in enumerate(plain):
            for word, weight in words.items():
                owners[word].append((number, weight * math.sqrt(len(word)) / shared[word]))
        for word, owned in owners.items():
            self._by_start.setdefault(word[:2], []).append((word, owned))
        self._joined = [
            (number, words)
            for number, label in enumerate(labels)
            for words in _joined_words(label)
        ]

    def scores(self, key: str) -> list[float]:
        """How much speaks for each label, by its place, in a text in comparable form."""
        counts: dict[str, int] = {}
        first: dict[str, int] = {}
        owned_by: dict[str, list[tuple[int, float]]] = {}
        for start in range(len(key)):
            for begin in (
                (key[start], key[start : start + 2]) if start + 1 < len(key) else (key[start],)
            ):
                for word, owned in self._by_start.get(begin, ()):
                    if key.startswith(word, start):
                        counts[word] = counts.get(word, 0) + 1
                        first.setdefault(word, start)
                        owned_by[word] = owned
        found = [0.0] * len(self.codes)
        for word, owned in owned_by.items():
            times = (1 + math.log(counts[word])) * (2.0 if first[word] < HEAD else 1.0)
            for number, weight in owned:
                found[number] += weight * times
        for number, words in self._joined:
            if said := words.said_in(key):
                found[number] += DECISIVE * math.sqrt(sum(map(len, said)) + 2) * 2
        return found

    def shares(self, key: str) -> list[float]:
        """The same, brought to length one; all nought when nothing was said."""
        found = self.scores(key)
        length = math.sqrt(sum(score * score for score in found))
        return [score / length for score in found] if length else found


def _called(labels: Sequence[Label], topic: Topic) -> list[int]:
    """The labels a topic's words help: those of its name, of something below, or otherwise."""
    for names, texts in (
        (topic.names, [(label.name,) for label in labels]),
        (topic.names, [label.below for label in labels]),
        (topic.otherwise, [(label.name,) for label in labels]),
    ):
        exact = [
            number for number, named in enumerate(texts) if any(name in named for name in names)
        ]
        found = exact or [
            number
            for number, named in enumerate(texts)
            if any(name in text for name in names for text in named)
        ]
        if found:
            return found
    return []


def _plain_words(label: Label) -> dict[str, float]:
    words = {word: TYPICAL for name in (label.name, *label.below) for word in _split(name)}
    for written in label.words:
        word = comparable(written).strip()
        if word and not _is_joined(word) and len(word) <= LONGEST_WORD:
            words[word] = DECISIVE
    return words


def _split(name: str) -> Iterator[str]:
    for part in (comparable(name), *_PARTS.split(comparable(name))):
        if 2 <= len(part) <= LONGEST_WORD and part not in _EMPTY:
            yield part


def _joined_words(label: Label) -> Iterable[Words]:
    return (Words.of(written) for written in label.words if _is_joined(written))


def _is_joined(written: str) -> bool:
    return "+" in written or "/" in written
