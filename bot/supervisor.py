"""Starts the service and starts it again when it dies or falls silent.

A thread that hangs can only be ended with its process, so something outside must be there.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

SUPERVISED, HEART = "--supervised", "--heart"  # options of those it starts
FAILED_FOR_GOOD = frozenset({0, 1, 2})  # done, the work failed, wrong usage or settings
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
LIVED_WELL = 60.0  # seconds after which a death is not counted with the ones before
SILENT_FOR = 20.0  # seconds without a beat; the service looks at itself more often (bot/vitals.py)
LOOK = 1.0
BEAT, GOODBYE = b".", b"q"


class Life:
    """One life of the service, from its start to its end; with `heart` it is listened to.

    `heart` is the option by which the child is told where to beat, and the name of this life.
    """

    def __init__(self, command: Sequence[str], heart: str, name: str) -> None:
        self._heart: int | None = None
        self.has_beaten = self.said_goodbye = False
        if not heart:
            self.process = subprocess.Popen(command)
            return
        self._heart, theirs = os.pipe()
        self.process = subprocess.Popen([*command, heart, f"{theirs}:{name}"], pass_fds=(theirs,))
        os.close(theirs)

    def end(self, silent_for: float) -> int:
        """Waits for the end and returns the exit code; ends a child that fell silent."""
        if self._heart is not None:
            self._listen(self._heart, silent_for)
            os.close(self._heart)
        return self.process.wait()

    @property
    def was_broken_off(self) -> bool:
        """Whether it served and then ended without meaning to, whatever its exit code says."""
        return self.has_beaten and not self.said_goodbye

    def _listen(self, heart: int, silent_for: float) -> None:
        """Returns when nothing more can be heard.

        It counts its own looks, not seconds: a machine that slept is no service that hangs.
        """
        silent = 0
        while True:
            heard, _, _ = select.select([heart], [], [], LOOK)
            if heard:
                beats = os.read(heart, 4096)
                if not beats:
                    return
                silent, self.has_beaten = 0, True
                self.said_goodbye |= GOODBYE in beats
            elif self.has_beaten and not self.said_goodbye:
                silent += 1
                if silent * LOOK >= silent_for:
                    _say("the service is silent, ending it")
                    self.process.kill()
                    return


def supervise(command: Sequence[str], *, heart: str = "", silent_for: float = SILENT_FOR) -> int:
    """Runs the command until it ends by its own will, and returns its exit code.

    A death by signal, by the watchdog or without a goodbye starts it again, several in a row after
    a growing pause. SIGTERM and SIGINT are handed to the child, which drains and ends.
    """
    pause = SHORTEST_PAUSE
    name, lives = secrets.token_hex(6), itertools.count(1)
    asked_to_stop = threading.Event()
    life: Life | None = None

    def hand_on(number: int, _: FrameType | None) -> None:
        asked_to_stop.set()
        if life is not None and life.process.poll() is None:
            life.process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hand_on)
    while True:
        started = time.monotonic()
        life = Life(command, heart, f"{name}.{next(lives)}")
        if asked_to_stop.is_set():  # asked before there was anybody to hand it to
            life.process.terminate()
        code = life.end(silent_for)
        if asked_to_stop.is_set() or (code in FAILED_FOR_GOOD and not life.was_broken_off):
            return max(code, 0)
        if time.monotonic() - started > LIVED_WELL:
            pause = SHORTEST_PAUSE
        _say("the service died, starting again", code=code)
        if asked_to_stop.wait(pause):
            return 0
        pause = min(pause * 2, LONGEST_PAUSE)


def _say(event: str, **fields: int) -> None:
    """A line like those of the service, whose log it is in."""
    told = {"event": event, **fields, "level": "warning", "timestamp": _now()}
    with suppress(OSError):  # a full disk must not end the one who starts others again
        sys.stderr.write(json.dumps(told) + "\n")
        sys.stderr.flush()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
