"""告知延误: a resident hears that a promise will not be kept before it is broken, once for each.

Told a tenth of the time before the date, at most two hours: early enough to plan by, late enough
that most work is done by then. What the owner asked for is passed on, with his reason; else the
next thing to expect is a word at the end of the next working day. Nobody is told of it at night.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from domain.deadlines import Clock, clock_due, cycle_events, cycle_start, moment_of_share
from domain.escalation import SLEEPS, awake_at
from domain.extensions import pending_extension
from domain.orders import URGENT, EventKind, OrderClass, OrderEvent, WorkOrder
from domain.rules import Rules
from domain.workdays import END_OF_DAY, ONE_DAY

SHARE = 0.9
LONGEST_LEAD = timedelta(hours=2)
EVENING = time(SLEEPS.hour - 1)  # the last hour in which a date of the night is told of
URGENT_WORD = timedelta(hours=2)  # how soon there is news of a danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A promise that will not be kept, and what to expect instead."""

    due: datetime
    expected: datetime
    reason: str = ""
    asked: bool = False  # whether the owner asked for the date expected

    @property
    def code(self) -> str:
        """What the event keeps, by which the same promise is known again."""
        return self.due.isoformat()


def slip_due(order: WorkOrder, rules: Rules, at: datetime) -> Slip | None:
    """What the residents are to be told now, or None."""
    moment, due = next_slip_at(order, rules), clock_due(order, Clock.RESOLVE, rules)
    if moment is None or due is None or at < max(moment, awake_at(at, order, rules)):
        return None
    request = pending_extension(order)
    if request is not None:
        until = datetime.fromisoformat(request.values["until"])
        if until > at:
            return Slip(due=due, expected=until, reason=request.reason, asked=True)
    return Slip(due=due, expected=_word_by(order, rules, max(due, at)))


def next_slip_at(order: WorkOrder, rules: Rules) -> datetime | None:
    """When the residents are to hear of it, or None when there is nobody or nothing to tell."""
    due = clock_due(order, Clock.RESOLVE, rules)
    if due is None or order.order_class is OrderClass.E0:
        return None
    if order.reporter is None and not order.followers:
        return None
    if any(event.values["due"] == due.isoformat() for event in _told(order)):
        return None
    share = moment_of_share(order, Clock.RESOLVE, rules, SHARE)
    lead = max(due - LONGEST_LEAD, share or due)
    return _by_day(lead, order, rules)


def _told(order: WorkOrder) -> list[OrderEvent]:
    return [event for event in cycle_events(order) if event.kind is EventKind.TOLD_LATE]


def _by_day(at: datetime, order: WorkOrder, rules: Rules) -> datetime:
    """This moment, or in the night the evening before; what came in since then waits for it."""
    if order.order_class in URGENT or awake_at(at, order, rules) == at:
        return at
    calendar = rules.calendar
    day = calendar.local_day(at)
    evening = calendar.moment(day, EVENING)
    evening = evening if evening <= at else calendar.moment(day - ONE_DAY, EVENING)
    return evening if evening > cycle_start(order) else at


def _word_by(order: WorkOrder, rules: Rules, at: datetime) -> datetime:
    if order.order_class in URGENT:
        return at + URGENT_WORD
    calendar = rules.calendar
    return calendar.moment(calendar.next_working_day(calendar.local_day(at)), END_OF_DAY)
