"""Opening a work order: it gets its first post and its promise in the same move."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain import deadlines
from domain.acts import Act, as_values, require_status
from domain.changes import Change, Notice
from domain.orders import URGENT, EventKind, OrderClass, Privacy, Status, WorkOrder
from domain.people import CLOCK, Post, Role
from domain.rights import require_fit
from domain.routing import RESTRICTED_CATEGORIES, is_placed, owner_post
from domain.telling import asking, card, everybody_above, tell_desk
from domain.units import Org


def open_order(
    draft: WorkOrder, act: Act, *, accused_posts: frozenset[Post] = frozenset()
) -> Change:
    """受理: the draft is open, and assigned at once where the place and the post are known.

    The reporter's own answer is the handler's to say: number, owner and `promised_at` are in the
    order returned. `accused_posts` are the posts held by the people complained about. Of an
    anonymous one nobody's name is kept.
    """
    if draft.privacy is Privacy.ANONYMOUS:
        draft, act = replace(draft, reporter=None), replace(act, actor=CLOCK)
    order = promised(routed(opened(draft, act), act, accused_posts), act)
    return act.done("opened", order, notices=arrival(order, act.org))


def opened(draft: WorkOrder, act: Act, *, since: datetime | None = None) -> WorkOrder:
    """The draft as an open work order whose clocks run from now, or from `since`."""
    require_status(draft, "open", Status.DRAFT)
    order = act.write(replace(guarded(draft), owner=None).moved_to(Status.OPEN), EventKind.OPENED)
    if since is None:
        return order
    *before, event = order.history
    return replace(order, history=(*before, replace(event, at=since)))


def guarded(order: WorkOrder) -> WorkOrder:
    """The order, restricted when its category asks for it; what was restricted once stays so."""
    return replace(order, restricted=order.restricted or order.category in RESTRICTED_CATEGORIES)


def routed(order: WorkOrder, act: Act, accused_posts: frozenset[Post] = frozenset()) -> WorkOrder:
    """The open order assigned to the post that owes it, or unchanged when the desk must decide.

    An emergency waits for nobody: where its place is not known the duty desk owns it.
    """
    urgent = order.order_class in URGENT
    if not urgent and not is_placed(order):
        return order
    post = owner_post(order, act.rules, act.org, accused_posts=accused_posts)
    if post is None and urgent and not order.accused:
        post = Post(unit=order.community, role=Role.DUTY)
    return order if post is None else assigned(order, replace(act, actor=CLOCK), post)


def assigned(
    order: WorkOrder, act: Act, post: Post, kind: EventKind = EventKind.ASSIGNED, reason: str = ""
) -> WorkOrder:
    """The order in the hands of this post; raises ConflictOfInterest when it may not be."""
    require_fit(order, post)
    moved = replace(order, owner=post).moved_to(Status.ASSIGNED)
    return act.write(moved, kind, reason=reason, **as_values(post))


def promised(order: WorkOrder, act: Act) -> WorkOrder:
    """The order with the date the resident is told now; a suspended one keeps the date it had."""
    return replace(order, promised_at=deadlines.date_held(order, act.rules))


def arrival(order: WorkOrder, org: Org) -> tuple[Notice, ...]:
    """Who hears of a new work order: its owner, every level of a danger to life, or the desk."""
    if order.owner is not None:
        alarm = everybody_above(order, org) if order.order_class is OrderClass.E0 else ()
        return (card(order), *alarm)
    if order.order_class is OrderClass.X:
        question = asking("desk.open_order", "decline", "assign")
        return (tell_desk(order, "desk.other_path", question=question),)
    if order.grid is None:
        question = asking("desk.open_order", "settle_place", "assign", "decline")
        return (tell_desk(order, "desk.place_unsettled", question=question),)
    question = asking("desk.open_order", "recategorise", "assign", "decline")
    return (tell_desk(order, "desk.unrouted", question=question),)
