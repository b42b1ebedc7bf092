"""Ends what is past its time, class by class and chunk by chunk.

A chunk ends a few rows and says where the next one begins, so that no transaction is long and a
run that breaks off is gone on with by the next. What other rows point to stays, emptied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from domain.changes import AuditEntry
from domain.orders import FINAL
from domain.retention import TERMS, Kept
from storage import departing, retention_notices
from storage.handing_out import COPY
from storage.jobs import BY_CLOCK
from storage.schema import (
    AttachmentState,
    InboxState,
    activities,
    attachment_bytes,
    attachments,
    attendance,
    codes,
    consents,
    conversations,
    erasures,
    followers,
    grants,
    hand_overs,
    inbox,
    job_runs,
    keys,
    moment,
    order_events,
    orders,
    outbox,
    people,
    questions,
    reminders,
    stored,
    transcripts,
)
from storage.statements import Statement, among
from storage.vault import PERSON

if TYPE_CHECKING:
    from storage.transaction import Transaction

AT_ONCE = 500
IDS_AT_ONCE = 2_000
ACTIVITIES_AT_ONCE = 20  # each with everybody who was asked
DONE = 0  # where the next chunk of a class begins, when there is none

BEFORE: BindParameter[Any] = bindparam("before")
_MANY: BindParameter[Any] = bindparam("many")
_ENDED = sorted(FINAL)
EMPTY = b""  # words that were removed; NULL is what was never kept, and goes sooner

# --- messages ------------------------------------------------------------------------------------

HANDLED = inbox.c.state == InboxState.DONE.value
HAS_WORDS = func.length(inbox.c.private) > 0
_OLDEST_NEW = Statement(
    select(func.min(inbox.c.received_at)).where(inbox.c.state == InboxState.NEW.value)
)
_OLDEST_DAY = Statement(
    select(keys.c.id, keys.c.purpose)
    .where(
        keys.c.purpose != PERSON,  # as its index says
        keys.c.purpose.like("day:%"),
        keys.c.purpose < bindparam("purpose"),
        keys.c.wrapped.is_not(None),
    )
    .order_by(keys.c.purpose)
    .limit(1)
)
_EMPTY_DAY = Statement(
    update(inbox)
    .where(
        inbox.c.id.in_(
            select(inbox.c.id)
            .where(
                inbox.c.received_at < bindparam("ends"),
                inbox.c.received_at >= bindparam("begins"),
                HANDLED,
                HAS_WORDS,
            )
            .order_by(inbox.c.received_at)
            .limit(_MANY)
        )
    )
    .values(private=bindparam("nothing"))
)
_DEAD = Statement(
    delete(inbox).where(
        inbox.c.id.in_(
            select(inbox.c.id)
            .where(inbox.c.state == InboxState.DEAD.value, inbox.c.received_at < BEFORE)
            .limit(_MANY)
        )
    )
)
_ROUTED_IN = Statement(
    delete(inbox).where(
        inbox.c.id.in_(
            select(inbox.c.id)
            .where(inbox.c.received_at < BEFORE, HANDLED)
            .order_by(inbox.c.received_at)
            .limit(_MANY)
        )
    )
)
SAID = and_(outbox.c.private.is_not(None), outbox.c.finished_at.is_not(None))
_BLANK_SAID = Statement(
    update(outbox)
    .where(
        outbox.c.id.in_(
            select(outbox.c.id)
            .where(SAID, outbox.c.finished_at < BEFORE)
            .order_by(outbox.c.finished_at)
            .limit(_MANY)
        )
    )
    .values(private=None)
)
_OLDEST_SAID = Statement(
    select(outbox.c.id, outbox.c.created_at.label("at"), outbox.c.finished_at)
    .order_by(outbox.c.id)
    .limit(_MANY)
)
_UNLINK = (
    Statement(update(questions).where(among(questions.c.outbox, "ids")).values(outbox=None)),
    Statement(update(transcripts).where(among(transcripts.c.outbox, "ids")).values(outbox=None)),
)
_DROP_SAID = Statement(delete(outbox).where(among(outbox.c.id, "ids")))
_OLDEST_SHOWN = Statement(
    select(transcripts.c.id, transcripts.c.at).order_by(transcripts.c.id).limit(_MANY)
)
_DROP_SHOWN = Statement(delete(transcripts).where(among(transcripts.c.id, "ids")))
_OLDEST_ASKED = Statement(
    select(questions.c.id, questions.c.until.label("at")).order_by(questions.c.id).limit(_MANY)
)
_DROP_ASKED = Statement(delete(questions).where(among(questions.c.id, "ids")))
_OLDEST_HANDED = Statement(
    select(hand_overs.c.id, hand_overs.c.ended_at.label("at"))
    .where(hand_overs.c.ended_at.is_not(None))
    .order_by(hand_overs.c.id)
    .limit(_MANY)
)
_DROP_HANDED = Statement(delete(hand_overs).where(among(hand_overs.c.id, "ids")))
_TALKS_OF = Statement(
    delete(conversations).where(
        conversations.c.person > bindparam("after"),
        conversations.c.person <= bindparam("until"),
        conversations.c.changed_at < BEFORE,
    )
)
_LAST_TALKER = Statement(select(func.max(conversations.c.person)))

# --- work orders ---------------------------------------------------------------------------------

_SOMETHING_SINCE = exists().where(
    order_events.c.order_id == orders.c.id, order_events.c.at >= BEFORE
)
OVER = and_(
    orders.c.status.in_(_ENDED),
    orders.c.private.is_not(None),
    orders.c.created_at < BEFORE,
    ~_SOMETHING_SINCE,
)
_OLD_ORDERS = Statement(select(orders.c.id).where(OVER).order_by(orders.c.created_at).limit(_MANY))
_BLANK_ORDERS = (
    Statement(
        update(order_events).where(among(order_events.c.order_id, "ids")).values(private=None)
    ),
    # Who held a post is known by it; who did not was a resident.
    Statement(
        update(order_events)
        .where(
            among(order_events.c.order_id, "ids"),
            order_events.c.person.is_not(None),
            ~exists().where(grants.c.person == order_events.c.person),
        )
        .values(person=None)
    ),
    Statement(delete(followers).where(among(followers.c.order_id, "ids"))),
    Statement(
        update(orders)
        .where(among(orders.c.id, "ids"))
        .values(private=None, reporter=None, reported_in_digest=None, version=orders.c.version + 1)
    ),
)
_ORDER_GOES_ON = exists().where(
    attachments.c.number != "",
    orders.c.number == attachments.c.number,
    or_(orders.c.status.not_in(_ENDED), _SOMETHING_SINCE),
)
FILE_IS_OLD = and_(attachments.c.created_at < BEFORE, ~_ORDER_GOES_ON)
COPY_IS_OLD = and_(attachments.c.created_at < BEFORE, attachments.c.channel == COPY)


def _old_files(is_old: ColumnElement[bool]) -> Statement:
    return Statement(
        select(attachments.c.id).where(
            attachments.c.id > bindparam("after"),
            attachments.c.id <= bindparam("until"),
            attachments.c.private.is_not(None),
            is_old,
        )
    )


_OLD_FILES, _OLD_COPIES = _old_files(FILE_IS_OLD), _old_files(COPY_IS_OLD)
_LAST_FILE = Statement(select(func.max(attachments.c.id)))
_EMPTY_FILES = (
    Statement(delete(attachment_bytes).where(among(attachment_bytes.c.attachment, "ids"))),
    Statement(
        update(attachments)
        .where(among(attachments.c.id, "ids"))
        .values(private=None, state=AttachmentState.FAILED.value, reason="past its time")
    ),
)

# --- records -------------------------------------------------------------------------------------

_ERASURES = Statement(delete(erasures).where(erasures.c.at < BEFORE))
# Of those we still know they prove what was agreed to, and keep the notice from being shown again.
CONSENT_IS_OVER = and_(
    consents.c.at < BEFORE,
    exists().where(people.c.id == consents.c.person, people.c.erased),
)
_CONSENTS = Statement(
    delete(consents).where(
        consents.c.id > bindparam("after"), consents.c.id <= bindparam("until"), CONSENT_IS_OVER
    )
)
_LAST_CONSENT = Statement(select(func.max(consents.c.id)))
# The newest run of a job stays: it tells where to go on after a long stop.
_later_run = job_runs.alias("later_run")
RUN_IS_OLD = and_(
    job_runs.c.fire_time < BEFORE,
    or_(
        job_runs.c.owner == BY_CLOCK,
        exists().where(
            _later_run.c.job == job_runs.c.job, _later_run.c.fire_time > job_runs.c.fire_time
        ),
    ),
)
_RUNS = Statement(delete(job_runs).where(RUN_IS_OLD))
_CODES = Statement(delete(codes).where(codes.c.until < BEFORE))


# --- activities ----------------------------------------------------------------------------------

TOLD_BEFORE = and_(reminders.c.state != "due", reminders.c.ended_at < BEFORE)
_TOLD = Statement(
    delete(reminders).where(
        reminders.c.id.in_(select(reminders.c.id).where(TOLD_BEFORE).limit(_MANY))
    )
)
_OLD_ACTIVITIES = Statement(
    select(activities.c.id)
    .where(activities.c.ends_at < BEFORE)
    .order_by(activities.c.ends_at)
    .limit(_MANY)
)
_DROP_ACTIVITIES = (
    Statement(delete(reminders).where(among(reminders.c.activity, "ids"))),
    Statement(delete(attendance).where(among(attendance.c.activity, "ids"))),
    Statement(delete(activities).where(among(activities.c.id, "ids"))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What a chunk of work ended, and where the next one begins; DONE after the last."""

    ended: int
    following: int = DONE


Work = Callable[["Transaction", datetime, int], Chunk]


def end_some(tx: Transaction, kept: Kept, after: int) -> int:
    """End a chunk of what is past its time, with an audit entry; where the next chunk begins."""
    before = tx.rules.limits.retention.before(kept, tx.now)
    chunk = WORK[kept](tx, before, after)
    if chunk.ended:
        detail = {"count": chunk.ended, "before": before.date().isoformat()}
        tx.audit.add(
            AuditEntry(action="retention.ended", subject=f"retention:{kept}", detail=detail)
        )
    return chunk.following


def _inbox_words(tx: Transaction, before: datetime, after: int) -> Chunk:
    """Empties one day after the other, then destroys its key; a day with unhandled messages
    stays.
    """
    unhandled = tx.session.value(_OLDEST_NEW)
    if unhandled is not None:
        before = min(before, moment(unhandled))
    day = tx.session.one(_OLDEST_DAY, purpose=f"day:{before.astimezone(UTC):%Y-%m-%d}")
    if day is None:
        return Chunk(ended=0)
    begins = datetime.strptime(day.purpose, "day:%Y-%m-%d").replace(tzinfo=UTC)
    ends = begins + timedelta(days=1)
    emptied = tx.session.run(
        _EMPTY_DAY, begins=stored(begins), ends=stored(ends), nothing=EMPTY, many=IDS_AT_ONCE
    )
    if emptied < IDS_AT_ONCE:
        tx.vault.destroy([day.id])
    return Chunk(ended=emptied, following=1)


def _in_one_go(*statements: Statement) -> Work:
    def work(tx: Transaction, before: datetime, after: int) -> Chunk:
        return Chunk(ended=sum(tx.session.run(one, before=stored(before)) for one in statements))

    return work


def _some_at_once(statement: Statement) -> Work:
    def work(tx: Transaction, before: datetime, after: int) -> Chunk:
        ended = tx.session.run(statement, before=stored(before), many=AT_ONCE)
        return Chunk(ended=ended, following=1 if ended == AT_ONCE else DONE)

    return work


def _from_the_oldest(oldest: Statement, *ends: Statement) -> Work:
    """For tables whose ids grow with time: the first rows, as far as they are old enough."""

    def work(tx: Transaction, before: datetime, after: int) -> Chunk:
        rows = tx.session.all(oldest, many=AT_ONCE)
        ids = [row.id for row in rows if row.at < stored(before)]
        for statement in ends if ids else ():
            tx.session.run(statement, ids=ids)
        return Chunk(ended=len(ids), following=1 if len(ids) == AT_ONCE else DONE)

    return work


def _routing(tx: Transaction, before: datetime, after: int) -> Chunk:
    heard = tx.session.run(_ROUTED_IN, before=stored(before), many=AT_ONCE)
    rows = tx.session.all(_OLDEST_SAID, many=AT_ONCE)
    ids = [row.id for row in rows if row.at < stored(before) and row.finished_at is not None]
    if ids:
        for statement in (*_UNLINK, _DROP_SAID):
            tx.session.run(statement, ids=ids)
    more = heard == AT_ONCE or len(ids) == AT_ONCE
    return Chunk(ended=heard + len(ids), following=1 if more else DONE)


def _conversations(tx: Transaction, before: datetime, after: int) -> Chunk:
    last = tx.session.value(_LAST_TALKER) or 0
    until = after + IDS_AT_ONCE
    ended = tx.session.run(_TALKS_OF, after=after, until=until, before=stored(before))
    return Chunk(ended=ended, following=until if until < last else DONE)


def _order_words(tx: Transaction, before: datetime, after: int) -> Chunk:
    ids = [row.id for row in tx.session.all(_OLD_ORDERS, before=stored(before), many=AT_ONCE)]
    for statement in _BLANK_ORDERS if ids else ():
        tx.session.run(statement, ids=ids)
    return Chunk(ended=len(ids), following=1 if len(ids) == AT_ONCE else DONE)


def _files(old: Statement) -> Work:
    def work(tx: Transaction, before: datetime, after: int) -> Chunk:
        last = tx.session.value(_LAST_FILE) or 0
        until = after + AT_ONCE
        rows = tx.session.all(old, after=after, until=until, before=stored(before))
        ids = [row.id for row in rows]
        for statement in _EMPTY_FILES if ids else ():
            tx.session.run(statement, ids=ids)
        return Chunk(ended=len(ids), following=until if until < last else DONE)

    return work


def _consents(tx: Transaction, before: datetime, after: int) -> Chunk:
    last = tx.session.value(_LAST_CONSENT) or 0
    until = after + IDS_AT_ONCE
    ended = tx.session.run(_CONSENTS, after=after, until=until, before=stored(before))
    return Chunk(ended=ended, following=until if until < last else DONE)


def _people(tx: Transaction, before: datetime, after: int) -> Chunk:
    erased, following = departing.end_some(tx, before, after)
    return Chunk(ended=erased, following=following)


def _audit(tx: Transaction, before: datetime, after: int) -> Chunk:
    cut = tx.chain.cut(before, AT_ONCE)
    return Chunk(ended=cut, following=1 if cut == AT_ONCE else DONE)


def _activities(tx: Transaction, before: datetime, after: int) -> Chunk:
    rows = tx.session.all(_OLD_ACTIVITIES, before=stored(before), many=ACTIVITIES_AT_ONCE)
    ids = [row.id for row in rows]
    for statement in _DROP_ACTIVITIES if ids else ():
        tx.session.run(statement, ids=ids)
    return Chunk(ended=len(ids), following=1 if len(ids) == ACTIVITIES_AT_ONCE else DONE)


def _recipients(tx: Transaction, before: datetime, after: int) -> Chunk:
    ended, following = retention_notices.end_recipients(tx, before, IDS_AT_ONCE)
    return Chunk(ended=ended, following=following)


def _notices(tx: Transaction, before: datetime, after: int) -> Chunk:
    ended, following = retention_notices.end_notices(tx, before, AT_ONCE)
    return Chunk(ended=ended, following=following)


WORK: Mapping[Kept, Work] = {
    Kept.INBOX_WORDS: _inbox_words,
    Kept.DEAD_LETTERS: _some_at_once(_DEAD),
    Kept.OUTBOX_WORDS: _some_at_once(_BLANK_SAID),
    Kept.TRANSCRIPTS: _from_the_oldest(_OLDEST_SHOWN, _DROP_SHOWN),
    Kept.CONVERSATIONS: _conversations,
    Kept.QUESTIONS: _from_the_oldest(_OLDEST_ASKED, _DROP_ASKED),
    Kept.HAND_OVERS: _from_the_oldest(_OLDEST_HANDED, _DROP_HANDED),
    Kept.ATTACHMENTS: _files(_OLD_FILES),
    Kept.COPIES: _files(_OLD_COPIES),
    Kept.ORDER_WORDS: _order_words,
    Kept.PEOPLE: _people,
    Kept.ROUTING: _routing,
    Kept.AUDIT: _audit,
    Kept.ERASURES: _in_one_go(_ERASURES),
    Kept.CONSENTS: _consents,
    Kept.NOTICE_RECIPIENTS: _recipients,
    Kept.NOTICES: _notices,
    Kept.REMINDERS: _some_at_once(_TOLD),
    Kept.ACTIVITIES: _activities,
    Kept.JOB_RUNS: _in_one_go(_RUNS),
    Kept.CODES: _in_one_go(_CODES),
}
assert WORK.keys() == TERMS.keys()
