"""How the service stands, in figures: what waits, who holds what, how much room there is.

One read of indexed rows, so that asking often costs nothing; nothing in it is personal.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, or_, select, text

from domain.messages import Lane
from storage.operating import count_unknown
from storage.outbox_statements import LANES
from storage.schema import (
    AttachmentState,
    InboxState,
    OutboxState,
    attachments,
    inbox,
    job_runs,
    leases,
    moment,
    orders,
    outbox,
    stored,
)
from storage.statements import SQLITE, Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

MICROSECONDS = 1_000_000
NEW, DEAD = InboxState.NEW.value, InboxState.DEAD.value
QUEUED = OutboxState.QUEUED.value
HELD = [OutboxState.CLAIMED.value, OutboxState.SENDING.value]

_INBOX = Statement(select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state == NEW))
_DEAD = Statement(select(func.count()).select_from(inbox).where(inbox.c.state == DEAD))
_FOR_MORNING = outbox.c.lane == LANES.index(Lane.MORNING)
_QUEUED = Statement(
    select(outbox.c.channel, outbox.c.lane, func.count(), func.min(outbox.c.id))
    .where(outbox.c.state == QUEUED, or_(~_FOR_MORNING, outbox.c.ready_at <= bindparam("now")))
    .group_by(outbox.c.channel, outbox.c.lane)
)
_SAID_AT = Statement(
    select(case((_FOR_MORNING, outbox.c.ready_at), else_=outbox.c.created_at)).where(
        outbox.c.id == bindparam("row")
    )
)
_HELD = Statement(
    select(outbox.c.channel, outbox.c.lane, outbox.c.state, func.count())
    .where(outbox.c.state.in_(HELD))
    .group_by(outbox.c.channel, outbox.c.lane, outbox.c.state)
)
_LEASES = Statement(select(leases).order_by(leases.c.name))
_LAST_RUN = Statement(
    select(job_runs.c.fire_time, job_runs.c.finished_at)
    .where(job_runs.c.job == bindparam("of_job"))
    .order_by(job_runs.c.fire_time.desc())
    .limit(1)
)
_ATTACHMENTS = Statement(
    select(func.count())
    .select_from(attachments)
    .where(attachments.c.state == AttachmentState.PENDING.value)
)
_UNTOLD = Statement(select(func.count()).select_from(orders).where(orders.c.untold))
_SQLITE_SIZE = Statement(
    text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
)
_SQLITE_FILE = Statement(text("SELECT file FROM pragma_database_list WHERE name = 'main'"))
_SQLITE_CHECK = Statement(text("PRAGMA quick_check(1)"))
_POSTGRESQL_SIZE = Statement(text("SELECT pg_database_size(current_database())"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Messages of one lane of a channel that stand alike."""

    channel: str
    lane: str
    state: str
    count: int
    oldest: float = 0.0  # seconds since the oldest was said; for queued ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A lease and who has it; below zero seconds nobody does."""

    name: str
    owner: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The latest fire time of a job that anybody took, and when that run was over."""

    job: str
    fire_time: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything at one moment."""

    at: datetime
    inbox_waiting: int
    inbox_oldest: float  # seconds
    dead_letters: int
    outbox: tuple[Queue, ...]
    unknown_sends: int
    untold_orders: int
    audit_unsealed: int  # entries that wait for a sealer for too long
    attachments_waiting: int
    leases: tuple[Hold, ...]
    runs: tuple[LastRun, ...]
    database_bytes: int
    free_bytes: int | None  # of the disk the database is on; None where that is elsewhere


def figures(tx: Transaction, jobs: Iterable[str] = ()) -> Figures:
    """How the service stands; `jobs` are those whose last runs are wanted."""
    waiting, oldest = tx.session.one(_INBOX) or (0, None)
    return Figures(
        at=tx.now,
        inbox_waiting=waiting,
        inbox_oldest=_since(tx, oldest),
        dead_letters=tx.session.value(_DEAD),
        outbox=(*_queued(tx), *_held(tx)),
        unknown_sends=count_unknown(tx),
        untold_orders=tx.session.value(_UNTOLD),
        audit_unsealed=tx.chain.unsealed_for_long()[0],
        attachments_waiting=tx.session.value(_ATTACHMENTS),
        leases=holds(tx),
        runs=tuple(run for job in jobs if (run := _last_run(tx, job)) is not None),
        database_bytes=size(tx),
        free_bytes=room(tx),
    )


def holds(tx: Transaction) -> tuple[Hold, ...]:
    """Every lease there ever was, by name."""
    clock = tx.clock_after(0)
    return tuple(
        Hold(name=row.name, owner=row.owner, seconds=(row.until - clock) / MICROSECONDS)
        for row in tx.session.all(_LEASES)
    )


def size(tx: Transaction) -> int:
    """How many bytes the database has."""
    statement = _SQLITE_SIZE if tx.session.dialect == SQLITE else _POSTGRESQL_SIZE
    found: int = tx.session.value(statement)
    return found


def room(tx: Transaction) -> int | None:
    """How many bytes are free on the disk of the database; None where another machine has it."""
    if tx.session.dialect != SQLITE:
        return None
    return shutil.disk_usage(Path(tx.session.value(_SQLITE_FILE)).parent).free


def damage(tx: Transaction) -> str:
    """What a quick check of the database finds; "" when it is whole. PostgreSQL checks itself."""
    if tx.session.dialect != SQLITE:
        return ""
    found = str(tx.session.value(_SQLITE_CHECK))
    return "" if found == "ok" else found


def _queued(tx: Transaction) -> Iterable[Queue]:
    for channel, lane, count, first in tx.session.all(_QUEUED, now=stored(tx.now)):
        said_at = tx.session.value(_SAID_AT, row=first)
        yield Queue(
            channel=channel,
            lane=LANES[lane].value,
            state=QUEUED,
            count=count,
            oldest=_since(tx, said_at),
        )


def _held(tx: Transaction) -> Iterable[Queue]:
    for channel, lane, state, count in tx.session.all(_HELD):
        yield Queue(channel=channel, lane=LANES[lane].value, state=state, count=count)


def _last_run(tx: Transaction, job: str) -> LastRun | None:
    row: Any = tx.session.one(_LAST_RUN, of_job=job)
    if row is None:
        return None
    finished = None if row.finished_at is None else moment(row.finished_at)
    return LastRun(job=job, fire_time=moment(row.fire_time), finished_at=finished)


def _since(tx: Transaction, at: int | None) -> float:
    return 0.0 if at is None else max(0.0, (stored(tx.now) - at) / MICROSECONDS)
