"""What the tests of the flow need: leases that run out, handlers that fail, several towns on one
database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import select, update

from handlers import router
from handlers.router import Routes
from handlers.turn import Turn
from storage.database import Database
from storage.keyring import Keyring
from storage.outbox import OutboxRow
from storage.schema import OutboxState, attachments, inbox, job_runs, leases, outbox
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import Town, built_town

_LEASES_OVER = (
    Statement(update(inbox).values(lease_until=0)),
    Statement(update(outbox).values(lease_until=0)),
    Statement(update(leases).values(until=0)),
    Statement(update(attachments).values(lease_until=0)),
    Statement(update(job_runs).values(lease_until=0)),
)
_OUTBOX = Statement(select(outbox.c.id).order_by(outbox.c.id))
_UNFINISHED = Statement(select(inbox.c.id).where(inbox.c.state == "new"))
_INBOX = Statement(select(inbox.c.id))

LIGHT = "3栋2单元楼道灯不亮了"
HELP = "帮助"


def report(number: int) -> str:
    """A report that is no duplicate of those with other numbers."""
    place, entrance = number % 24 + 1, number // 24 + 1
    return f"{place}栋{entrance}单元楼道灯不亮了"


async def run_out(database: Database) -> None:
    """Every lease is over, as when its holder died a while ago."""

    def end(tx: Transaction) -> None:
        for statement in _LEASES_OVER:
            tx.session.run(statement)

    await database.run(end)


async def accepted(town: Town) -> int:
    """How many messages are in the inbox."""
    return len(await town.read(lambda tx: tx.session.all(_INBOX)))


async def unfinished(town: Town) -> int:
    """How many of them still wait to be handled."""
    return len(await town.read(lambda tx: tx.session.all(_UNFINISHED)))


async def said(town: Town, *states: OutboxState) -> list[OutboxRow]:
    """Everything in the outbox that stands so, in order; with nothing named everything."""

    def look(tx: Transaction) -> list[OutboxRow]:
        rows = (tx.outbox.get(row.id) for row in tx.session.all(_OUTBOX))
        return [row for row in rows if row is not None and (not states or row.state in states)]

    found: list[OutboxRow] = await town.read(look)
    return found


async def until(town: Town, claim: Callable[[list[OutboxRow]], bool]) -> None:
    """Returns once this is true of the whole outbox, in order."""
    while True:
        if claim(await said(town)):
            return
        await asyncio.sleep(0.01)


async def states(database: Database) -> list[OutboxState]:
    """How everything in the outbox stands, in order."""

    def look(tx: Transaction) -> list[OutboxState]:
        rows = (tx.outbox.get(row.id) for row in tx.session.all(_OUTBOX))
        return [row.state for row in rows if row is not None]

    return await database.read(look)


@asynccontextmanager
async def reopened(
    url: str, keyring: Keyring, before: Town | None = None, *, owner: str = "next"
) -> AsyncIterator[Town]:
    """Another process on the same database, later: what the one before held is free."""
    async with built_town(url, keyring, strict=False, owner=owner) as town:
        if before is not None:
            town.hands[0] = before.hands[0]
            town.numbers = before.numbers
            town.accounts.update(before.accounts)
        await run_out(town.database)
        yield town


class Poison(Exception):
    """What a handler with a mistake in it raises."""


class Spoiled:
    """A handler that writes and then raises, until it is mended; it counts how often it was let
    speak.
    """

    def __init__(self) -> None:
        self.attempts = 0
        self.mended = False

    def __call__(self, turn: Turn) -> None:
        self.attempts += 1
        turn.say("help.resident")
        turn.remember(misses=99)
        if not self.mended:
            raise Poison


def spoiled(handler: Spoiled) -> Routes:
    """The handlers, with this one in the place of `help`."""
    known = router.routes()
    return replace(known, handlers={**known.handlers, "help": handler})
