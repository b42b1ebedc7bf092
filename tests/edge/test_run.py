"""`xiaoqi run --sample` as a real process: it serves, it is killed, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.databases import NewDatabase
from tests.rig.telegram import Telegram

ROOT = Path(__file__).parents[2]
TWO_PROBLEMS = "3栋2单元楼道灯不亮了还有垃圾两天没人收"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a service lives: its database, its key and its port."""

    url: str
    folder: Path
    port: int
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        variables = {
            **{key: value for key, value in os.environ.items() if "XIAOQI" not in key},
            "PYTHONPATH": str(ROOT),
            "XIAOQI_DATABASE__URL": self.url,
            "XIAOQI_SECURITY__KEY_FILE": str(self.folder / "key"),
            "XIAOQI_SERVER__PORT": str(self.port),
            **self.variables,
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "bot", "run", "--sample", *arguments],
                cwd=self.folder,
                env=variables,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture
def home(empty_database_url: str, tmp_path: Path) -> Home:
    return Home(url=empty_database_url, folder=tmp_path, port=free_port())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(home: Home, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = home.start(*arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@asynccontextmanager
async def page_of(home: Home) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser's session, once the service is ready."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{home.port}") as session:
        while True:
            try:
                async with session.get("/readyz") as answer:
                    if answer.status == 200:
                        break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
        yield session


async def rows(page: aiohttp.ClientSession, chat: str) -> list[dict[str, Any]]:
    async with page.get("/sample/transcript") as answer:
        assert answer.status == 200
        told = json.loads(await answer.text())
    return [row for row in told["rows"] if row["chat"] == chat]


async def says(page: aiohttp.ClientSession, key: str, text: str) -> int:
    body = {"key": key, "text": text}
    async with page.post("/sample/resident/messages", json=body) as answer:
        return answer.status


async def until_said(page: aiohttp.ClientSession, chat: str, words: str) -> list[dict[str, Any]]:
    while True:
        found = [row for row in await rows(page, chat) if words in row["text"]]
        if found:
            return found
        await asyncio.sleep(0.05)


async def test_a_message_to_the_page_reaches_the_grid_leader(home: Home) -> None:
    with running(home) as process:
        async with page_of(home) as page:
            async with page.get("/healthz") as alive, page.get("/") as first:
                assert (alive.status, first.status) == (200, 200)
                assert "text/html" in first.headers["Content-Type"]

            assert await says(page, "message-1", TWO_PROBLEMS) == 200
            await until_said(page, "resident/me", "都登记好了")
            await until_said(page, "leader/me", "照明")
            await until_said(page, "leader/me", "垃圾清运")

        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert '"service stopped"' in home.log()


async def test_what_was_accepted_before_a_kill_is_handled_after_it(home: Home) -> None:
    texts = [f"{building}栋2单元楼道灯不亮了" for building in range(1, 9)]
    with running(home, "--roles", "web,poll"):
        async with page_of(home) as page:
            for number, text in enumerate(texts):
                assert await says(page, f"message-{number}", text) == 200

    with running(home):
        async with page_of(home) as page:
            for building in range(1, 8):  # the eighth is another leader's
                await until_said(page, "leader/me", f"{building}栋2单元")
            for number, text in enumerate(texts):
                assert await says(page, f"message-{number}", text) == 200
            heard = [row for row in await rows(page, "resident/me") if row.get("key")]

    assert len(heard) == len(texts)


async def test_a_killed_service_is_started_again_by_its_supervisor(home: Home) -> None:
    with running(home):
        async with page_of(home) as page:
            assert await says(page, "message-1", TWO_PROBLEMS) == 200
            await until_said(page, "resident/me", "都登记好了")
            for child in supervised(home):
                os.kill(child, signal.SIGKILL)
            await until_logged(home, "the service died")
        async with page_of(home) as page:
            await until_said(page, "resident/me", "都登记好了")
            assert await says(page, "message-2", "查进度") == 200
            await until_said(page, "resident/me", "您有 2 件")


async def test_a_service_whose_supervisor_was_killed_makes_room_for_the_next(home: Home) -> None:
    with running(home) as supervisor:
        async with page_of(home):
            children = supervised(home)
            supervisor.kill()
            await asyncio.to_thread(supervisor.wait)
    try:
        await until_ended(home)
    finally:
        for child in supervised(home):
            os.kill(child, signal.SIGKILL)
    assert len(children) == 1
    with running(home):
        async with page_of(home) as page:
            assert await says(page, "message-1", TWO_PROBLEMS) == 200


async def test_a_door_and_a_back_room_are_one_service(
    new_database_url: NewDatabase, tmp_path: Path
) -> None:
    """Two processes over one PostgreSQL, each with its roles; told to stop, both end well."""
    with new_database_url("postgresql", holding=None) as url:
        home = Home(url=url, folder=tmp_path, port=free_port())
        with (
            running(home, "--roles", "web") as door,
            running(home, "--roles", "poll,intake,relay,clock") as room,
        ):
            async with page_of(home) as page:
                assert await says(page, "message-1", TWO_PROBLEMS) == 200
                await until_said(page, "resident/me", "都登记好了")
                await until_said(page, "leader/me", "照明")
            for process in (room, door):
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait) == 0


async def test_while_it_ends_what_it_began_it_is_alive_and_takes_nothing_new(home: Home) -> None:
    """A proxy asks `/readyz` and turns to others; who looks after processes asks `/healthz`."""
    async with Telegram.started(home.folder / "history") as telegram:
        bot = {
            "XIAOQI_TELEGRAM__TOKEN": telegram.token,
            "XIAOQI_TELEGRAM__API_URL": telegram.url,
        }
        with running(replace(home, variables=bot)) as process:
            async with page_of(home) as page:
                await telegram.do("fault", method="sendMessage", slow=3.0, times=1)
                await telegram.do("say", chat=7, user=7, text="帮助")
                await until_called(telegram, "sendMessage")
                process.send_signal(signal.SIGTERM)
                await until_answered(page, "/readyz", 503)

                await until_answered(page, "/healthz", 200)
            assert await asyncio.to_thread(process.wait) == 0
        assert await telegram.show("sent")


async def until_called(telegram: Telegram, method: str) -> None:
    while True:
        if await telegram.asked_for(method):
            return
        await asyncio.sleep(0.02)


async def until_answered(page: aiohttp.ClientSession, path: str, status: int) -> None:
    while True:
        async with page.get(path) as answer:
            if answer.status == status:
                return
        await asyncio.sleep(0.02)


async def until_ended(home: Home) -> None:
    while True:
        if not supervised(home):
            return
        await asyncio.sleep(0.05)


async def until_logged(home: Home, words: str) -> None:
    while True:
        if words in home.log():
            return
        await asyncio.sleep(0.05)


def supervised(home: Home) -> list[int]:
    """The supervised processes of this service."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if b"--supervised" in command and str(home.folder / "key").encode() in environment:
                found.append(int(folder.name))
    return found


async def test_a_taken_port_is_a_failure_that_names_it(home: Home) -> None:
    with socket.create_server(("127.0.0.1", home.port)), running(home) as process:
        assert await asyncio.to_thread(process.wait) == 1
    assert str(home.port) in home.log()
