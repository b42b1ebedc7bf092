"""The audit's chain: whatever is changed, dropped, added or moved behind our back is named."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from domain.changes import AuditEntry
from scheduler.sealer import Sealer
from storage.database import Database
from storage.keyring import Keyring
from storage.sealing_chain import Verdict
from storage.transaction import Transaction
from tests.storage.conftest import Clock, opened
from tests.storage.values import said

MANY = int(os.environ.get("XIAOQI_TEST_AUDIT_ENTRIES", "2000"))


@pytest.fixture
def database(database: Database, database_url: str) -> Database:
    """A database of whose making nothing is in the audit."""
    behind_our_back(database_url, lambda it: it.execute(text("DELETE FROM audit")))
    return database


async def kept(database: Database, many: int = MANY) -> None:
    """So many entries, sealed."""

    def keep(tx: Transaction) -> None:
        for number in range(many):
            tx.audit.add(AuditEntry(action="tested", subject=f"order:{number}", detail={"n": 1}))

    await database.run(keep)
    await Sealer(database, owner="test").seal()


async def verdict(database: Database, known: str = "") -> Verdict:
    return await database.read(lambda tx: tx.chain.verify(known))


def behind_our_back(url: str, meddle: Callable[[Connection], Any]) -> None:
    """What somebody does who can write to the database and has no key."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        meddle(connection)
    engine.dispose()


def the_id_at(connection: Connection, place: int) -> int:
    return int(connection.execute(text(f"SELECT id FROM audit WHERE seq = {place}")).scalar_one())


MIDDLE = MANY // 2
CHANGES = {
    "action": f"UPDATE audit SET action = 'nothing' WHERE seq = {MIDDLE}",
    "time": f"UPDATE audit SET at = at + 1 WHERE seq = {MIDDLE}",
    "subject": f"UPDATE audit SET subject = 'order:x' WHERE seq = {MIDDLE}",
    "detail": f"UPDATE audit SET detail = '{{}}' WHERE seq = {MIDDLE}",
    "digest": f"UPDATE audit SET digest = NULL WHERE seq = {MIDDLE}",
    "id": f"UPDATE audit SET id = -1 WHERE seq = {MIDDLE}",
}


async def test_an_untouched_chain_holds(database: Database) -> None:
    await kept(database)
    found = await verdict(database)
    assert (found.broken, found.verified, found.unsealed) == ("", MANY, 0)


@pytest.mark.parametrize("what", CHANGES)
async def test_a_changed_entry_is_named(what: str, database: Database, database_url: str) -> None:
    await kept(database)
    behind_our_back(database_url, lambda it: it.execute(text(CHANGES[what])))
    found = await verdict(database)
    assert f"at place {MIDDLE} was changed or moved" in found.broken


@pytest.mark.parametrize("place", [1, MIDDLE, MANY])
async def test_a_dropped_entry_is_named(place: int, database: Database, database_url: str) -> None:
    await kept(database)
    drop = text(f"DELETE FROM audit WHERE seq = {place}")
    behind_our_back(database_url, lambda it: it.execute(drop))
    assert f"the entry at place {place} is missing" in (await verdict(database)).broken


async def test_two_entries_that_changed_places_are_named(
    database: Database, database_url: str
) -> None:
    await kept(database)

    def swap(connection: Connection) -> None:
        for before, after in ((MIDDLE, -1), (MIDDLE + 1, MIDDLE), (-1, MIDDLE + 1)):
            connection.execute(text(f"UPDATE audit SET seq = {after} WHERE seq = {before}"))

    behind_our_back(database_url, swap)
    assert f"at place {MIDDLE} was changed or moved" in (await verdict(database)).broken


def _run(statements: tuple[str, ...], connection: Connection) -> None:
    for statement in statements:
        connection.execute(text(statement))


def _subject(place: int, subject: str) -> tuple[str, ...]:
    return (f"UPDATE audit SET subject = '{subject}' WHERE seq = {place}",)


def _swap(here: int, there: int) -> tuple[str, ...]:
    return (
        f"UPDATE audit SET seq = -1 WHERE seq = {here}",
        f"UPDATE audit SET seq = {here} WHERE seq = {there}",
        f"UPDATE audit SET seq = {there} WHERE seq = -1",
    )


async def test_any_one_entry_is_named_wherever_it_is(
    database: Database, database_url: str
) -> None:
    """Anywhere in the chain: changed, moved and, last, dropped; and whole again in between."""
    await kept(database)
    places = random.Random(6).sample(range(2, MANY - 1), 4)
    for place in (1, *places, MANY):
        other = place + 1 if place < MANY else place - 1
        changed = _subject(place, "order:x"), _subject(place, f"order:{place - 1}"), place
        moved = _swap(place, other), _swap(place, other), min(place, other)
        for there, back, named in (changed, moved):
            behind_our_back(database_url, partial(_run, there))
            assert f"at place {named} was changed" in (await verdict(database)).broken
            behind_our_back(database_url, partial(_run, back))
    assert (await verdict(database)).broken == ""
    dropped = places[0]
    behind_our_back(
        database_url, lambda it: it.execute(text(f"DELETE FROM audit WHERE seq = {dropped}"))
    )
    assert f"at place {dropped} is missing" in (await verdict(database)).broken


async def test_dropping_the_newest_together_with_the_head_is_named(
    database: Database, database_url: str
) -> None:
    await kept(database)

    def drop(connection: Connection) -> None:
        connection.execute(text(f"DELETE FROM audit WHERE seq > {MIDDLE}"))
        connection.execute(text(f"UPDATE audit_head SET seq = {MIDDLE}"))

    behind_our_back(database_url, drop)
    assert (await verdict(database)).broken == "the head of the chain was changed"


async def test_putting_back_an_old_head_shows_beside_a_newer_one_noted_elsewhere(
    database: Database, database_url: str
) -> None:
    await kept(database, 10)
    before: list[Any] = []
    behind_our_back(
        database_url,
        lambda it: before.extend(it.execute(text("SELECT seq, digest, seal FROM audit_head"))),
    )
    await kept(database, 10)
    noted = str((await verdict(database)).head)

    def put_back(connection: Connection) -> None:
        seq, digest, seal = before[0]
        connection.execute(text("DELETE FROM audit WHERE seq > 10"))
        connection.execute(
            text("UPDATE audit_head SET seq = :seq, digest = :digest, seal = :seal"),
            {"seq": seq, "digest": digest, "seal": seal},
        )

    behind_our_back(database_url, put_back)
    assert (await verdict(database)).broken == ""
    assert "known head" in (await verdict(database, noted)).broken


async def test_a_missing_head_and_an_added_entry_are_named(
    database: Database, database_url: str
) -> None:
    await kept(database, 3)
    more = text(
        "INSERT INTO audit (at, action, subject, detail, seq) VALUES (0, 'x', 'x', '{}', 9)"
    )
    behind_our_back(database_url, lambda it: it.execute(more))
    assert "was added behind the head, at place 9" in (await verdict(database)).broken
    behind_our_back(database_url, lambda it: it.execute(text("DELETE FROM audit_head")))
    assert (await verdict(database)).broken == "the head of the chain is missing"


async def test_no_other_key_can_seal(database: Database, database_url: str, clock: Clock) -> None:
    await kept(database, 3)
    async with opened(database_url, Keyring(os.urandom(32)), clock) as forger:
        assert (await verdict(forger)).broken == "the head of the chain was changed"


async def test_what_commits_late_is_sealed_all_the_same(
    database: Database, database_url: str
) -> None:
    """On PostgreSQL the entry with the lower id may become visible after the higher one."""
    side_by_side = database_url.startswith("postgresql")
    began, may_end = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(tx: Transaction) -> None:
        tx.audit.add(AuditEntry(action="early", subject="order:1"))
        if side_by_side:
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result()

    def quick(tx: Transaction) -> None:
        tx.audit.add(AuditEntry(action="late", subject="order:2"))

    unit = asyncio.create_task(database.run(slow))
    if side_by_side:
        await began.wait()
    await database.run(quick)
    sealer = Sealer(database, owner="test")
    await sealer.seal()
    may_end.set()
    await unit
    await sealer.seal()
    found = await verdict(database)
    assert (found.broken, found.verified, found.unsealed) == ("", 2, 0)


async def test_two_sealers_never_chain_at_once(database: Database) -> None:
    await kept(database, 5)
    await database.run(lambda tx: tx.audit.add(AuditEntry(action="more", subject="order:1")))
    assert await database.run(lambda tx: tx.chain.seal("another")) is None
    await asyncio.gather(*(Sealer(database, owner="test").seal() for _ in range(5)))
    assert (await verdict(database)).verified == 6


async def test_merging_and_erasing_people_leave_the_chain_whole(database: Database) -> None:
    first, _ = await database.run(lambda tx: tx.people.arrive(said("你好", key="1")))
    other, _ = await database.run(
        lambda tx: tx.people.arrive(said("你好", key="2", account="another"))
    )
    await database.run(
        lambda tx: tx.audit.add(AuditEntry(action="x", subject="order:1", person=other.id))
    )
    await Sealer(database, owner="test").seal()
    await database.run(lambda tx: tx.people.merge(keep=first.id, drop=other.id))
    await database.run(lambda tx: tx.people.erase(first.id))
    await Sealer(database, owner="test").seal()
    assert (await verdict(database)).broken == ""


async def test_the_oldest_may_be_cut_and_the_rest_still_holds(
    database: Database, clock: Clock
) -> None:
    await kept(database, 10)
    clock.pass_time(days=1)
    await kept(database, 10)
    middle = clock.at - timedelta(hours=1)
    assert await database.run(lambda tx: tx.chain.cut(middle, 7)) == 7
    assert await database.run(lambda tx: tx.chain.cut(middle, 7)) == 3
    assert await database.run(lambda tx: tx.chain.cut(middle, 7)) == 0
    found = await verdict(database)
    assert (found.broken, found.verified) == ("", 10)


async def test_what_waits_too_long_for_a_sealer_is_counted(
    database: Database, clock: Clock
) -> None:
    await database.run(lambda tx: tx.audit.add(AuditEntry(action="x", subject="order:1")))
    assert await database.read(lambda tx: tx.chain.unsealed_for_long()) == (0, None)
    since = clock.at
    clock.pass_time(minutes=2)
    assert await database.read(lambda tx: tx.chain.unsealed_for_long()) == (1, since)
