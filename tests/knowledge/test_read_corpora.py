"""What is understood of the labelled messages in tests/data, all sentences of our own making.

Each file was written before the rules were tuned on half of it; the figures are floors.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest

from knowledge.evaluation.readings import Figures, evaluate, read_labelled
from knowledge.reader import Reader

DATA = Path(__file__).parents[1] / "data"


def _measured(reader: Reader, name: str) -> Figures:
    messages = read_labelled((DATA / f"{name}.jsonl").read_text(encoding="utf-8"))
    ticks = count()
    return evaluate(reader, messages, lambda: float(next(ticks)))


@pytest.mark.parametrize(
    ("name", "floors"),
    [
        (
            "messages",
            {
                "messages": 640,
                "intent_accuracy": 0.96,
                "split_accuracy": 0.98,
                "building_f1": 0.98,
                "unit_f1": 0.98,
                "room_f1": 0.98,
                "category_accuracy": 0.82,
                "ignored_rate": 0.98,
            },
        ),
        ("emergencies", {"messages": 250, "emergency_recall": 0.99, "intent_accuracy": 0.99}),
        ("small_talk", {"messages": 480, "ignored_rate": 0.95}),
        ("private_data", {"messages": 600, "privacy_recall": 0.99}),
    ],
)
def test_the_floors_are_reached(reader: Reader, name: str, floors: Mapping[str, float]) -> None:
    figures = _measured(reader, name).figures

    below = {name: figures[name] for name, floor in floors.items() if (figures[name] or 0) < floor}
    assert below == {}


def test_small_talk_that_sounds_dangerous_raises_no_alarm(reader: Reader) -> None:
    measured = _measured(reader, "small_talk")

    alarms = [miss["text"] for miss in measured.misses if miss["read"]["emergency"]]
    assert len(alarms) <= 0.005 * (measured.figures["messages"] or 0), alarms


def test_other_numbers_and_matters_are_not_taken_for_private(reader: Reader) -> None:
    figures = _measured(reader, "private_data").figures

    assert (figures["privacy_false_alarm_rate"] or 0) <= 0.005
