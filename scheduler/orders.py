"""Work orders by the clock: warned of, escalated, woken, opened, reminded of and closed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from domain import moves
from domain.changes import Change
from domain.clockwork import happened_in_cycle, silent_until, wakes_at
from domain.escalation import (
    awake_at,
    escalation_due,
    next_escalation_at,
    next_warning_at,
    warnings_due,
)
from domain.orders import URGENT, EventKind, OrderClass, WorkOrder
from domain.slipping import next_slip_at, slip_due
from scheduler.job import CHUNK, MANY, WAKING_HOURS, Job, act_of, next_cursor
from scheduler.times import Times
from storage.transaction import Transaction

TILL_NIGHT = timedelta(minutes=10)  # the last of the day is over when the night begins


def watch_urgent(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Warns of what is a danger, and escalates it, day and night."""
    return _watch(tx, tx.orders.to_check(cursor, CHUNK, classes=URGENT))


def watch_all(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The same for everything else, by day; wakes what was suspended until now."""
    return _watch(tx, tx.orders.to_check(cursor, CHUNK))


def expire_drafts(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What was half said a day ago opens to the community, or ends if it said nothing."""
    drafts = tx.orders.drafts_before(tx.now - tx.rules.limits.draft_life, CHUNK)
    for draft in drafts:
        tx.record(moves.expire_draft(draft, act_of(tx)), by=None)
    return cursor + 1 if len(drafts) == CHUNK else None


def await_confirmation(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Reminds a reporter who has not said whether it is solved; closes after lasting silence."""
    limits, act = tx.rules.limits, act_of(tx)
    since = tx.now - limits.silence + limits.remind_before_close
    orders = tx.orders.resolved_before(since, CHUNK, after_id=cursor)
    for order in orders:
        if silent_until(order, act) <= tx.now:
            tx.record(moves.close_by_silence(order, act), by=None)
        elif not happened_in_cycle(order, EventKind.REMINDED):
            tx.record(moves.remind_to_confirm(order, act), by=None)
    return next_cursor(orders)


def next_look(tx: Transaction, classes: Collection[OrderClass]) -> datetime | None:
    """When the next warning, escalation or waking of a running order is due."""
    found: list[datetime | None] = []
    cursor: int | None = 0
    while cursor is not None:
        orders = tx.orders.to_check(cursor, CHUNK, classes=classes)
        for order in orders:
            found += (
                next_warning_at(order, tx.rules),
                next_escalation_at(order, tx.rules),
                next_slip_at(order, tx.rules),
                wakes_at(order),
            )
        cursor = next_cursor(orders)
    return min((at for at in found if at is not None), default=None)


def next_draft(tx: Transaction) -> datetime | None:
    """When the oldest draft ends."""
    drafts = tx.orders.drafts_before(tx.now, 1)
    return drafts[0].created_at + tx.rules.limits.draft_life if drafts else None


def next_silence(tx: Transaction) -> datetime | None:
    """When the next reporter who has not answered is reminded, or taken to agree."""
    limits, act = tx.rules.limits, act_of(tx)
    closing = [
        (order, silent_until(order, act)) for order in tx.orders.resolved_before(tx.now, MANY)
    ]
    moments = [
        at if happened_in_cycle(order, EventKind.REMINDED) else at - limits.remind_before_close
        for order, at in closing
    ]
    return min(moments, default=None)


JOBS = (
    Job(
        name="watch_urgent",
        times=Times(),
        run=watch_urgent,
        urgent=True,
        upcoming=lambda tx: next_look(tx, URGENT),
    ),
    Job(
        name="watch_all",
        times=Times(minute="*/10"),
        run=watch_all,
        upcoming=lambda tx: next_look(tx, frozenset(OrderClass) - URGENT),
    ),
    Job(
        name="expire_drafts",
        times=Times(minute="*/10", hour=WAKING_HOURS),
        run=expire_drafts,
        good_for=TILL_NIGHT,
        upcoming=next_draft,
    ),
    Job(
        name="await_confirmation",
        times=Times(minute="*/10", hour=WAKING_HOURS),
        run=await_confirmation,
        good_for=TILL_NIGHT,
        upcoming=next_silence,
    ),
)


def _watch(tx: Transaction, orders: tuple[WorkOrder, ...]) -> int | None:
    act = act_of(tx)
    for order in orders:
        wakes = wakes_at(order)
        if wakes is not None and wakes <= tx.now == awake_at(tx.now, order, tx.rules):
            order = _recorded(tx, moves.resume_when_due(order, act))
        if warnings_due(order, tx.rules, tx.now):
            order = _recorded(tx, moves.warn(order, act))
        if slip_due(order, tx.rules, tx.now) is not None:
            order = _recorded(tx, moves.tell_late(order, act))
        if escalation_due(order, tx.rules, tx.now) is not None:
            _recorded(tx, moves.escalate(order, act))
    return next_cursor(orders)


def _recorded(tx: Transaction, change: Change) -> WorkOrder:
    return tx.record(change, by=None)[change.order.number]
