"""What happened by the clock since a moment: for whoever moved the clock of the sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from storage.schema import audit, outbox
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

_LAST_ENTRY = Statement(select(func.max(audit.c.id)))
_LAST_SAID = Statement(select(func.max(outbox.c.id)))
_DONE = Statement(
    select(audit.c.action, func.count().label("many"))
    .where(audit.c.id > bindparam("since"), audit.c.person.is_(None))
    .group_by(audit.c.action)
)
_SAID = Statement(select(func.count()).where(outbox.c.id > bindparam("since")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where audit and outbox stood."""

    entry: int
    said: int


def mark(tx: Transaction) -> Mark:
    """How far both have come."""
    entry, said = tx.session.value(_LAST_ENTRY), tx.session.value(_LAST_SAID)
    return Mark(entry=entry or 0, said=said or 0)


def done_since(tx: Transaction, since: Mark) -> Mapping[str, int]:
    """How often the clock did what, by the name of the audit entry."""
    return {row.action: row.many for row in tx.session.all(_DONE, since=since.entry)}


def said_since(tx: Transaction, since: Mark) -> int:
    """How many messages were queued."""
    count: int = tx.session.value(_SAID, since=since.said)
    return count
