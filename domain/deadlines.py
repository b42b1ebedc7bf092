"""The clocks of a work order: when each runs out, computed from what happened and never stored.

受理 and 接单 are owed by whoever has it now and begin when it came to them. 首次答复 is owed once,
from the opening. 办结 runs in each cycle, from the opening or the latest 重办, with its own full
budget; only an approved extension, a suspension and a 重办 change it, and a new category counts
again from the same start. A deadline is reached at its very moment: 18:00 前 is before 18:00.
docs/deadlines.md works through examples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.budgets import WORKED, due_after, parse_budget, time_after, time_between
from domain.orders import EventKind, OrderEvent, Status, WorkOrder
from domain.rules import Budget, Rules, TimeUnit
from domain.workdays import Holiday, Span, WorkCalendar

__all__ = [
    "Clock",
    "clock_due",
    "counted_out",
    "cycle_events",
    "cycle_start",
    "date_held",
    "due_after",
    "is_overdue",
    "moment_of_share",
    "parse_budget",
    "paused_remaining",
    "promise",
    "share_used",
    "time_left",
]


class Clock(StrEnum):
    """What is owed by when; the later in this list, the more it matters."""

    ACCEPT = "accept"  # 受理：值班派给承办人
    CLAIM = "claim"  # 接单
    ANSWER = "answer"  # 首次答复
    RESOLVE = "resolve"  # 办结


# What begins a cycle.
BEGINS = (EventKind.OPENED, EventKind.DISAGREED, EventKind.REOPENED)
# What the resident hears from a person; an internal note is none.
ANSWERS = (
    EventKind.ACCEPTED,
    EventKind.ON_SITE,
    EventKind.SUSPENDED,
    EventKind.EXTENDED,
    EventKind.RESOLVED,
    EventKind.DECLINED,
    EventKind.TRANSFERRED,
)
# What puts it into an owner's hands.
GIVEN = (EventKind.ASSIGNED, EventKind.HANDED_ON, EventKind.OWNER_NAMED)


def clock_due(order: WorkOrder, clock: Clock, rules: Rules) -> datetime | None:
    """When this clock runs out; None when none is set, it was met, or it stands still."""
    run = _run(order, clock, rules)
    return None if run is None or run.stopped_at is not None else run.due


def promise(order: WorkOrder, rules: Rules) -> datetime | None:
    """The date to tell the resident now: when it is to be done."""
    return clock_due(order, Clock.RESOLVE, rules)


def date_held(order: WorkOrder, rules: Rules) -> datetime | None:
    """The promise, or for a suspended one what it was when its clock stopped."""
    run = _run(order, Clock.RESOLVE, rules)
    return None if run is None else run.due


def is_overdue(order: WorkOrder, rules: Rules, at: datetime) -> bool:
    """Whether it should have been done by now."""
    due = promise(order, rules)
    return due is not None and at >= due


def time_left(order: WorkOrder, rules: Rules, at: datetime) -> timedelta | None:
    """How long until it is to be done, below zero once overdue; None while no clock runs."""
    due = promise(order, rules)
    return None if due is None else due - at


def paused_remaining(order: WorkOrder, rules: Rules) -> timedelta | None:
    """How much of its unit's time a suspended order has left; None when it is not suspended."""
    run = _run(order, Clock.RESOLVE, rules)
    if run is None or run.stopped_at is None:
        return None
    return time_between(run.stopped_at, run.due, run.unit, rules.calendar)


def counted_out(order: WorkOrder, rules: Rules) -> tuple[Holiday, ...]:
    """The days off from the start of the cycle to the promise that do not count."""
    run = _run(order, Clock.RESOLVE, rules)
    if run is None or run.unit not in WORKED:
        return ()
    calendar = rules.calendar
    return calendar.names_between(calendar.local_day(run.began), calendar.local_day(run.due))


def share_used(order: WorkOrder, clock: Clock, rules: Rules, at: datetime) -> float:
    """The part of the clock's own running time that is used up, from 0 to 1; 0 without a clock."""
    run = _run(order, clock, rules)
    if run is None:
        return 0.0
    until = at if run.stopped_at is None else min(at, run.stopped_at)
    total = run.ran(run.due, rules.calendar)
    return min(run.ran(until, rules.calendar) / total, 1.0) if total else 1.0


def moment_of_share(order: WorkOrder, clock: Clock, rules: Rules, share: float) -> datetime | None:
    """When this part of the clock's running time is used up; None while no clock runs."""
    run = _run(order, clock, rules)
    if run is None or run.stopped_at is not None:
        return None
    part = run.ran(run.due, rules.calendar) * share
    at = time_after(run.began, part, run.unit, rules.calendar)
    for stopped, went_on in run.pauses:
        if at <= stopped:
            break
        left = part - run.ran(stopped, rules.calendar)
        at = time_after(went_on, left, run.unit, rules.calendar)
    return at


def cycle_events(order: WorkOrder) -> tuple[OrderEvent, ...]:
    """What happened since the opening or the latest 重办, with that event first."""
    begun = order.last(*BEGINS)
    since = 0 if begun is None else begun.seq
    return tuple(event for event in order.history if event.seq >= since)


def cycle_start(order: WorkOrder) -> datetime:
    """When the opening or the latest 重办 was."""
    begun = order.last(*BEGINS)
    return order.created_at if begun is None else begun.at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run of one clock, with the pauses of its suspensions."""

    began: datetime
    due: datetime
    unit: TimeUnit
    pauses: tuple[Span, ...] = ()
    stopped_at: datetime | None = None

    def after(self, event: OrderEvent, calendar: WorkCalendar) -> _Run:
        """The run as it stands after this event; most events leave it alone."""
        match event.kind:
            case EventKind.EXTENDED:
                until = datetime.fromisoformat(event.values["until"])
                return replace(self, due=max(self.due, until))
            case EventKind.SUSPENDED:
                return replace(self, stopped_at=event.at)
            case EventKind.RESUMED if self.stopped_at is not None:
                return self._resumed(self.stopped_at, event.at, calendar)
            case _:
                return self

    def ran(self, at: datetime, calendar: WorkCalendar) -> timedelta:
        """How much of its unit's time has run by then, pauses left out."""
        paused = (
            time_between(stopped, min(went_on, at), self.unit, calendar)
            for stopped, went_on in self.pauses
        )
        return time_between(self.began, at, self.unit, calendar) - sum(paused, timedelta())

    def _resumed(self, stopped: datetime, at: datetime, calendar: WorkCalendar) -> _Run:
        """The run going on: hours keep what was left, days move by the days stood still."""
        if self.due <= stopped:
            return replace(self, stopped_at=None)
        first, last = calendar.local_day(stopped), calendar.local_day(at)
        due_day = calendar.local_day(self.due)
        match self.unit:
            case TimeUnit.CALENDAR_DAYS:
                due = calendar.moved(self.due, due_day + (last - first))
            case TimeUnit.WORKING_DAYS:
                days = calendar.working_days_between(first, last)
                due = calendar.moved(self.due, calendar.working_day_after(due_day, days))
            case _:
                left = time_between(stopped, self.due, self.unit, calendar)
                due = max(self.due, time_after(at, left, self.unit, calendar))
        return replace(self, due=due, pauses=(*self.pauses, (stopped, at)), stopped_at=None)


def _run(order: WorkOrder, clock: Clock, rules: Rules) -> _Run | None:
    budget, began = _budget(order, clock, rules), _began(order, clock)
    if budget is None or began is None:
        return None
    due = due_after(began, budget, rules.calendar)
    run = _Run(began=began, due=due, unit=budget.unit)
    if clock is Clock.RESOLVE:
        for event in cycle_events(order):
            run = run.after(event, rules.calendar)
    return run


def _began(order: WorkOrder, clock: Clock) -> datetime | None:
    """When the clock began to run, or None when it does not run."""
    match clock:
        case Clock.ACCEPT if order.status is Status.OPEN:
            given = order.last(*BEGINS, EventKind.RETURNED)
        case Clock.CLAIM if order.status is Status.ASSIGNED:
            given = order.last(*BEGINS, *GIVEN)
        case Clock.ANSWER if order.is_running and not order.events(*ANSWERS):
            return cycle_start(order)
        case Clock.RESOLVE if order.is_running:
            return cycle_start(order)
        case _:
            return None
    return order.created_at if given is None else given.at


def _budget(order: WorkOrder, clock: Clock, rules: Rules) -> Budget | None:
    policy = rules.deadlines.get(order.order_class)
    if policy is None:
        return None
    match clock:
        case Clock.ACCEPT:
            return policy.accept
        case Clock.CLAIM:
            return policy.claim
        case Clock.ANSWER:
            return policy.answer
        case Clock.RESOLVE:
            return policy.resolve
