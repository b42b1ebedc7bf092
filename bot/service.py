"""What a running process holds, and its tasks: ears that hear, hands that finish things."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from bot.channels.base import Channel
from bot.clocks import Clocks
from bot.fetching import Fetcher
from bot.holding import while_held
from bot.intake import Intake
from bot.last_words import let_go
from bot.relay import Relay
from bot.settings import CoreSettings
from bot.training import Trainer
from bot.understanding import Understanding
from bot.vitals import EXIT_HUNG, UNHEARD, Heart, watched
from domain.wording import Wording
from scheduler.broadcasts import Broadcaster
from scheduler.clock import Clock
from scheduler.sealer import Sealer
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.transaction import Transaction

logger = structlog.get_logger()

CATALOGUE_POLL = 2.0
FINISH, LET_GO = 8.0, 9.0  # seconds to end what was begun, and to let go of what could not be


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a running process holds."""

    settings: CoreSettings
    owner: str  # as leases name this process
    database: Database
    wording: Wording
    understanding: Understanding
    channels: Mapping[str, Channel]
    intake: Intake
    relay: Relay
    clock: Clock
    fetcher: Fetcher
    trainer: Trainer


@asynccontextmanager
async def at_work(service: Service, heart: Heart = UNHEARD) -> AsyncIterator[None]:
    """The tasks of a running process; leaving cancels the ears first and lets the hands finish."""
    roles = service.settings.roles
    ears = [
        asyncio.create_task(_listen(service, channel), name=f"channel: {name}")
        for name, channel in service.channels.items()
        if ("poll" if channel.polls else "web") in roles
    ]
    tables = asyncio.Event()
    clocks = Clocks(service.database, monotonic=time.monotonic)
    broadcaster = Broadcaster(service.database, after_commit=service.relay.wake)
    hands = [
        asyncio.create_task(_follow_the_tables(service, tables), name="catalogue"),
        asyncio.create_task(clocks.run(), name="clocks"),
    ]
    if "intake" in roles:
        hands.append(asyncio.create_task(service.intake.run(), name="intake"))
    if "relay" in roles:
        hands.append(asyncio.create_task(service.relay.run(), name="relay"))
        hands.append(asyncio.create_task(service.fetcher.run(), name="fetcher"))
    if "clock" in roles:
        sealer = Sealer(service.database, owner=service.owner)
        hands.append(asyncio.create_task(service.clock.run(), name="clock"))
        hands.append(asyncio.create_task(sealer.run(), name="sealer"))
        hands.append(asyncio.create_task(broadcaster.run(), name="broadcaster"))
        hands.append(asyncio.create_task(service.trainer.run(), name="trainer"))
    for task in (*ears, *hands):
        task.add_done_callback(_end_if_broken)

    parts = (service.intake, service.relay, service.fetcher, service.trainer, broadcaster)

    def heard(topics: frozenset[str]) -> None:
        for part in parts:
            part.heard(topics)
        if not topics.isdisjoint({Topic.TABLES, Topic.ALL}):
            tables.set()

    with watched(service.database, heart), service.database.hearing(heard):
        try:
            yield
        finally:
            await _finish(service, ears, hands)


async def _finish(
    service: Service, ears: list[asyncio.Task[None]], hands: list[asyncio.Task[None]]
) -> None:
    """Hears nothing more, ends what was begun, and lets go."""
    roles = service.settings.roles
    try:
        await _cancelled(ears)
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(FINISH):
                if "intake" in roles:
                    await service.intake.drain()
                if "relay" in roles:
                    await service.relay.drain()
    finally:
        await _cancelled(hands)
        await let_go(service.database, partial(_free, service.owner))


def _free(owner: str, tx: Transaction) -> None:
    """Others need not wait for what this process began and could not end."""
    tx.jobs.release(owner)
    tx.attachments.release(owner)
    tx.inbox.release(owner)


async def _listen(service: Service, channel: Channel) -> None:
    """Runs a channel; of all processes that could poll a platform one does, others stand by."""
    if not channel.polls:
        await channel.run(service.intake)
        return
    await while_held(
        service.database,
        f"poll:{channel.name}",
        partial(channel.run, service.intake),
        owner=service.owner,
        clock=time.monotonic,
    )


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=LET_GO)


def _end_if_broken(task: asyncio.Task[None]) -> None:
    """A task that must never end has ended: the process goes, and its supervisor starts a whole
    one.
    """
    if task.cancelled() or task.exception() is None:
        return
    logger.critical("task broke", task=task.get_name(), exc_info=task.exception())
    os._exit(EXIT_HUNG)


async def _follow_the_tables(service: Service, changed: asyncio.Event) -> None:
    while True:
        await woken(changed, service.database.between_looks(CATALOGUE_POLL))
        with contextlib.suppress(Unavailable):
            if await service.database.refresh():
                await service.understanding.follow(service.database)
