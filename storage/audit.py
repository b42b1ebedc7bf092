"""留痕: who did what to what; rows are only ever added."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from domain.changes import AuditEntry
from storage.schema import audit, moment, stored
from storage.statements import Statement, Store, adding

_ADD = Statement(adding(audit, "at", "action", "subject", "person", "detail"))
_OF = Statement(select(audit).where(audit.c.subject == bindparam("about")).order_by(audit.c.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry as it was kept, with its time."""

    id: int
    at: datetime
    entry: AuditEntry


class AuditStore(Store):
    """Audit entries, written in the transaction of what they tell of."""

    __slots__ = ()

    def add(self, entry: AuditEntry) -> None:
        """Keep an entry."""
        self.db.run(
            _ADD,
            at=stored(self.tx.now),
            action=entry.action,
            subject=entry.subject,
            person=entry.person,
            detail=json.dumps(dict(entry.detail), default=str, separators=(",", ":")),
        )

    def of(self, subject: str) -> tuple[AuditRow, ...]:
        """Everything done to this ("order:0621482135"), oldest first."""
        return tuple(
            AuditRow(
                id=row.id,
                at=moment(row.at),
                entry=AuditEntry(
                    action=row.action,
                    subject=row.subject,
                    person=row.person,
                    detail=json.loads(row.detail),
                ),
            )
            for row in self.db.all(_OF, about=subject)
        )
