"""The real service, but some words break its handlers and its business clock can be stepped.

    RIG_CLOCK=/a/file python -m tests.rig.bent run …

Only what is said (POISONS) and what stands in the file (seconds to add to the time) make it
differ from `python -m bot run …`, its supervisor included.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import bot.app
import bot.handling
from bot.commands import application
from bot.commands.serving import HEART, SUPERVISED
from bot.supervisor import supervise
from handlers.turn import Turn

CLOCK = "RIG_CLOCK"


def _raise() -> None:
    raise ValueError("poison")


def _hang() -> None:
    time.sleep(600)


def _crash() -> None:
    ctypes.string_at(0)


def _gorge() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


# What does what; each is said in the middle of an ordinary report.
POISONS = {"会出错": _raise, "会卡住": _hang, "会崩溃": _crash, "会吃内存": _gorge}
ANTIDOTE = "RIG_ANTIDOTE"  # names a file: while it is there, nothing is poisonous

_dispatch = bot.handling.dispatch
_wall_clock = bot.app.wall_clock


def poisoned_dispatch(turn: Turn) -> None:
    """The handler that is chosen; what is poisonous breaks it halfway, after it has written."""
    _dispatch(turn)
    for words, does in POISONS.items():
        if words in turn.heard.text and not Path(os.environ.get(ANTIDOTE, "")).is_file():
            does()


def stepped_clock() -> datetime:
    """The time, and the step that stands in the file."""
    try:
        step = float(Path(os.environ.get(CLOCK, "")).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        step = 0.0
    return _wall_clock() + timedelta(seconds=step)


def main() -> None:
    """`python -m bot` in all other respects."""
    if SUPERVISED not in sys.argv:
        command = [sys.executable, "-m", "tests.rig.bent", *sys.argv[1:], SUPERVISED]
        raise SystemExit(supervise(command, heart=HEART))
    bot.handling.dispatch = poisoned_dispatch
    bot.app.wall_clock = stepped_clock
    application()


if __name__ == "__main__":
    main()
