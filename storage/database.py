"""The door to everything stored: units of work go in, and are durable when they come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from domain.rules import Limits
from domain.wording import Wording
from storage.availability import Availability
from storage.bell import Bell, Heard
from storage.catalogue import Catalogue, empty_catalogue, read_catalogue, read_versions
from storage.errors import NewerSchema, Unavailable
from storage.keyring import Keyring
from storage.postgres import PostgresEngine, connection_to
from storage.sqlite import SqliteEngine
from storage.statements import Session
from storage.transaction import Shared, Transaction
from storage.wire import Wire

__all__ = ["Database", "NewerSchema", "Unavailable", "UnknownDatabase", "migrate"]

T = TypeVar("T")
KEYS = "keys"  # its version moves when keys are destroyed
MASTER = "master"  # when a new master key is in use
WHEN_TOLD = 3.0  # times as long between two looks while other processes say what they wrote


class UnknownDatabase(ValueError):
    """The URL names neither a SQLite file nor a PostgreSQL database."""


class Engine(Protocol):
    """What both databases do for us."""

    longest_unit: float  # seconds after which a unit that still runs will never end

    @property
    def unit_started_at(self) -> float | None: ...

    async def run(self, work: Callable[[Transaction], T], *, first: bool) -> T: ...
    async def read(self, query: Callable[[Transaction], T]) -> T: ...
    def read_now(self, query: Callable[[Transaction], T]) -> T: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What a database is given when it is opened."""

    keyring: Keyring
    wording: Wording
    now: Callable[[], datetime]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    limits: Limits = field(default_factory=Limits)


class Database:
    """Runs units of work. A unit is a plain function of a Transaction; it may run twice."""

    def __init__(self, url: str, assembly: Assembly) -> None:
        self._assembly = assembly
        self._shared = Shared(
            keyring=assembly.keyring,
            wording=assembly.wording,
            now=assembly.now,
            catalogue=self._read_catalogue,
        )
        self.availability = Availability()
        self._catalogue = empty_catalogue(zone=assembly.zone, limits=assembly.limits)
        parsed = parsed_url(url)
        self._engine = _engine(parsed, self._shared.begin)
        self._wire = _wire(parsed, self._shared.bell)
        self._catalogue = self._engine.read_now(self._load)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        keyring: Keyring,
        wording: Wording,
        now: Callable[[], datetime],
        zone: ZoneInfo | None = None,
        limits: Limits | None = None,
    ) -> Database:
        """Open a migrated database; `now` tells the business time, aware and in UTC."""
        return cls(
            url,
            Assembly(
                keyring=keyring,
                wording=wording,
                now=now,
                zone=zone or ZoneInfo("Asia/Shanghai"),
                limits=limits or Limits(),
            ),
        )

    async def run(self, work: Callable[[Transaction], T], *, first: bool = False) -> T:
        """What `work` returned, once its transaction has committed; `first` goes before what is
        queued.

        Nothing in `work` may wait for the network. When it raises, nothing of it is kept and the
        caller hears it.
        """
        try:
            result = await self._engine.run(work, first=first)
        except Unavailable as trouble:
            self.availability.failed(str(trouble))
            raise
        self.availability.went_well()
        return result

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """What the query returned, from one snapshot beside the writers; writing raises."""
        try:
            return await self._engine.read(query)
        except Unavailable as trouble:
            self.availability.failed(str(trouble))
            raise

    async def refresh(self) -> bool:
        """Read the imported tables again if a version moved; whether one did."""
        known = self._catalogue.versions
        found = await self.read(lambda tx: read_versions(tx.session))
        if found == known:
            return False
        if found.get(KEYS) != known.get(KEYS):
            self._shared.open_keys.forget_all()
        if found.get(MASTER) != known.get(MASTER):
            self._shared.keyring.use_newest()
        self._catalogue = await self.read(self._load)
        return True

    @contextmanager
    def hearing(self, heard: Heard) -> Iterator[None]:
        """While inside, `heard` is called in this event loop with the topics (storage/bell.py) of
        whatever is committed, by this process and on PostgreSQL by others too.
        """
        with self._shared.bell.hearing(heard):
            if self._wire is not None:
                self._wire.listen()
            yield

    def between_looks(self, seconds: float) -> float:
        """How long to wait for a ring before looking all the same: longer while we are told what
        other processes write.
        """
        told = self._wire is not None and self._wire.is_open
        return seconds * WHEN_TOLD if told else seconds

    async def close(self) -> None:
        """Finish what is queued and let go."""
        await asyncio.to_thread(self._engine.close)
        if self._wire is not None:
            await asyncio.to_thread(self._wire.close)

    @property
    def catalogue(self) -> Catalogue:
        """Org tree, places and rules as last read."""
        return self._catalogue

    @property
    def keyring(self) -> Keyring:
        """The keyring it was opened with."""
        return self._assembly.keyring

    def unit_started_at(self) -> float | None:
        """`time.monotonic()` when the unit that runs longest now began; None when none runs."""
        return self._engine.unit_started_at

    @property
    def longest_unit(self) -> float:
        """Seconds after which a unit that still runs hangs (design.md §9, A hanging unit)."""
        return self._engine.longest_unit

    def _read_catalogue(self) -> Catalogue:
        return self._catalogue

    def _load(self, tx: Transaction) -> Catalogue:
        return read_catalogue(tx.session, zone=self._assembly.zone, limits=self._assembly.limits)


def migrate(url: str, *, revision: str = "head", connection: Connection | None = None) -> None:
    """Bring the database to the newest schema, or to another revision; harmless when it is there,
    safe from several processes at once.

    With a connection it happens in the transaction that is open on it.
    """
    config = _alembic()
    config.attributes["url"] = parsed_url(url)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except DBAPIError as error:
        raise Unavailable(str(error.orig).strip()) from error
    except CommandError as error:  # its revision is none of ours
        raise NewerSchema from error


def knows_schema(revision: str) -> bool:
    """Whether this version of the service has this revision of the schema, or a newer one."""
    scripts = ScriptDirectory.from_config(_alembic())
    return revision in {script.revision for script in scripts.walk_revisions()}


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def parsed_url(text: str) -> URL:
    """The URL of a database we can use; raises UnknownDatabase."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise UnknownDatabase("cannot be read as the URL of a database") from None
    match url.get_backend_name():
        case "sqlite" if url.database not in {None, "", ":memory:"}:
            return url
        case "postgresql":
            return url
        case _:
            raise UnknownDatabase(
                f"{url.render_as_string()} is neither sqlite:///a/file nor postgresql://…"
            )


def _engine(url: URL, begin: Callable[[Session], Transaction]) -> Engine:
    if url.get_backend_name() == "sqlite":
        return SqliteEngine(Path(str(url.database)), begin)
    return PostgresEngine(url, begin)


def _wire(url: URL, bell: Bell) -> Wire | None:
    """What connects the bells of several processes; one process on SQLite needs none."""
    if url.get_backend_name() == "sqlite":
        return None
    return Wire(lambda: connection_to(url), bell)
