"""Hostile texts are read like any others: quietly, as no command, and nothing in them is run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.readings import ReadingContext
from knowledge.intents import Intents
from knowledge.normal import LONGEST
from knowledge.reader import Reader
from tests.hostile import hostile_texts

# What Python tells an audit hook when something is run, opened, written or called.
ACTS = ("exec", "compile", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.")
_acts: list[list[str]] = []


def _watch(event: str, _: Any) -> None:
    for acts in _acts:
        if event.startswith(ACTS):
            acts.append(event)


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    """What the interpreter did meanwhile."""
    acts: list[str] = []
    _acts.append(acts)
    try:
        yield acts
    finally:
        _acts.remove(acts)


def test_there_are_over_five_hundred_of_them() -> None:
    assert len({each.text for each in hostile_texts()}) >= 500


def test_none_of_them_is_a_command_or_a_danger_and_nothing_in_them_is_run(
    reader: Reader, intents: Intents
) -> None:
    """In private and overheard in a group, by turns; a code or another script is no danger."""
    commands = {intent.name for intent in intents if intent.staff}
    contexts = (ReadingContext(), ReadingContext(group=True, addressed=False))
    for said in ("垃圾分类怎么分", "厂子倒了 听说能按月领一阵子钱 咋申"):
        reader.read(said, contexts[0])  # what is loaded once
    taken, feared, many = [], [], 0
    texts = [*hostile_texts()]
    with watched() as acts:
        for row, each in enumerate(texts):
            reading = reader.read(each.text, contexts[row % 2])
            many += 1
            if reading.intent in commands or len(reading.text) > LONGEST:
                taken.append(each)
            if reading.emergency:
                feared.append(each)

    assert (acts, taken) == ([], [])
    assert len(feared) <= 0.02 * many, feared
