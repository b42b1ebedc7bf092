"""+1: a neighbour has the same trouble and follows the work order there is already."""

from __future__ import annotations

from datetime import timedelta

from domain import households, moves
from domain.orders import WorkOrder
from domain.rights import may_be_followed
from handlers import report
from handlers.opening import told_lately
from handlers.shown import is_sensitive, values
from handlers.turn import Turn
from handlers.where import community_here
from knowledge.duplicates import is_whole_estate
from knowledge.signs import signs

UNADDRESSED = True
LATELY = timedelta(hours=12)
MANY = 20


def handle(turn: Turn) -> None:
    """Follows the one replied to, named, or spoken of last here; else silence.

    Who says that all is well at home is no neighbour with the same trouble.
    """
    if "is_well" in signs(turn.heard.text) and turn.in_group and not turn.heard.addressed:
        return
    order = _meant(turn)
    if order is None:
        _nothing_to_join(turn)
        return
    if order.reporter == turn.person.id or turn.person.id in order.followers:
        turn.say("plus_one.already", **values(turn, order))
        return
    quiet = turn.in_group and not turn.heard.addressed and told_lately(turn, order)
    follows = moves.follow(order, turn.act, person=turn.person.id, building=_building(turn))
    order = turn.record(follows)
    turn.focus_on(order)
    if not quiet:
        total, homes = households.count(order), households.by_building(order)
        buildings = [building for building in homes if building]
        turn.say("plus_one.done", **values(turn, order), households=total, buildings=buildings)


def _building(turn: Turn) -> str:
    """The building said now, or the one spoken of last: "我家也是" of who lives in 3栋."""
    return turn.reading.place.building or turn.conversation.last_place.building


def _nothing_to_join(turn: Turn) -> None:
    """ "12栋也停水了" is a report, too; a bare +1 in a group may be about anything."""
    if turn.reading.problems:
        report.handle(turn)
    elif not turn.in_group or turn.heard.addressed:
        turn.say("plus_one.none")


def _meant(turn: Turn) -> WorkOrder | None:
    said = turn.heard.about or turn.reading.number
    if said:
        order = turn.tx.orders.get(said)
        return order if order is not None and _may_join(turn, order) else None
    focused = turn.tx.orders.get(turn.conversation.focus) if turn.conversation.focus else None
    if not turn.in_group:
        return focused if focused is not None and _may_join(turn, focused) else None
    here = turn.tx.orders.reported_in(turn.conversation.address, turn.now - LATELY, MANY)
    fitting = (order for order in here if _may_join(turn, order) and _fits(turn, order))
    return next(fitting, None)


def _may_join(turn: Turn, order: WorkOrder) -> bool:
    person = turn.person.id
    known = person == order.reporter or person in order.followers
    return order.is_running and not is_sensitive(order) and (known or may_be_followed(order))


def _fits(turn: Turn, order: WorkOrder) -> bool:
    """Whether it is of this community, and of the building or kind said with the +1."""
    kinds = {problem.category for problem in turn.reading.problems if problem.category}
    building = turn.reading.place.building
    return (
        order.community == community_here(turn)
        and (not kinds or order.category in kinds)
        and (
            not building
            or is_whole_estate(order.category)
            or order.place.building in ("", building)
        )
    )
