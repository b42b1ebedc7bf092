"""`xiaoqi evaluate readings` counts what was read as labelled, and names a line it cannot use."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands import application
from knowledge.evaluation.lines import BadRow
from knowledge.evaluation.readings import evaluate, read_labelled, read_places
from knowledge.reader import Reader

LAMP = (
    '{"text": "5栋1单元门口的灯不亮", "chat": "group", "addressed": false, "intent": "report", '
    '"orders": [{"category": "0402", "class": "N", "building": "5", "unit": "1", "room": "", '
    '"place": "门口"}], "emergency": false, "privacy": false}'
)


def _figures(reader: Reader, *lines: str) -> dict[str, float | int | None]:
    ticks = count()
    found = evaluate(reader, read_labelled("\n".join(lines)), lambda: next(ticks) / 1000)
    return dict(found.figures)


def test_what_is_read_as_labelled_counts_as_right(reader: Reader) -> None:
    figures = _figures(reader, LAMP)

    right = ("intent_accuracy", "category_accuracy", "split_accuracy", "building_f1", "unit_f1")
    assert {name: figures[name] for name in right} == dict.fromkeys(right, 1.0)
    assert figures["room_f1"] is None
    assert figures["p50_ms"] == 1.0


def test_what_is_read_otherwise_counts_as_wrong(reader: Reader) -> None:
    figures = _figures(
        reader,
        LAMP.replace("0402", "0301").replace('"building": "5"', '"building": "6"'),
        '{"text": "今天天气真好", "chat": "group", "intent": "report", "emergency": true}',
    )

    assert figures["intent_accuracy"] == 0.5
    assert figures["category_accuracy"] == 0.0
    assert figures["building_f1"] == 0.0
    assert figures["emergency_recall"] == 0.0


def test_orders_are_compared_with_those_most_like_them(reader: Reader) -> None:
    figures = _figures(
        reader,
        '{"text": "3栋灯不亮，5栋垃圾没人收", "intent": "report", "orders": '
        '[{"category": "0301", "building": "5"}, {"category": "0402", "building": "3"}]}',
    )

    assert figures["category_accuracy"] == figures["building_f1"] == 1.0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no JSON object"),
        ('{"intent": "report"}', "has no 'text'"),
        ('{"text": "灯", "intent": "gossip"}', "'intent' is 'gossip'"),
        ('{"text": 3, "intent": "report"}', "'text' is 3"),
        ('{"text": "灯", "intent": "report", "orders": ["0402"]}', "an order is '0402'"),
        ('{"text": "灯", "intent": "report", "chat": "hall"}', "'chat' is 'hall'"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, reason: str) -> None:
    with pytest.raises(BadRow, match=reason) as bad:
        read_labelled(f"{LAMP}\n\n{line}\n")

    assert bad.value.row == 3


def test_places_are_read_from_a_table_or_from_lines() -> None:
    table = read_places("name,aliases\n梧桐苑,老机械厂;梧桐一期\n锦绣园,\n")
    lines = read_places(
        '{"name": "梧桐苑", "aliases": ["老机械厂", "梧桐一期"]}\n{"name": "锦绣园"}'
    )

    assert [(place.name, place.aliases) for place in table] == [
        ("梧桐苑", ("老机械厂", "梧桐一期")),
        ("锦绣园", ()),
    ]
    assert table == lines


@pytest.mark.parametrize("text", ["code\nE1\n", "name,kind\n梧桐苑,village\n", '{"aliases": []}'])
def test_places_that_cannot_be_used_are_named(text: str) -> None:
    with pytest.raises(BadRow):
        read_places(text)


def test_the_command_prints_figures_and_writes_misses(tmp_path: Path) -> None:
    file, misses = tmp_path / "said.jsonl", tmp_path / "misses.jsonl"
    file.write_text(f"{LAMP}\n{LAMP.replace('0402', '0301')}\n", encoding="utf-8")

    ran = CliRunner().invoke(
        application, ["evaluate", "readings", str(file), "--misses", str(misses)]
    )

    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["category_accuracy"] == 0.5
    assert [
        json.loads(line)["row"] for line in misses.read_text(encoding="utf-8").splitlines()
    ] == [2]


def test_the_command_names_file_and_row_of_a_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    file.write_text(f"{LAMP}\n{{\n", encoding="utf-8")

    ran = CliRunner().invoke(application, ["evaluate", "readings", str(file)])

    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert f"{file}:2: is no JSON" in ran.stderr
