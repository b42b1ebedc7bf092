"""The bell: who waits for something to be written hears of it at once, not at the next look.

A ring says only that it is worth looking, so one that is lost costs the time until the next look
and nothing else. What was written rings after its commit; on PostgreSQL other processes hear it
too (storage/wire.py).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

from domain.messages import Address
from storage.keyring import Keyring

Heard = Callable[[frozenset[str]], None]


class Topic(StrEnum):
    """What it may be worth to look at; beside these there is one for every chat, see `of_chat`."""

    INBOX = "inbox"  # messages that nobody holds
    OUTBOX = "outbox"  # something to deliver
    FILES = "files"  # something to fetch
    LEASES = "leases"  # somebody let go of what one process at a time may do
    TABLES = "tables"  # an imported table is another
    BROADCASTS = "broadcasts"  # a broadcast is to be planned or sent
    TRAINING = "training"  # a model is to be trained
    ALL = "all"  # rings may have been missed


def address_digest(keyring: Keyring, address: Address) -> str:
    """What stands for an address in look-up columns and on the wire."""
    return keyring.digest("address", f"{address.channel}:{address.chat}")


def of_chat(digest: str) -> str:
    """The topic of what is shown in one chat."""
    return f"chat:{digest}"


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Returns when the event is set, or after so long; it is clear then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


class Bell:
    """Rung by whichever thread has committed; heard in the event loop of whoever listens."""

    def __init__(self) -> None:
        self._hearers: list[tuple[asyncio.AbstractEventLoop, Heard]] = []
        self._changing = threading.Lock()
        self.others: Heard | None = None  # tells other processes

    def ring(self, topics: Collection[str]) -> None:
        """Something was written here."""
        if not topics:
            return
        said = frozenset(topics)
        self.sound(said)
        if self.others is not None:
            self.others(said)

    def sound(self, topics: frozenset[str]) -> None:
        """Everybody in this process hears it."""
        for loop, heard in self._hearers:
            with suppress(RuntimeError):  # the loop was closed: nobody is left to hear it
                loop.call_soon_threadsafe(heard, topics)

    @property
    def is_heard(self) -> bool:
        """Whether anybody in this process listens."""
        return bool(self._hearers)

    @contextmanager
    def hearing(self, heard: Heard) -> Iterator[None]:
        """While inside, `heard` is called in this event loop with the topics of every ring."""
        hearer = (asyncio.get_running_loop(), heard)
        with self._changing:
            self._hearers = [*self._hearers, hearer]
        try:
            yield
        finally:
            with self._changing:
                self._hearers = [other for other in self._hearers if other is not hearer]
