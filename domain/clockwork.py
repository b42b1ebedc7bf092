"""What the clock does: warn, escalate, wake, remind, close by silence, end drafts."""

from __future__ import annotations

from datetime import datetime

from domain.acts import Act, RuleBroken, require_status
from domain.changes import Asking, Change, to_post
from domain.deadlines import Clock, clock_due, promise, time_left
from domain.escalation import (
    Escalation,
    Why,
    escalation_due,
    next_escalation_at,
    next_warning_at,
    posts_told,
    warnings_due,
)
from domain.handling import resumed
from domain.intake import arrival, opened, promised, routed
from domain.orders import EventKind, Status, WorkOrder
from domain.people import Post, Role
from domain.rights import require_clock
from domain.routing import RANK
from domain.slipping import next_slip_at, slip_due
from domain.supervision import supervision
from domain.telling import (
    CONFIRM_CHOICES,
    asking,
    tell,
    tell_owner,
    tell_reporter,
    tell_residents,
)


class TooEarly(RuleBroken):
    """The moment for this has not come."""

    phrase = "refused.too_early"


class AlreadyTold(RuleBroken):
    """This was told in this handling already; nobody is told twice."""

    phrase = "refused.already_told"


def warn(order: WorkOrder, act: Act) -> Change:
    """预警: the owner hears that the date draws near, once for every stage of a handling."""
    require_clock(order, act, "warn")
    stages = warnings_due(order, act.rules, act.at)
    if not stages:
        raise TooEarly(at=act.at, moment=next_warning_at(order, act.rules))
    after = order
    for stage in stages:
        after = act.write(after, EventKind.WARNED, stage=stage.code)
    left = time_left(order, act.rules, act.at)
    values = {
        "left": None if left is None else left.total_seconds(),
        "due": promise(order, act.rules),
    }
    return act.done("warned", after, notices=(tell_owner(after, "desk.warned", values),))


def escalate(order: WorkOrder, act: Act) -> Change:
    """升级: the next rung hears what has run out; of a danger nobody has reached, every
    rung does.
    """
    require_clock(order, act, "escalate")
    call = escalation_due(order, act.rules, act.at)
    if call is None:
        raise TooEarly(at=act.at, moment=next_escalation_at(order, act.rules))
    posts = posts_told(order, call, act.org)
    after = act.write(
        order,
        EventKind.ESCALATED,
        clock=call.clock.value,
        rung=call.rung,
        unit=posts[-1].unit,
    )
    values = {
        "why": call.reason.value,
        "clock": call.clock.value,
        "rung": call.rung,
        "ran_out": _ran_out(order, call, act),
    }
    told = (
        tell(
            to_post(post.unit, post.role),
            "desk.escalated",
            after,
            values,
            question=_asked_above(order, call, post),
        )
        for post in posts
    )
    return act.done("escalated", after, notices=tuple(told))


def _ran_out(order: WorkOrder, call: Escalation, act: Act) -> datetime | None:
    """When the clock it is about ran out, where that is not the promise that is told anyway."""
    if call.clock is Clock.RESOLVE or call.reason not in (Why.RAN_OUT, Why.STILL_OVERDUE):
        return None
    return clock_due(order, call.clock, act.rules)


def _asked_above(order: WorkOrder, call: Escalation, post: Post) -> Asking | None:
    """What whoever hears of it can press: that somebody is there; or to watch it, from above."""
    if call.reason is Why.NOT_ON_SITE:
        return asking("desk.card", "on_site")
    owned = order.owner is not None and post != order.owner
    if owned and RANK[post.role] >= RANK[Role.SECRETARY] and supervision(order) is None:
        return asking("desk.supervision", "supervise")
    return None


def tell_late(order: WorkOrder, act: Act) -> Change:
    """告知延误: the residents hear that the date will not hold before it has passed, once."""
    require_clock(order, act, "tell_late")
    slip = slip_due(order, act.rules, act.at)
    if slip is None:
        raise TooEarly(at=act.at, moment=next_slip_at(order, act.rules))
    after = act.write(order, EventKind.TOLD_LATE, due=slip.due, expected=slip.expected)
    values = {
        "was": slip.due,
        "expected": slip.expected,
        "reason": slip.reason,
        "asked": slip.asked,
        "passed": act.at >= slip.due,
    }
    return act.done(
        "told_late",
        after,
        notices=(
            *tell_residents(after, "order.late", values),
            tell_owner(after, "desk.told_late", values),
        ),
    )


def remind_to_confirm(order: WorkOrder, act: Act) -> Change:
    """提醒确认: once per handling, a day before silence closes it."""
    require_clock(order, act, "remind")
    require_status(order, "remind", Status.RESOLVED)
    limits = act.rules.limits
    _require_reached(act, _resolved_at(order) + limits.silence - limits.remind_before_close)
    if happened_in_cycle(order, EventKind.REMINDED):
        raise AlreadyTold(number=order.number)
    after = act.write(order, EventKind.REMINDED)
    question = asking("confirm.answer", *CONFIRM_CHOICES)
    values = {"closes_at": silent_until(order, act)}
    notices = tell_reporter(after, "order.confirm_reminder", values, question=question)
    return act.done("reminded", after, notices=notices)


def close_by_silence(order: WorkOrder, act: Act) -> Change:
    """默认办结: nobody objected in time; it is flagged and can be reopened within the window."""
    require_clock(order, act, "close")
    require_status(order, "close", Status.RESOLVED)
    _require_reached(act, silent_until(order, act))
    after = act.write(order.moved_to(Status.CLOSED), EventKind.CLOSED_BY_SILENCE)
    values = {"days": act.rules.limits.reopen_window.days}
    return act.done(
        "closed",
        after,
        notices=(
            *tell_residents(after, "order.closed_by_silence", values),
            tell_owner(after, "desk.closed_by_silence"),
        ),
    )


def resume_when_due(order: WorkOrder, act: Act) -> Change:
    """The date of the suspension has come: the clock runs again, and all hear it."""
    require_clock(order, act, "resume")
    require_status(order, "resume", Status.SUSPENDED)
    wakes = wakes_at(order)
    if wakes is not None:
        _require_reached(act, wakes)
    after = promised(resumed(order, act), act)
    return act.done(
        "resumed",
        after,
        notices=(
            *tell_residents(after, "order.resumed"),
            tell_owner(after, "desk.resumed"),
        ),
    )


def expire_draft(order: WorkOrder, act: Act) -> Change:
    """A draft at the end of its life: what says something opens to the desk, an empty one ends."""
    require_clock(order, act, "expire")
    require_status(order, "expire", Status.DRAFT)
    _require_reached(act, order.created_at + act.rules.limits.draft_life)
    if not (order.text or order.category or order.photos):
        after = act.write(order.moved_to(Status.WITHDRAWN), EventKind.WITHDRAWN)
        return act.done("expired", after)
    after = promised(routed(opened(order, act), act), act)
    told = tell_reporter(after, "order.opened_from_draft")
    return act.done("opened", after, notices=(*told, *arrival(after, act.org)))


def wakes_at(order: WorkOrder) -> datetime | None:
    """When the suspension ends by itself, or None when the order is not suspended."""
    event = order.last(EventKind.SUSPENDED)
    if order.status is not Status.SUSPENDED or event is None:
        return None
    return datetime.fromisoformat(event.values["until"])


def silent_until(order: WorkOrder, act: Act) -> datetime:
    """When silence closes a resolved work order."""
    return _resolved_at(order) + act.rules.limits.silence


def happened_in_cycle(order: WorkOrder, *kinds: EventKind) -> bool:
    """Whether one of these happened in the present handling."""
    last = order.last(*kinds, EventKind.DISAGREED, EventKind.REOPENED)
    return last is not None and last.kind in kinds


def _resolved_at(order: WorkOrder) -> datetime:
    event = order.last(EventKind.RESOLVED)
    return order.created_at if event is None else event.at


def _require_reached(act: Act, moment: datetime) -> None:
    if act.at < moment:
        raise TooEarly(at=act.at, moment=moment)
