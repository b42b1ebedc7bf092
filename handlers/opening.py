"""A complete draft becomes a work order, or its reporter joins one that runs already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain import moves, nights
from domain.messages import Choice
from domain.orders import EventKind, OrderClass, Privacy, Status, WorkOrder
from domain.rights import may_be_followed
from handlers.accused import posts_of_accused, with_accused
from handlers.comfort import wants_comfort
from handlers.shown import is_sensitive, lines, values
from handlers.turn import Turn
from handlers.where import needs_no_place, placed, resolve
from knowledge.duplicates import Report, akin_to, is_whole_estate, same_matter

# The same group is told of the same work order at most once in this time, however many join in.
GROUP_PAUSE = timedelta(minutes=10)
MOST_SIMILAR = 20


def open_or_follow(turn: Turn, drafts: list[WorkOrder], *, another: bool = False) -> None:
    """Opens the drafts, in one short answer; a duplicate is joined unless it is `another`."""
    known = [] if another else [(draft, similar_to(turn, draft)) for draft in drafts]
    joined = [(draft, order) for draft, order in known if order is not None]
    fresh = [draft for draft in drafts if draft not in [draft for draft, _ in joined]]
    for draft, order in _once_each(joined):
        join(turn, draft, order)
    opened = [open_now(turn, draft) for draft in fresh]
    if opened:
        _say_opened(turn, opened)


def _once_each(joined: list[tuple[WorkOrder, WorkOrder]]) -> list[tuple[WorkOrder, WorkOrder]]:
    """One draft for each order to join ("3栋和5栋都停水了" is one outage), with all words."""
    merged: dict[str, tuple[WorkOrder, WorkOrder]] = {}
    for draft, order in joined:
        if order.number in merged:
            first, _ = merged[order.number]
            draft = replace(first, text=f"{first.text}，{draft.text}")
        merged[order.number] = draft, order
    return list(merged.values())


def open_now(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft as a work order somebody owes."""
    draft = with_accused(turn, placed(turn, draft))
    if draft.privacy is not Privacy.OPEN:  # the room would say who it was
        draft = replace(draft, place=replace(draft.place, room=""))
    accused = posts_of_accused(turn, draft)
    order = turn.record(moves.open_order(draft, turn.act, accused_posts=accused))
    if draft.id is None and order.photos:
        turn.tx.attachments.attach(order.photos, order.number)
    turn.focus_on(order)
    turn.remember(community=order.community)
    if order.reporter is not None and not is_sensitive(order) and not turn.actor.is_staff:
        turn.tx.audiences.join(order.reporter, order.grid or order.community)
    if order.grid is not None and not is_sensitive(order):
        turn.remember(last_place=replace(order.place, latitude=None, longitude=None))
    return order


def similar_to(turn: Turn, draft: WorkOrder) -> WorkOrder | None:
    """The running order this one repeats, by place and meaning; never one that is a secret."""
    wide = is_whole_estate(draft.category)
    if not draft.category or is_sensitive(draft) or draft.accused:
        return None
    if draft.grid is None and not (wide and turn.in_group):
        return None
    since = turn.now - turn.rules.limits.duplicate_window
    building = None if wide else draft.place.building
    kinds = (draft.category,) if wide else akin_to(draft.category)
    found = (
        order
        for kind in kinds
        for order in turn.tx.orders.similar(draft.community, building, kind, since, MOST_SIMILAR)
    )
    fitting = (
        order
        for order in found
        if _may_join(order, turn.person.id) and _is_nearby(turn, draft, order)
    )
    return next((order for order in fitting if _is_same_matter(turn, draft, order)), None)


def _is_nearby(turn: Turn, draft: WorkOrder, order: WorkOrder) -> bool:
    """Without a place of its own it is where the same group says it is."""
    return draft.grid is not None or order.reported_in == turn.conversation.address


def _is_same_matter(turn: Turn, draft: WorkOrder, order: WorkOrder) -> bool:
    person = turn.person.id
    mine = order.reporter == person or person in order.followers
    age = turn.now - order.created_at
    return same_matter(_reported(draft), _reported(order), age=age, same_person=mine)


def _reported(order: WorkOrder) -> Report:
    return Report(
        category=order.category,
        order_class=order.order_class.value,
        text=order.text,
        place=order.place,
        grid=order.grid,
    )


def join(turn: Turn, draft: WorkOrder, order: WorkOrder) -> None:
    """Makes the person a follower of what is being handled already, and counts it as one urge."""
    quiet = turn.in_group and not turn.heard.addressed and told_lately(turn, order)
    set_aside = _set_aside(turn, draft)
    known = turn.person.id in (order.reporter, *order.followers)
    if not known:
        building = draft.place.building
        order = turn.record(
            moves.follow(order, turn.act, person=turn.person.id, building=building)
        )
    if order.is_running:
        order = turn.record(moves.urge(order, turn.act))
    words = draft.text if draft.place.building != order.place.building else ""
    if draft.photos or words:
        added = moves.supplement(order, turn.act, text=words, photos=draft.photos)
        order = turn.record(added)
    turn.focus_on(order)
    turn.remember(community=order.community)
    if not quiet:
        turn.ask(
            "asked.another",
            "report.joined",
            choices=(Choice(value="another_one"),),
            context={"draft": set_aside.number, "joined": "" if known else order.number},
            mine=order.reporter == turn.person.id,
            **values(turn, order),
        )


def _set_aside(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft withdrawn as a duplicate, kept in case it is another one after all."""
    return turn.record(moves.withdraw(draft, turn.act, reason="duplicate"))


def _may_join(order: WorkOrder, person: int) -> bool:
    if is_sensitive(order) or order.status is Status.RESOLVED:
        return False
    return order.reporter == person or person in order.followers or may_be_followed(order)


def told_lately(turn: Turn, order: WorkOrder) -> bool:
    """Whether this group heard of somebody joining a moment ago: one line is enough."""
    last = order.last(EventKind.FOLLOWED, EventKind.URGED)
    same_chat = order.reported_in == turn.conversation.address
    return same_chat and last is not None and turn.now - last.at < GROUP_PAUSE


def _say_opened(turn: Turn, opened: list[WorkOrder]) -> None:
    """One short answer for all that is public; what is delicate is said by itself."""
    public = [order for order in opened if not _is_hushed(turn, order)]
    listed = [order.number for order in public]
    turn.remember(memory={**turn.conversation.memory, "listed": listed})
    if len(public) > 1:
        turn.say("report.opened_many", orders=lines(turn, public), **_manner(turn, *public))
    for order in opened if len(public) <= 1 else [o for o in opened if _is_hushed(turn, o)]:
        told = {**values(turn, order), **_manner(turn, order)}
        turn.say(_phrase(order), private=_is_hushed(turn, order), **told)


def _is_hushed(turn: Turn, order: WorkOrder) -> bool:
    """Whether a group hears nothing of it: a secret, or somebody else's private matter."""
    return turn.in_group and (is_sensitive(order) or order.reported_in is None)


def _phrase(order: WorkOrder) -> str:
    if order.about_staff:
        return "report.opened_about_staff"
    return "report.opened" if order.privacy is Privacy.OPEN else f"report.opened_{order.privacy}"


def _manner(turn: Turn, *orders: WorkOrder) -> dict[str, Any]:
    """What colours the answer: an angry voice, a late hour."""
    order = orders[0]
    category = turn.rules.categories.get(order.category)
    return {
        "angry": wants_comfort(turn),
        "night": all(nights.rests(order, turn.now, turn.rules) for order in orders),
        "unplaced": not (needs_no_place(order) or resolve(turn, order.place).settled),
        "pictures": len(order.photos),
        "hint": category.path if category and order.order_class is not OrderClass.X else "",
    }
