"""What the owner of a work order does with it: accept, return, hand on, suspend, resolve."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from domain import deadlines
from domain.acts import (
    Act,
    NotAllowed,
    RuleBroken,
    as_values,
    require_future,
    require_reason,
    require_status,
)
from domain.changes import Change, Notice, Recipient, to_post
from domain.deadlines import Clock
from domain.intake import assigned, promised
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import DESK_ROLES, Post
from domain.rights import require_desk, require_owner, require_worker
from domain.routing import RANK, naming_post, next_above, stands_above
from domain.supervision import to_be_checked
from domain.telling import (
    CONFIRM_CHOICES,
    asking,
    card,
    desk_of,
    tell,
    tell_above,
    tell_followers,
    tell_owner,
    tell_reporter,
    tell_residents,
)

IN_HAND = (Status.ASSIGNED, Status.ACCEPTED)


class AlreadyAccepted(RuleBroken):
    """Somebody else was faster; `person` is who."""

    phrase = "refused.already_accepted"


class ReturnForbidden(RuleBroken):
    """A danger to life is not returned; it is dealt with and handed on."""

    phrase = "refused.return_of_emergency"


class ReturnTooLate(RuleBroken):
    """A work order not returned in the time for accepting counts as accepted."""

    phrase = "refused.return_too_late"


class OwnerWasNamed(RuleBroken):
    """The owner was named by the unit above, and that settles it."""

    phrase = "refused.owner_was_named"


class HandOnSideways(RuleBroken):
    """A work order is handed on downwards; to others it goes by return or by the desk above."""

    phrase = "refused.hand_on_sideways"


class SuspensionForbidden(RuleBroken):
    """The clock of a danger to life never stands still."""

    phrase = "refused.suspension_of_emergency"


class ResultMissing(RuleBroken):
    """Nobody says done without a word or a photo of what was done."""

    phrase = "refused.result_missing"


def accept(order: WorkOrder, act: Act, *, expected: datetime | None = None) -> Change:
    """接单: the owner takes it in hand and may say when somebody will come."""
    require_owner(order, act, "accept")
    taken = order.last(EventKind.ACCEPTED)
    if order.status is Status.ACCEPTED and taken is not None:
        raise AlreadyAccepted(number=order.number, person=taken.person, at=taken.at)
    require_status(order, "accept", Status.ASSIGNED)
    if expected is not None:
        require_future(act, expected)
    order = accepted(order, act, expected=expected)
    values = {"expected": expected}
    return act.done(
        "accepted",
        order,
        notices=(
            *tell_residents(order, "order.accepted", values),
            *by_desk(order, act, "accept"),
        ),
    )


def accepted(order: WorkOrder, act: Act, *, expected: datetime | None = None) -> WorkOrder:
    """The order in hand: what the owner does to an assigned one implies accepting it."""
    if order.status is not Status.ASSIGNED:
        return order
    values: dict[str, Any] = {} if expected is None else {"expected": expected}
    return act.write(order.moved_to(Status.ACCEPTED), EventKind.ACCEPTED, **values)


def return_order(
    order: WorkOrder, act: Act, *, reason: str, proposed: Post | None = None
) -> Change:
    """退单: back to the desk; when it came back too often the unit above names the owner.

    The resident hears nothing until there is a new owner. No return in the time for accepting
    counts as accepting (the rule of 天津), and the desk decides on an objection and the owner
    proposed, not whoever objects (国办函〔2025〕66号).
    """
    require_owner(order, act, "return")
    require_status(order, "return", Status.ASSIGNED)
    reason = require_reason("return", reason)
    _require_returnable(order, act)
    returner = order.owner
    values = {} if returner is None else as_values(returner)
    if proposed is not None:
        values["proposed"] = as_values(proposed)
    order = replace(order.moved_to(Status.OPEN), owner=None)
    order = act.write(order, EventKind.RETURNED, reason=reason, **values)
    return act.done("returned", order, notices=_asked_after_return(order, act, returner, proposed))


def hand_on(order: WorkOrder, act: Act, *, post: Post, reason: str) -> Change:
    """转派: the owner, or a desk above, gives it to a post below."""
    require_owner(order, act, "hand_on")
    require_status(order, "hand_on", *IN_HAND, Status.SUSPENDED)
    reason = require_reason("hand_on", reason)
    before = order.owner
    if post == before or not any(_may_hand(giver, post, order, act) for giver in act.actor.posts):
        raise HandOnSideways(number=order.number, **as_values(post))
    woken = order.status is Status.SUSPENDED
    stood_still = order.status is Status.SUSPENDED
    order = assigned(resumed(order, act), act, post, EventKind.HANDED_ON, reason)
    order = promised(order, act) if stood_still else order
    order = promised(order, act) if woken else order
    return act.done("handed_on", order, notices=new_owner(order, act, before))


def suspend(order: WorkOrder, act: Act, *, reason: str, until: datetime) -> Change:
    """挂起: the clock stands still for this reason until then, and the post above knows."""
    require_owner(order, act, "suspend")
    require_status(order, "suspend", *IN_HAND)
    reason = require_reason("suspend", reason)
    require_future(act, until)
    if order.order_class is OrderClass.E0:
        raise SuspensionForbidden(number=order.number)
    order = accepted(order, act).moved_to(Status.SUSPENDED)
    order = act.write(order, EventKind.SUSPENDED, reason=reason, until=until)
    values = {"reason": reason, "until": until}
    return act.done(
        "suspended",
        order,
        notices=(
            *tell_residents(order, "order.suspended", values),
            *tell_above(order, act.org, "desk.suspended", values),
            *by_desk(order, act, "suspend"),
        ),
    )


def resume(order: WorkOrder, act: Act) -> Change:
    """恢复: the clock runs again, and the resident hears the new date."""
    require_owner(order, act, "resume")
    require_status(order, "resume", Status.SUSPENDED)
    order = promised(resumed(order, act), act)
    return act.done(
        "resumed",
        order,
        notices=(*tell_residents(order, "order.resumed"), *by_desk(order, act, "resume")),
    )


def resumed(order: WorkOrder, act: Act) -> WorkOrder:
    """The order with its clock running."""
    if order.status is not Status.SUSPENDED:
        return order
    return act.write(order.moved_to(Status.ACCEPTED), EventKind.RESUMED)


def resolve(order: WorkOrder, act: Act, *, note: str = "", photos: tuple[int, ...] = ()) -> Change:
    """办结: what was done is shown to the reporter, who says whether it is solved."""
    if order.owner is None:
        order = _taken_by_desk(order, act)
    require_owner(order, act, "resolve")
    require_status(order, "resolve", *IN_HAND, Status.SUSPENDED)
    if not note.strip() and not photos:
        raise ResultMissing(number=order.number)
    order = resumed(accepted(order, act), act).moved_to(Status.RESOLVED)
    order = act.write(order, EventKind.RESOLVED, text=note.strip(), photos=list(photos))
    values = {"note": note.strip()}
    question = asking("confirm.answer", *CONFIRM_CHOICES)
    return act.done(
        "resolved",
        order,
        notices=(
            *tell_reporter(order, "order.resolved", values, question=question, photos=photos),
            *tell_followers(order, "order.resolved_for_followers", values),
            *by_desk(order, act, "resolve"),
            *to_be_checked(order),
        ),
    )


def note(order: WorkOrder, act: Act, *, text: str) -> Change:
    """内部备注: a line for colleagues; residents never see it and no clock hears it."""
    require_worker(order, act, "note")
    order = act.write(order, EventKind.NOTED, text=require_reason("note", text))
    return act.done("noted", order)


def new_owner(order: WorkOrder, act: Act, before: Post | None) -> tuple[Notice, ...]:
    """Who must know of a change of owner; the one before, unless he did it himself."""
    told = (
        () if before is None or before in act.actor.posts else (to_post(before.unit, before.role),)
    )
    return (
        card(order),
        *(tell(to, "desk.taken_from_you", order) for to in told),
        *tell_residents(order, "order.new_owner"),
    )


def by_desk(order: WorkOrder, act: Act, move: str) -> tuple[Notice, ...]:
    """A line to the owner when somebody at a desk above, or called to help, did their move."""
    if order.owner is None or order.owner in act.actor.posts:
        return ()
    helps = bool(set(order.responders) & act.actor.posts)
    phrase = "desk.done_by_helper" if helps else "desk.done_for_you"
    return (tell_owner(order, phrase, {"move": move}),)


def _require_returnable(order: WorkOrder, act: Act) -> None:
    limit = act.rules.limits.max_returns
    due = deadlines.clock_due(order, Clock.CLAIM, act.rules)
    if order.order_class is OrderClass.E0:
        raise ReturnForbidden(number=order.number)
    if _is_settled(order, limit):
        raise OwnerWasNamed(number=order.number, limit=limit)
    if due is not None and act.at > due:
        raise ReturnTooLate(number=order.number, due=due)


def _is_settled(order: WorkOrder, limit: int) -> bool:
    given = order.last(EventKind.ASSIGNED, EventKind.OWNER_NAMED, EventKind.HANDED_ON)
    named = given is not None and given.kind is EventKind.OWNER_NAMED
    return named or len(order.events(EventKind.RETURNED)) >= limit


def _asked_after_return(
    order: WorkOrder, act: Act, returner: Post | None, proposed: Post | None
) -> tuple[Notice, ...]:
    times, limit = len(order.events(EventKind.RETURNED)), act.rules.limits.max_returns
    last = order.last(EventKind.RETURNED)
    values: dict[str, Any] = {
        "times": times,
        "limit": limit,
        "reason": last.reason if last else "",
    }
    if proposed is not None:
        values["proposed"] = {**as_values(proposed), "name": act.org.unit(proposed.unit).name}
    if times >= limit:
        post = naming_post(order, act.org)
        question = asking("desk.name_owner", "name_owner", **values)
        return (
            tell(
                to_post(post.unit, post.role), "desk.name_owner", order, values, question=question
            ),
        )
    choices = (
        ("assign", "decline") if proposed is None else ("assign_proposed", "assign", "decline")
    )
    question = asking("desk.returned", *choices, **values)
    return (tell(_judge(order, act, returner), "desk.returned", order, values, question=question),)


def _judge(order: WorkOrder, act: Act, returner: Post | None) -> Recipient:
    """Who decides on a return: the desk, or the post above it when the desk itself returned it."""
    upper = (
        None
        if returner is None or returner.role not in DESK_ROLES
        else next_above(returner, act.org)
    )
    return desk_of(order) if upper is None else to_post(upper.unit, upper.role)


def _may_hand(giver: Post, post: Post, order: WorkOrder, act: Act) -> bool:
    owner = order.owner
    entitled = giver == owner or (
        owner is not None and giver.role in DESK_ROLES and stands_above(giver, owner, act.org)
    )
    return entitled and stands_above(giver, post, act.org)


def _taken_by_desk(order: WorkOrder, act: Act) -> WorkOrder:
    require_status(order, "resolve", Status.OPEN)
    require_desk(order, act, "resolve")
    desks = (post for post in act.actor.posts if post.role in DESK_ROLES)
    post = min(desks, key=lambda desk: RANK[desk.role], default=None)
    if post is None:
        raise NotAllowed("resolve", order.number)
    return assigned(order, act, post)
