"""Notices past their time: first who they went to and what was answered, then they themselves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, or_, select

from domain.broadcasts import BroadcastState
from storage.schema import (
    broadcast_answers,
    broadcast_recipients,
    broadcasts,
    notice_days,
    stored,
)
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

_MANY: BindParameter[Any] = bindparam("many")
_WHICH: BindParameter[Any] = bindparam("which")
# One that was never sent, or stands still, is as old as its first word.
ENDED_AT = func.coalesce(broadcasts.c.ended_at, broadcasts.c.created_at)
IS_OVER = and_(
    broadcasts.c.state.not_in([BroadcastState.SCHEDULED.value, BroadcastState.SENDING.value]),
    bindparam("before") > ENDED_AT,
)
ROWS_OF_NOTICES = (broadcast_recipients, broadcast_answers, notice_days)
_HAS_ROWS = or_(
    *(exists().where(table.c.broadcast == broadcasts.c.id) for table in ROWS_OF_NOTICES)
)
_later = broadcasts.alias("later")
_WITH_ROWS = and_(IS_OVER, _HAS_ROWS)
IS_OLD = and_(IS_OVER, ~_HAS_ROWS, ~exists().where(_later.c.of == broadcasts.c.id))
_NEXT = Statement(select(broadcasts.c.id).where(_WITH_ROWS).order_by(broadcasts.c.id).limit(1))
_RECIPIENTS = Statement(
    delete(broadcast_recipients).where(
        broadcast_recipients.c.id.in_(
            select(broadcast_recipients.c.id)
            .where(broadcast_recipients.c.broadcast == _WHICH)
            .limit(_MANY)
        )
    )
)
_ANSWERS = Statement(delete(broadcast_answers).where(broadcast_answers.c.broadcast == _WHICH))
_DAYS = Statement(delete(notice_days).where(notice_days.c.broadcast == _WHICH))
_NOTICES = Statement(
    delete(broadcasts).where(
        broadcasts.c.id.in_(select(broadcasts.c.id).where(IS_OLD).limit(_MANY))
    )
)


def end_recipients(tx: Transaction, before: datetime, many: int) -> tuple[int, int]:
    """Of one notice after the other, large ones in parts; how many rows went, and whether there
    may be more (1) or not (0).
    """
    which = tx.session.value(_NEXT, before=stored(before))
    if which is None:
        return 0, 0
    ended = tx.session.run(_RECIPIENTS, which=which, many=many)
    if ended < many:
        ended += sum(tx.session.run(one, which=which) for one in (_ANSWERS, _DAYS))
    return ended, 1


def end_notices(tx: Transaction, before: datetime, many: int) -> tuple[int, int]:
    """The same of notices; a correction goes before what it corrects, which may go then."""
    ended = tx.session.run(_NOTICES, before=stored(before), many=many)
    return ended, min(ended, 1)
