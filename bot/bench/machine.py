"""What this machine can do at best: its disk, and the sqlite3 module with our own statements."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage import sqlite

Run = tuple[str, Any, bool]  # the SQL, its values, whether they are many


def syncs_per_second(folder: Path, seconds: float) -> float:
    """How often a page can be appended and made durable."""
    file = os.open(folder / "sync.test", os.O_CREAT | os.O_WRONLY)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        os.write(file, bytes(4096))
        os.fdatasync(file)
        count += 1
    os.close(file)
    return count / (time.perf_counter() - began)


@dataclass(slots=True)
class Recording:
    """The statements of every unit that the writer ran, in order."""

    units: list[list[Run]] = field(default_factory=list)


class _Cursor(sqlite3.Cursor):
    connection: _Connection

    def execute(self, sql: str, values: Any = ()) -> _Cursor:
        self.connection.heard.append((sql, dict(values), False))
        super().execute(sql, values)
        return self

    def executemany(self, sql: str, values: Sequence[Mapping[str, Any]]) -> _Cursor:  # type: ignore[override]
        self.connection.heard.append((sql, list(values), True))
        super().executemany(sql, values)
        return self


class _Connection(sqlite3.Connection):
    heard: list[Run]
    recording: Recording

    def cursor(self, *_: Any) -> _Cursor:  # type: ignore[override]
        return super().cursor(_Cursor)

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if sql.startswith("ROLLBACK"):  # what was undone has left nothing to refer to
            self.heard = []
        elif sql.startswith(("RELEASE", "COMMIT")) and self.heard:
            self.recording.units.append(self.heard)
            self.heard = []
        return super().cursor(sqlite3.Cursor).execute(sql, values)


def recorded(recording: Recording) -> Any:
    """What to put in place of `storage.sqlite.connect` so that the writer's units are heard."""
    plain = sqlite.connect

    def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        if read_only:
            return plain(path, read_only=True)
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.heard, connection.recording = [], recording
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            sqlite3.Connection.execute(connection, f"PRAGMA {pragma}").fetchall()
        return connection

    return connect


def replayed(database: Path, units: Sequence[Sequence[Run]], *, together: int = 1) -> float:
    """Units a second when the sqlite3 module alone runs the same statements.

    A commit for each `together` units, on a copy of the database as it was before.
    """
    connection = sqlite3.connect(database, isolation_level=None, cached_statements=512)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    cursor = connection.cursor()
    began = time.perf_counter()
    for first in range(0, len(units), together):
        cursor.execute("BEGIN IMMEDIATE")
        for unit in units[first : first + together]:
            for sql, values, many in unit:
                if many:
                    cursor.executemany(sql, values)
                else:
                    cursor.execute(sql, values).fetchall()
        cursor.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return len(units) / took
