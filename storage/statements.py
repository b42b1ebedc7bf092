"""Statements written in SQLAlchemy Core, compiled once, and run on the driver's own cursor.

Core's `Connection.execute` costs about ten times what SQLite itself needs for a row. A statement
here is compiled to SQL once per dialect and process; after that only the driver works. Values go
in and come out as the driver has them, so columns hold numbers, text, bytes and booleans only, and
stores turn them into domain values.
"""

from __future__ import annotations

import json
import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import Boolean

if TYPE_CHECKING:
    from storage.transaction import Transaction

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
_DIALECTS = {SQLITE: sqlite.dialect(paramstyle="named"), POSTGRESQL: PGDialect_psycopg()}  # type: ignore[no-untyped-call]


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    description: Any
    rowcount: int

    def execute(self, sql: str, values: Mapping[str, Any], /) -> Any: ...
    def executemany(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """What is used of a driver's connection."""

    @property
    def cursor(self) -> Callable[[], Cursor]: ...


class among(ColumnElement[bool]):
    """`column` is one of the list given as the value `name`."""

    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True  # or SQLite would be asked whether it "= 1"

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.value: BindParameter[Any] = bindparam(name)

    def get_children(self, **_: Any) -> Iterable[ClauseElement]:
        return (self.column, self.value)


@compiles(among, SQLITE)
def _among_on_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    value = compiler.process(element.value, **options)
    return f"{column} IN (SELECT value FROM json_each({value}))"


@compiles(among, POSTGRESQL)
def _among_on_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    value = f"%({element.value.key})s"
    compiler.process(element.value, **options)
    return f"{column} = ANY({value})"


class Statement:
    """One statement, ready for both databases; its values are the names of its bind parameters."""

    __slots__ = ("_clause", "_lists", "_ready")

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._lists = tuple(
            found.value.key for found in iterate(clause) if isinstance(found, among)
        )
        self._ready: dict[str, Prepared] = {}

    def on(self, dialect: str) -> Prepared:
        """The statement as this database takes it."""
        ready = self._ready.get(dialect)
        if ready is None:
            compiled = self._clause.compile(dialect=_DIALECTS[dialect])
            assert isinstance(compiled, SQLCompiler)
            lists = self._lists if dialect == SQLITE else ()
            sql = _with_literals(str(compiled), compiled.binds, dialect)
            ready = self._ready[dialect] = Prepared(sql, lists)
        return ready


class Prepared:
    """A compiled statement: its SQL, the values that are lists, and the shape of its rows."""

    __slots__ = ("lists", "row", "sql")

    def __init__(self, sql: str, lists: tuple[str, ...]) -> None:
        self.sql = sql
        self.lists = lists
        self.row: Any = None

    def values(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The given values as the driver takes them."""
        if not self.lists:
            return given
        return {**given, **{name: json.dumps(list(given[name])) for name in self.lists}}

    def rows(self, cursor: Cursor) -> list[Any]:
        """The rows the cursor has, each with its columns as names."""
        found = cursor.fetchall()
        if not found:
            return found
        if self.row is None:
            self.row = _row_of([column[0] for column in cursor.description])
        return list(map(self.row, found))


def _with_literals(sql: str, binds: Mapping[str, BindParameter[Any]], dialect: str) -> str:
    """The SQL with the values known by now written out: partial indexes match literals only."""
    for name, bind in binds.items():
        if not bind.required:
            place = (
                rf"__\[POSTCOMPILE_{name}\]|:{name}\b"
                if dialect == SQLITE
                else rf"__\[POSTCOMPILE_{name}\]|%\({name}\)s(?:::\w+)?"
            )
            literal = _literal(bind.value, dialect)
            sql = re.sub(place, lambda _, literal=literal: literal, sql)  # type: ignore[misc]
    return sql


def _literal(value: Any, dialect: str) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return ("1" if value else "0") if dialect == SQLITE else str(value).lower()
        case int() | float():
            return str(value)
        case str():
            quoted = "'" + value.replace("'", "''") + "'"
            return quoted.replace("%", "%%") if dialect == POSTGRESQL else quoted
        case _:
            return ", ".join(_literal(item, dialect) for item in value)


def _row_of(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    row = namedtuple("row", names, rename=True)  # type: ignore[misc]
    return row._make


class Session:
    """Runs statements on one connection inside the transaction that is open on it."""

    __slots__ = ("_connection", "_cursor", "dialect")

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self.dialect = dialect

    def all(self, statement: Statement, /, **values: Any) -> list[Any]:
        """Every row."""
        ready = statement.on(self.dialect)
        self._cursor.execute(ready.sql, ready.values(values))
        return ready.rows(self._cursor)

    def one(self, statement: Statement, /, **values: Any) -> Any | None:
        """The first row, or None."""
        found = self.all(statement, **values)
        return found[0] if found else None

    def value(self, statement: Statement, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.all(statement, **values)
        return found[0][0] if found else None

    def run(self, statement: Statement, /, **values: Any) -> int:
        """How many rows the statement touched."""
        ready = statement.on(self.dialect)
        self._cursor.execute(ready.sql, ready.values(values))
        return self._cursor.rowcount

    def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]], /) -> int:
        """The statement once for every row of values; how many rows they touched together."""
        if not rows:
            return 0
        ready = statement.on(self.dialect)
        self._cursor.executemany(ready.sql, [ready.values(row) for row in rows])
        return self._cursor.rowcount

    def lock(self, name: str) -> None:
        """Wait until no other transaction holds this name; SQLite has one writer anyway."""
        if self.dialect == POSTGRESQL:
            sql = "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))"
            self._cursor.execute(sql, {"name": name})


class Store:
    """The ground every store stands on: the transaction, and its session at hand."""

    __slots__ = ("db", "tx")

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.db = tx.session


def adding(table: Table, *columns: str) -> Insert:
    """An INSERT of these columns, each value under the name of its column."""
    return insert(table).values({name: bindparam(name) for name in columns})
