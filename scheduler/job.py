"""What a scheduled job is, and what the jobs of all topics share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from domain.acts import Act
from domain.changes import Change, Notice, to_post
from domain.orders import WorkOrder
from domain.people import CLOCK, Post
from domain.rights import is_fit
from scheduler.times import Times
from storage.jobs import BY_CLOCK
from storage.transaction import Transaction

CHUNK = 50
POSTS_AT_ONCE = 20
MANY = 200
T = TypeVar("T")
WAKING_HOURS = "8-19"  # nobody is told anything at night but of a danger


class Run(Protocol):
    """One chunk of a job, from a cursor; where the next one begins, or None after the last."""

    def __call__(self, tx: Transaction, fire_time: datetime, cursor: int) -> int | None: ...


class Missed(StrEnum):
    """What is done about fire times at which nobody ran the job."""

    LATEST = "latest"  # the latest stands for all: the job looks at what is so now
    EACH = "each"  # each is about its own moment: all of them, the oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done by the clock, chunk by chunk; a chunk may be run twice.

    One run of a job goes on at a time, and an urgent job waits for no other. A fire time that is
    older than what the job is `good_for` is dropped, and its run says so. With `from_now_on` those
    before the first start of the service are too. `upcoming` tells when there will next be
    something to do, so that the clock of the sample can be moved there.
    """

    name: str
    times: Times
    run: Run
    missed: Missed = Missed.LATEST
    good_for: timedelta | None = None
    urgent: bool = False
    from_now_on: bool = False
    upcoming: Callable[[Transaction], datetime | None] | None = None


def act_of(tx: Transaction) -> Act:
    """The clock acts, now."""
    return Act(actor=CLOCK, at=tx.now, rules=tx.rules, org=tx.org)


def is_night(tx: Transaction) -> bool:
    """Whether people are left in peace now; what is late for today waits for tomorrow."""
    opens, closes = (int(hour) for hour in WAKING_HOURS.split("-"))
    return not opens <= tx.now.astimezone(tx.rules.zone).hour <= closes


def once(tx: Transaction, name: str, at: datetime) -> bool:
    """Whether nobody did this for this moment yet; it counts as done now."""
    if not tx.jobs.claim(name, at, BY_CLOCK):
        return False
    tx.jobs.finished(name, at, BY_CLOCK, "done")
    return True


def once_a_day(tx: Transaction, name: str, day: date) -> bool:
    """Whether nobody did this for this day yet; it counts as done now."""
    return once(tx, name, tx.rules.calendar.moment(day, time(0)))


def part_of(rows: Sequence[T], cursor: int, at_once: int) -> tuple[Sequence[T], int | None]:
    """The rows of one chunk of a list, and where the next begins, or None after the last."""
    following = cursor + at_once
    return rows[cursor:following], following if following < len(rows) else None


def next_cursor(orders: tuple[WorkOrder, ...], chunk: int = CHUNK) -> int | None:
    """Where the next chunk begins, or None after the last."""
    return orders[-1].id if len(orders) == chunk else None


def tell_post(tx: Transaction, post: Post, phrase: str, values: dict[str, object]) -> None:
    """Says this to whoever holds the post."""
    notice = Notice(to=to_post(post.unit, post.role), phrase=phrase, values=values)
    tx.record(Change(notices=(notice,)), by=None)


def may_be_listed(tx: Transaction, order: WorkOrder, post: Post) -> bool:
    """Whether nobody who would read a list of this post is kept from the work order."""
    readers = {person.id for person in tx.people.holders(post, tx.now)}
    kept_from = order.accused | tx.people.deputies(order.accused, tx.now)
    return (post == order.owner or is_fit(order, post)) and not readers & kept_from
