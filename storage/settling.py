"""What no backup can know, put in order before anybody sees what was restored
(docs/running-it.md, "Restoring").
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.changes import AuditEntry
from domain.messages import Lane
from storage import schema
from storage.backup import Manifest
from storage.outbox_statements import LANES
from storage.schema import AttachmentState, InboxState, OutboxState, stored
from storage.statements import Statement
from storage.transaction import Transaction

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was put in order after the rows were back."""

    erased: int = 0  # people who were erased after the backup was made
    unknown: int = 0  # sends that were under way
    cancelled: int = 0  # reminders that would come too late


def settle(tx: Transaction, manifest: Manifest, later: Collection[str]) -> Settled:
    """Let go of what dead processes held, say what nobody can know, erase who was erased since."""
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
