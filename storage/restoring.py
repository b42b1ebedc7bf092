"""Restoring a backup: all of it or nothing, and then a state that nobody else is at work on.

SQLite: a new file beside the old one, put in its place when it is whole; the old one stays under
another name. PostgreSQL: one transaction. What the backup cannot know is settled before anybody
sees it (docs/running-it.md, "Restoring").
"""

from __future__ import annotations

import os
import sqlite3
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.rules import Limits
from domain.wording import Wording
from storage import schema
from storage.backup import (
    VERSION_TABLE,
    BadBackup,
    Manifest,
    Step,
    TableCopy,
    digested,
    engine_of,
    opened,
    read_manifest,
    reflected,
    rows_of,
)
from storage.catalogue import empty_catalogue
from storage.database import knows_schema, migrate, parsed_url
from storage.errors import NewerSchema, Unavailable
from storage.keyring import Keyring
from storage.settling import Settled, settle
from storage.statements import POSTGRESQL, SQLITE, Session
from storage.transaction import Shared, Transaction

AT_ONCE = 500  # rows
AT_ONCE_WITH_FILES = 8


class NotEmpty(Exception):
    """The database holds something already."""


class InUse(Exception):
    """A service is at work on the database; `owners` are the processes."""

    def __init__(self, owners: Collection[str]) -> None:
        super().__init__(", ".join(sorted(owners)))
        self.owners = owners


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a restore is given beside the file and the database."""

    keyring: Keyring
    wording: Wording
    now: Callable[[], datetime]
    zone: ZoneInfo
    erasures: Collection[str] = field(default_factory=frozenset)  # digests from elsewhere


def verify(file: Path, scratch: Path, means: Means, step: Step) -> Manifest:
    """Restore the backup into a scratch database in this folder, and compare every table.

    Raises BadBackup, WrongKey, NewerSchema, or BadKey when the key does not open what is sealed.
    """
    database = scratch / "scratch.db"
    with opened(file) as archive:
        manifest = read_manifest(archive, means.keyring)
        with _filled(f"sqlite:///{database}", archive, manifest, step) as connection:
            for table in manifest.tables:
                if digested(connection, table) != (table.rows, table.sha256):
                    raise BadBackup(f"table {table.name} did not come back as it was")
            _transaction(connection, means).vault.check_master_key()
    with closing(sqlite3.connect(database)) as plain:
        if plain.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise BadBackup("rows refer to rows that are not there")
        if plain.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise BadBackup("the scratch database is damaged")
    return manifest


def restore(file: Path, url: str, means: Means, step: Step, *, replace: bool) -> Settled:
    """Put the backup into this database, and settle it.

    Raises BadBackup, WrongKey, BadKey, NewerSchema, NotEmpty or InUse; then nothing is changed.
    With `replace` what the database holds goes, but for its list of erasures, if it can be read.
    """
    with opened(file) as archive:
        manifest = read_manifest(archive, means.keyring)
        if parsed_url(url).get_backend_name() == "sqlite":
            return _restore_sqlite(url, archive, manifest, means, step, replace)
        return _restore_postgresql(url, archive, manifest, means, step, replace)


def _restore_sqlite(
    url: str, archive: zipfile.ZipFile, manifest: Manifest, means: Means, step: Step, replace: bool
) -> Settled:
    database = Path(str(parsed_url(url).database))
    database.parent.mkdir(parents=True, exist_ok=True)
    later: set[str] = set(means.erasures)
    if database.exists() and database.stat().st_size:
        try:
            with engine_of(url).begin() as connection:
                later |= _left_behind(connection, means, replace)
        except DBAPIError:  # damaged: that may be why there is a restore
            if not replace:
                raise NotEmpty from None
    part = database.with_name(f"{database.name}.restoring")
    _remove(part)
    try:
        with _filled(f"sqlite:///{part}", archive, manifest, step) as connection:
            migrate(url, connection=connection)
            settled = settle(_transaction(connection, means), manifest, later)
    except BaseException:
        _remove(part)
        raise
    _put_in_place(part, database, means.now())
    return settled


def _put_in_place(part: Path, database: Path, now: datetime) -> None:
    """The new file under the name of the old one, which keeps a name of its own."""
    with closing(sqlite3.connect(part)) as plain:  # one file, nothing beside it
        plain.execute("PRAGMA journal_mode = DELETE")
    if database.exists():
        before = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S}")
        for suffix in ("", "-wal", "-shm"):
            old = database.with_name(database.name + suffix)
            if old.exists():
                old.replace(before.with_name(before.name + suffix))
    part.replace(database)
    folder = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _restore_postgresql(
    url: str, archive: zipfile.ZipFile, manifest: Manifest, means: Means, step: Step, replace: bool
) -> Settled:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            later = set(means.erasures) | _left_behind(connection, means, replace)
            reflected(connection).drop_all(connection)
            _fill(url, connection, archive, manifest, step)
            migrate(url, connection=connection)
            return settle(_transaction(connection, means), manifest, later)
    except DBAPIError as trouble:
        raise Unavailable(str(trouble.orig).strip()) from trouble
    finally:
        engine.dispose()


def _left_behind(connection: Connection, means: Means, replace: bool) -> set[str]:
    """The erasures known to a database that is to be replaced; raises NotEmpty or InUse."""
    there = set(inspect(connection).get_table_names())
    known = reflected(connection)
    if schema.leases.name in there:
        _nobody_at_work(connection, means)
    filled = [
        table
        for table in known.sorted_tables
        if table.name != VERSION_TABLE
        and connection.execute(select(1).select_from(table).limit(1)).first() is not None
    ]
    if filled and not replace:
        raise NotEmpty
    if schema.erasures.name not in there:
        return set()
    return set(connection.execute(select(schema.erasures.c.digest)).scalars())


def _nobody_at_work(connection: Connection, means: Means) -> None:
    clock = _transaction(connection, means).clock_after(0)
    held = select(schema.leases.c.owner).where(schema.leases.c.until > clock)
    if owners := set(connection.execute(held).scalars()):
        raise InUse(owners)


@contextmanager
def _filled(
    url: str, archive: zipfile.ZipFile, manifest: Manifest, step: Step
) -> Iterator[Connection]:
    """A new SQLite database with the rows of the backup, inside the transaction that makes it."""
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            _fill(url, connection, archive, manifest, step)
            yield connection
    finally:
        engine.dispose()


def _fill(
    url: str, connection: Connection, archive: zipfile.ZipFile, manifest: Manifest, step: Step
) -> None:
    """The tables as they were at the backup's revision, with its rows."""
    if not knows_schema(manifest.schema):
        raise NewerSchema
    migrate(url, revision=manifest.schema, connection=connection)
    tables = reflected(connection).tables
    there = {copy.name for copy in manifest.tables}
    if there != tables.keys() - {VERSION_TABLE}:
        raise BadBackup(f"its tables are not those of schema {manifest.schema}")
    done = 0
    for copy in manifest.tables:
        for at_once in _insert(connection, tables[copy.name], archive, copy):
            done += at_once
            step(done)
    if connection.dialect.name != "sqlite":
        _go_on_counting(connection, manifest)


def _insert(
    connection: Connection, table: Table, archive: zipfile.ZipFile, copy: TableCopy
) -> Iterator[int]:
    """The rows, some at once; references to other rows of the table after the last of them."""
    names = [name for name, _ in copy.columns]
    inside = [key.parent.name for key in table.foreign_keys if key.column.table.name == table.name]
    (identity, *_) = [column.name for column in table.primary_key.columns] or [""]
    links: list[dict[str, Any]] = []
    rows = rows_of(archive, copy)
    many = AT_ONCE_WITH_FILES if copy.name == "attachment_bytes" else AT_ONCE
    connection.execute(table.delete())  # what the migrations put there
    while batch := [dict(zip(names, row, strict=True)) for row in islice(rows, many)]:
        for row in batch:
            if any(row[name] is not None for name in inside):
                links.append({"row": row[identity], **{f"to_{n}": row[n] for n in inside}})
                row |= dict.fromkeys(inside)
        connection.execute(table.insert(), batch)
        yield len(batch)
    if links:
        connection.execute(
            update(table)
            .where(table.columns[identity] == bindparam("row"))
            .values({name: bindparam(f"to_{name}") for name in inside}),
            links,
        )


def _go_on_counting(connection: Connection, manifest: Manifest) -> None:
    """PostgreSQL gives the next row a number after the greatest there is."""
    for copy in manifest.tables:
        if "id" not in {name for name, _ in copy.columns}:
            continue
        connection.execute(
            text(
                "SELECT setval(pg_get_serial_sequence(:named, 'id'),"
                f' coalesce((SELECT max(id) FROM "{copy.name}"), 0) + 1, false)'
                " WHERE pg_get_serial_sequence(:named, 'id') IS NOT NULL"
            ),
            {"named": copy.name},
        )


def _transaction(connection: Connection, means: Means) -> Transaction:
    """The transaction that is open on the connection, as stores see it."""
    driver = cast(Any, connection.connection.dbapi_connection)
    session = Session(driver, SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL)
    shared = Shared(
        keyring=means.keyring,
        wording=means.wording,
        now=means.now,
        catalogue=lambda: empty_catalogue(zone=means.zone, limits=Limits()),
    )
    return Transaction(session, shared)
