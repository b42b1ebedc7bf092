"""SQLite: one writer thread that commits whatever is queued at once, and readers beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from storage.errors import Unavailable, bearable
from storage.statements import SQLITE, Connection, Session
from storage.transaction import Begin, Transaction

T = TypeVar("T")
Work = Callable[[Transaction], Any]

UNITS_PER_COMMIT = 64
SECONDS_PER_COMMIT = 0.02
BUSY_MILLISECONDS = 5_000
READERS = 3
STATEMENTS_KEPT = 512
LARGEST_LOG = 64 << 20  # bytes the log keeps on the disk once a long reader let go of it
TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
READ_ONLY = frozenset({sqlite3.SQLITE_READONLY})  # to the writer: the disk was mounted anew so
PRIMARY_CODE = 0xFF


class Lost(Exception):
    """SQLite dropped the whole transaction, not only the unit that failed."""


class Unit:
    """One piece of queued work and its outcome, which nobody hears before the commit."""

    __slots__ = ("error", "first", "future", "loop", "result", "tx", "work")

    def __init__(self, work: Work, loop: asyncio.AbstractEventLoop, *, first: bool) -> None:
        self.work = work
        self.first = first
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.tx: Transaction | None = None


def _session(connection: sqlite3.Connection) -> Session:
    return Session(cast(Connection, connection), SQLITE)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection that begins no transaction by itself."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"journal_size_limit = {LARGEST_LOG}",
        f"query_only = {'ON' if read_only else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


class SqliteEngine:
    """Runs units of work on a SQLite file."""

    longest_unit = 2.0

    def __init__(self, path: Path, begin: Begin) -> None:
        self._path = path
        self._begin = begin
        self._first: deque[Unit] = deque()
        self._queue: deque[Unit] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self.unit_started_at: float | None = None
        try:
            self._writing = connect(path)
        except sqlite3.Error as error:
            raise _named(error, TROUBLE | READ_ONLY) from error.__cause__
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite reader")
        self._writer = threading.Thread(target=self._write, name="sqlite writer", daemon=True)
        self._writer.start()

    async def run(self, work: Callable[[Transaction], T], *, first: bool) -> T:
        """What `work` returned, after the commit that made it durable."""
        unit = Unit(work, asyncio.get_running_loop(), first=first)
        with self._wake:
            if self._closing:
                raise RuntimeError("the database is closed")
            (self._first if first else self._queue).append(unit)
            self._wake.notify()
        result: T = await unit.future
        return result

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """What the query returned, from one snapshot."""
        return await asyncio.wrap_future(self._readers.submit(self._read, query))

    def read_now(self, query: Callable[[Transaction], T]) -> T:
        """The same for a caller that may wait."""
        return self._readers.submit(self._read, query).result()

    def close(self) -> None:
        """Finish what is queued, then let go of the file."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        # A statement that is not collected yet keeps SQLite from doing this when it closes, and
        # a copy of the file alone would then lack what is in the log.
        with suppress(sqlite3.Error):
            self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._writing.close()

    def _read(self, query: Callable[[Transaction], T]) -> T:
        try:
            connection = self._reading()
            connection.execute("BEGIN")
            try:
                tx = self._begin(_session(connection))
                result = query(tx)
                tx.committed()
                return result
            finally:
                connection.rollback()
        except BaseException as error:
            raise _named(error, TROUBLE) from error.__cause__

    def _reading(self) -> sqlite3.Connection:
        """This thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, read_only=True)
            self._connections.append(connection)
        return connection

    def _write(self) -> None:
        while (unit := self._next(wait=True)) is not None:
            done = self._commit_group(unit)
            _tell(done)
            if any(finished.tx is not None and finished.tx.vault.destroyed for finished in done):
                # What the destroyed keys looked like must not survive in the log.
                with suppress(sqlite3.Error):
                    self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _next(self, *, wait: bool, of_the_first: bool = False) -> Unit | None:
        with self._wake:
            while True:
                while self._first or (self._queue and not of_the_first):
                    unit = (self._first or self._queue).popleft()
                    if not unit.future.cancelled():
                        return unit
                if self._closing or not wait:
                    return None
                self._wake.wait()

    def _commit_group(self, unit: Unit) -> list[Unit]:
        """Run this unit and those queued behind it in one transaction.

        Where SQLite drops the transaction in the middle (disk full, an interrupt) or the commit
        fails, every unit runs again in a transaction of its own, so that only the guilty one
        fails.
        """
        group = [unit]
        try:
            self._writing.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, MemoryError) as error:  # somebody else writes, and does not end
            unit.error = error
            return group
        try:
            until = time.monotonic() + SECONDS_PER_COMMIT
            following: Unit | None = unit
            while following is not None:
                self._run_in_savepoint(following)
                if len(group) >= UNITS_PER_COMMIT or time.monotonic() > until:
                    break
                # Somebody who waits at the door does not wait for what is only handled.
                following = self._next(wait=False, of_the_first=following.first)
                if following is not None:
                    group.append(following)
            self.unit_started_at = None  # a slow disk is no hanging unit
            self._writing.execute("COMMIT")
        except (Lost, sqlite3.Error, MemoryError):
            self._roll_back()
            for member in group:
                self._commit_alone(member)
        finally:
            self.unit_started_at = None
        return group

    def _run_in_savepoint(self, unit: Unit) -> None:
        self._writing.execute("SAVEPOINT unit")
        self._run(unit)
        if not self._writing.in_transaction:
            raise Lost
        if unit.error is not None:
            self._writing.execute("ROLLBACK TO unit")
        self._writing.execute("RELEASE unit")

    def _commit_alone(self, unit: Unit) -> None:
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            self._run(unit)
            if unit.error is None:
                self.unit_started_at = None
                self._writing.execute("COMMIT")
        except (sqlite3.Error, MemoryError) as error:
            unit.error = error
        self._roll_back()

    def _run(self, unit: Unit) -> None:
        self.unit_started_at = time.monotonic()
        unit.error = None
        try:
            unit.tx = self._begin(_session(self._writing))
            unit.result = unit.work(unit.tx)
        except (
            BaseException
        ) as error:  # whatever it is, its caller hears it and the writer lives on
            unit.error = error

    def _roll_back(self) -> None:
        if self._writing.in_transaction:
            with suppress(sqlite3.Error, MemoryError):  # what is left shows at the next BEGIN
                self._writing.execute("ROLLBACK")


def _tell(units: list[Unit]) -> None:
    """Every caller hears how its unit ended, those of one event loop in one go."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in units:
        if unit.error is None and unit.tx is not None:
            unit.tx.committed()
        by_loop.setdefault(unit.loop, []).append(unit)
    for loop, ended in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody is left to hear it
            loop.call_soon_threadsafe(_resolve, ended)


def _resolve(units: list[Unit]) -> None:
    for unit in units:
        if unit.future.done():  # its caller was cancelled
            continue
        if unit.error is not None:
            unit.future.set_exception(_named(unit.error, TROUBLE | READ_ONLY))
        else:
            unit.future.set_result(unit.result)


def _named(error: BaseException, trouble: frozenset[int]) -> Exception:
    """The error as its caller may hear it, trouble with the database under its own name."""
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    if code is None or code & PRIMARY_CODE not in trouble:
        return bearable(error)
    return Unavailable(str(error))
