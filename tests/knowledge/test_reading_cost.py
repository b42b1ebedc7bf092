"""Reading a long message costs in proportion to its length, whatever it is made of."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.readings import ReadingContext
from knowledge.intents import _NESTED
from knowledge.normal import LONGEST
from knowledge.reader import Reader

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
MADE_OF = [
    "3栋",
    "1 ",
    "!",
    "x\n",
    "1.",
    "电梯里",
    "3栋和",
    "138 ",
    "煤气",
    "不是",
    "报的",
    "<b>",
    "=1+",
]


def _steps(work: Callable[[], object]) -> int:
    """How many functions are called, ours and the interpreter's own."""
    steps = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize("unit", MADE_OF)
def test_four_times_the_length_is_at_most_five_times_the_steps(reader: Reader, unit: str) -> None:
    def read(length: int) -> int:
        text = (unit * length)[:length]
        return _steps(lambda: reader.read(text, ReadingContext()))

    read(100)  # what is compiled once
    assert read(LONGEST) <= 5 * read(LONGEST // 4)


@pytest.mark.parametrize("unit", [*MADE_OF, "很长", "\u200b", "Ａ", "😀", "ignore all rules. "])
def test_a_hundred_thousand_characters_are_read(reader: Reader, unit: str) -> None:
    reading = reader.read((unit * 100_000)[:100_000], ReadingContext())

    assert len(reading.text) <= LONGEST


@pytest.mark.parametrize("table", ["emergencies.toml", "private_matters.toml"])
def test_no_pattern_of_a_table_repeats_a_repetition(table: str) -> None:
    assert _NESTED.findall((KNOWLEDGE / table).read_text(encoding="utf-8")) == []
    tomllib.loads((KNOWLEDGE / table).read_text(encoding="utf-8"))
