"""The small word lists the reader's rules share, from `knowledge/lexicon.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """Words that raise the class of a category."""

    category: str
    words: tuple[str, ...]
    order_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Words by what they do in a sentence; every list is explained in the file."""

    things: frozenset[str]
    faults: tuple[str, ...]
    harmless: tuple[str, ...]
    spots_of_building: tuple[str, ...]
    spots_of_estate: tuple[str, ...]
    breaks: tuple[str, ...]
    consequences: tuple[str, ...]
    belongs: Mapping[str, tuple[str, ...]]
    anger: tuple[str, ...]
    confidential: tuple[str, ...]
    confidential_ways: tuple[re.Pattern[str], ...]
    searches: tuple[re.Pattern[str], ...]
    rumours: tuple[re.Pattern[str], ...]
    anonymous: tuple[str, ...]
    elderly: tuple[str, ...]
    alone: tuple[str, ...]
    fillers: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    raises: tuple[Raise, ...]
    placeless: Mapping[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The word lists, read once."""
    text = (resources.files("knowledge") / "lexicon.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    belongs = {code: tuple(others) for code, others in table.pop("belongs").items()}
    placeless = {code: tuple(words) for code, words in table.pop("placeless").items()}
    ways, searches, rumours = (
        tuple(re.compile(pattern) for pattern in table.pop(name))
        for name in ("confidential_ways", "searches", "rumours")
    )
    raises = tuple(
        Raise(category=row["category"], words=tuple(row["words"]), order_class=row["class"])
        for row in table.pop("raises")
    )
    sets = {"things", "fillers", "yes", "no"}
    lists: dict[str, Any] = {
        name: frozenset(words) if name in sets else tuple(words) for name, words in table.items()
    }
    return Lexicon(
        belongs=belongs,
        raises=raises,
        placeless=placeless,
        confidential_ways=ways,
        searches=searches,
        rumours=rumours,
        **lists,
    )
