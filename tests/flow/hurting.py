"""SQLite that fails at a chosen statement of its writer, as it does with a full or broken disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from storage import sqlite

PLAIN = sqlite.connect


class Harm(StrEnum):
    """What the failing statement leaves behind."""

    STATEMENT = "statement"  # it alone was not done
    EVERYTHING = "everything"  # SQLite dropped the whole transaction
    NOTHING = "nothing"  # it was done, and only said to have failed: a lost COMMIT


class Injury:
    """Fails the n-th statement from now on, once."""

    def __init__(self) -> None:
        self.left = 0
        self.counted = 0
        self.harm = Harm.STATEMENT
        self.only_commits = False
        self.code = sqlite3.SQLITE_FULL

    def after(self, statements: int) -> None:
        """The statement with this number fails."""
        self.left = statements

    def strikes(self, sql: str) -> bool:
        """Whether this is the one; begin and commit count too."""
        if self.only_commits and sql != "COMMIT":
            return False
        self.counted += 1
        self.left -= 1
        return self.left == 0

    def error(self) -> sqlite3.OperationalError:
        """As the driver raises it."""
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = self.code
        return error


class _Cursor(sqlite3.Cursor):
    connection: _Connection

    def execute(self, sql: str, values: Any = ()) -> _Cursor:
        self.connection.meet(sql)
        super().execute(sql, values)
        return self

    def executemany(self, sql: str, values: Sequence[Mapping[str, Any]]) -> _Cursor:  # type: ignore[override]
        self.connection.meet(sql)
        super().executemany(sql, values)
        return self


class _Connection(sqlite3.Connection):
    injury: Injury

    def cursor(self, *_: Any) -> _Cursor:  # type: ignore[override]
        return super().cursor(_Cursor)

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if not sql.startswith("PRAGMA"):
            self.meet(sql)
        return super().cursor(sqlite3.Cursor).execute(sql, values)

    def meet(self, sql: str) -> None:
        """Fails, if this is where."""
        if not self.injury.strikes(sql):
            return
        if self.injury.harm is Harm.NOTHING:
            super().cursor(sqlite3.Cursor).execute(sql)
        elif self.injury.harm is Harm.EVERYTHING and self.in_transaction:
            super().cursor(sqlite3.Cursor).execute("ROLLBACK")
        raise self.injury.error()


def hurt_by(injury: Injury) -> Any:
    """What to put in place of `storage.sqlite.connect`: only the writer can be hurt."""

    def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        if read_only:
            return PLAIN(path, read_only=True)
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.injury = injury
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    return connect
