"""Jobs of the house: end what is past its time (storage/retention.py), each night what nobody
hears of, in the daytime what people are told of first; and learn from what staff confirmed.
"""

from __future__ import annotations

from datetime import datetime

from domain.retention import Kept
from scheduler.job import Job
from scheduler.times import Times
from storage import retention
from storage.transaction import Transaction

TOLD_FIRST = (Kept.PEOPLE,)
# What points to others goes before what it points to.
QUIETLY = tuple(kept for kept in Kept if kept not in TOLD_FIRST)
A_CLASS = 1 << 48  # cursors of one class; the place in it is below


def forget(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Ends the next chunk of everything that goes without a word, and what is only of today."""
    if cursor == 0:
        while_more = [tx.inbox.forget(), tx.buckets.forget()]
        if any(while_more):
            return 0
    return end_some(tx, QUIETLY, cursor)


def say_farewell(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Tells people who have been silent for long that they will be forgotten, and forgets them."""
    return end_some(tx, TOLD_FIRST, cursor)


def train_categories(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Asks for a model of what staff confirmed; it is trained outside of any transaction."""
    tx.models.ask()
    return None


JOBS = (
    Job(name="forget", times=Times(hour=3, minute=30), run=forget),
    Job(
        name="train_categories",
        times=Times(hour=2, minute=40),
        run=train_categories,
        from_now_on=True,
    ),
    Job(name="say_farewell", times=Times(hour=10, minute=20), run=say_farewell),
)


def end_some(tx: Transaction, classes: tuple[Kept, ...], cursor: int) -> int | None:
    """One chunk of the class the cursor is in; where the next begins, or None after the last."""
    number, after = divmod(cursor, A_CLASS)
    following = retention.end_some(tx, classes[number], after)
    if following != retention.DONE:
        return number * A_CLASS + following
    return (number + 1) * A_CLASS if number + 1 < len(classes) else None
