"""Emergencies: found with very high recall before anything else is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from domain.rules import Category
from knowledge.words import Words, any_said

HEADING = "01"  # 突发安全
_SENTENCES = re.compile(r"[.!?;\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Emergency:
    category: str
    say: tuple[Words, ...]
    unless: tuple[Words, ...]


class Emergencies:
    """Finds the emergency in a message, by our list and the operator's own words for 01…"""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._unless, listed = _listed()
        self._emergencies = tuple(
            _Emergency(
                category=entry.category,
                say=(*entry.say, *_own_words(categories.get(entry.category))),
                unless=entry.unless,
            )
            for entry in listed
        )

    def find(self, key: str) -> str:
        """The category of the first emergency said in the message, or ""."""
        for sentence in dict.fromkeys((*_SENTENCES.split(key), key)):
            if not sentence or any_said(self._unless, sentence):
                continue
            for emergency in self._emergencies:
                if any_said(emergency.say, sentence) and not any_said(emergency.unless, sentence):
                    return emergency.category
        return ""


def _own_words(category: Category | None) -> Iterable[Words]:
    return () if category is None else (Words.of(word) for word in category.words)


@cache
def _listed() -> tuple[tuple[Words, ...], tuple[_Emergency, ...]]:
    text = (resources.files("knowledge") / "emergencies.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    entries = (
        _Emergency(
            category=entry["category"],
            say=tuple(Words.of(word) for word in entry["say"]),
            unless=tuple(Words.of(word) for word in entry["unless"]),
        )
        for entry in table["emergency"]
    )
    return tuple(Words.of(word) for word in table["unless"]), tuple(entries)
