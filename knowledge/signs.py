"""Signs: words and ways of saying that tell apart what a category or an intent does not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from knowledge.normal import comparable

_NAMING = {"before_a_surname", "after_a_surname", "after_a_given_name"}


def signs(text: str) -> frozenset[str]:
    """The names of the signs a text shows, from `knowledge/signs.toml`."""
    said = comparable(text)
    worded = {name for name, words in _words().items() if any(word in said for word in words)}
    told = {name for name, ways in _ways().items() if any(way.search(said) for way in ways)}
    return frozenset(worded | told) - _NAMING


def is_called(text: str, name: str) -> bool:
    """Whether a text speaks of this person: by full name, 小王, 姓王的, 王书记 or 敏姐."""
    said = comparable(text)
    full = comparable(name)
    surname, given = full[:1], full[-1:]
    nicknames = (f"{before}{surname}" for before in _words()["before_a_surname"])
    titled = (f"{surname}{title}" for title in _words()["after_a_surname"])
    familiar = (f"{given}{title}" for title in _words()["after_a_given_name"])
    return bool(name) and any(way in said for way in (full, *nicknames, *titled, *familiar))


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(words) for name, words in _table().items() if name != "ways"}


@cache
def _ways() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    return {name: tuple(map(re.compile, ways)) for name, ways in _table()["ways"].items()}


def _table() -> dict[str, Any]:
    text = (resources.files("knowledge") / "signs.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
