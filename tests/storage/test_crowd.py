"""Many writers, a long report and a backup at once: nobody hears that the database is locked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from domain.messages import Inbound
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.storage.conftest import Clock, opened

WRITERS, EACH = 32, 20


async def test_nobody_hears_that_the_database_is_locked(
    new_database_url: NewDatabase, keyring: Keyring, clock: Clock, tmp_path: Path
) -> None:
    with new_database_url("sqlite") as url:
        path = url.removeprefix("sqlite:///")
        async with opened(url, keyring, clock) as database, opened(url, keyring, clock) as other:
            begun, written = threading.Event(), threading.Event()

            def report(tx: Transaction) -> tuple[int, int]:
                """One snapshot, looked at before and after all the writing."""
                before = len(tx.inbox.ready(10_000, owner="report"))
                begun.set()
                written.wait()
                return before, len(tx.inbox.ready(10_000, owner="report"))

            async def write(writer: int) -> None:
                where = (database, other)[writer % 2]
                for number in range(EACH):
                    key = f"{writer}-{number}"
                    inbound = Inbound(channel="web", key=key, chat=key, account=key, text="灯")
                    await where.run(lambda tx: tx.inbox.accept(inbound, owner="x", lease=0))  # noqa: B023

            def back_up() -> None:
                with (
                    closing(sqlite3.connect(path)) as source,
                    closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
                ):
                    source.backup(copy, pages=8)

            reporting = asyncio.create_task(database.read(report))
            await asyncio.to_thread(begun.wait)
            backing_up = asyncio.create_task(asyncio.to_thread(back_up))
            await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
            written.set()
            assert await reporting == (0, 0)
            await backing_up
            ready = await database.read(lambda tx: tx.inbox.ready(10_000, owner="y"))
            assert len(ready) == WRITERS * EACH
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
