"""Starts the service and starts it again when it dies.

A thread that hangs can only be ended with its process, so something outside must be there.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

FAILED_FOR_GOOD = frozenset({0, 1, 2})  # done, the work failed, wrong usage or settings
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
LIVED_WELL = 60.0  # seconds after which a death is not counted with the ones before


def supervise(command: Sequence[str]) -> int:
    """Runs the command until it ends by its own will, and returns its exit code.

    A death by signal or by the watchdog starts it again, several in a row after a growing pause.
    SIGTERM and SIGINT are handed to the child, which drains and ends.
    """
    pause = SHORTEST_PAUSE
    asked_to_stop = threading.Event()
    child: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, _: FrameType | None) -> None:
        asked_to_stop.set()
        if child is not None and child.poll() is None:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hand_on)
    while True:
        started = time.monotonic()
        child = subprocess.Popen(command)
        if asked_to_stop.is_set():  # asked before there was anybody to hand it to
            child.terminate()
        code = child.wait()
        if asked_to_stop.is_set() or code in FAILED_FOR_GOOD:
            return max(code, 0)
        if time.monotonic() - started > LIVED_WELL:
            pause = SHORTEST_PAUSE
        sys.stderr.write(f"xiaoqi: the service died ({code}), starting again\n")
        if asked_to_stop.wait(pause):
            return 0
        pause = min(pause * 2, LONGEST_PAUSE)
