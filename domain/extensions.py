"""延期: a later date, asked for before the date has passed and approved by the post above."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import deadlines
from domain.acts import Act, RuleBroken, require_future, require_reason, require_status
from domain.changes import Change
from domain.deadlines import Clock
from domain.handling import IN_HAND, accepted, by_desk
from domain.intake import promised
from domain.orders import EventKind, OrderClass, OrderEvent, Status, WorkOrder
from domain.rights import require_above_owner, require_owner
from domain.telling import asking, tell_above, tell_owner, tell_residents

# What ends a request for an extension, answered or not.
ENDS_REQUEST = (
    EventKind.EXTENDED,
    EventKind.EXTENSION_REFUSED,
    EventKind.RETURNED,
    EventKind.HANDED_ON,
    EventKind.RESOLVED,
)


class ExtensionForbidden(RuleBroken):
    """A danger to life is not put off."""

    phrase = "refused.extension_of_emergency"


class NothingToExtend(RuleBroken):
    """No date was ever set for this kind of work order."""

    phrase = "refused.nothing_to_extend"


class ExtensionAfterDue(RuleBroken):
    """An extension is asked for before the date, never after it."""

    phrase = "refused.extension_after_due"


class ExtensionNotLater(RuleBroken):
    """The date asked for is not after the date that holds."""

    phrase = "refused.extension_not_later"


class ExtensionTooLong(RuleBroken):
    """The date asked for is further away than an extension may reach."""

    phrase = "refused.extension_too_long"


class ExtensionsUsedUp(RuleBroken):
    """This handling was extended as often as the rules allow."""

    phrase = "refused.extensions_used_up"


class ExtensionPending(RuleBroken):
    """An extension was asked for already and not yet answered."""

    phrase = "refused.extension_pending"


class NoExtensionAsked(RuleBroken):
    """There is no request to answer."""

    phrase = "refused.no_extension_asked"


class OwnRequest(RuleBroken):
    """Nobody approves what he asked for himself."""

    phrase = "refused.own_request"


def ask_extension(order: WorkOrder, act: Act, *, until: datetime, reason: str) -> Change:
    """申请延期: the post above is asked; nothing changes for the resident until it agrees."""
    require_owner(order, act, "extend")
    require_status(order, "extend", *IN_HAND)
    reason = require_reason("extend", reason)
    _require_extendable(order, act, until)
    values = {"until": until, "reason": reason}
    told = tell_residents(order, "order.accepted") if order.status is Status.ASSIGNED else ()
    order = act.write(accepted(order, act), EventKind.EXTENSION_ASKED, reason=reason, until=until)
    question = asking("desk.extension", "approve", "refuse")
    return act.done(
        "extension_asked",
        order,
        notices=(
            *told,
            *tell_above(order, act.org, "desk.extension_asked", values, question=question),
            *by_desk(order, act, "extend"),
        ),
    )


def approve_extension(order: WorkOrder, act: Act) -> Change:
    """批准延期: the date moves, and the residents hear the new one and why."""
    request = _require_request(order, act, "approve_extension")
    until = datetime.fromisoformat(request.values["until"])
    require_future(act, until)
    order = act.write(order, EventKind.EXTENDED, reason=request.reason, until=until)
    order = promised(order, act)
    values = {"until": until, "reason": request.reason}
    return act.done(
        "extended",
        order,
        notices=(
            *tell_residents(order, "order.extended", values),
            tell_owner(order, "desk.extension_approved", values),
        ),
    )


def refuse_extension(order: WorkOrder, act: Act, *, reason: str) -> Change:
    """不准延期: the date stands, and the owner hears why."""
    request = _require_request(order, act, "refuse_extension")
    reason = require_reason("refuse_extension", reason)
    order = act.write(order, EventKind.EXTENSION_REFUSED, reason=reason)
    values = {"until": datetime.fromisoformat(request.values["until"]), "reason": reason}
    return act.done(
        "extension_refused",
        order,
        notices=(tell_owner(order, "desk.extension_refused", values),),
    )


def pending_extension(order: WorkOrder) -> OrderEvent | None:
    """The request for an extension that waits for an answer, or None."""
    last = order.last(EventKind.EXTENSION_ASKED, *ENDS_REQUEST)
    return last if last is not None and last.kind is EventKind.EXTENSION_ASKED else None


def _require_extendable(order: WorkOrder, act: Act, until: datetime) -> None:
    limits = act.rules.limits
    due = deadlines.clock_due(order, Clock.RESOLVE, act.rules)
    if order.order_class is OrderClass.E0:
        raise ExtensionForbidden(number=order.number)
    if due is None:
        raise NothingToExtend(number=order.number)
    if act.at >= due:
        raise ExtensionAfterDue(number=order.number, due=due)
    if (request := pending_extension(order)) is not None:
        raise ExtensionPending(number=order.number, asked_at=request.at)
    if _extensions_of_cycle(order) >= limits.max_extensions:
        raise ExtensionsUsedUp(number=order.number, limit=limits.max_extensions)
    if until <= due:
        raise ExtensionNotLater(number=order.number, until=until, due=due)
    if until > due + timedelta(days=limits.max_extension_days):
        raise ExtensionTooLong(number=order.number, until=until, days=limits.max_extension_days)


def _extensions_of_cycle(order: WorkOrder) -> int:
    start = order.last(EventKind.DISAGREED, EventKind.REOPENED)
    return sum(
        event.seq > (start.seq if start else 0) for event in order.events(EventKind.EXTENDED)
    )


def _require_request(order: WorkOrder, act: Act, move: str) -> OrderEvent:
    require_above_owner(order, act, move)
    require_status(order, move, Status.ACCEPTED, Status.SUSPENDED)
    request = pending_extension(order)
    if request is None:
        raise NoExtensionAsked(number=order.number)
    if request.person == act.actor.person:
        raise OwnRequest(move=move, number=order.number)
    return request
