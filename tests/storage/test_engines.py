"""Units of work: all of it or nothing, never heard of before the commit, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import bindparam, select, update

from storage.database import Database, Unavailable, migrate
from storage.keyring import Keyring
from storage.schema import versions
from storage.sqlite import UNITS_PER_COMMIT
from storage.statements import Statement, adding
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.storage.conftest import Clock, opened

_COUNT = Statement(select(versions.c.version).where(versions.c.kind == "counted"))
_SET = Statement(
    update(versions).where(versions.c.kind == "counted").values(version=bindparam("to"))
)
_LOCKED = Statement(
    select(versions.c.version).where(versions.c.kind == "counted").with_for_update()
)
_START = Statement(adding(versions, "kind", "version"))
_FILL = Statement(adding(versions, "kind", "version"))


def increment(tx: Transaction) -> None:
    """A read that turns into a write."""
    tx.session.run(_SET, to=tx.session.value(_LOCKED) + 1)


def count(tx: Transaction) -> int:
    value: int = tx.session.value(_COUNT)
    return value


def fail(tx: Transaction) -> None:
    increment(tx)
    raise ValueError("this unit fails")


@pytest.fixture
async def counting(database: Database) -> Database:
    await database.run(lambda tx: tx.session.run(_START, kind="counted", version=0))
    return database


async def test_no_update_is_lost_between_two_processes(
    database_url: str, counting: Database, keyring: Keyring, clock: Clock
) -> None:
    async with opened(database_url, keyring, clock) as other:
        turns = [where.run(increment) for where in (counting, other) for _ in range(200)]
        await asyncio.gather(*turns)
    assert await counting.read(count) == 400


async def test_a_failing_unit_takes_nobody_with_it(counting: Database) -> None:
    turns = [counting.run(fail if turn % 5 == 0 else increment) for turn in range(50)]
    outcomes = await asyncio.gather(*turns, return_exceptions=True)
    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) == 10
    assert await counting.read(count) == 40


async def test_what_was_answered_is_read_back(counting: Database) -> None:
    for turn in range(1, 20):
        await counting.run(increment)
        assert await counting.read(count) == turn


async def test_reading_cannot_write(counting: Database) -> None:
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
        await counting.read(increment)
    assert await counting.read(count) == 0


async def test_accepts_go_before_what_is_queued(sqlite_database: tuple[str, Database]) -> None:
    _, database = sqlite_database
    order: list[str] = []
    later = [database.run(lambda _: order.append("later")) for _ in range(3 * UNITS_PER_COMMIT)]
    first = database.run(lambda _: order.append("first"), first=True)
    await asyncio.gather(*later, first)
    assert order.index("first") < 2 * UNITS_PER_COMMIT


async def test_a_full_disk_fails_only_what_does_not_fit(
    sqlite_database: tuple[str, Database],
) -> None:
    url, database = sqlite_database
    writer = database._engine._writing  # type: ignore[attr-defined]
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages + 4}").fetchall()

    def small(tx: Transaction, name: str) -> None:
        tx.session.run(_FILL, kind=name, version=1)

    def large(tx: Transaction) -> None:
        tx.session.run(_FILL, kind="x" * 200_000, version=1)

    outcomes = await asyncio.gather(
        *(
            database.run(large if turn == 3 else lambda tx, turn=turn: small(tx, f"k{turn}"))
            for turn in range(8)
        ),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Unavailable) for outcome in outcomes] == [
        turn == 3 for turn in range(8)
    ]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as other:
        kept = other.execute("SELECT count(*) FROM versions WHERE kind LIKE 'k_'").fetchone()[0]
    other.close()
    assert kept == 7


async def test_when_the_transaction_is_dropped_every_unit_of_the_group_runs_again_alone(
    sqlite_database: tuple[str, Database],
) -> None:
    _, database = sqlite_database
    runs: list[int] = []

    def unit(tx: Transaction, turn: int) -> int:
        runs.append(turn)
        tx.session.run(_FILL, kind=f"k{turn}", version=turn)
        if turn == 2 and runs.count(2) == 1:
            tx.session._cursor.connection.rollback()  # type: ignore[attr-defined]
        return turn

    waiting = asyncio.gather(
        *(database.run(lambda tx, turn=turn: unit(tx, turn)) for turn in range(5))
    )
    assert await waiting == [0, 1, 2, 3, 4]
    found = await database.read(lambda tx: tx.tables.version("k4"))
    assert found == 4
    assert runs.count(2) == 2


async def test_the_watchdog_sees_what_runs_and_nothing_when_idle(
    sqlite_database: tuple[str, Database],
) -> None:
    _, database = sqlite_database
    seen: list[float | None] = []
    await database.run(lambda _: seen.append(database.unit_started_at()))
    assert seen[0] is not None
    await database.run(lambda _: None)
    await database.read(lambda _: None)
    assert database.unit_started_at() is None


async def test_a_unit_whose_connection_was_cut_runs_again(
    new_database_url: NewDatabase, keyring: Keyring, clock: Clock
) -> None:
    with new_database_url("postgresql") as url:
        async with opened(url, keyring, clock) as database:
            tries: list[int] = []

            def cut_once(tx: Transaction) -> None:
                tx.session.run(_FILL, kind="once", version=1)
                tries.append(1)
                if len(tries) == 1:
                    with psycopg.connect(url, autocommit=True) as killer:
                        killer.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                        )

            await database.run(cut_once)
            assert len(tries) == 2
            assert await database.read(lambda tx: tx.tables.version("once")) == 1


async def test_sqlite_is_opened_durable_and_strict(
    sqlite_database: tuple[str, Database],
) -> None:
    _, database = sqlite_database
    writer = database._engine._writing  # type: ignore[attr-defined]
    answers = {
        name: writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    }
    assert answers == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'xiaoqi.db'}"
    migrate(url)
    migrate(url)
    with sqlite3.connect(tmp_path / "new" / "xiaoqi.db") as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        assert tables.fetchone()[0] > 30
    connection.close()
