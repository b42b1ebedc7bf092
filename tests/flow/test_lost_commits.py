"""PostgreSQL commits and the answer is lost: the unit runs again, and nothing is done twice."""

from __future__ import annotations

import psycopg
import pytest

from storage.keyring import Keyring
from storage.schema import OutboxState
from tests.databases import NewDatabase
from tests.flow.means import report, run_out, said, unfinished
from tests.town import Town, built_town


class Losses:
    """Loses the answer to the n-th commit from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        commit = psycopg.Connection.commit

        def lost(connection: psycopg.Connection[tuple[object, ...]]) -> None:
            commit(connection)
            self.left -= 1
            if self.left == 0:
                raise psycopg.OperationalError("the connection was lost in COMMIT")

        monkeypatch.setattr(psycopg.Connection, "commit", lost)


async def each_commit_lost(town: Town, losses: Losses) -> int:
    """A report for every commit of its way; how many commits that is."""
    number = 0
    while True:
        number += 1
        losses.left = number
        await town.hears(town.inbound(f"住户{number}", report(number)))
        if losses.left > 0:
            return number


async def test_nothing_is_lost_and_nothing_done_twice(
    new_database_url: NewDatabase, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database_url("postgresql") as url:
        async with built_town(url, keyring, strict=False) as town:
            reports = await each_commit_lost(town, Losses(monkeypatch))
            await run_out(town.database)
            await town.settle()
            assert reports > 4
            assert len(await town.read(lambda tx: tx.orders.newest(limit=1000))) == reports
            assert await unfinished(town) == 0
            everything = await said(town)
            assert {row.state for row in everything} == {OutboxState.SENT}
            delivered = [outbound.id for outbound in town.channels["web"].sent]
            assert sorted(delivered) == sorted(row.id for row in everything)
