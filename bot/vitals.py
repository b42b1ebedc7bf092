"""Signs of life of the serving process: what hangs ends it, and its supervisor starts it again."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog

from bot import counts
from bot.supervisor import BEAT, GOODBYE
from storage.database import Database

logger = structlog.get_logger()

EXIT_HUNG = 70
LOOK = 0.5  # seconds between two looks
LOOP_STANDS_STILL = 15.0  # seconds; building the place book of a district takes some of them


class Heart:
    """Tells the supervisor that we live, and at the end that we mean to end.

    `life` is the name the supervisor gave this life of the service, such as "4f1c.3": what the
    lives before it held is free, since it waited for their end.
    """

    def __init__(self, descriptor: int | None = None, life: str = "") -> None:
        self.life = life
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
            os.set_blocking(descriptor, False)

    @classmethod
    def named(cls, told: str) -> Heart:
        """The heart the supervisor told of on the command line; "" where nobody supervises."""
        descriptor, _, life = told.partition(":")
        return cls(int(descriptor), life) if told else cls()

    def beat(self) -> bool:
        """We live; False when nobody is there any more to hear it."""
        return self._say(BEAT)

    def stop(self) -> None:
        """We end because we were asked to."""
        self._say(GOODBYE)

    def _say(self, word: bytes) -> bool:
        if self._descriptor is None:
            return True
        try:
            with suppress(BlockingIOError):  # the supervisor is asleep: we go on without it
                os.write(self._descriptor, word)
        except BrokenPipeError:
            return False
        return True


UNHEARD = Heart()  # of a process that nobody supervises


class Stall:
    """Says when something has not moved for too long.

    It counts looks, not seconds: a process that was stopped for a minute did not hang.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._last: Any = None
        self._looks = 0

    def at(self, state: Any) -> bool:
        """Whether the state (None: at rest) was the same at every look for so long."""
        if state is None or state != self._last:
            self._last, self._looks = state, 0
            return False
        self._looks += 1
        return self._looks * LOOK > self._longest


@contextmanager
def watched(
    database: Database, heart: Heart, *, ends: Callable[[int], Any] = os._exit
) -> Iterator[None]:
    """While inside, a unit of work or an event loop that hangs ends the process.

    A thread cannot be killed (design.md §9, A hanging unit). What holds the interpreter itself is
    found by the supervisor, who no longer hears the heart.
    """
    loop = asyncio.get_running_loop()
    stopped = threading.Event()
    ticks = 0
    timer = loop.call_later(LOOK, lambda: tick())

    def tick() -> None:
        nonlocal ticks, timer
        ticks += 1
        timer = loop.call_later(LOOK, tick)

    def watch() -> None:
        unit, standing = Stall(database.longest_unit), Stall(LOOP_STANDS_STILL)
        while not stopped.wait(LOOK):
            if not heart.beat():
                # Whoever starts us anew finds the port free; what was accepted is not lost.
                _end("the supervisor is gone, ending the process", ends)
            if unit.at(database.unit_started_at()):
                _end("a unit of work hangs, ending the process", ends)
            if standing.at(ticks):
                _end("the event loop stands still, ending the process", ends)

    heart.beat()
    threading.Thread(target=watch, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        stopped.set()
        timer.cancel()
        heart.stop()


def end_in(seconds: float) -> None:
    """Whatever hangs, the process is over after so long; what was accepted is not lost."""
    why = "stopping takes too long, ending the process"
    timer = threading.Timer(seconds, _end, (why, os._exit))
    timer.daemon = True
    timer.start()


def _end(why: str, ends: Callable[[int], Any]) -> None:
    logger.critical(why)
    faulthandler.dump_traceback(sys.__stderr__ or 2)  # files and lines only, no values
    ends(EXIT_HUNG)


def limit_memory(megabytes: int) -> None:
    """From now on who asks for more is refused, instead of the machine; 0 sets no limit."""
    if megabytes:
        _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = megabytes << 20
        if hardest != resource.RLIM_INFINITY:
            wanted = min(wanted, hardest)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hardest))


def tell_of(database: Database) -> None:
    """Logs and counts from now on when the database can keep nothing, and when it can again."""

    def changed(trouble: str) -> None:
        counts.DATABASE_AVAILABLE.set(0 if trouble else 1)
        if trouble:
            logger.error("database unavailable", why=trouble)
        else:
            logger.info("database available again")

    counts.DATABASE_AVAILABLE.set(1)
    database.availability.changed = changed
