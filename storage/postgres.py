"""PostgreSQL: a small pool of connections, and whole units run again when the database says so."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError, TimeoutError

from storage.errors import Conflict, Unavailable, bearable
from storage.statements import POSTGRESQL, Session
from storage.transaction import Begin, Transaction

T = TypeVar("T")

THREADS = 8
FIRST_THREADS = 4  # for accepts, which wait for nobody's handling
ATTEMPTS = 8
CONFLICTS = 20  # a whole estate may report one thing in the same second
BACK_OFF = 0.02  # seconds, doubled at every attempt, with jitter
LONGEST_BACK_OFF = 2.0
# All shorter than a lease.
SETTINGS = {
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
}
# A server that is gone without a word is found out in time too, at every end of a connection.
NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# Serialization failure, deadlock, ended by an administrator.
AGAIN = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})
CONNECTION_LOST = "08"
NO_ROOM = "53"  # disk full, out of memory, too many connections: Unavailable in the end


class PostgresEngine:
    """Runs units of work on a PostgreSQL database that other processes use too."""

    # The server ends a statement and an idle transaction after ten seconds, but not our thread.
    longest_unit = 25.0

    def __init__(self, url: URL, begin: Begin) -> None:
        self._engine = engine_for(url, pool_size=THREADS + FIRST_THREADS)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._begin = begin
        self._running: dict[int, float] = {}  # by thread
        self._closing = False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="postgresql")
        self._first = ThreadPoolExecutor(FIRST_THREADS, thread_name_prefix="postgresql first")

    async def run(self, work: Callable[[Transaction], T], *, first: bool) -> T:
        """What `work` returned, after the commit; the unit may have run more than once."""
        threads = self._first if first else self._threads
        return await asyncio.wrap_future(threads.submit(self._again, self._engine, work))

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """What the query returned, from one snapshot."""
        return await asyncio.wrap_future(self._threads.submit(self._again, self._reading, query))

    def read_now(self, query: Callable[[Transaction], T]) -> T:
        """The same for a caller that may wait."""
        return self._threads.submit(self._again, self._reading, query).result()

    def close(self) -> None:
        """Finish what is queued, without trying again, then let go of the connections."""
        self._closing = True
        self._threads.shutdown()
        self._first.shutdown()
        self._engine.dispose()

    def _again(self, engine: Engine, work: Callable[[Transaction], T]) -> T:
        failures = conflicts = 0
        while True:
            try:
                return self._once(engine, work)
            except (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration) as error:
                raise bearable(error) from None
            except Conflict:
                # Two loaded one row at once. Loaded again it is the other's, and may be refused
                # politely; what was decided on an old version conflicts again, and says so.
                conflicts += 1
                if conflicts == CONFLICTS:
                    raise
                time.sleep(random.uniform(0, BACK_OFF))
                continue
            except TimeoutError as error:
                raise Unavailable("every connection is in use") from error
            except (psycopg.Error, DBAPIError) as error:
                if not _may_run_again(error):
                    raise
                failures += 1
                if failures == ATTEMPTS or self._closing:
                    raise Unavailable(str(error)) from error
            pause = min(LONGEST_BACK_OFF, BACK_OFF * 2**failures)
            time.sleep(random.uniform(pause / 2, pause))

    @property
    def unit_started_at(self) -> float | None:
        """When the unit that runs longest began."""
        return min(self._running.copy().values(), default=None)

    def _once(self, engine: Engine, work: Callable[[Transaction], T]) -> T:
        with engine.connect() as connection:
            self._running[threading.get_ident()] = time.monotonic()
            try:
                driver: Any = connection.connection.dbapi_connection
                tx = self._begin(Session(driver, POSTGRESQL))
                result = work(tx)
                driver.commit()
            except psycopg.OperationalError as error:
                if driver.closed:
                    connection.invalidate(error)
                raise
            finally:
                del self._running[threading.get_ident()]
        tx.committed()
        return result


def engine_for(url: URL, *, pool_size: int = 1) -> Engine:
    """An engine whose sessions never wait for long."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        connect_args=_connecting(),
    )


def connection_to(url: URL) -> psycopg.Connection[Any]:
    """A connection outside the pool, on which every statement is committed by itself."""
    _, given = PGDialect_psycopg().create_connect_args(url)  # type: ignore[no-untyped-call]
    return psycopg.connect(**given, **_connecting(), autocommit=True)


def _connecting() -> dict[str, Any]:
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    return {"options": options, **NETWORK}


def _may_run_again(error: psycopg.Error | DBAPIError) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    state = cause.sqlstate
    if state is None:  # the connection went away before the server could say why
        return isinstance(cause, psycopg.OperationalError)
    return state in AGAIN or state.startswith((CONNECTION_LOST, NO_ROOM))
