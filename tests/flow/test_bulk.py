"""A broadcast never keeps an answer waiting, and never fills the hands of the relay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.channels.base import Limits
from bot.line import BULK_AT_ONCE, MOMENT
from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Sent
from storage.database import Database
from storage.transaction import Transaction
from tests.town import MemoryChannel, Town

MANY = 120


class Counting(MemoryChannel):
    """Says when so many were sent; can hold back everything of a broadcast."""

    def __init__(self, *, limits: Limits, stuck: bool = False) -> None:
        super().__init__("web", limits=limits)
        self.stuck = stuck
        self.under_way = 0
        self.most = 0
        self.changed = asyncio.Event()
        self.let = asyncio.Event()

    async def send(self, outbound: Outbound) -> Sent:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.changed.set()
        try:
            if self.stuck and outbound.lane is Lane.BROADCAST:
                await self.let.wait()
            return await super().send(outbound)
        finally:
            self.under_way -= 1
            self.changed.set()

    async def until(self, text: str) -> int:
        """How many had been sent before this one."""
        while True:
            texts = [one.text for one in self.sent]
            if text in texts:
                return texts.index(text)
            self.changed.clear()
            await self.changed.wait()

    async def until_many(self, count: int) -> None:
        while self.under_way < count and len(self.sent) < count:
            self.changed.clear()
            await self.changed.wait()


def _queue(tx: Transaction, texts: list[str], lane: Lane) -> None:
    for text in texts:
        address = Address(channel="web", chat=text)
        outbound = Outbound(id=0, address=address, lane=lane, text=text)
        tx.outbox.add(outbound, person=None, phrase="test", values={})


def relay_of(town: Town, channel: MemoryChannel) -> Relay:
    clock = asyncio.get_running_loop().time
    return Relay(town.database, {"web": channel}, owner="bulk", clock=clock)


async def test_an_answer_goes_before_what_waits_of_a_broadcast(town: Town) -> None:
    channel = Counting(limits=Limits(per_second=10))
    broadcast = [f"notice {number}" for number in range(MANY)]
    await town.database.run(lambda tx: _queue(tx, broadcast, Lane.BROADCAST))
    relay = relay_of(town, channel)
    running = asyncio.create_task(relay.run())
    await channel.until_many(12)
    before = len(channel.sent)
    await town.database.run(lambda tx: _queue(tx, ["answer"], Lane.DIALOGUE))
    relay.wake()
    place = await channel.until("answer")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert place - before <= 5


class Slow:
    """A database that takes its time with every commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, work: Callable[[Transaction], Any]) -> Any:
        done = await self._database.run(work)
        await asyncio.sleep(5 * MOMENT)
        return done


async def test_a_slow_commit_gives_a_broadcast_no_more_hands(town: Town) -> None:
    channel = Counting(limits=Limits(), stuck=True)
    broadcast = [f"notice {number}" for number in range(MANY)]
    await town.database.run(lambda tx: _queue(tx, broadcast, Lane.BROADCAST))
    clock = asyncio.get_running_loop().time
    relay = Relay(Slow(town.database), {"web": channel}, owner="bulk", clock=clock)
    running = asyncio.create_task(relay.run())
    await channel.until_many(BULK_AT_ONCE)
    await town.database.run(lambda tx: _queue(tx, ["answer"], Lane.DIALOGUE))
    relay.wake()

    assert await channel.until("answer") == 0
    assert channel.most == BULK_AT_ONCE + 1
    channel.let.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_broadcast_that_hangs_leaves_hands_for_answers(town: Town) -> None:
    channel = Counting(limits=Limits(), stuck=True)
    broadcast = [f"notice {number}" for number in range(MANY)]
    await town.database.run(lambda tx: _queue(tx, broadcast, Lane.BROADCAST))
    relay = relay_of(town, channel)
    running = asyncio.create_task(relay.run())
    await channel.until_many(BULK_AT_ONCE)
    await town.database.run(lambda tx: _queue(tx, ["answer"], Lane.DIALOGUE))
    relay.wake()
    assert await channel.until("answer") == 0
    channel.let.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
