"""Supervision by the clock: whoever watches hears of what passed its date, rung after rung."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import moves
from domain.supervision import next_call_at, rung_due
from scheduler.job import CHUNK, WAKING_HOURS, Job, act_of, next_cursor
from scheduler.times import Times
from storage.transaction import Transaction


def watch_supervision(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Reminds a day before the date, and tells upwards once it has passed."""
    act = act_of(tx)
    orders = tx.orders.supervised(cursor, CHUNK)
    for order in orders:
        if rung_due(order, act) is not None:
            tx.record(moves.call_supervision(order, act), by=None)
    return next_cursor(orders)


def next_call(tx: Transaction) -> datetime | None:
    """When somebody is next told of something that is watched."""
    act = act_of(tx)
    found: list[datetime | None] = []
    cursor: int | None = 0
    while cursor is not None:
        orders = tx.orders.supervised(cursor, CHUNK)
        found += [next_call_at(order, act) for order in orders]
        cursor = next_cursor(orders)
    return min((at for at in found if at is not None), default=None)


JOBS = (
    Job(
        name="watch_supervision",
        times=Times(minute="*/10", hour=WAKING_HOURS),
        run=watch_supervision,
        good_for=timedelta(minutes=10),
        upcoming=next_call,
    ),
)
