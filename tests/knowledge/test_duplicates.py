"""Reports of one matter are told from reports of two, on 62 pairs of our own."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.places import OrderPlace
from domain.readings import PlaceSlots
from knowledge.duplicates import Report, is_private, same_matter
from tests.knowledge.conftest import Read

PAIRS = tomllib.loads(Path("tests/data/report_pairs.toml").read_text("utf-8"))
AIM_PRECISION, AIM_RECALL = 1.0, 0.9


def _report(read: Read, text: str) -> Report:
    reading = read(text)
    problem = reading.problems[0] if reading.problems else None
    said = (problem.place if problem else PlaceSlots()).filled_from(reading.place)
    return Report(
        category=problem.category if problem else "",
        order_class=problem.order_class if problem else "",
        text=text,
        place=OrderPlace(
            estate=said.estate,
            building=said.building,
            entrance=said.entrance,
            room=said.room,
            spot=said.spot,
        ),
    )


def _is_one(read: Read, pair: list[Any]) -> bool:
    more = pair[2] if len(pair) > 2 else {}
    old, new = (_report(read, text) for text in pair[:2])
    return same_matter(new, old, age=timedelta(hours=more.get("hours", 1)))


def test_one_matter_is_told_from_two(read: Read) -> None:
    found = [pair for pair in PAIRS["same"] if _is_one(read, pair)]
    wrong = [pair for pair in PAIRS["different"] if _is_one(read, pair)]
    missed = [pair for pair in PAIRS["same"] if pair not in found]
    precision = len(found) / (len(found) + len(wrong))
    recall = len(found) / len(PAIRS["same"])
    assert precision >= AIM_PRECISION, wrong
    assert recall >= AIM_RECALL, missed


@pytest.mark.parametrize("pair", PAIRS["too_old"])
def test_what_is_long_ago_is_another_matter(read: Read, pair: list[Any]) -> None:
    assert _is_one(read, pair[:2])
    assert not _is_one(read, pair)


def test_ones_own_matter_is_one_for_oneself_only(read: Read) -> None:
    one, other = (_report(read, text) for text in ("5栋501马桶堵了", "5栋501马桶又堵了"))
    assert is_private(one)
    assert not same_matter(other, one, age=timedelta(hours=1))
    assert same_matter(other, one, age=timedelta(hours=1), same_person=True)
