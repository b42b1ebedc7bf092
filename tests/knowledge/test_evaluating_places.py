"""The figures of `evaluate places` and `evaluate hotspots` are what they say."""

from __future__ import annotations

import json
from itertools import count

import pytest

from knowledge.evaluation import hotspots, places
from knowledge.evaluation.lines import BadRow
from knowledge.hotspots import gathered

RIGHT = {
    "tokens": [*"文苑路", "118", "号"],
    "tags": ["B-road", "I-road", "I-road", "B-roadno", "I-roadno"],
}
WRONG = {"tokens": list("学海路"), "tags": ["B-poi", "I-poi", "I-poi"]}


def _clock() -> float:
    return float(next(_ticks))


_ticks = count()


def _lines(*lines: object) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def test_a_part_counts_when_kind_and_ends_are_right() -> None:
    found = places.evaluate(places.read_labelled(_lines(RIGHT, WRONG)), _clock, lambda done: None)
    assert found["f1"] == {"poi": 0.0, "road": 0.6667, "roadno": 1.0}
    assert found["micro_f1"] == 0.6667


@pytest.mark.parametrize(
    "line",
    [
        {"tokens": ["路"]},
        {"tokens": ["路"], "tags": []},
        {"tokens": ["路"], "tags": ["X-road"]},
        {"tokens": [1], "tags": ["O"]},
        {"tokens": ["路"], "tags": ["B-"]},
    ],
)
def test_a_wrong_address_is_named_by_its_row(line: object) -> None:
    with pytest.raises(BadRow) as caught:
        places.read_labelled(_lines(RIGHT, line))
    assert caught.value.row == 2


MESSAGES = [
    {"id": 1, "text": "梧桐苑旁边的搅拌站半夜施工噪音太大"},
    {"id": 2, "text": "梧桐苑旁边搅拌站灰尘和噪音扰民"},
    {"id": "3", "topic": "梧桐苑搅拌站", "detail": "搅拌站噪音扰民，半夜还在施工"},
    {"id": 4, "text": "公交站台的座椅坏了请维修"},
    {"id": 5, "text": "公交站台座椅破损没有人维修"},
]


def test_messages_about_one_thing_are_gathered() -> None:
    messages = hotspots.read_messages(_lines(*MESSAGES))
    issues = hotspots.read_issues(_lines({"issue": "mixer", "ids": [1, 2, 3]}, {"ids": [4, 9]}))
    found = hotspots.evaluate(messages, issues, _clock)
    assert found["issues"] == {"mixer": 1.0, "2": 0.5}
    assert found["best_match_f1"] == 0.75
    assert gathered([]) == []


@pytest.mark.parametrize("lines", ['{"id": 1}', '{"text": "a"}', '{"id": true, "text": "a"}'])
def test_a_wrong_message_is_named_by_its_row(lines: str) -> None:
    with pytest.raises(BadRow):
        hotspots.read_messages(lines)


def test_an_id_twice_is_named() -> None:
    with pytest.raises(BadRow, match="twice"):
        hotspots.read_messages(_lines(MESSAGES[0], MESSAGES[0]))
