"""`xiaoqi bench clock`: reminders that came due together, told one and all.

The limit is what the sqlite3 module needs for the very statements of such a sweep.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

from rich.console import Console

from bot import app, logs
from bot.bench import machine
from bot.bench.report import Report
from bot.bench.whole import settings_for
from bot.progress import progress
from domain.activities import Activity, ActivityKind
from domain.audiences import one_of_parts, these_people
from storage.activity_telling import tell_due
from storage.database import Database
from storage.transaction import Transaction

FILLED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Everybody is asked to every activity, and reminded of each."""

    people: int
    activities: int

    @property
    def reminders(self) -> int:
        """How many are due."""
        return self.people * self.activities


FULL = Size(people=10_000, activities=10)
QUICK = Size(people=1_000, activities=3)


def run(*, quick: bool) -> None:
    """Measures and prints one table."""
    logs.begin("error")
    console = Console(highlight=False)
    report = Report("xiaoqi bench clock")
    with tempfile.TemporaryDirectory(prefix="xiaoqi-bench-", dir=Path.cwd()) as folder:
        home = Path(folder)
        raw = asyncio.run(limit(home, QUICK, console))
        size = QUICK if quick else FULL
        swept = asyncio.run(measured(home, size, console))
    report.row("sqlite3: the same statements, a commit for each chunk", {"rate": raw})
    what = f"{size.reminders:,} reminders told in {size.reminders / swept:.1f} s"
    report.row(what, {"rate": swept}, limit=raw, aim="100,000 in < 60 s")
    report.show()


async def limit(home: Path, size: Size, console: Console) -> float:
    """Reminders a second when sqlite3 alone runs what a sweep runs."""
    database, before = home / "recorded.db", home / "before.db"
    async with _filled(home, database, size, console):
        pass
    shutil.copy(database, before)
    recording = machine.Recording()
    with mock.patch("storage.sqlite.connect", machine.recorded(recording)):
        async with app.opened(settings_for(f"sqlite:///{database}", home / "bench.key")) as house:
            recording.units.clear()
            await _sweep(house.database, size, console)
    units = [unit for unit in recording.units if unit]
    return machine.replayed(before, units) / len(units) * size.reminders


async def measured(home: Path, size: Size, console: Console) -> float:
    """Reminders told a second, on a SQLite database of its own."""
    async with _filled(home, home / "clock.db", size, console) as database:
        began = time.perf_counter()
        await _sweep(database, size, console)
        return size.reminders / (time.perf_counter() - began)


@asynccontextmanager
async def _filled(home: Path, file: Path, size: Size, console: Console) -> AsyncIterator[Database]:
    """The sample community with so many more people, who were all asked to all the activities."""
    async with app.prepared(settings_for(f"sqlite:///{file}", home / "bench.key")) as house:
        people: list[int] = []
        with progress(console, "people", size.people) as step:
            while len(people) < size.people:
                many = min(FILLED_AT_ONCE, size.people - len(people))
                people += await house.database.run(partial(_add_people, len(people), many))
                step(len(people))
        for number in range(size.activities):
            await house.database.run(partial(_add_due, f"bench {number}", people))
        yield house.database


def _add_people(first: int, many: int, tx: Transaction) -> list[int]:
    found = []
    for number in range(first, first + many):
        person = tx.people.add(f"B{number}").id
        tx.people.reached_by(person, "web", f"bench-{number}")
        found.append(person)
    return found


def _add_due(title: str, people: list[int], tx: Transaction) -> None:
    add_activity(title, tx.now, people, tx)


def add_activity(title: str, due: datetime, people: list[int], tx: Transaction) -> None:
    """An activity to which all of them are asked and of which they are told then, a day ahead."""
    starts = due + timedelta(days=1)
    activity = tx.activities.add(
        Activity(
            unit=tx.org.coded("C01").id,
            kind=ActivityKind.FREE,
            title=title,
            place="bench",
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            audience=one_of_parts(these_people(people[:1])),
            organiser=None,
        ),
        inviting=None,
    )
    assert activity is not None
    assert activity.id is not None
    tx.activities.ask(activity.id, people)
    tx.reminders.plan(activity.id, people, [("d1", due)])


async def _sweep(database: Database, size: Size, console: Console) -> None:
    """Tells everything that is due; raises RuntimeError when it was not each reminder once."""
    told = 0
    with progress(console, "told", size.reminders) as step:
        while some := await database.run(tell_due):
            told += some
            step(told)
    if told != size.reminders:
        raise RuntimeError(f"{told} of {size.reminders} reminders were told")
