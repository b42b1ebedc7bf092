"""A backup: every table of one moment in one file that either database can be restored from.

The file is a ZIP archive of JSON lines (`tables/NAME.jsonl`, in the order of the primary key) with
`manifest.json`: schema revision, and of every table its columns, number of rows and SHA-256; and
`manifest.sum`: what the manifest sums to, plain and under the master key. Sealed columns stay
sealed; the master key is never in it. It is written while the service runs, from one snapshot.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    collate,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.database import parsed_url
from storage.errors import Unavailable
from storage.keyring import Keyring

FORMAT = 1
VERSION_TABLE = "alembic_version"
BYTES, TRUTH, PLAIN = "bytes", "truth", "plain"
AT_ONCE = 1_000  # rows
AT_ONCE_WITH_FILES = 8
MANIFEST, SUM = "manifest.json", "manifest.sum"
COMPRESSION = 3
TOLD_AFTER = 500  # rows

# What reading a file may raise when its bytes are not as they were written.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    LookupError,
    TypeError,
    ValueError,
    EOFError,
    OSError,
    RuntimeError,
)

Step = Callable[[int], None]


class BadBackup(Exception):
    """The file is no backup, or not as it was written; says where."""


class WrongKey(Exception):
    """The backup was made under another master key than the one given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopy:
    """A table as it was copied."""

    name: str
    columns: tuple[tuple[str, str], ...]  # name and kind, in the order of a line's values
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    schema: str  # the revision
    database: str  # the kind of database it was made of
    key: str  # which master key, without telling anything about it
    tables: tuple[TableCopy, ...]  # those that others refer to first
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(table.rows for table in self.tables)


def back_up(url: str, file: Path, keyring: Keyring, now: datetime, step: Step) -> Manifest:
    """Write the backup of a database to this file, which appears when it is complete."""
    part = file.with_name(f"{file.name}.part")
    try:
        with _snapshot(url) as connection, _new_file(part) as out:
            manifest = _write(connection, out, keyring, now, step)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def read_manifest(archive: zipfile.ZipFile, keyring: Keyring) -> Manifest:
    """What the backup says of itself; raises BadBackup or WrongKey."""
    try:
        told, sums = archive.read(MANIFEST), json.loads(archive.read(SUM))
        if sums["sha256"] != hashlib.sha256(told).hexdigest():
            raise BadBackup("the manifest is not as it was written")
        plain = json.loads(told)
        if plain["format"] != FORMAT:
            raise BadBackup(f"its format {plain['format']} is unknown to this version")
        tables = [_table_copy(table) for table in plain.pop("tables")]
        manifest = Manifest(**plain, tables=tuple(tables))
    except DAMAGE as damage:
        raise BadBackup(f"the manifest cannot be read: {damage}") from damage
    if manifest.key != key_name(keyring):
        raise WrongKey
    if not hmac.compare_digest(sums["hmac"], _mac(told, keyring)):
        raise BadBackup("the manifest was changed by somebody without the key")
    return manifest


def manifest_of(file: Path, keyring: Keyring) -> Manifest:
    """The same of a file; raises BadBackup or WrongKey."""
    with opened(file) as archive:
        return read_manifest(archive, keyring)


@contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; raises BadBackup when it is none."""
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGE as damage:
        raise BadBackup(f"{file}: {damage}") from damage
    with archive:
        yield archive


def rows_of(archive: zipfile.ZipFile, table: TableCopy) -> Iterator[list[Any]]:
    """The rows of a table as its columns have them; raises BadBackup at their end, or before,
    unless they are as they were written.
    """
    kinds = [kind for _, kind in table.columns]
    total, count = hashlib.sha256(), 0
    try:
        with archive.open(_entry(table.name)) as lines:
            for line in lines:
                total.update(line)
                count += 1
                yield [
                    _read(kind, value) for kind, value in zip(kinds, json.loads(line), strict=True)
                ]
    except DAMAGE as damage:
        raise BadBackup(f"table {table.name}, line {count + 1}: {damage}") from damage
    if (count, total.hexdigest()) != (table.rows, table.sha256):
        raise BadBackup(f"table {table.name} is not as it was written")


def digested(connection: Connection, table: TableCopy) -> tuple[int, str]:
    """How many rows a table of a database has, and their SHA-256 as a backup would have it."""
    here = Table(table.name, MetaData(), autoload_with=connection)
    total, count = hashlib.sha256(), 0
    for line in _lines(connection, here, [name for name, _ in table.columns]):
        total.update(line)
        count += 1
    return count, total.hexdigest()


def key_name(keyring: Keyring) -> str:
    """Tells one master key from another, and nothing about it."""
    return keyring.derived("name in backups").hex()[:16]


def reflected(connection: Connection) -> MetaData:
    """The tables as the database has them, which may be an older schema than ours."""
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def engine_of(url: str) -> Engine:
    """A plain engine whose transactions begin when they are told to, with no limits of time."""
    parsed = parsed_url(url)
    if parsed.get_backend_name() != "sqlite":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, poolclass=NullPool, isolation_level="REPEATABLE READ")
    engine = create_engine(parsed, poolclass=NullPool)
    event.listen(engine, "connect", _begin_nothing)
    event.listen(engine, "begin", _begin)
    return engine


def _begin_nothing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def _snapshot(url: str) -> Iterator[Connection]:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as trouble:
        raise Unavailable(str(trouble.orig).strip()) from trouble
    finally:
        engine.dispose()


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def _write(
    connection: Connection, out: IO[bytes], keyring: Keyring, now: datetime, step: Step
) -> Manifest:
    metadata = reflected(connection)
    if VERSION_TABLE not in metadata.tables:
        raise BadBackup("this database has no tables of ours: xiaoqi migrate makes them")
    schema = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()
    copies: list[TableCopy] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        done = 0
        for table in metadata.sorted_tables:
            if table.name != VERSION_TABLE:
                before = done
                copies.append(_copy(connection, table, archive, lambda n, b=before: step(b + n)))  # type: ignore[misc]
                done += copies[-1].rows
        manifest = Manifest(
            made_at=now.isoformat(),
            schema=schema,
            database=connection.dialect.name,
            key=key_name(keyring),
            tables=tuple(copies),
        )
        told = json.dumps(asdict(manifest), indent=1).encode()
        sums = {"sha256": hashlib.sha256(told).hexdigest(), "hmac": _mac(told, keyring)}
        archive.writestr(MANIFEST, told)
        archive.writestr(SUM, json.dumps(sums))
    return manifest


def _copy(connection: Connection, table: Table, archive: zipfile.ZipFile, step: Step) -> TableCopy:
    total, count = hashlib.sha256(), 0
    columns = tuple((column.name, _kind(column)) for column in table.columns)
    with archive.open(_entry(table.name), "w", force_zip64=True) as out:
        for line in _lines(connection, table, [name for name, _ in columns]):
            out.write(line)
            total.update(line)
            count += 1
            if count % TOLD_AFTER == 0:
                step(count)
    step(count)
    return TableCopy(name=table.name, columns=columns, rows=count, sha256=total.hexdigest())


def _lines(connection: Connection, table: Table, columns: Sequence[str]) -> Iterator[bytes]:
    """Every row as a line of JSON, in the order of the primary key on either database."""
    kinds = [_kind(table.columns[name]) for name in columns]
    at_once = AT_ONCE_WITH_FILES if table.name == "attachment_bytes" else AT_ONCE
    streamed = connection.execution_options(stream_results=True, max_row_buffer=at_once)
    for row in streamed.execute(_in_order(connection, table, columns)).yield_per(at_once):
        values = [_written(kind, value) for kind, value in zip(kinds, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _in_order(
    connection: Connection, table: Table, columns: Sequence[str]
) -> Select[tuple[Any, ...]]:
    """Texts by their bytes: the order of a PostgreSQL with a language would be another one."""
    in_bytes = connection.dialect.name != "sqlite"
    keys = [
        collate(key, "C") if in_bytes and isinstance(key.type, Text) else key
        for key in table.primary_key.columns
    ]
    return select(*(table.columns[name] for name in columns)).order_by(*keys)


def _kind(column: Column[Any]) -> str:
    match column.type:
        case LargeBinary():
            return BYTES
        case Boolean():
            return TRUTH
        case _:
            return PLAIN


def _written(kind: str, value: Any) -> Any:
    if value is None or kind == PLAIN:
        return value
    return bool(value) if kind == TRUTH else base64.b64encode(value).decode()


def _read(kind: str, value: Any) -> Any:
    return base64.b64decode(value) if kind == BYTES and value is not None else value


def _table_copy(plain: dict[str, Any]) -> TableCopy:
    columns = tuple((str(name), str(kind)) for name, kind in plain.pop("columns"))
    return TableCopy(columns=columns, **plain)


def _entry(table: str) -> str:
    return f"tables/{table}.jsonl"


def _mac(told: bytes, keyring: Keyring) -> str:
    return hmac.digest(keyring.derived("backup"), told, "sha256").hex()
