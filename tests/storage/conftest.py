"""An opened database on each kind in turn, with a small org, a clock to move and words to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.keyring import Keyring
from tests.databases import NewDatabase

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
UNITS = (
    ("street", "street", "桂花街道", ""),
    ("wutong", "community", "梧桐社区", "street"),
    ("grid1", "grid", "第一网格", "wutong"),
    ("grid2", "grid", "第二网格", "wutong"),
    ("other", "community", "香樟社区", "street"),
)


@dataclass
class Clock:
    """A business clock that tests move."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, **time: float) -> None:
        """Later by this much."""
        self.at += timedelta(**time)


@dataclass
class Plain:
    """Says the phrase's name and its values, so that tests see both."""

    said: list[str] = field(default_factory=list)

    def say(
        self,
        name: str,
        values: Mapping[str, Any],
        *,
        group: bool = False,
        language: str = "zh",
    ) -> str:
        """The name, the number and the words in the values."""
        shown = (str(values[one]) for one in ("number", "place", "text") if values.get(one))
        return " ".join((name, "group" if group else "private", language, *shown))


@asynccontextmanager
async def opened(url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Database]:
    """The database, closed afterwards."""
    database = Database.open(url, keyring=keyring, wording=Plain(), now=clock)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def clock() -> Clock:
    """Saturday morning, until a test moves it."""
    return Clock()


@pytest.fixture
async def database(database_url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Database]:
    """A migrated database with two communities and two grids."""
    async with opened(database_url, keyring, clock) as database:
        rows = [
            {"code": code, "kind": kind, "name": name, "parent": parent}
            for code, kind, name, parent in UNITS
        ]
        await database.run(lambda tx: tx.tables.replace("units", rows))
        await database.refresh()
        yield database


@pytest.fixture
async def sqlite_database(
    new_database_url: NewDatabase, keyring: Keyring, clock: Clock
) -> AsyncIterator[tuple[str, Database]]:
    """A database of which the engine matters, and its URL."""
    with new_database_url("sqlite") as url:
        async with opened(url, keyring, clock) as database:
            yield url, database
