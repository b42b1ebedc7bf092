"""People of whom nothing was heard for long, and those the desk was asked to remove: told first,
where they can be, and then erased.

Who holds a post, or waits for a work order, is not gone. A word to us at any time is enough to
stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, update

from domain.changes import AuditEntry, Change, Notice, to_person
from domain.messages import Lane
from domain.orders import FINAL
from domain.retention import WARNING
from storage.schema import contacts, grants, moment, orders, people, questions, stored
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

IDS_AT_ONCE = 500
# The question that somebody answers who is to be erased because the desk was asked to.
OBJECTION = "erase_for.mine"
TIME_TO_OBJECT = timedelta(days=1)

_LAST_WORD = (
    select(func.max(contacts.c.heard_at)).where(contacts.c.person == people.c.id).scalar_subquery()
)
# Heard of last: their last word, or when they were made known to us without one.
_LAST: ColumnElement[Any] = func.coalesce(_LAST_WORD, people.c.created_at)
_REACHABLE = exists().where(
    contacts.c.person == people.c.id, contacts.c.reachable, contacts.c.chat_digest.is_not(None)
)
_IN_OFFICE = exists().where(
    grants.c.person == people.c.id,
    or_(grants.c.end.is_(None), grants.c.end > bindparam("now")),
)
_WAITING = exists().where(orders.c.reporter == people.c.id, orders.c.status.not_in(sorted(FINAL)))
_ASKED_FOR = exists().where(
    questions.c.person == people.c.id,
    questions.c.step == OBJECTION,
    questions.c.answered_at.is_(None),
    questions.c.asked_at <= bindparam("told_before"),
)
_SILENT = and_(
    ~people.c.erased,
    people.c.merged_into.is_(None),
    people.c.created_at < bindparam("before"),
    bindparam("before") > _LAST,
    ~_IN_OFFICE,
    ~_WAITING,
)
_SOME = Statement(
    select(
        people.c.id,
        _LAST.label("last"),
        people.c.warned_at,
        case((_REACHABLE, 1), else_=0).label("reachable"),
        case((_ASKED_FOR, 1), else_=0).label("asked_for"),
    )
    .where(
        people.c.id > bindparam("after"),
        people.c.id <= bindparam("until"),
        or_(_SILENT, and_(~people.c.erased, ~_IN_OFFICE, _ASKED_FOR)),
    )
    .order_by(people.c.id)
)
_HIGHEST = Statement(select(func.max(people.c.id)))
_LOOK_SILENT = Statement(
    select(func.count().label("count"), func.min(_LAST).label("oldest"))
    .select_from(people)
    .where(_SILENT)
)
_WARNED = Statement(
    update(people).where(people.c.id == bindparam("whose")).values(warned_at=bindparam("now"))
)


def due(tx: Transaction, before: datetime) -> tuple[int, datetime | None]:
    """How many people were silent since before then, and since when the first of them is."""
    row = tx.session.one(_LOOK_SILENT, before=stored(before), now=stored(tx.now))
    assert row is not None
    return row.count, None if row.oldest is None else moment(row.oldest)


def end_some(tx: Transaction, before: datetime, after: int) -> tuple[int, int]:
    """Warn and erase some; how many were erased, and where the next begin (0 after the last)."""
    until = after + IDS_AT_ONCE
    rows = tx.session.all(
        _SOME,
        after=after,
        until=until,
        before=stored(before + WARNING),
        now=stored(tx.now),
        told_before=stored(tx.now - TIME_TO_OBJECT),
    )
    erased = sum(_end(tx, row, before) for row in rows)
    highest = tx.session.value(_HIGHEST) or 0
    return erased, until if until < highest else 0


def _end(tx: Transaction, row: Any, before: datetime) -> bool:
    """Whether the person was erased now; who can be told and was not yet is told instead."""
    if row.asked_for:
        return _erase(tx, row.id, reason="asked_for")
    if row.reachable and (row.warned_at is None or row.warned_at < row.last):
        _warn(tx, row.id, erased_at=moment(row.last) + (tx.now - before))
        return False
    if row.last >= stored(before):
        return False
    if row.reachable and row.warned_at > stored(tx.now - WARNING):
        return False
    return _erase(tx, row.id, reason="silent")


def _erase(tx: Transaction, person: int, *, reason: str) -> bool:
    detail = {"reason": reason}
    tx.audit.add(AuditEntry(action="person.erased", subject=f"person:{person}", detail=detail))
    tx.people.erase(person)
    return True


def _warn(tx: Transaction, person: int, *, erased_at: datetime) -> None:
    at = max(erased_at, tx.now + WARNING)
    notice = Notice(
        to=to_person(person), phrase="clock.leaving", values={"at": at}, lane=Lane.DIALOGUE
    )
    tx.record(Change(notices=(notice,)), by=None)
    tx.session.run(_WARNED, whose=person, now=stored(tx.now))
