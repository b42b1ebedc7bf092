"""How alembic reaches the database: one transaction for all steps, on either database."""

from __future__ import annotations

from pathlib import Path

from alembic import context
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.schema import metadata

# One process migrates at a time; the number is ours alone.
LOCK = "SELECT pg_advisory_xact_lock(7413951)"


def run() -> None:
    """Upgrade inside one transaction: all of it or nothing."""
    given: Connection | None = context.config.attributes["connection"]
    if given is not None:
        _upgrade(given)
        return
    url: URL = context.config.attributes["url"]
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    else:
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool)
    if sqlite:
        event.listen(engine, "connect", _begin_nothing)
        event.listen(engine, "begin", _begin_immediate)
    with engine.begin() as connection:
        if not sqlite:
            connection.execute(text(LOCK))
        _upgrade(connection)
    engine.dispose()


def _upgrade(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def _begin_nothing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA busy_timeout = 30000")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


run()
