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
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.changes import AuditEntry
from domain.messages import Lane
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
from storage.outbox import LANES
from storage.schema import AttachmentState, InboxState, OutboxState, stored
from storage.statements import POSTGRESQL, SQLITE, Session, Statement
from storage.transaction import Shared, Transaction

AT_ONCE = 500  # rows
AT_ONCE_WITH_FILES = 8
PAGE = 10_000
STALE = timedelta(minutes=10)  # a reminder as old as this is not sent any more
CLAIMED, SENDING = OutboxState.CLAIMED.value, OutboxState.SENDING.value
QUEUED = OutboxState.QUEUED.value

_FREE_LEASES = Statement(update(schema.leases).values(until=0))
_FREE_INBOX = Statement(
    update(schema.inbox)
    .where(schema.inbox.c.state == InboxState.NEW.value)
    .values(lease_until=0, owner=None)
)
_FREE_ATTACHMENTS = Statement(
    update(schema.attachments)
    .where(schema.attachments.c.state == AttachmentState.PENDING.value)
    .values(lease_until=0, owner=None)
)
_FREE_RUNS = Statement(
    update(schema.job_runs).where(schema.job_runs.c.finished_at.is_(None)).values(lease_until=0)
)
_HELD = schema.outbox.c.state.in_([CLAIMED, SENDING])
_FREE_CLAIMED = Statement(
    update(schema.outbox)
    .where(_HELD, schema.outbox.c.state == CLAIMED)
    .values(state=QUEUED, token=None, lease_until=0)
)
_UNKNOWN = Statement(
    update(schema.outbox)
    .where(_HELD, schema.outbox.c.state == SENDING)
    .values(
        state=OutboxState.UNKNOWN.value,
        unknowns=schema.outbox.c.unknowns + 1,
        reason="restored from a backup",
        finished_at=bindparam("now"),
        token=None,
        lease_until=0,
    )
)
_STALE = Statement(
    update(schema.outbox)
    .where(
        schema.outbox.c.state == QUEUED,
        schema.outbox.c.lane == LANES.index(Lane.BROADCAST),
        schema.outbox.c.created_at < bindparam("before"),
    )
    .values(
        state=OutboxState.CANCELLED.value,
        reason="too late after a restore",
        finished_at=bindparam("now"),
    )
)
_READ_AGAIN = Statement(update(schema.versions).values(version=schema.versions.c.version + 1))
_KNOWN_ERASURES = Statement(select(schema.erasures.c.digest))
_PEOPLE = Statement(
    select(schema.people.c.id)
    .where(schema.people.c.id > bindparam("after"), ~schema.people.c.erased)
    .order_by(schema.people.c.id)
    .limit(bindparam("many"))
)
_CONTACTS = Statement(
    select(schema.contacts.c.id, schema.contacts.c.person, schema.contacts.c.account_digest)
    .where(schema.contacts.c.id > bindparam("after"))
    .order_by(schema.contacts.c.id)
    .limit(bindparam("many"))
)


class NotEmpty(Exception):
    """The database holds something already."""


class InUse(Exception):
    """A service is at work on the database; `owners` are the processes."""

    def __init__(self, owners: Collection[str]) -> None:
        super().__init__(", ".join(sorted(owners)))
        self.owners = owners


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was put in order after the rows were back."""

    erased: int = 0  # people who were erased after the backup was made
    unknown: int = 0  # sends that were under way
    cancelled: int = 0  # reminders that would come too late


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
            settled = _settle(connection, manifest, means, later)
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
            return _settle(connection, manifest, means, later)
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


def _settle(
    connection: Connection, manifest: Manifest, means: Means, later: Collection[str]
) -> Settled:
    """Let go of what dead processes held, say what nobody can know, erase who was erased since."""
    tx = _transaction(connection, means)
    tx.vault.check_master_key()
    session, now = tx.session, stored(tx.now)
    for statement in (_FREE_LEASES, _FREE_INBOX, _FREE_ATTACHMENTS, _FREE_RUNS, _READ_AGAIN):
        session.run(statement)
    session.run(_FREE_CLAIMED)
    settled = Settled(
        unknown=session.run(_UNKNOWN, now=now),
        cancelled=session.run(_STALE, now=now, before=stored(tx.now - STALE)),
        erased=_erase_again(tx, later),
    )
    tx.audit.add(
        AuditEntry(
            action="database.restored",
            subject="database",
            detail={
                "made_at": manifest.made_at,
                "erased": settled.erased,
                "unknown": settled.unknown,
                "cancelled": settled.cancelled,
            },
        )
    )
    return settled


def _erase_again(tx: Transaction, later: Collection[str]) -> int:
    """Erase whoever is on the list and was not erased yet when the backup was made.

    A digest that the backup knows already is of an erasure before it: an account on it may have
    come back since, and stays.
    """
    new = set(later) - {row.digest for row in tx.session.all(_KNOWN_ERASURES)}
    if not new:
        return 0
    whose = {one.person for one in _all(tx, _CONTACTS) if one.account_digest in new}
    whose |= {one.id for one in _all(tx, _PEOPLE) if _digest(tx, one.id) in new}
    for person in sorted(whose):
        tx.people.erase(person)
    return len(whose)


def _digest(tx: Transaction, person: int) -> str:
    return tx.keyring.digest("person", str(person))


def _all(tx: Transaction, statement: Statement) -> Iterator[Any]:
    after = 0
    while rows := tx.session.all(statement, after=after, many=PAGE):
        yield from rows
        after = rows[-1].id


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
