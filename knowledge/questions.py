"""The form in which questions are compared: one way of saying it, one sound for each character."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice

import rjieba

from knowledge.normal import normal

_BETWEEN = re.compile(r"[\s\W_]+")
# Where one stops for breath; blanks between words of Latin letters are none.
_PAUSE = re.compile(r"[,，。！!?？;；:：…~～\n]+|(?<![\x00-\x7f])[ \u3000]+(?![\x00-\x7f])")
SHORTEST_QUESTION = 4  # characters
LONGEST_RUN = 3  # clauses that are one question
MOST_RUNS = 8
_ASKS_AT_LAST = re.compile(r"(?:[不没伐啵]|\?)[\s?!.~]*$")
_ASKS = re.compile(r"(?:吗|嘛|\?)[?!. ]*$|要谁|算不算|合不合|能不能|可不可以|是不是|要不要|合法")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """What `knowledge/questions.toml` says, ready to be used."""

    said: re.Pattern[str]
    means: Mapping[str, str]
    weak: frozenset[str]
    asking: re.Pattern[str]
    leading: re.Pattern[str]


def bare(text: str) -> str:
    """The text without blanks and punctuation, in the form for comparing."""
    return _BETWEEN.sub("", normal(text).key)


def reads_as_question(text: str) -> bool:
    """Whether something is asked, and not told: 物业费涨价要业主同意吗."""
    return _ASKS.search(normal(text).key) is not None


def asks(key: str) -> bool:
    """Whether a normal text has a word that asks, or ends as questions do: 要带啥, 能办不."""
    return _ways().asking.search(key) is not None or _ASKS_AT_LAST.search(key) is not None


def canonical(text: str) -> str:
    """A bare text in one way of saying things, without what says nothing."""
    ways = _ways()
    shorter = ways.said.sub(lambda found: ways.means[found[0]], text)
    return shorter or text


def questions_within(text: str) -> tuple[str, ...]:
    """The parts of a longer text that ask something, beside what tells why it is asked."""
    clauses = [clause for clause in _PAUSE.split(text) if bare(clause)]
    if len(clauses) < 2:
        return ()
    asked = [_ways().asking.search(bare(clause)) is not None for clause in clauses]
    runs = (
        _led_in("".join(clauses[first : first + many]))
        for many in range(1, LONGEST_RUN + 1)
        for first in range(len(clauses) - many + 1)
        if many < len(clauses) and any(asked[first : first + many])
    )
    long_enough = (run for run in runs if len(bare(run)) >= SHORTEST_QUESTION)
    return tuple(islice(long_enough, MOST_RUNS))


def _led_in(clause: str) -> str:
    """The clause without the words that only lead into it: 那个, 听说."""
    led = _ways().leading.match(clause)
    return clause[led.end() :] if led else clause


def words_of(text: str) -> list[str]:
    """The words of a bare text."""
    return [word for word in rjieba.cut(text) if word.strip()]


def pairs_of(text: str) -> list[str]:
    """Every two neighbouring characters."""
    return [text[place : place + 2] for place in range(len(text) - 1)]


def sound(text: str) -> str:
    """How it is said, without tones; what has no sound of its own stands for itself."""
    sounds = _sounds()
    return " ".join(sounds.get(char, char) for char in text)


def is_weak(word: str) -> bool:
    """Whether it stands in so many questions that it tells them apart but little."""
    return word in _ways().weak


@cache
def _ways() -> _Ways:
    table = tomllib.loads(_read("questions.toml"))
    means = dict.fromkeys(table["fillers"], "")
    for one, *others in table["same"]:
        means |= dict.fromkeys(others, one)
        means.setdefault(one, one)  # 什么时候 is no 什么
    longest_first = sorted(means, key=len, reverse=True)
    said = re.compile("|".join(re.escape(way) for way in longest_first))
    asking = re.compile("|".join(map(re.escape, table["asking"])))
    leading = re.compile(f"(?:{'|'.join(map(re.escape, table['leading']))})+")
    weak = frozenset(table["weak"])
    return _Ways(said=said, means=means, weak=weak, asking=asking, leading=leading)


@cache
def _sounds() -> Mapping[str, str]:
    """The usual sound of the 6,763 characters of GB 2312."""
    lines = (line.split(" ") for line in _read("syllables.txt").splitlines())
    return {char: syllable for syllable, chars in lines for char in chars}


def _read(name: str) -> str:
    return (resources.files("knowledge") / name).read_text(encoding="utf-8")
