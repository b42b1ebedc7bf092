"""双月抽查: a random sample of what was closed, drawn so that anybody can draw the same again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256

from domain.acts import Act, NotAllowed
from domain.changes import Change
from domain.orders import EventKind, WorkOrder
from domain.people import Role
from domain.rights import may_see
from domain.supervision import OwnWork
from domain.telling import tell_desk
from domain.workdays import ONE_DAY, WorkCalendar

SHARE, LEAST, MOST = 0.05, 5, 30
MONTHS = 2
CHECKERS = frozenset({Role.STREET_DUTY, Role.STREET_LEADER})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCheck:
    """One sample: of which street, of which two months, from how many, by which seed."""

    id: int
    unit: int
    since: datetime
    until: datetime
    seed: str
    drawn_from: int


def draw(numbers: Sequence[str], seed: str) -> tuple[str, ...]:
    """The sample of these work orders: the same for the same numbers and seed, in any order.

    Those whose SHA-256 of "<seed>:<number>" comes first, so that anybody can work it out.
    """
    size = min(len(numbers), max(LEAST, min(MOST, round(len(numbers) * SHARE))))
    drawn = sorted(numbers, key=lambda number: sha256(f"{seed}:{number}".encode()).digest())
    return tuple(sorted(drawn[:size]))


def months_before(day: date, calendar: WorkCalendar) -> tuple[datetime, datetime]:
    """The two whole months before the month of this day."""
    until = day.replace(day=1)
    since = until
    for _ in range(MONTHS):
        since = (since - ONE_DAY).replace(day=1)
    return calendar.moment(since, time(0)), calendar.moment(until, time(0))


def is_first_working_day(day: date, calendar: WorkCalendar) -> bool:
    """Whether no working day of the month came before it."""
    return calendar.is_working(day) and not any(
        calendar.is_working(day.replace(day=earlier)) for earlier in range(1, day.day)
    )


def note_result(order: WorkOrder, act: Act, *, good: bool, note: str = "") -> Change:
    """抽查结果: kept on the order; of a bad one the community hears, and decides on 重办."""
    is_checker = any(post.role in CHECKERS for post in act.actor.posts)
    if not is_checker or not may_see(order, act.actor, act.org):
        raise NotAllowed("spot_check", order.number)
    done = order.last(EventKind.RESOLVED)
    if done is not None and done.person == act.actor.person:
        raise OwnWork(number=order.number)
    after = act.write(order, EventKind.SPOT_CHECKED, text=note.strip(), good=good)
    told = () if good else (tell_desk(order, "spot_check.bad", {"note": note.strip()}),)
    return act.done("spot_checked", after, notices=told)
