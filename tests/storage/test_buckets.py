"""Buckets: no token is spent twice, and a full bucket leaves nothing behind."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from domain.flooding import Pace
from storage.database import Database
from storage.schema import buckets, inbox
from storage.statements import Statement
from storage.transaction import Transaction
from tests.storage.conftest import Clock
from tests.storage.values import said

PACE = Pace(rate=0.2, burst=10)
_BUCKETS = Statement(select(buckets))
_INBOX = Statement(select(inbox).order_by(inbox.c.id))


def take(tx: Transaction, *names: str) -> bool:
    """One token from each, if each has one."""
    found = tx.buckets.lock(*names)
    if any(bucket.wait(PACE, tx.now) for bucket in found.values()):
        return False
    tx.buckets.save({name: one.less_one(PACE, tx.now) for name, one in found.items()})
    return True


async def test_no_token_is_spent_twice(database: Database) -> None:
    taken = await asyncio.gather(
        *(
            database.run(lambda tx, one=one: take(tx, "group", f"person {one % 3}"))
            for one in range(40)
        )
    )
    assert sum(taken) == PACE.burst


async def test_each_source_has_a_bucket_of_its_own(database: Database, clock: Clock) -> None:
    assert [await database.run(lambda tx: take(tx, "wang")) for _ in range(11)].count(True) == 10
    assert await database.run(lambda tx: take(tx, "li"))
    clock.pass_time(seconds=5)
    assert await database.run(lambda tx: take(tx, "wang"))


async def test_a_bucket_says_nothing_of_whose_it_is_and_goes_when_it_is_full(
    database: Database, clock: Clock
) -> None:
    await database.run(lambda tx: take(tx, "person:13800000000"))
    (row,) = await database.read(lambda tx: tx.session.all(_BUCKETS))
    assert "138" not in row.digest
    assert not await database.run(lambda tx: tx.buckets.forget())
    assert len(await database.read(lambda tx: tx.session.all(_BUCKETS))) == 1
    clock.pass_time(seconds=5)
    await database.run(lambda tx: tx.buckets.forget())
    assert await database.read(lambda tx: tx.session.all(_BUCKETS)) == []


async def test_what_is_held_is_out_of_sight_until_its_time(
    database: Database, clock: Clock
) -> None:
    await database.run(lambda tx: tx.inbox.accept(said("一", key="1"), owner="a", lease=0))

    def begin(tx: Transaction) -> list[str]:
        rows = tx.inbox.begin(said("", key="").conversation, owner="a", leading=lambda r: r[:1])
        return [row.inbound.text for row in rows]

    def hold(tx: Transaction) -> None:
        rows = tx.inbox.begin(said("", key="").conversation, owner="a")
        assert tx.inbox.finish(rows)
        tx.inbox.hold(rows, clock.at.replace(second=5))

    await database.run(hold)
    assert await database.run(begin) == []
    await database.run(lambda tx: tx.inbox.accept(said("二", key="2"), owner="a", lease=0))
    assert await database.run(begin) == ["二"]
    clock.pass_time(seconds=5)
    assert await database.read(lambda tx: tx.inbox.ready(9, owner="a")) == (
        said("", key="").conversation,
    )
    assert await database.run(begin) == ["一"]


async def test_of_what_is_only_counted_no_word_stays_and_soon_no_row(
    database: Database, clock: Clock
) -> None:
    await database.run(lambda tx: tx.inbox.accept(said("一", key="1"), owner="a", lease=0))

    def count(tx: Transaction) -> None:
        rows = tx.inbox.begin(said("", key="").conversation, owner="a")
        assert tx.inbox.finish(rows)
        tx.inbox.empty(rows)

    await database.run(count)
    (row,) = await database.read(lambda tx: tx.session.all(_INBOX))
    assert row.private is None
    _, fresh = await database.run(lambda tx: tx.inbox.accept(said("一", key="1"), owner="a"))
    assert not fresh
    clock.pass_time(days=2, seconds=1)
    assert not await database.run(lambda tx: tx.inbox.forget())
    assert await database.read(lambda tx: tx.session.all(_INBOX)) == []
