"""A process dies at any point of a message's way: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from storage.keyring import Keyring
from storage.schema import OutboxState
from tests.flow.means import LIGHT, reopened, report, said, unfinished
from tests.flow.mortal import POINTS
from tests.town import Town, built_town

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize("point", POINTS)
async def test_killed_in_the_middle_it_is_finished_by_the_next(
    database_url: str, tmp_path: Path, point: str
) -> None:
    """One report, one work order, every word delivered; said twice only what was on its way."""
    key, log = tmp_path / "key", tmp_path / "delivered"
    keyring = Keyring.from_file(key, create=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.flow.mortal",
        *(database_url, str(key), str(log), point),
        cwd=HOME,
    )
    assert await process.wait() == -signal.SIGKILL
    delivered = log.read_text().split() if log.exists() else []
    async with reopened(database_url, keyring) as later:
        await later.settle()
        assert len(await later.orders()) == 1
        assert await unfinished(later) == 0
        delivered += [str(outbound.id) for outbound in later.channels["web"].sent]
        everything = await said(later)
        assert {row.state for row in everything} == {OutboxState.SENT}
        twice = len(delivered) - len(set(delivered))
        assert set(delivered) == {str(row.id) for row in everything}
        assert twice == (1 if point == "delivered" else 0)


async def test_a_message_begun_by_a_process_that_is_gone_is_handled_once(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.intake.accept(inbound)
    await hardy.database.run(lambda tx: tx.inbox.begin(inbound.conversation, owner="town"))
    async with reopened(town_url, keyring, hardy) as later:
        await later.settle()
        await hardy.settle()
        assert len(await later.orders()) == 1


async def test_a_restart_storm_kills_no_healthy_message(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    """Ten processes in a row begin what is next and die; everything is still answered once."""
    inbounds = [hardy.inbound(f"住户{number}", report(number)) for number in range(12)]
    for inbound in inbounds:
        await hardy.intake.accept(inbound)
    for life in range(10):
        async with reopened(town_url, keyring, hardy, owner=f"life {life}") as town:
            workers = asyncio.create_task(town.intake.run(poll=60))
            await asyncio.sleep(0)
            workers.cancel()
            await asyncio.gather(workers, return_exceptions=True)
    async with reopened(town_url, keyring, hardy, owner="last") as last:
        await last.settle()
        for _ in range(5):
            await last.pass_time(minutes=1)
        assert len(await last.orders()) == len(inbounds)
        assert await last.read(lambda tx: tx.inbox.dead_letters()) == ()


async def test_two_processes_share_the_work_and_do_nothing_twice(
    town_url: str, keyring: Keyring
) -> None:
    """Both hear the same updates and handle them at the same time."""
    async with (
        built_town(town_url, keyring, strict=False, owner="a") as one,
        built_town(town_url, keyring, strict=False, owner="b") as two,
    ):
        two.accounts, two.numbers = one.accounts, one.numbers
        inbounds = [one.inbound(f"住户{number}", report(number)) for number in range(25)]
        workers = [
            asyncio.create_task(work)
            for town in (one, two)
            for work in (town.intake.run(poll=0.01), town.relay.run())
        ]
        await asyncio.gather(
            *(town.intake.accept(inbound) for inbound in inbounds for town in (one, two))
        )
        await asyncio.gather(one.intake.drain(), two.intake.drain())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        async with reopened(town_url, keyring, one) as later:
            await later.settle()
            assert len(await later.orders()) == len(inbounds)
            assert await unfinished(later) == 0
            sent = [
                outbound.id
                for town in (one, two, later)
                for channel in town.channels.values()
                for outbound in channel.sent
            ]
            assert len(sent) == len(set(sent))
            assert {row.id for row in await said(later)} == set(sent)
