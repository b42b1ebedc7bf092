"""The bot under test: a group of processes that can be killed, stopped and started again.

What a bot is told, in its environment: BOT_TOKEN, BOT_API_URL (the root of the Bot API), BOT_MODE
(polling or webhook), BOT_PORT (where to listen), BOT_PUBLIC_URL (under which it is reached) and
BOT_SECRET (to be shown in every webhook call); `xiaoqi run` is told the same in its own words.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp

from bot.settings import apart_from_the_environment
from tests.rig.front import Front
from tests.rig.telegram import Telegram

HOME = Path(__file__).parents[2]
SECRET = "a-secret-of-at-least-thirty-two-characters"
LOOK = 0.02
PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """How a bot is started, and whether it is xiaoqi, which has commands and a `/readyz`."""

    command: tuple[str, ...] = (sys.executable, "-m", "bot", "run")
    is_xiaoqi: bool = True

    @classmethod
    def named(cls, command: str) -> Bot:
        """A bot that is started by this command."""
        return cls(command=tuple(shlex.split(command)), is_xiaoqi=False)


@dataclass(slots=True, kw_only=True)
class Process:
    """One place in the group: its port, and whoever runs there now."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def serving(self) -> int | None:
        """The process that serves: the supervisor's child where there is one."""
        children = _children(self.pid)
        return children[0] if children else None


@dataclass(slots=True, kw_only=True)
class Service:
    """The processes of one bot over one database, behind one front."""

    bot: Bot
    telegram: Telegram
    mode: str
    folder: Path
    database: str
    settings: Mapping[str, str]
    front: Front
    http: aiohttp.ClientSession
    processes: list[Process] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        bot: Bot,
        *,
        telegram: Telegram,
        mode: str,
        processes: int,
        database: str,
        folder: Path,
        settings: Mapping[str, str],
    ) -> AsyncIterator[Self]:
        """Nothing runs yet; whatever runs at the end is killed."""
        ports = [free_port() for _ in range(processes)]
        patience = aiohttp.ClientTimeout(total=30)
        async with (
            Front(ports) as front,
            aiohttp.ClientSession(timeout=patience) as http,
        ):
            service = cls(
                bot=bot,
                telegram=telegram,
                mode=mode,
                folder=folder,
                database=database,
                settings=settings,
                front=front,
                http=http,
            )
            for number, port in enumerate(ports):
                service.processes.append(Process(port=port, log=folder / f"{number}.log"))
            try:
                yield service
            finally:
                for number in range(processes):
                    service.kill(number)

    # -- lives

    async def start(self) -> None:
        """Starts every process and returns once each is ready."""
        for number in range(len(self.processes)):
            self.launch(number)
        for number in range(len(self.processes)):
            await self.ready(number)

    def launch(self, number: int = 0) -> None:
        """Starts one process, in a session of its own, and does not wait."""
        one = self.processes[number]
        one.started_at = time.time()
        with one.log.open("ab") as log:
            one.process = subprocess.Popen(
                [*self.bot.command, *(["--sample"] if self.bot.is_xiaoqi else [])],
                cwd=HOME,
                env=self.environment(number),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, number: int = 0) -> None:
        """Returns once the process serves; raises when it ended by itself."""
        while not await self.is_ready(number):
            process = self.processes[number].process
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"the bot ended ({process.returncode}): {self.log(number)}")
            await asyncio.sleep(LOOK)

    async def is_ready(self, number: int = 0) -> bool:
        """Whether it takes messages: `/readyz` says so, or another bot listens to Telegram."""
        one = self.processes[number]
        if not self.bot.is_xiaoqi:
            return self._has_called_since(one.started_at)
        try:
            async with self.http.get(f"http://127.0.0.1:{one.port}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill(self, number: int = 0, *, child_only: bool = False) -> bool:
        """kill -9 of everything at this place, or of the serving child under its supervisor.

        False when there was nothing to kill.
        """
        one = self.processes[number]
        if one.process is None:
            return False
        if child_only:
            child = one.serving()
            return child is not None and _told(os.kill, child, signal.SIGKILL)
        # The group outlives its supervisor for a moment.
        was_there = _told(os.killpg, one.pid, signal.SIGKILL)
        one.process.wait()
        return was_there

    def pause(self, number: int = 0) -> None:
        """SIGSTOP to the supervisor and its child."""
        _told(os.killpg, self.processes[number].pid, signal.SIGSTOP)

    def resume(self, number: int = 0) -> None:
        """SIGCONT."""
        _told(os.killpg, self.processes[number].pid, signal.SIGCONT)

    async def terminate(self, number: int = 0) -> float:
        """SIGTERM; the seconds until the process has ended."""
        process = self.processes[number].process
        assert process is not None
        began = time.monotonic()
        process.terminate()
        await asyncio.to_thread(process.wait)
        return time.monotonic() - began

    # -- what is seen of it

    def url(self, number: int = 0) -> str:
        """Where one process listens."""
        return f"http://127.0.0.1:{self.processes[number].port}"

    async def metrics(self, number: int = 0) -> str:
        """`/metrics` of one process."""
        async with self.http.get(f"{self.url(number)}/metrics") as answer:
            return await answer.text()

    def resident(self, number: int = 0) -> int:
        """The resident memory of the serving process, in bytes."""
        one = self.processes[number]
        pid = one.serving() or one.pid
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def log(self, number: int = 0) -> str:
        """The end of what the process wrote."""
        return self.processes[number].log.read_text(errors="replace")[-2000:]

    async def command(self, *arguments: str) -> str:
        """A public command of xiaoqi on the same database; what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments,
            cwd=HOME, env=self.environment(0),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, wrong = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"xiaoqi {arguments[0]}: {wrong.decode(errors='replace')[-2000:]}")
        return said.decode()

    def environment(self, number: int) -> dict[str, str]:
        """What the process is told."""
        one = self.processes[number]
        told = {
            "XIAOQI_DATABASE__URL": self.database,
            "XIAOQI_SECURITY__KEY_FILE": str(self.folder / "key"),
            "XIAOQI_SERVER__PORT": str(one.port),
            "XIAOQI_SERVER__PUBLIC_URL": self.front.url,
            "XIAOQI_TELEGRAM__TOKEN": self.telegram.token,
            "XIAOQI_TELEGRAM__API_URL": self.telegram.url,
            "XIAOQI_TELEGRAM__MODE": self.mode,
            "XIAOQI_TELEGRAM__SECRET": SECRET,
            "XIAOQI_TELEGRAM__PER_SECOND": "1000",
            "XIAOQI_LIMITS__ENABLED": "false",  # a few people stand for a city
            "XIAOQI_LOG__LEVEL": "warning",
            **{f"XIAOQI_{name}": value for name, value in self.settings.items()},
        }
        for_any_bot = {
            "BOT_TOKEN": self.telegram.token,
            "BOT_API_URL": self.telegram.url,
            "BOT_MODE": self.mode,
            "BOT_PORT": str(one.port),
            "BOT_PUBLIC_URL": self.front.url,
            "BOT_SECRET": SECRET,
        }
        return apart_from_the_environment({**told, **for_any_bot})

    def _has_called_since(self, at: float) -> bool:
        listening = {"polling": "confirm", "webhook": "call"}[self.mode]
        return any(
            event["at"] >= at and event.get("method", "setWebhook") == "setWebhook"
            for event in self.telegram.events(listening)
        )


def _told(tell: Callable[[int, int], None], pid: int, what: signal.Signals) -> bool:
    """Whether there was still anybody to be told."""
    try:
        tell(pid, what)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _children(pid: int) -> list[int]:
    """The processes that this one began and that still run."""
    found = []
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(words[1]) == pid and words[0] != "Z":
            found.append(int(stat.parent.name))
    return found
