"""`xiaoqi bench broadcast`: planning for a city, and sending at the pace the platform allows while
somebody is talked to beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bot import app, logs
from bot.bench.report import Timing
from bot.bench.whole import settings_for
from bot.channels.telegram import Settings, TelegramChannel
from bot.progress import progress
from bot.relay import Relay
from domain.audiences import AudienceQuery, groups_in, people_in
from domain.broadcasts import Broadcast, BroadcastState
from domain.messages import Address, Lane, Outbound
from scheduler.broadcasts import Broadcaster, plan
from storage.database import Database
from storage.transaction import Transaction

PER_SECOND = 30
TALKS_EVERY = 0.5  # seconds
FIRST_GROUP = -1_000_000
SOMEBODY = range(71, 79)  # who hear answers in turn: none more often than once in four seconds
FILLED_AT_ONCE = 5_000
NUMBERS = "WITH RECURSIVE c(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM c WHERE n + 1 < ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many there are to plan for, and to send to."""

    groups: int
    people: int
    sent_to: int


FULL = Size(groups=1_248, people=250_000, sent_to=1_248)
QUICK = Size(groups=300, people=10_000, sent_to=300)


def run(*, quick: bool) -> None:
    """Measures and prints one table."""
    logs.begin("error")
    console = Console(highlight=False, width=110)
    table = Table(title="xiaoqi bench broadcast", title_justify="left")
    for name in ("what", "measured", "aim"):
        table.add_column(name)
    with tempfile.TemporaryDirectory(prefix="xiaoqi-bench-", dir=Path.cwd()) as folder:
        figures = asyncio.run(measured(Path(folder), QUICK if quick else FULL, console))
    for row in figures.rows():
        table.add_row(*row)
    console.print(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came out."""

    groups: int
    people: int
    plan_groups_s: float
    plan_people_s: float
    plan_grew_mb: float
    sent_to: int
    send_s: float
    answers: int  # sent meanwhile
    lost: int
    twice: int
    refused: int  # 429 we caused ourselves
    talk_p50_ms: float
    talk_p99_ms: float
    talks: int

    @property
    def ratio(self) -> float:
        """The time it took, of what the platform's limit allows for all that was sent in it."""
        return self.send_s / ((self.sent_to + self.answers) / PER_SECOND)

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """The table."""
        yield f"plan for {self.groups:,} groups", f"{self.plan_groups_s:.2f} s", "< 10 s"
        yield f"plan for {self.people:,} people", f"{self.plan_people_s:.2f} s", "< 10 s"
        yield "memory it grew by", f"{self.plan_grew_mb:.1f} MB", "flat"
        yield (
            f"{self.sent_to:,} groups on Telegram, and {self.answers} answers",
            f"{self.send_s:.1f} s = {self.ratio:.3f} x of the limit's {PER_SECOND}/s",
            "<= 1.1 x",
        )
        yield "lost, twice, 429", f"{self.lost}, {self.twice}, {self.refused}", "0, 0, 0"
        talk = f"p50 {self.talk_p50_ms:.0f} ms, p99 {self.talk_p99_ms:.0f} ms of {self.talks}"
        yield "an answer beside it", talk, "p99 < 1000 ms"


async def measured(home: Path, size: Size, console: Console) -> Figures:
    """Everything, on a SQLite database of its own."""
    settings = settings_for(f"sqlite:///{home / 'broadcast.db'}", home / "bench.key")
    async with _platform(home) as platform:
        channel = TelegramChannel(
            Settings.model_validate({"token": platform.token, "api_url": platform.url}),
            secret=platform.token,
            photos=_no_photo,
            link_label="",
            public_url="",
        )
        async with app.assembled(settings, channels={"telegram": channel}) as service:
            bench = _Bench(service.database, service.relay, platform, console)
            await bench.fill(home / "broadcast.db", size)
            groups_s = await bench.plan(groups=True)
            before = _resident_mb()
            people_s = await bench.plan(groups=False)
            grew = _resident_mb() - before
            sent = await bench.send(size.sent_to)
    return Figures(
        groups=size.groups,
        people=size.people,
        plan_groups_s=groups_s,
        plan_people_s=people_s,
        plan_grew_mb=grew,
        **sent,
    )


async def _no_photo(_: int) -> None:
    return None


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Platform:
    """The strict fake of the rig, in a process of its own, and what it wrote down."""

    url: str
    token: str
    history: Path
    http: aiohttp.ClientSession

    def calls(self) -> list[dict[str, Any]]:
        """Every message it was asked to send."""
        lines = self.history.read_text(encoding="utf-8").splitlines()
        found = (json.loads(line) for line in lines)
        return [one for one in found if one["is"] == "call" and one["method"] == "sendMessage"]

    async def meets(self, chats: list[int]) -> None:
        """The chats exist."""
        for start in range(0, len(chats), 500):
            said = [
                {"chat": chat, "user": SOMEBODY[0], "text": "hello"}
                for chat in chats[start : start + 500]
            ]
            async with self.http.post("/control/say_all", json={"all": said}) as answer:
                answer.raise_for_status()


@asynccontextmanager
async def _platform(home: Path) -> AsyncIterator[_Platform]:
    history = home / "history.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.rig.telegram_server", "--history", str(history),
        "--per-second", str(PER_SECOND), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    where = json.loads(await process.stdout.readline())
    try:
        async with aiohttp.ClientSession(where["url"]) as http:
            yield _Platform(url=where["url"], token=where["token"], history=history, http=http)
    finally:
        process.terminate()
        await process.wait()


class _Bench:
    """A filled district, and what is done with it."""

    def __init__(
        self, database: Database, relay: Relay, platform: _Platform, console: Console
    ) -> None:
        self._database = database
        self._relay = relay
        self._platform = platform
        self._console = console
        self._unit = self._author = 0

    async def fill(self, database: Path, size: Size) -> None:
        """So many people and groups of one community."""
        self._unit, self._author = await self._database.run(_whose)
        with progress(self._console, "people", size.people) as step:
            for start in range(0, size.people, FILLED_AT_ONCE):
                end = min(start + FILLED_AT_ONCE, size.people)
                await asyncio.to_thread(_add_people, database, self._unit, start, end)
                step(end)
        await asyncio.to_thread(_add_groups, database, self._unit, size.groups)

    async def plan(self, *, groups: bool) -> float:
        """Seconds until everybody of an audience has a row."""
        draft = await self._database.run(partial(self._draft, groups=groups))
        started = time.perf_counter()
        while await self._database.run(partial(plan, draft)):
            pass
        took = time.perf_counter() - started
        await self._database.run(partial(_drop, draft))
        return took

    async def send(self, count: int) -> dict[str, Any]:
        """A broadcast to so many groups, and somebody who is talked to all the while."""
        chats = [FIRST_GROUP - number for number in range(count)]
        await self._platform.meets([*chats, *SOMEBODY])
        await self._database.run(partial(_leave_only, count))
        number = await self._database.run(partial(self._draft, groups=True, ready=True))
        broadcaster = Broadcaster(self._database, after_commit=self._relay.wake)
        tasks = [asyncio.create_task(part.run()) for part in (self._relay, broadcaster)]
        said: dict[str, float] = {}
        talking = asyncio.create_task(self._talk(said))
        with progress(self._console, "sent", count) as step:
            while not (done := await self._database.read(partial(_done, number)))[0]:
                step(done[1])
                await asyncio.sleep(0.2)
        for task in (talking, *tasks):
            task.cancel()
        await asyncio.gather(talking, *tasks, return_exceptions=True)
        return self._judged(said, chats)

    def _draft(self, tx: Transaction, *, groups: bool, ready: bool = False) -> int:
        part = groups_in(self._unit) if groups else people_in(self._unit)
        broadcast = tx.broadcasts.add(
            Broadcast(
                number="",
                unit=self._unit,
                author=self._author,
                state=BroadcastState.SCHEDULED if ready else BroadcastState.DRAFT,
                template="free",
                title="bench",
                text="broadcast",
                audience=AudienceQuery(parts=(part,)),
                merges=False,
                overrides=True,
                starts_at=tx.now,
                created_at=tx.now,
                planned_at=tx.now,
            )
        )
        assert broadcast.id is not None
        return broadcast.id

    async def _talk(self, said: dict[str, float]) -> None:
        """Some hear an answer every so often, from before the first message on."""
        for number in itertools.count():
            text = f"answer {number}"
            said[text] = time.time()
            await self._database.run(partial(_answer, text, SOMEBODY[number % len(SOMEBODY)]))
            self._relay.wake()
            await asyncio.sleep(TALKS_EVERY)

    def _judged(self, said: dict[str, float], chats: list[int]) -> dict[str, Any]:
        calls = self._platform.calls()
        good = [one for one in calls if not one["error"]]
        heard = Counter(int(one["chat"]) for one in good)
        sent_at = [one["at"] for one in good if int(one["chat"]) not in SOMEBODY]
        first, last = min(sent_at), max(sent_at)
        talk = Timing()
        for one in good:
            began = said.get(one["text"])
            if began is not None:
                talk.took(one["at"] - began)
        return {
            "sent_to": len(chats),
            "send_s": last - first,
            "answers": sum(one["text"] in said and first <= one["at"] <= last for one in good),
            "lost": sum(heard[chat] == 0 for chat in chats),
            "twice": sum(heard[chat] > 1 for chat in chats),
            "refused": sum("Too Many" in (one["error"] or "") for one in calls),
            "talk_p50_ms": talk.percentile(0.5) * 1000,
            "talk_p99_ms": talk.percentile(0.99) * 1000,
            "talks": len(talk.times),
        }


def _whose(tx: Transaction) -> tuple[int, int]:
    """The community of the sample, and its secretary."""
    author = tx.people.coded("P01")
    assert author is not None
    return tx.org.coded("C01").id, author


def _add_people(database: Path, unit: int, start: int, end: int) -> None:
    """People with a private chat each, as rows; nobody opens what is sealed in them."""
    first = 1_000_000
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute(
            f"INSERT INTO people (id, key, created_at) {NUMBERS} "
            f"SELECT {first} + n, (SELECT min(id) FROM keys), 0 FROM c", (start, end),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO contacts (person, channel, account_digest, chat_digest, key, heard_at) "
            f"{NUMBERS} SELECT {first} + n, 'telegram', 'bench ' || n, 'bench ' || n, "
            "(SELECT min(id) FROM keys), 0 FROM c", (start, end),
        )  # fmt: skip
        connection.execute(
            f"INSERT INTO memberships (person, unit, tag, since) {NUMBERS} "
            f"SELECT {first} + n, ?, '', 0 FROM c", (start, end, unit),
        )  # fmt: skip


def _add_groups(database: Path, unit: int, many: int) -> None:
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute("UPDATE chats SET active = 0")
        connection.execute(
            "INSERT INTO chats (channel, chat, kind, title, unit, mode) "
            f"{NUMBERS} SELECT 'telegram', CAST({FIRST_GROUP} - n AS TEXT), 'group', '', ?, "
            "'clear_reports' FROM c", (0, many, unit),
        )  # fmt: skip


def _leave_only(count: int, tx: Transaction) -> None:
    for chat in tx.chats.of_channel("telegram"):
        if int(chat.address.chat) <= FIRST_GROUP - count:
            tx.chats.deactivate(chat.address)


def _drop(number: int, tx: Transaction) -> None:
    found = tx.broadcasts.lock(number)
    assert found is not None
    tx.broadcasts.save(found.moved_to(BroadcastState.CANCELLED))


def _done(number: int, tx: Transaction) -> tuple[bool, int]:
    found = tx.broadcasts.get(number)
    assert found is not None
    return found.state is BroadcastState.DONE, found.ended


def _answer(text: str, chat: int, tx: Transaction) -> None:
    address = Address(channel="telegram", chat=str(chat))
    outbound = Outbound(id=0, address=address, lane=Lane.DIALOGUE, text=text)
    tx.outbox.add(outbound, person=None, phrase="failure.apology", values={})
