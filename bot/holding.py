"""What one process at a time may do: whoever holds the lease does it, the others stand by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.last_words import let_go
from storage.bell import Topic, woken
from storage.database import Database, Unavailable

logger = structlog.get_logger()

LEASE = 8.0  # seconds after which another process takes over
RENEW = 2.0

Work = Callable[[], Coroutine[Any, Any, None]]


async def while_held(
    database: Database, name: str, work: Work, *, owner: str, clock: Callable[[], float]
) -> None:
    """Does the work whenever the lease is ours, until cancelled.

    It is broken off as soon as the lease may be somebody else's, also after a sleep of the whole
    process or while the database is away; and let go of at once when we stop.
    """
    free = asyncio.Event()

    def heard(topics: frozenset[str]) -> None:
        if not topics.isdisjoint({Topic.LEASES, Topic.ALL}):
            free.set()

    with database.hearing(heard):
        while True:
            began = clock()
            token = await _taken(database, name, owner)
            if token is None:
                await woken(free, RENEW)
                continue
            logger.info("lease taken", lease=name)
            working = asyncio.create_task(work(), name=name)
            try:
                await _kept(database, name, token, working, until=began + LEASE, clock=clock)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                held = token
                await let_go(database, lambda tx: tx.leases.release(name, held))  # noqa: B023
            logger.warning("lease lost", lease=name)


async def _taken(database: Database, name: str, owner: str) -> str | None:
    try:
        return await database.run(lambda tx: tx.leases.take(name, owner, LEASE))
    except Unavailable:
        return None


async def _kept(
    database: Database,
    name: str,
    token: str,
    working: asyncio.Task[None],
    *,
    until: float,
    clock: Callable[[], float],
) -> None:
    """Returns when the lease is lost or may be; raises what the work raised."""
    while True:
        done, _ = await asyncio.wait({working}, timeout=RENEW)
        if done:
            working.result()
            raise RuntimeError(f"the work of {name} has ended by itself")
        began = clock()
        try:
            async with asyncio.timeout(max(until - began, 0)):
                if not await database.run(lambda tx: tx.leases.renew(name, token, LEASE)):
                    return
        except (Unavailable, TimeoutError):
            if clock() >= until:
                return
        else:
            until = began + LEASE
