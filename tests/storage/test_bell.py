"""Who waits for something hears of it once it is committed, also by another process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from storage.bell import Topic, of_chat
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.storage.conftest import Clock, opened
from tests.storage.values import queue, said


class Ear:
    """What one listener has heard."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.rings = 0
        self._new = asyncio.Event()

    def __call__(self, topics: frozenset[str]) -> None:
        self.topics |= topics
        self.rings += 1
        self._new.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._new.clear()
            await self._new.wait()


@pytest.fixture
def shared_url(new_database_url: NewDatabase) -> Iterator[str]:
    with new_database_url("postgresql") as url:
        yield url


@asynccontextmanager
async def two(url: str, keyring: Keyring) -> AsyncIterator[tuple[Database, Database, Ear]]:
    """A database as two processes have it; the ear is the second one's, and it is on the wire."""
    ear = Ear()
    async with opened(url, keyring, Clock()) as one, opened(url, keyring, Clock()) as other:
        with other.hearing(ear):
            await ear.until(lambda: Topic.ALL in ear.topics)
            ear.topics.clear()
            yield one, other, ear


async def test_a_commit_is_heard_in_the_same_process(database: Database) -> None:
    ear = Ear()
    with database.hearing(ear):
        await database.run(lambda tx: queue(tx, "一"))
        await ear.until(lambda: Topic.OUTBOX in ear.topics)
    ear.topics.clear()
    await database.run(lambda tx: queue(tx, "二"))
    assert ear.topics == set()


async def test_what_was_not_committed_is_not_heard(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        queue(tx, "一")
        raise ZeroDivisionError

    ear = Ear()
    with database.hearing(ear):
        with pytest.raises(ZeroDivisionError):
            await database.run(fail)
        await database.run(lambda tx: tx.ring("after"))
        await ear.until(lambda: "after" in ear.topics)
    assert Topic.OUTBOX not in ear.topics


async def test_another_process_hears_what_everybody_may_take_up(
    shared_url: str, keyring: Keyring
) -> None:
    message = said("你好", key="1", account="wang")

    def work(tx: Transaction) -> None:
        queue(tx, "一")
        tx.inbox.accept(message, owner="door only", lease=0)
        tx.tables.bump("places")
        tx.transcripts.add(
            message.address, direction="in", content={}, at=tx.now, person=None, request_key="1"
        )

    async with two(shared_url, keyring) as (one, other, ear):
        shown = await other.read(lambda tx: of_chat(tx.address_digest(message.address)))
        await one.run(work)
        await ear.until(lambda: {Topic.OUTBOX, Topic.INBOX, Topic.TABLES, shown} <= ear.topics)


async def test_many_rings_are_told_together(shared_url: str, keyring: Keyring) -> None:
    async with two(shared_url, keyring) as (one, _, ear):
        ear.rings = 0
        topics = [f"chat:{number:064}" for number in range(300)]
        await asyncio.gather(*(one.run(lambda tx, t=t: tx.ring(t)) for t in topics))  # type: ignore[misc]
        await ear.until(lambda: ear.topics >= set(topics))
        assert ear.rings < len(topics) / 2


async def test_whoever_was_cut_off_looks_at_everything_and_hears_again(
    shared_url: str, keyring: Keyring
) -> None:
    async with two(shared_url, keyring) as (one, other, ear):
        with psycopg.connect(shared_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await ear.until(lambda: Topic.ALL in ear.topics)
        await one.run(lambda tx: tx.ring("again"))
        while "again" not in ear.topics:  # the first one's wire was cut as well
            await one.run(lambda tx: tx.ring("again"))
            await asyncio.sleep(0.05)
        assert other.between_looks(1.0) > 1.0


async def test_what_is_said_just_before_the_end_is_still_told(
    shared_url: str, keyring: Keyring
) -> None:
    """`xiaoqi import` is over as soon as its commit is."""
    async with two(shared_url, keyring) as (_, _, ear):
        async with opened(shared_url, keyring, Clock()) as command:
            await command.run(lambda tx: tx.tables.bump("places"))
        await ear.until(lambda: Topic.TABLES in ear.topics)
