"""What operators must see and settle: sends that nobody knows of, and messages given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from domain.changes import AuditEntry
from storage.outbox import COLUMN
from storage.outbox_statements import LANES
from storage.schema import OutboxState, chats, erasures, moment, outbox, stored
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

_DOUBTED = outbox.c.unknowns > 0
_IS_UNKNOWN = outbox.c.state == OutboxState.UNKNOWN.value
_THIS = (outbox.c.id == bindparam("row"), _IS_UNKNOWN)

_LIST = Statement(
    select(outbox)
    .where(_DOUBTED, outbox.c.id > bindparam("after"))
    .order_by(outbox.c.id)
    .limit(bindparam("many"))
)
_COUNT = Statement(select(func.count()).select_from(outbox).where(_DOUBTED, _IS_UNKNOWN))
_RESEND = Statement(
    update(outbox)
    .where(*_THIS)
    .values(
        state=OutboxState.QUEUED.value,
        attempts=0,
        ready_at=bindparam("now"),
        finished_at=None,
        token=None,
        lease_until=0,
    )
)
_SETTLE = Statement(
    update(outbox)
    .where(*_THIS)
    .values(
        state=OutboxState.CANCELLED.value, reason="settled by hand", finished_at=bindparam("now")
    )
)
_LEFT = Statement(
    select(chats.c.channel, chats.c.title)
    .where(chats.c.unit.is_not(None), ~chats.c.active, chats.c.moved_to.is_(None))
    .order_by(chats.c.channel, chats.c.chat)
)
_ERASURES = Statement(select(erasures).order_by(erasures.c.at, erasures.c.digest))
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A message of which nobody knew, at least once, whether it had arrived.

    While `state` is unknown it may not have arrived at all; later it may have arrived twice.
    """

    id: int
    channel: str
    lane: str
    state: OutboxState
    phrase: str
    number: str
    attempts: int
    unknowns: int
    reason: str
    said_at: datetime
    ended_at: datetime | None
    chat: str = ""  # only when it was asked for: personal
    text: str = ""


def doubted(
    tx: Transaction, *, after: int = 0, limit: int = AT_ONCE, reveal: bool = False
) -> tuple[Doubted, ...]:
    """Sends whose outcome was unknown at least once, oldest first; `reveal` opens who and what."""
    return tuple(
        Doubted(
            id=row.id,
            channel=row.channel,
            lane=LANES[row.lane].value,
            state=OutboxState(row.state),
            phrase=row.phrase,
            number=row.number,
            attempts=row.attempts,
            unknowns=row.unknowns,
            reason=row.reason or "",
            said_at=moment(row.created_at),
            ended_at=None if row.finished_at is None else moment(row.finished_at),
            **(_opened(tx, row.key, row.private) if reveal else {}),
        )
        for row in tx.session.all(_LIST, after=after, many=limit)
    )


def _opened(tx: Transaction, key: int, sealed: bytes | None) -> dict[str, str]:
    plain = tx.vault.open(key, COLUMN, sealed) or {}
    return {"chat": plain.get("chat", ""), "text": plain.get("text", "")}


def count_unknown(tx: Transaction) -> int:
    """How many sends wait for somebody to look whether they arrived."""
    found: int = tx.session.value(_COUNT)
    return found


def resend(tx: Transaction, row: int) -> bool:
    """Say it again after all; False when nobody doubts it any more."""
    return _settled(tx, _RESEND, row, "outbox.resent")


def settle(tx: Transaction, row: int) -> bool:
    """Somebody looked: it is not said again; False when nobody doubts it any more."""
    return _settled(tx, _SETTLE, row, "outbox.settled")


def _settled(tx: Transaction, statement: Statement, row: int, action: str) -> bool:
    if tx.session.run(statement, row=row, now=stored(tx.now)) != 1:
        return False
    tx.audit.add(AuditEntry(action=action, subject=f"outbox:{row}", person=None))
    return True


def replay_dead(tx: Transaction, letter: int) -> bool:
    """Have a dead letter tried again from the start; False when it is none."""
    if not tx.inbox.replay(letter):
        return False
    entry = AuditEntry(action="inbox.replayed", subject=f"inbox:{letter}", person=None)
    tx.audit.add(entry)
    return True


def left_groups(tx: Transaction) -> tuple[tuple[str, str], ...]:
    """Groups that speak for a unit and that we cannot write to any more: channel and title."""
    return tuple((row.channel, row.title) for row in tx.session.all(_LEFT))


def erased(tx: Transaction) -> Iterator[tuple[str, datetime]]:
    """The list of erasures: digests of who was erased, and when; a restore goes through it."""
    for row in tx.session.all(_ERASURES):
        yield row.digest, moment(row.at)
