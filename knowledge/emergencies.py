"""Emergencies: found with very high recall before anything else is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from domain.rules import Category
from knowledge.normal import BLOT
from knowledge.words import Words, any_said

HEADING = "01"  # 突发安全
# A mere call for help says nothing of what it is about: what follows does.
_CALLS = frozenset({"救命", "救命啊", "救命呀", "救救我", "快来人", "help"})
_EDGES = " ,~"
_SENTENCES = re.compile(r"[.!?;\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Emergency:
    category: str
    say: tuple[Words, ...]
    unless: tuple[Words, ...]
    patterns: tuple[re.Pattern[str], ...]

    def is_said_in(self, sentence: str) -> bool:
        """Whether the sentence tells of it, and of nothing that explains it away."""
        told = any_said(self.say, sentence) or any(
            pattern.search(sentence) for pattern in self.patterns
        )
        return told and not any_said(self.unless, sentence)


class Emergencies:
    """Finds the emergency in a message, by our list and the operator's own words for 01…"""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._unless, self._sayings, listed = _listed()
        self._emergencies = tuple(
            _Emergency(
                category=entry.category,
                say=(*entry.say, *_own_words(categories.get(entry.category))),
                unless=entry.unless,
                patterns=entry.patterns,
            )
            for entry in listed
        )

    def find(self, key: str) -> str:
        """The category of the first emergency said in the message, or ""."""
        key = self._sayings.sub(lambda found: BLOT * len(found[0]), key)
        called = ""
        for sentence in dict.fromkeys((*_SENTENCES.split(key), key)):
            if not sentence or any_said(self._unless, sentence):
                continue
            for emergency in self._emergencies:
                if emergency.is_said_in(sentence):
                    if sentence.strip(_EDGES) not in _CALLS:
                        return emergency.category
                    called = emergency.category
                    break
        return called


def _own_words(category: Category | None) -> Iterable[Words]:
    return () if category is None else (Words.of(word) for word in category.words)


@cache
def _listed() -> tuple[tuple[Words, ...], re.Pattern[str], tuple[_Emergency, ...]]:
    text = (resources.files("knowledge") / "emergencies.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    entries = (
        _Emergency(
            category=entry["category"],
            say=tuple(Words.of(word) for word in entry["say"]),
            unless=tuple(Words.of(word) for word in entry["unless"]),
            patterns=tuple(re.compile(pattern) for pattern in entry["patterns"]),
        )
        for entry in table["emergency"]
    )
    unless = tuple(Words.of(word) for word in table["unless"])
    return unless, re.compile("|".join(table["sayings"])), tuple(entries)
