"""A clock that was set back: nothing waits for a time that it must first reach again.

Rows name the moment from which on they may be touched. Where that moment is further away than
anything of ours ever waits, it was named by a clock that has been set back since, and a message
would lie for an hour or a day, or a dead process hold what it had for so long.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, exists, or_, select, update

from storage.schema import InboxState, OutboxState, inbox, job_runs, leases, outbox, stored
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

LONGEST_WAIT = timedelta(minutes=2)  # of a message over a limit, or after a failure
LONGEST_LEASE = 120.0  # seconds
LEFT = 60.0  # seconds that whoever lives still has to say so: the longest of our leases

_LATEST: BindParameter[Any] = bindparam("latest")
_IS_NEW = inbox.c.state == InboxState.NEW.value
_BEYOND: BindParameter[Any] = bindparam("beyond")
_LISTEN = Statement(
    update(inbox).where(_IS_NEW, inbox.c.ready_at > _LATEST).values(ready_at=bindparam("now"))
)
_LET_GO = Statement(
    update(inbox)
    .where(_IS_NEW, inbox.c.lease_until > _BEYOND)
    .values(lease_until=bindparam("ends"))
)
_IS_QUEUED = outbox.c.state == OutboxState.QUEUED.value
_IS_HELD = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.SENDING.value])
# What a platform orders may be long; but nothing was said later than now.
_SAY = Statement(
    update(outbox)
    .where(_IS_QUEUED, outbox.c.created_at > bindparam("now"))
    .values(ready_at=bindparam("now"), created_at=bindparam("now"))
)
_GIVE_BACK = Statement(
    update(outbox)
    .where(_IS_HELD, outbox.c.lease_until > _BEYOND)
    .values(lease_until=bindparam("ends"))
)
_HOLD_NO_LONGER = Statement(
    update(leases).where(leases.c.until > _BEYOND).values(until=bindparam("ends"))
)
_RUN = Statement(
    update(job_runs)
    .where(job_runs.c.finished_at.is_(None), job_runs.c.lease_until > _BEYOND)
    .values(lease_until=bindparam("ends"))
)


_OUT_OF_REACH = Statement(
    select(
        or_(
            exists().where(
                _IS_NEW, or_(inbox.c.ready_at > _LATEST, inbox.c.lease_until > _BEYOND)
            ),
            exists().where(_IS_QUEUED, outbox.c.created_at > _LATEST),
            exists().where(_IS_HELD, outbox.c.lease_until > _BEYOND),
            exists().where(leases.c.until > _BEYOND),
            exists().where(job_runs.c.finished_at.is_(None), job_runs.c.lease_until > _BEYOND),
        )
    )
)


def is_out_of_reach(tx: Transaction) -> bool:
    """Whether something waits for a moment further away than anything of ours waits for: written
    by a clock that was set back before anybody looked at it, or while somebody did.
    """
    latest, beyond = stored(tx.now + LONGEST_WAIT), tx.clock_after(LONGEST_LEASE)
    return bool(tx.session.value(_OUT_OF_REACH, latest=latest, beyond=beyond))


def set_right(tx: Transaction) -> int:
    """Lets go on what waits for a moment out of reach; how many rows did. Harmless at any time."""
    now = stored(tx.now)
    beyond, ends = tx.clock_after(LONGEST_LEASE), tx.clock_after(LEFT)
    touched = tx.session.run(_LISTEN, latest=stored(tx.now + LONGEST_WAIT), now=now)
    touched += tx.session.run(_SAY, now=now)
    for statement in (_LET_GO, _GIVE_BACK, _HOLD_NO_LONGER, _RUN):
        touched += tx.session.run(statement, beyond=beyond, ends=ends)
    return touched
