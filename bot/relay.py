"""投递: takes what was said from the outbox to the channels, in order, at the platforms' pace."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import structlog

from bot.channels.base import Channel
from bot.line import Line, lease_of
from bot.pause import Pause
from storage.bell import Topic
from storage.database import Database, Unavailable
from storage.transaction import Transaction

logger = structlog.get_logger()

LEASE = 6.0  # seconds one process delivers for a channel account; renewed at a third
POLL = 1.0  # seconds between two looks at an outbox that others may have written to


class Relay:
    """Delivers for every channel this process holds the lease of."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        owner: str,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock
        self._lines = {
            name: Line(database, channel, clock=clock) for name, channel in channels.items()
        }

    def wake(self) -> None:
        """Says that the outbox has something new."""
        for line in self._lines.values():
            line.something_new.set()

    def heard(self, topics: frozenset[str]) -> None:
        """Something was written, perhaps by another process."""
        for line in self._lines.values():
            line.may_be_free |= not topics.isdisjoint({Topic.LEASES, Topic.ALL})
        if not topics.isdisjoint({Topic.OUTBOX, Topic.LEASES, Topic.ALL}):
            self.wake()

    async def run(self) -> None:
        """Delivers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._lines:
                tasks.create_task(self._deliver(name), name=f"relay: {name}")

    async def drain(self) -> None:
        """Returns once nothing may go now and no call is under way, while `run` goes on."""
        await asyncio.gather(*(line.rest() for line in self._lines.values()))

    async def settle(self) -> None:
        """Delivers what may go now on every channel and returns."""
        for name, line in self._lines.items():
            token = await self._database.run(lambda tx, name=name: self._take(tx, name))  # type: ignore[misc]
            while token is not None and await line.deliver_some(token):
                pass

    async def let_go(self) -> None:
        """Frees every channel that was settled: whoever is next need not wait for our leases."""
        for name in self._lines:
            token = await self._database.run(lambda tx, name=name: self._take(tx, name))  # type: ignore[misc]
            await self._lines[name].finish(token)

    async def _deliver(self, name: str) -> None:
        """Keeps the lease of a channel and its line busy; lets go of it at the end."""
        line, token, renew_at = self._lines[name], None, self._clock()
        stumbling = Pause()
        try:
            while True:
                await stumbling.wait()
                # What became of calls is written down before anything is thought lost.
                await line.recorded()
                asked = line.asked
                try:
                    if self._clock() >= renew_at or (token is None and line.may_be_free):
                        line.may_be_free = False
                        take = partial(self._take, name=name, new=token is None)
                        token = await self._database.run(take)
                        renew_at = self._clock() + LEASE / 3
                    if token is None or not await _to_the_end(line.begin_some(token)):
                        line.rests(asked)
                except Unavailable:
                    stumbling.begin()  # told by the database itself, once (bot/vitals.py)
                except Exception as failure:
                    stumbling.begin()
                    logger.critical("delivery stumbled", channel=name, exc_info=failure)
                else:
                    stumbling.over()
                await line.wait(POLL)
        finally:
            await line.finish(token)

    def _take(self, tx: Transaction, name: str, *, new: bool = False) -> str | None:
        """The lease, taken or prolonged; who is `new` to it knows of no disorder."""
        token = tx.leases.take(lease_of(name), owner=self._owner, seconds=LEASE)
        if token is not None:
            tx.outbox.sweep(name, token)
            if new:
                tx.outbox.wake(name)
        return token


async def _to_the_end(work: Coroutine[Any, Any, bool]) -> bool:
    """Finishes what was begun even when cancelled: what is claimed by then must be sent."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Unavailable):
            await task
        raise
