"""并单: two work orders are one problem; the first is merged into the second."""

from __future__ import annotations

from domain import moves
from domain.desk import RUNNING
from domain.orders import WorkOrder
from domain.rights import require_desk
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.shown import LISTED, choices, is_hidden
from handlers.turn import Turn

MANY = 10


def _merge(turn: Turn, order: WorkOrder, details: Said) -> None:
    parent = _parent(turn, order, details)
    if parent is None:
        similar = choices(turn, _similar(turn, order)[:LISTED])
        COMMAND.ask_for(turn, order, details, "parent", choices=similar)
        return
    reason = turn.tx.wording.say("merge.same_problem", {})
    order = turn.record(moves.merge_into(order, parent, turn.act, reason=reason))
    turn.say("merge.done", number=order.number, into=parent.number)


def _parent(turn: Turn, order: WorkOrder, details: Said) -> WorkOrder | None:
    """The other number that was said; what must stay hidden is as if it were not there."""
    others = [number for number in details.numbers if number != order.number]
    found = turn.tx.orders.get(others[-1]) if others else None
    return None if found is None or is_hidden(turn, found) else found


def _similar(turn: Turn, order: WorkOrder) -> list[WorkOrder]:
    since = turn.now - turn.rules.limits.duplicate_window
    building = order.place.building or None
    found = turn.tx.orders.similar(order.community, building, order.category, since, MANY)
    return [one for one in found if one.number != order.number and not is_hidden(turn, one)]


COMMAND = Command(name="merge", do=_merge, rule=require_desk, among=RUNNING, choosing=at_desk)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
