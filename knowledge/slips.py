"""Words of reports that somebody typed by their sound: 点梯 is 电梯, 消访通道 is 消防通道.

A slip is no word of its own, sounds like a word of reports and shares a letter with it. Words of
two letters need the words around them to agree: in 马路等车 nobody meant 路灯.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from knowledge.lexicon import lexicon
from knowledge.normal import Normal, comparable
from knowledge.questions import sound

LONGEST = 5
MOST = 400  # characters; what is longer was not typed by a thumb
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_NUMERALS = frozenset("0123456789一二三四五六七八九十")


def mended(message: Normal) -> Normal:
    """The message with its slips as they were meant in `key`, letter by letter."""
    key = message.key
    for start, word in _found(key[:MOST]):
        key = key[:start] + word + key[start + len(word) :]
    return message if key == message.key else Normal(text=message.text, key=key)


def _found(key: str) -> Iterator[tuple[int, str]]:
    sounds = [sound(char) if _CHINESE.match(char) else "" for char in key]
    end = 0
    for start in range(len(key) - 1):
        for size in range(min(LONGEST, len(key) - start), 1, -1):
            if start < end or not all(sounds[start : start + size]):
                continue
            word = _words().get(" ".join(sounds[start : start + size]))
            if word and _is_slip(key, start, word):
                yield start, word
                end = start + size


def _is_slip(key: str, start: int, word: str) -> bool:
    said = key[start : start + len(word)]
    if said == word:
        return False
    other = [(one, meant) for one, meant in zip(said, word, strict=True) if one != meant]
    if len(other) == len(word) or any({*pair} & _never() for pair in other):
        return False
    if word[0] == "楼" and key[start - 1 : start] in _NUMERALS:  # 一楼到三楼
        return False
    return _stands_alone(key, start, said, word)


def _stands_alone(key: str, start: int, said: str, word: str) -> bool:
    """Whether no letter that is meant otherwise belongs to a word of its own."""
    import rjieba  # 33 MB, for who makes a slip

    slipped = {
        start + at for at, (one, meant) in enumerate(zip(said, word, strict=True)) if one != meant
    }
    at = 0
    for piece in rjieba.cut(key, False):
        if len(piece) > 1 and slipped & set(range(at, at + len(piece))):
            return False
        at += len(piece)
    return True


@cache
def _never() -> frozenset[str]:
    return frozenset(_table()["never"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("knowledge") / "slips.toml").read_text(encoding="utf-8"))


@cache
def _words() -> Mapping[str, str]:
    """Words of reports by their sound, where no two sound alike."""
    table = resources.files("knowledge") / "categories.csv"
    with table.open(encoding="utf-8") as lines:
        said = {word for row in csv.DictReader(lines) for word in row["typical_words"].split(";")}
    plain = {*said, *lexicon().things, *_table()["besides"]}
    words: dict[str, set[str]] = {}
    for word in plain:
        if 2 <= len(word) <= LONGEST and _CHINESE.fullmatch(word) and comparable(word) == word:
            words.setdefault(" ".join(map(sound, word)), set()).add(word)
    return {sounds: min(alike) for sounds, alike in words.items() if len(alike) == 1}
