"""Putting right what was understood wrongly: the place, the category, the words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.acts import Act, RuleBroken, require_status
from domain.changes import Change, Notice
from domain.handling import new_owner, resumed
from domain.intake import assigned, guarded, promised, routed
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import Post, Role
from domain.places import OrderPlace
from domain.rights import is_fit, require_desk, require_owner, require_reporter
from domain.routing import is_placed, owner_post
from domain.telling import card, everybody_above, tell_followers, tell_owner, tell_residents

CORRECTABLE = (Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)
# Once people have decided whose it is, a correction does not decide again.
DECIDED_BY_PEOPLE = (EventKind.RETURNED, EventKind.OWNER_NAMED, EventKind.HANDED_ON)


class UnknownCategory(RuleBroken):
    """The category table has no such category to put work orders in."""

    phrase = "refused.unknown_category"


class GridElsewhere(RuleBroken):
    """The grid does not belong to the community of the work order; that is a transfer."""

    phrase = "refused.grid_elsewhere"


class NothingCorrected(RuleBroken):
    """A correction says what is to be different."""

    phrase = "refused.nothing_corrected"


def correct(
    order: WorkOrder,
    act: Act,
    *,
    place: OrderPlace | None = None,
    grid: int | None = None,
    category: str = "",
    text: str = "",
) -> Change:
    """更正 by the reporter: it may change the owner until somebody accepts; then he is told."""
    require_reporter(order, act, "correct")
    require_status(order, "correct", *CORRECTABLE)
    after = _corrected(order, act, place=place, grid=grid, category=category, text=text)
    followers = tell_followers(after, "order.corrected") if category or place is not None else ()
    at_work = () if _is_reworded_again(order, after) else _told_at_work(order, after, act)
    return act.done("corrected", after, notices=(*followers, *at_work))


def settle_place(order: WorkOrder, act: Act, *, place: OrderPlace, grid: int | None) -> Change:
    """地点核实 by owner or desk: a work order that waited for its place is assigned at once."""
    require_owner(order, act, "settle_place")
    require_status(order, "settle_place", *CORRECTABLE)
    after = _corrected(order, act, place=place, grid=grid)
    return act.done("place_settled", after, notices=_told_at_work(order, after, act))


def recategorise(
    order: WorkOrder, act: Act, *, category: str, order_class: OrderClass | None = None
) -> Change:
    """改类 by the desk: the new class counts from the same start, and residents hear the date."""
    require_desk(order, act, "recategorise")
    require_status(order, "recategorise", *CORRECTABLE)
    after = _corrected(order, act, category=category, order_class=order_class)
    return act.done(
        "recategorised",
        after,
        notices=(
            *tell_residents(after, "order.recategorised"),
            *_told_at_work(order, after, act),
        ),
    )


def _corrected(
    order: WorkOrder,
    act: Act,
    *,
    place: OrderPlace | None = None,
    grid: int | None = None,
    category: str = "",
    order_class: OrderClass | None = None,
    text: str = "",
) -> WorkOrder:
    """The order with the new facts, its event keeping the words and the codes they replace."""
    fields = [
        name for name, given in (("place", place), ("category", category), ("text", text)) if given
    ]
    if not fields:
        raise NothingCorrected(number=order.number)
    values: dict[str, Any] = {"fields": fields}
    after = order
    if place is not None:
        _require_inside(order, act, grid)
        after = replace(after, place=place, grid=grid)
        values["grid_was"] = order.grid
    if category:
        found = act.rules.categories.get(category)
        wanted = order_class or (found.order_class if found is not None else None)
        if found is None or wanted is None:
            raise UnknownCategory(category=category)
        after = guarded(replace(after, category=category, order_class=wanted))
        values |= {
            "category_was": order.category,
            "class_was": order.order_class.value,
            "category": category,
            "class": wanted.value,
        }
    after = act.write(
        replace(after, text=text or after.text),
        EventKind.CORRECTED,
        text=order.text if text else "",
        **values,
    )
    after = _rerouted(after, act)
    return promised(after, act) if category else after


def _rerouted(order: WorkOrder, act: Act) -> WorkOrder:
    """The order with the owner its new facts call for; one in hand moves only when it must."""
    if order.restricted:
        order = replace(order, responders=())
    if order.owner is not None and not is_fit(order, order.owner):
        return assigned(resumed(order, act), act, _fallback(order, act))
    if order.accused or order.about_staff or order.events(*DECIDED_BY_PEOPLE):
        return order
    if order.status is Status.OPEN:
        return routed(order, act)
    post = owner_post(order, act.rules, act.org) if is_placed(order) else None
    if order.status is not Status.ASSIGNED or post is None or post == order.owner:
        return order
    return routed(order, act)


def _fallback(order: WorkOrder, act: Act) -> Post:
    return owner_post(order, act.rules, act.org) or Post(unit=order.community, role=Role.DUTY)


def _told_at_work(before: WorkOrder, after: WorkOrder, act: Act) -> tuple[Notice, ...]:
    """Who at work hears of a correction: a new owner gets the card, the same one a line."""
    alarmed = after.order_class is OrderClass.E0 and before.order_class is not OrderClass.E0
    alarm = everybody_above(after, act.org) if alarmed else ()
    if after.owner != before.owner:
        return (*new_owner(after, act, before.owner), *alarm)
    if alarmed:
        return (card(after), *alarm)
    fields = after.history[-1].values.get("fields", [])
    return (tell_owner(after, "desk.corrected", {"fields": fields}),)


def _is_reworded_again(before: WorkOrder, after: WorkOrder) -> bool:
    """Whether only words change, and did just before: who was told to look at them then reads the
    newest.
    """
    return bool(before.history) and all(
        event.kind is EventKind.CORRECTED and event.values.get("fields") == ["text"]
        for event in (before.history[-1], after.history[-1])
    )


def _require_inside(order: WorkOrder, act: Act, grid: int | None) -> None:
    if grid is not None and not act.org.within(grid, order.community):
        raise GridElsewhere(number=order.number, grid=grid)
