"""One message that hangs, crashes or eats the real service: five attempts, then it is put aside,
all others are answered, and once the mistake is mended it is tried again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from domain.orders import WorkOrder
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.inbox import MAX_ATTEMPTS
from storage.inbox_rows import DeadLetter
from storage.keyring import Keyring
from tests.databases import NewDatabase
from tests.flow.means import HELP
from tests.town import MORNING

ROOT = Path(__file__).parents[2]
MEMORY = 700  # MiB
LONG_ENOUGH = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sick:
    """A running service with a mistake in it."""

    page: aiohttp.ClientSession
    database: Database
    folder: Path

    async def says(self, who: str, key: str, text: str) -> None:
        """Until it is accepted: the service may just be starting again."""
        body = {"key": key, "text": text}
        while True:
            try:
                async with self.page.post(f"/sample/{who}/messages", json=body) as answer:
                    assert answer.status in (200, 503)
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(LONG_ENOUGH)

    async def orders(self, many: int) -> list[WorkOrder]:
        """The work orders, once there are so many."""
        while True:
            found = await self.database.read(lambda tx: tx.orders.newest(limit=100))
            if len(found) >= many:
                return list(found)
            await asyncio.sleep(LONG_ENOUGH)

    async def dead_letter(self) -> DeadLetter:
        """The one message that was given up, once it was."""
        while True:
            found = await self.database.read(lambda tx: tx.inbox.dead_letters())
            if found:
                (letter,) = found
                return letter
            await asyncio.sleep(LONG_ENOUGH)

    async def handled(self) -> None:
        """Once nothing waits any more, also not dead."""
        while True:
            if not await self.database.read(
                lambda tx: tx.inbox.ready(9, owner="nobody") or tx.inbox.dead_letters()
            ):
                return
            await asyncio.sleep(LONG_ENOUGH)

    def attempts(self) -> int:
        """How often the mistake was met."""
        return len((self.folder / "attempts").read_text())


@contextmanager
def running(url: str, folder: Path, *arguments: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    variables = {
        **{key: value for key, value in os.environ.items() if "XIAOQI" not in key},
        "PYTHONPATH": str(ROOT),
        "XIAOQI_DATABASE__URL": url,
        "XIAOQI_SECURITY__KEY_FILE": str(folder / "key"),
        "XIAOQI_SERVER__PORT": str(port),
        "XIAOQI_PROCESS__MEMORY": str(MEMORY),
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.poisoned", *arguments],
            cwd=folder,
            env=variables,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@asynccontextmanager
async def sick(url: str, folder: Path, *arguments: str) -> AsyncIterator[Sick]:
    key = Keyring.from_file(folder / "key", create=True)
    with running(url, folder, *arguments) as port:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as page:
            database = Database.open(
                url, keyring=key, wording=Phrasebook.load(), now=lambda: MORNING
            )
            yield Sick(page=page, database=database, folder=folder)
            await database.close()


@pytest.mark.parametrize(
    ("kind", "spot", "deed"),
    [
        ("sqlite", "handler", "hang"),
        ("sqlite", "handler", "hold"),
        ("sqlite", "handler", "crash"),
        ("sqlite", "handler", "vanish"),
        ("sqlite", "handler", "devour"),
        ("sqlite", "look", "crash"),
        ("sqlite", "reader", "hang"),
        ("sqlite", "reader", "backtrack"),
        ("sqlite", "reader", "leave"),
        ("postgresql", "handler", "crash"),
        ("postgresql", "handler", "leave"),
    ],
)
async def test_it_is_put_aside_others_are_answered_and_mended_it_is_done(
    new_database_url: NewDatabase, tmp_path: Path, kind: str, spot: str, deed: str
) -> None:
    with new_database_url(kind) as url:
        async with sick(url, tmp_path, spot, deed) as service:
            await service.says("neighbour", "message-1", "5栋1单元门禁刷不开，进不去")
            await service.says("resident", "message-2", HELP)
            await service.says("neighbour", "message-3", "3栋2单元楼道灯不亮了")
            letter = await service.dead_letter()
            assert letter.inbound is not None
            assert letter.inbound.text == HELP
            assert service.attempts() == MAX_ATTEMPTS
            assert len(await service.orders(2)) == 2
            (tmp_path / "mended").touch()
            await service.database.run(lambda tx: tx.inbox.replay(letter.id))
            await service.handled()
            assert service.attempts() == MAX_ATTEMPTS
