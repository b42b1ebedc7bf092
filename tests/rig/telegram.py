"""The fake Telegram as a process: what people say to it, and what it wrote down."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

Json = dict[str, Any]

# What Telegram grants a bot that pays for it; the usual 30 would make the relay the bottleneck.
GENEROUS = 1000


class Telegram:
    """One fake Bot API server and its history."""

    def __init__(self, url: str, token: str, history: Path, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.token = token
        self.history = history
        self._http = http

    @classmethod
    @asynccontextmanager
    async def started(
        cls,
        history: Path,
        *,
        per_second: int = GENEROUS,
        limits: bool = True,
        retry_scale: float = 1.0,
    ) -> AsyncIterator[Self]:
        """Runs the server until left.

        The pauses before a webhook is tried again are those of the platform times `retry_scale`.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.rig.telegram_server",
            "--history", str(history), "--per-second", str(per_second),
            "--retry-scale", str(retry_scale), "--limits" if limits else "--no-limits",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        where = json.loads(await process.stdout.readline())
        try:
            async with aiohttp.ClientSession(where["url"]) as http:
                yield cls(where["url"], where["token"], history, http)
        finally:
            process.terminate()
            await process.wait()

    async def do(self, action: str, **asked: Any) -> Any:
        """One of the server's control actions, such as `say`, `press`, `fault`."""
        async with self._http.post(f"/control/{action}", json=asked) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def show(self, what: str) -> Any:
        """One of the things the server shows: `sent`, `calls`, `violations`, `pending`."""
        async with self._http.get(f"/control/{what}") as answer:
            answer.raise_for_status()
            return await answer.json()

    async def call(self, method: str, **asked: Any) -> Json:
        """A method of the Bot API, as the bot would call it."""
        async with self._http.post(f"/bot{self.token}/{method}", json=asked) as answer:
            said: Json = await answer.json()
            return said

    async def say_all(self, said: Iterable[Json]) -> list[int]:
        """People write, each a `chat`, a `user` and a `text`; the numbers of the updates."""
        numbers: list[int] = await self.do("say_all", all=list(said))
        return numbers

    async def asked_for(self, *methods: str) -> int:
        """How often the bot called these methods."""
        calls = await self.show("calls")
        return sum(calls.get(method, 0) for method in methods)

    def events(self, *kinds: str) -> list[Json]:
        """What it wrote down so far, in order: all, or some of update, call, post, confirm."""
        return Tail(self.history).new(*kinds)


class Tail:
    """Reads a history file that grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_to = 0

    def new(self, *kinds: str) -> list[Json]:
        """What was written since, in order; only some kinds when they are named."""
        if not self._file.exists():
            return []
        with self._file.open("rb") as lines:
            lines.seek(self._read_to)
            written = lines.read()
        whole = written[: written.rfind(b"\n") + 1]
        self._read_to += len(whole)
        events = (json.loads(line) for line in whole.splitlines())
        return [event for event in events if not kinds or event["is"] in kinds]
