"""What is past its time and would be ended by a run of now, for whoever wants to look first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from domain.retention import Kept
from storage import departing
from storage.retention import (
    BEFORE,
    CONSENT_IS_OVER,
    COPY_IS_OLD,
    FILE_IS_OLD,
    HANDLED,
    HAS_WORDS,
    OVER,
    RUN_IS_OLD,
    SAID,
    TOLD_BEFORE,
)
from storage.retention_notices import ENDED_AT, IS_OLD, IS_OVER, ROWS_OF_NOTICES
from storage.schema import (
    InboxState,
    activities,
    attachments,
    audit,
    broadcasts,
    codes,
    consents,
    conversations,
    erasures,
    hand_overs,
    inbox,
    job_runs,
    moment,
    orders,
    outbox,
    questions,
    reminders,
    stored,
    transcripts,
)
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction


def _look(at: Any, *where: Any) -> Statement:
    """How many rows are past their time, and how old the oldest is."""
    return Statement(
        select(func.count().label("count"), func.min(at).label("oldest")).where(*where)
    )


_LOOK_INBOX_WORDS = _look(inbox.c.received_at, inbox.c.received_at < BEFORE, HANDLED, HAS_WORDS)
_LOOK_DEAD = _look(
    inbox.c.received_at,
    inbox.c.state == InboxState.DEAD.value,
    inbox.c.received_at < BEFORE,
)
_LOOK_SAID = _look(outbox.c.finished_at, SAID, outbox.c.finished_at < BEFORE)
_LOOK_SHOWN = _look(transcripts.c.at, transcripts.c.at < BEFORE)
_LOOK_TALKS = _look(conversations.c.changed_at, conversations.c.changed_at < BEFORE)
_LOOK_ASKED = _look(questions.c.until, questions.c.until < BEFORE)
_LOOK_HANDED = _look(hand_overs.c.ended_at, hand_overs.c.ended_at < BEFORE)
_LOOK_FILES = _look(attachments.c.created_at, attachments.c.private.is_not(None), FILE_IS_OLD)
_LOOK_COPIES = _look(attachments.c.created_at, attachments.c.private.is_not(None), COPY_IS_OLD)
_LOOK_ORDERS = _look(orders.c.created_at, OVER)
_LOOK_HEARD = _look(inbox.c.received_at, inbox.c.received_at < BEFORE, HANDLED)
_LOOK_ROUTED = _look(
    outbox.c.created_at, outbox.c.created_at < BEFORE, outbox.c.finished_at.is_not(None)
)
_LOOK_AUDIT = _look(audit.c.at, audit.c.at < BEFORE, audit.c.seq.is_not(None))
_LOOK_ERASURES = _look(erasures.c.at, erasures.c.at < BEFORE)
_LOOK_CONSENTS = _look(consents.c.at, CONSENT_IS_OVER)
_LOOK_RUNS = _look(job_runs.c.fire_time, RUN_IS_OLD)
_LOOK_TOLD = _look(reminders.c.ended_at, TOLD_BEFORE)
_LOOK_RECIPIENTS = tuple(
    Statement(
        select(func.count().label("count"), func.min(ENDED_AT).label("oldest"))
        .select_from(table.join(broadcasts, broadcasts.c.id == table.c.broadcast))
        .where(IS_OVER)
    )
    for table in ROWS_OF_NOTICES
)
_LOOK_NOTICES = _look(ENDED_AT, IS_OLD)
_LOOK_ACTIVITIES = _look(activities.c.ends_at, activities.c.ends_at < BEFORE)
_LOOK_CODES = _look(codes.c.until, codes.c.until < BEFORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How many rows of a class are past their time, and since when the oldest is kept."""

    kept: Kept
    before: datetime
    count: int
    oldest: datetime | None


def due(tx: Transaction, kept: Kept) -> Due:
    """What a run of now would end, without ending it."""
    before = tx.rules.limits.retention.before(kept, tx.now)
    if kept is Kept.PEOPLE:
        count, oldest = departing.due(tx, before)
        return Due(kept=kept, before=before, count=count, oldest=oldest)
    found = [tx.session.one(look, before=stored(before)) for look in LOOKS[kept]]
    times = [row.oldest for row in found if row is not None and row.oldest is not None]
    return Due(
        kept=kept,
        before=before,
        count=sum(row.count for row in found if row is not None),
        oldest=moment(min(times)) if times else None,
    )


LOOKS: Mapping[Kept, tuple[Statement, ...]] = {
    Kept.INBOX_WORDS: (_LOOK_INBOX_WORDS,),
    Kept.DEAD_LETTERS: (_LOOK_DEAD,),
    Kept.OUTBOX_WORDS: (_LOOK_SAID,),
    Kept.TRANSCRIPTS: (_LOOK_SHOWN,),
    Kept.CONVERSATIONS: (_LOOK_TALKS,),
    Kept.QUESTIONS: (_LOOK_ASKED,),
    Kept.HAND_OVERS: (_LOOK_HANDED,),
    Kept.ATTACHMENTS: (_LOOK_FILES,),
    Kept.COPIES: (_LOOK_COPIES,),
    Kept.ORDER_WORDS: (_LOOK_ORDERS,),
    Kept.ROUTING: (_LOOK_HEARD, _LOOK_ROUTED),
    Kept.AUDIT: (_LOOK_AUDIT,),
    Kept.ERASURES: (_LOOK_ERASURES,),
    Kept.CONSENTS: (_LOOK_CONSENTS,),
    Kept.NOTICE_RECIPIENTS: _LOOK_RECIPIENTS,
    Kept.NOTICES: (_LOOK_NOTICES,),
    Kept.REMINDERS: (_LOOK_TOLD,),
    Kept.ACTIVITIES: (_LOOK_ACTIVITIES,),
    Kept.JOB_RUNS: (_LOOK_RUNS,),
    Kept.CODES: (_LOOK_CODES,),
}
