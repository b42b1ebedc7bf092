"""Who is told, and when, that a work order nears or passes its deadline: nothing stays silent.

Each clock that runs out is told one rung higher, and while it stays overdue another rung hears of
it at 09:00 of each next working day, until the top, which then hears every working day. E0 and E1
climb every few minutes, day and night; E0 tells every level at once until somebody is on site.
Other classes are told between 08:00 and 20:00 only. docs/deadlines.md says the same at length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain import nights
from domain.deadlines import (
    Clock,
    clock_due,
    cycle_events,
    cycle_start,
    due_after,
    moment_of_share,
)
from domain.orders import URGENT, EventKind, OrderClass, OrderEvent, Status, WorkOrder
from domain.people import Post, Role
from domain.routing import ABOVE, RESTRICTED_ROLES, ladder
from domain.rules import Budget, Rules, TimeUnit
from domain.units import Org
from domain.workdays import WorkCalendar

# How often these repeat where the deadline table does not say.
REPEAT: Mapping[OrderClass, timedelta] = {
    OrderClass.E0: timedelta(minutes=5),
    OrderClass.E1: timedelta(minutes=30),
}
# Clocks of machines differ by less than this.
SET_BACK = timedelta(minutes=5)
MORNING = time(9)
SLEEPS = time(20)  # from then on nothing is said of deadlines
# A suspended order is looked at this often, whatever date was given.
LONGEST_REST = Budget(amount=30, unit=TimeUnit.CALENDAR_DAYS)


class Why(StrEnum):
    """What is told upwards."""

    RAN_OUT = "ran_out"  # 时限已到
    STILL_OVERDUE = "still_overdue"  # 仍未办
    NOT_ON_SITE = "not_on_site"  # 无人到场
    STILL_SUSPENDED = "still_suspended"  # 仍在挂起
    NO_DEADLINE = "no_deadline"  # 没有时限


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A warning before the deadline, given once in each cycle; WARNED events keep its `code`."""

    clock: Clock
    share: float

    @property
    def code(self) -> str:
        """The `stage` of the WARNED event, such as "resolve:0.8"."""
        return f"{self.clock}:{self.share:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One thing to tell upwards; rung 1 is the post above the owner, or the desk without one.

    With `everybody` all rungs up to this one hear it, and the owner too.
    """

    clock: Clock
    rung: int
    reason: Why
    everybody: bool = False


def warnings_due(order: WorkOrder, rules: Rules, at: datetime) -> tuple[Stage, ...]:
    """The warnings to give now, the most pressing last; none once the deadline itself has passed.

    After a stop of the service there may be several: tell the last and record them all.
    """
    due = clock_due(order, Clock.RESOLVE, rules)
    if due is None or at >= due or at < awake_at(at, order, rules):
        return ()
    return tuple(stage for moment, stage in _warnings(order, rules) if moment <= at)


def next_warning_at(order: WorkOrder, rules: Rules) -> datetime | None:
    """When the next warning is to be given, or None when none is left before the deadline."""
    due = clock_due(order, Clock.RESOLVE, rules)
    moments = (awake_at(moment, order, rules) for moment, _ in _warnings(order, rules))
    first = min(moments, default=None)
    return first if first is not None and due is not None and first < due else None


def escalation_due(order: WorkOrder, rules: Rules, at: datetime) -> Escalation | None:
    """What is to be told upwards now, or None.

    However long nobody looked it is one thing, for the clock that matters most: an ESCALATED
    event speaks for all that had run out by then.
    """
    if at < awake_at(at, order, rules):
        return None
    reached = [call for call in _calls(order, rules) if call.at <= at or _is_ahead(order, at)]
    if not reached:
        return None
    call = max(reached, key=lambda each: list(Clock).index(each.clock))
    top = top_rung(order)
    if call.reason is Why.NOT_ON_SITE:
        return Escalation(clock=call.clock, rung=top, reason=call.reason, everybody=True)
    told = [int(event.values["rung"]) for event in _escalated(order)]
    rung = min(max(told, default=0) + 1, top)
    return Escalation(clock=call.clock, rung=rung, reason=call.reason)


def next_escalation_at(order: WorkOrder, rules: Rules) -> datetime | None:
    """When the next escalation is to be given; None only when nobody owes a next step."""
    moments = (awake_at(call.at, order, rules) for call in _calls(order, rules))
    return min(moments, default=None)


def top_rung(order: WorkOrder) -> int:
    """The highest rung above the owner, or above the desk for an order nobody owns yet."""
    role: Role | None = _first_post(order).role
    rungs = 0 if order.owner is not None else 1
    while (role := None if role is None else ABOVE.get(role)) is not None:
        rungs += not order.restricted or role in RESTRICTED_ROLES
    return max(rungs, 1)


def posts_told(order: WorkOrder, escalation: Escalation, org: Org) -> tuple[Post, ...]:
    """The posts that hear of it: never none.

    Where the tree has fewer levels the highest there is hears it, and an owner at the end of the
    ladder hears it himself.
    """
    first = _first_post(order)
    above = [
        post
        for post in ladder(first, org)
        if not order.restricted or post.role in RESTRICTED_ROLES
    ]
    line = above if order.owner is not None else [first, *above]
    line = line or [first]
    if escalation.everybody:
        return tuple(dict.fromkeys((first, *line)))
    return (line[min(escalation.rung, len(line)) - 1],)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Something that will have to be told, at night too."""

    at: datetime
    clock: Clock
    reason: Why


def _calls(order: WorkOrder, rules: Rules) -> tuple[_Call, ...]:
    """What can next be told of the order; never empty while somebody owes a step."""
    if not order.is_running:
        return ()
    last = _last_told(order)
    since = last or cycle_start(order)
    if order.status is Status.SUSPENDED:
        at = _looked_at(order, since, rules)
        return (_Call(at=at, clock=Clock.RESOLVE, reason=Why.STILL_SUSPENDED),)
    if _nobody_on_site(order):
        at = _again(since, order, rules)
        return (_Call(at=at, clock=Clock.RESOLVE, reason=Why.NOT_ON_SITE),)
    calls = tuple(_run_out(order, rules, last))
    at = _again(since, order, rules)
    return calls or (_Call(at=at, clock=Clock.RESOLVE, reason=Why.NO_DEADLINE),)


def _run_out(order: WorkOrder, rules: Rules, last: datetime | None) -> Iterator[_Call]:
    """Each clock's call: when it runs out, or again once an escalation has spoken for it."""
    for clock in Clock:
        due = clock_due(order, clock, rules)
        if due is None:
            continue
        if last is None or due > last:
            yield _Call(at=due, clock=clock, reason=Why.RAN_OUT)
        else:
            yield _Call(at=_again(last, order, rules), clock=clock, reason=Why.STILL_OVERDUE)


def _looked_at(order: WorkOrder, since: datetime, rules: Rules) -> datetime:
    """When a suspended order is looked at: at its date, at the latest 30 days after the last look.

    An order still suspended after its date is looked at every working day.
    """
    suspended = order.last(EventKind.SUSPENDED)
    since = since if suspended is None else max(since, suspended.at)
    latest = due_after(since, LONGEST_REST, rules.calendar)
    if suspended is None or "until" not in suspended.values:
        return latest
    until = datetime.fromisoformat(suspended.values["until"])
    return min(until, latest) if until > since else _next_morning(since, rules.calendar)


def _again(at: datetime, order: WorkOrder, rules: Rules) -> datetime:
    every = _every(order, rules)
    return _next_morning(at, rules.calendar) if every is None else at + every


def _every(order: WorkOrder, rules: Rules) -> timedelta | None:
    """How often it is told again; once somebody is on site a danger to life climbs as E1 does."""
    if order.order_class is OrderClass.E0 and not _nobody_on_site(order):
        return REPEAT[OrderClass.E1]
    policy = rules.deadlines.get(order.order_class)
    told = None if policy is None else policy.escalate_every
    return told or REPEAT.get(order.order_class)


def _next_morning(at: datetime, calendar: WorkCalendar) -> datetime:
    return calendar.moment(calendar.next_working_day(calendar.local_day(at)), MORNING)


def _nobody_on_site(order: WorkOrder) -> bool:
    """Whether this is a danger to life that nobody has reached in this cycle."""
    reached = any(event.kind is EventKind.ON_SITE for event in cycle_events(order))
    return order.order_class is OrderClass.E0 and not reached


def _escalated(order: WorkOrder) -> tuple[OrderEvent, ...]:
    return tuple(event for event in cycle_events(order) if event.kind is EventKind.ESCALATED)


def _last_told(order: WorkOrder) -> datetime | None:
    return next((event.at for event in reversed(_escalated(order))), None)


def _is_ahead(order: WorkOrder, at: datetime) -> bool:
    """Whether a danger was last told of by a clock that has been set back since: it is told again
    at once, rather than when the clock is there again.
    """
    last = _last_told(order) or cycle_start(order)
    return order.order_class in URGENT and last > at + SET_BACK


def _first_post(order: WorkOrder) -> Post:
    """Where the ladder begins: the owner, else the desk that has to find one."""
    if order.owner is not None:
        return order.owner
    about_desk = order.about_staff or order.accused
    return Post(unit=order.community, role=Role.SECRETARY if about_desk else Role.DUTY)


def _warnings(order: WorkOrder, rules: Rules) -> Iterator[tuple[datetime, Stage]]:
    """The warnings not given yet in this cycle, and the moment of each."""
    policy = rules.deadlines.get(order.order_class)
    warned = [event for event in cycle_events(order) if event.kind is EventKind.WARNED]
    given = {event.values["stage"] for event in warned}
    for share in sorted(policy.warn_at) if policy is not None else ():
        stage = Stage(clock=Clock.RESOLVE, share=share)
        moment = moment_of_share(order, stage.clock, rules, share)
        if moment is not None and stage.code not in given:
            yield moment, stage


def awake_at(at: datetime, order: WorkOrder, rules: Rules) -> datetime:
    """This moment, or the next 08:00 when people are left in peace."""
    local = at.astimezone(rules.calendar.zone).time()
    if order.order_class in URGENT or nights.ENDS <= local < SLEEPS:
        return at
    return nights.next_end(at, rules)
