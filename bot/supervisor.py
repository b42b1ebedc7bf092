"""Starts the service and starts it again when it dies: a thread that hangs can only be ended with its process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

FAILED_FOR_GOOD = frozenset({0, 1, 2})  # done, the work failed, wrong usage or settings
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
LIVED_WELL = 60.0  # seconds after which a death is not counted with the ones before


def supervise(command: Sequence[str]) -> int:
    """Runs the command until it ends by its own will, and returns its exit code.

    A death by signal or by the watchdog starts it again at once, later ones in a row after a growing pause.
    SIGTERM and SIGINT are handed to the child, which drains and ends.
    """
    pause = SHORTEST_PAUSE
    asked_to_stop = False
    child: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, _: FrameType | None) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        if child is not None and child.poll() is None:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hand_on)
    while True:
        started = time.monotonic()
        child = subprocess.Popen(command)  # noqa: S603
        code = child.wait()
        if asked_to_stop or code in FAILED_FOR_GOOD:
            return max(code, 0)
        if time.monotonic() - started > LIVED_WELL:
            pause = SHORTEST_PAUSE
        print(f"xiaoqi: the service died ({code}), starting again", file=sys.stderr, flush=True)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
