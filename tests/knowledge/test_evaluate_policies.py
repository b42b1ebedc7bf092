"""`xiaoqi evaluate policies` counts what was found and given, and names a line it cannot use."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands import application
from knowledge.evaluation.lines import BadRow
from knowledge.evaluation.policies import evaluate, read_entries, read_queries

ENTRIES = """
{"id": 1, "question": "居住证怎么办理", "alternatives": ["办证要什么手续"], "answer": "到窗口。"}
{"id": "b", "question": "高龄津贴怎么领", "answer": "在手机上领。"}
"""
QUERIES = """
{"text": "请问居住证怎么办理", "answer_id": 1}
{"text": "高龄津贴怎么领取呢", "answer_id": "b"}
{"text": "明天下雨吗", "answer_id": null}
"""


def test_what_is_answered_rightly_counts() -> None:
    ticks = count()
    found = evaluate(read_entries(ENTRIES), read_queries(QUERIES), lambda: next(ticks) / 1000)

    right = ("recall_at_1", "recall_at_3", "mrr", "answered_precision", "coverage_at_95")
    assert {name: found.figures[name] for name in right} == dict.fromkeys(right, 1.0)
    assert found.figures["false_answer_rate"] == 0.0
    assert found.figures["p50_ms"] == 1.0
    assert found.misses == []


def test_the_command_prints_the_figures_as_json(tmp_path: Path) -> None:
    entries, queries, misses = (tmp_path / name for name in ("e.jsonl", "q.jsonl", "m.jsonl"))
    entries.write_text(ENTRIES, "utf-8")
    queries.write_text(QUERIES + '{"text": "高龄津贴怎么领", "answer_id": 1}\n', "utf-8")
    command = ["evaluate", "policies", "--entries", str(entries), "--queries", str(queries)]
    ran = CliRunner().invoke(application, [*command, "--misses", str(misses)])

    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["recall_at_1"] == 0.6667
    assert json.loads(misses.read_text("utf-8"))["found"] == "b"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"question": "没有编号"}', "no id"),
        ('{"id": true, "question": "?"}', "no id"),
        ('{"id": "x", "alternatives": "不是列表"}', "alternatives"),
        ('{"id": "x", "alternatives": [1]}', "alternatives"),
        ('{"id": 1}\n{"id": "1"}', "stands in row 1 already"),
    ],
)
def test_a_wrong_entry_is_named(line: str, reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        read_entries(line)


def test_a_question_without_words_is_named() -> None:
    with pytest.raises(BadRow, match="text"):
        read_queries('{"answer_id": 1}')
