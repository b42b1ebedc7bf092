"""The disk is full, or fails: nothing accepted is lost, nothing is a dead letter, all goes on by
itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot import pause
from bot.channels.base import CannotAccept
from domain.messages import Inbound
from storage import sqlite
from storage.availability import CALM, Availability
from storage.database import Unavailable
from storage.keyring import Keyring
from storage.schema import OutboxState
from tests.databases import NewDatabase
from tests.flow.hurting import Harm, Injury, hurt_by
from tests.flow.means import LIGHT, report, run_out, said, unfinished
from tests.town import Town, built_town


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pause, "SHORTEST", 0.001)
    monkeypatch.setattr(pause, "LONGEST", 0.01)


@asynccontextmanager
async def living(
    new_database_url: NewDatabase, keyring: Keyring
) -> AsyncIterator[tuple[Town, str]]:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(new_database_url("sqlite"))
        town = await stack.enter_async_context(built_town(url, keyring, strict=False))
        yield town, url.removeprefix("sqlite:///")


async def accepted_in_the_end(town: Town, inbound: Inbound) -> None:
    """The platform says it again until it is kept."""
    while True:
        try:
            await town.intake.accept(inbound)
        except CannotAccept:
            continue
        return


async def settled_in_the_end(town: Town) -> None:
    while True:
        try:
            await town.settle()
        except Unavailable:
            continue
        return


async def fails_everywhere(town: Town, injury: Injury, first: int = 0) -> int:
    """A report for every statement of its way that can fail; how many statements there were."""
    number = first
    while True:
        number += 1
        injury.after(number - first)
        await accepted_in_the_end(town, town.inbound(f"住户{number}", report(number)))
        await settled_in_the_end(town)
        if injury.left > 0:
            return number - first


@pytest.mark.parametrize("harm", [Harm.STATEMENT, Harm.EVERYTHING])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE])
async def test_a_failure_at_any_statement_costs_no_message(
    new_database_url: NewDatabase,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
    harm: Harm,
    code: int,
) -> None:
    injury = Injury()
    injury.harm, injury.code = harm, code
    monkeypatch.setattr(sqlite, "connect", hurt_by(injury))
    async with living(new_database_url, keyring) as (town, _):
        statements = await fails_everywhere(town, injury)
        injury.after(0)
        await run_out(town.database)
        await town.settle()
        assert statements > 30
        await nothing_is_lost(town, statements)


async def test_a_commit_that_was_done_and_said_to_have_failed_does_nothing_twice(
    new_database_url: NewDatabase, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    injury = Injury()
    injury.harm, injury.only_commits = Harm.NOTHING, True
    monkeypatch.setattr(sqlite, "connect", hurt_by(injury))
    async with living(new_database_url, keyring) as (town, _):
        commits = await fails_everywhere(town, injury)
        injury.after(0)
        await run_out(town.database)
        await town.settle()
        assert commits > 4
        await nothing_is_lost(town, commits)


async def nothing_is_lost(town: Town, reports: int) -> None:
    assert len(await town.read(lambda tx: tx.orders.newest(limit=1000))) == reports
    assert await unfinished(town) == 0
    assert await town.read(lambda tx: tx.inbox.dead_letters()) == ()
    everything = await said(town)
    assert {row.state for row in everything} == {OutboxState.SENT}
    delivered = [outbound.id for outbound in town.channels["web"].sent]
    assert sorted(delivered) == sorted(row.id for row in everything)


async def test_with_a_full_disk_it_refuses_and_goes_on_once_there_is_room(
    new_database_url: NewDatabase, keyring: Keyring
) -> None:
    async with living(new_database_url, keyring) as (town, path):
        told: list[str] = []
        town.database.availability.changed = told.append
        writer = town.database._engine._writing  # type: ignore[attr-defined]
        kept = 0
        for number in range(10):
            await town.intake.accept(town.inbound(f"住户{number}", report(number)))
        workers = asyncio.create_task(town.intake.run(poll=0.01))
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        refused = 0
        for number in range(10, 300):
            try:
                kept += await town.intake.accept(town.inbound(f"住户{number}", report(number)))
            except CannotAccept:
                refused += 1
        assert refused > 200
        dead = await town.read(lambda tx: tx.inbox.dead_letters())
        writer.execute("PRAGMA max_page_count = 1000000").fetchall()
        await until_all_is_handled(town)
        workers.cancel()
        await asyncio.gather(workers, return_exceptions=True)
        assert dead == ()
        assert len(await town.read(lambda tx: tx.orders.newest(limit=1000))) == 10 + kept
        assert await town.read(lambda tx: tx.inbox.dead_letters()) == ()
        assert len(told) == 1  # once, however often it failed
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


async def until_all_is_handled(town: Town) -> None:
    while True:
        if not await unfinished(town):
            return
        await asyncio.sleep(0.01)


async def test_an_attempt_that_the_database_broke_off_does_not_count(
    new_database_url: NewDatabase, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a full disk keeps a message from being handled, it is no dead letter."""
    async with living(new_database_url, keyring) as (town, _):
        full = True

        def speak(*_: object) -> None:
            if full:
                raise sqlite3_full()
            return spoken(*_)

        def sqlite3_full() -> Exception:
            return Injury().error()

        spoken = town.intake._handling._speak
        monkeypatch.setattr(town.intake._handling, "_speak", speak)
        inbound = town.inbound("王阿姨", LIGHT)
        await town.intake.accept(inbound)
        for _ in range(10):
            town.intake.wake(inbound.conversation)
            await town.intake.handle_next()
        full = False
        await town.settle()
        assert len(await town.orders("王阿姨")) == 1


def test_trouble_is_told_once_until_it_is_calm_again() -> None:
    now, told = [0.0], []
    availability = Availability(clock=lambda: now[0])
    availability.changed = told.append
    for _ in range(100):
        availability.failed("disk full")
        availability.went_well()  # something small still fits
        now[0] += 0.1
    assert told == ["disk full"]
    now[0] += CALM
    availability.went_well()
    availability.failed("disk full")
    assert told == ["disk full", "", "disk full"]
