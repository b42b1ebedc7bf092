"""What had come shortly before a clock was set back lay until the clock was there again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.clocks import Clocks
from domain.messages import Address, Inbound, Lane, Outbound
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring
from storage.schema import leases, moment
from storage.statements import Statement
from storage.transaction import Transaction

NOON = datetime(2026, 6, 9, 4, tzinfo=UTC)
DAY = timedelta(days=1)
REPORT = Inbound(channel="web", key="1", chat="a", account="a", text="3栋2单元楼道灯不亮了")


class Times:
    """A clock that is set, and one that only passes."""

    def __init__(self) -> None:
        self.now, self.passed = NOON, 100.0


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
async def database(database_url: str, keyring: Keyring, times: Times) -> AsyncIterator[Database]:
    opened = Database.open(
        database_url, keyring=keyring, wording=Phrasebook.load(), now=lambda: times.now
    )
    yield opened
    await opened.close()


@pytest.mark.parametrize("ahead_for_a_moment", [False, True])
async def test_a_message_does_not_wait_for_a_clock_to_be_there_again(
    database: Database, times: Times, ahead_for_a_moment: bool
) -> None:
    """Also when nobody looked while it was ahead, or it was written down after somebody had."""
    clocks = Clocks(database, monotonic=lambda: times.passed)
    await clocks.look()
    times.now += DAY if ahead_for_a_moment else timedelta()
    await database.run(lambda tx: tx.inbox.accept(REPORT, owner="me"))
    await database.run(say_something)
    times.now -= DAY
    times.passed += 0 if ahead_for_a_moment else 2
    assert await database.read(lambda tx: tx.inbox.ready(9, owner="me")) == ()

    await clocks.look()

    assert len(await database.read(lambda tx: tx.inbox.ready(9, owner="me"))) == 1
    assert len(await database.run(lambda tx: tx.outbox.claim("web", token="1", limit=9))) == 1


async def test_a_lease_of_the_dead_ends_though_the_clock_was_set_back(
    database: Database, times: Times
) -> None:
    # As a lease of some seconds looks when the clock is a day back.
    await database.run(lambda tx: tx.leases.take("relay:web", "dead", DAY.total_seconds()))

    await Clocks(database, monotonic=lambda: times.passed).look()

    assert await database.read(left) <= 60


def left(tx: Transaction) -> float:
    """Seconds the lease still has."""
    until: int = tx.session.value(Statement(select(leases.c.until)))
    return (moment(until) - tx.database_now()).total_seconds()


def say_something(tx: Transaction) -> None:
    outbound = Outbound(
        id=0, address=Address(channel="web", chat="a"), lane=Lane.DIALOGUE, text="好的"
    )
    tx.outbox.add(outbound, person=None, phrase="x", values={})
