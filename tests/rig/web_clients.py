"""Residents at the web chat whose connections drop: they resume by cursor and keep what they saw.

async with resident(["http://127.0.0.1:8080"], dice=Random(1), drops=0.3) as visitor:
    await visitor.say("一条消息")
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Row = dict[str, Any]

AGAIN = (0.05, 0.5)  # seconds between two attempts, by the dice
ANSWER_WITHIN = 30.0  # seconds; then a page asks again


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A message the service said it has, and when by the client's monotonic clock."""

    key: str
    text: str
    began: float
    ended: float
    attempts: int


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One resident with one page open; `transcript` is what the page showed, in that order."""

    session: aiohttp.ClientSession
    services: Sequence[str]
    dice: random.Random
    drops: float
    name: str
    cursors: str = ""
    since: str = ""  # the cursors at its first look
    transcript: list[Row] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)  # answers by status; 0 is none
    dropped: int = 0
    something_new: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, text: str, *, key: str = "") -> Acknowledged:
        """Says it until the service acknowledges it, always under one key."""
        key = key or f"{self.name}-{len(self.acknowledged):06}"
        began, attempts = time.monotonic(), 0
        while True:
            attempts += 1
            if await self._post({"key": key, "text": text}) == 200:
                done = Acknowledged(
                    key=key, text=text, began=began, ended=time.monotonic(), attempts=attempts
                )
                self.acknowledged.append(done)
                return done
            await asyncio.sleep(self.dice.uniform(*AGAIN))

    async def whole(self) -> list[Row]:
        """The transcript since its first look, as the service tells it to somebody who asks."""
        rows: list[Row] = []
        after, more = self.since, True
        while more:
            told = await self._get_transcript(after)
            rows += told["rows"]
            after, more = told["after"], told["more"]
        return rows

    async def until(self, seen: int) -> None:
        """Returns once the page has shown so many rows."""
        while len(self.transcript) < seen:
            self.something_new.clear()
            await self.something_new.wait()

    async def open(self) -> None:
        """Looks at the page for the first time: there is a cookie and a place to read on from."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                told = await self._get_transcript("")
                # A stranger has read nothing; what comes from now on comes by the stream.
                self.cursors = self.since = told["after"]
                return
            await asyncio.sleep(self.dice.uniform(*AGAIN))

    async def listen(self) -> None:
        """Reads the stream until cancelled; drops it after an event by chance, and resumes."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                await self._read_on()
            await asyncio.sleep(self.dice.uniform(*AGAIN) / 5)

    async def _read_on(self) -> None:
        url = f"{self._service()}/chat/events"
        wait = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)
        headers = {"Last-Event-ID": self.cursors}
        async with self.session.get(url, headers=headers, timeout=wait) as answer:
            answer.raise_for_status()
            identity = ""
            async for raw in answer.content:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if name == "id":
                    identity = value
                elif name == "data" and value:
                    # The network may take the event away before the page has it, or just after.
                    goes, unseen = self.dice.random() < self.drops, self.dice.random() < 0.5
                    if goes and unseen:
                        break
                    self.transcript.append(json.loads(value))
                    self.cursors = identity
                    self.something_new.set()
                    if goes:
                        break
            else:
                return
            self.dropped += 1
            if answer.connection is not None and answer.connection.transport is not None:
                answer.connection.transport.abort()

    async def _post(self, body: dict[str, str]) -> int:
        status = 0
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
            url = f"{self._service()}/chat/messages"
            wait = aiohttp.ClientTimeout(total=ANSWER_WITHIN)
            async with self.session.post(url, json=body, timeout=wait) as answer:
                await answer.read()
                status = answer.status
        self.statuses[status] = self.statuses.get(status, 0) + 1
        return status

    async def _get_transcript(self, after: str) -> dict[str, Any]:
        url = f"{self._service()}/chat/transcript"
        async with self.session.get(url, params={"after": after}) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = await answer.json()
            return told

    def _service(self) -> str:
        return self.dice.choice(self.services)


@asynccontextmanager
async def resident(
    services: Sequence[str], *, dice: random.Random, drops: float = 0.3, name: str = "visitor"
) -> AsyncIterator[Visitor]:
    """A resident whose page stays open meanwhile; services are tried by the dice, as behind a
    load balancer.
    """
    jar = aiohttp.CookieJar(unsafe=True)  # addresses without a name have cookies, too
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        visitor = Visitor(session=session, services=services, dice=dice, drops=drops, name=name)
        await visitor.open()
        listening = asyncio.create_task(visitor.listen(), name=f"rig: {name} listens")
        try:
            yield visitor
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def wrong_in(shown: Sequence[Row], whole: Sequence[Row]) -> list[str]:
    """What a page showed otherwise than the transcript has it: missing, twice, out of order."""
    seen = [row["cursor"] for row in shown]
    real = [row["cursor"] for row in whole]
    missing = sorted(set(real) - set(seen))
    foreign = sorted(set(seen) - set(real))
    wrong = [f"missing: {missing}"] if missing else []
    wrong += [f"not in the transcript: {foreign}"] if foreign else []
    wrong += ["shown twice"] if len(seen) != len(set(seen)) else []
    wrong += ["out of order"] if seen != sorted(seen) else []
    return wrong
