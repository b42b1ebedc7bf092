"""销号: a second person looked at the evidence of what is watched from above."""

from __future__ import annotations

from domain import moves
from domain.orders import Status, WorkOrder
from domain.supervision import require_supervisor
from handlers.command import Command, desk_communities
from handlers.said import Said
from handlers.shown import is_hidden
from handlers.turn import Turn


def _strike_off(turn: Turn, order: WorkOrder, details: Said) -> None:
    order = turn.record(moves.strike_off(order, turn.act, note=details.reason))
    turn.say("strike_off.done", number=order.number)


def watched(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What is on the list in the person's communities, in these statuses."""
    listed = turn.tx.orders.supervised_in(desk_communities(turn))
    return [order for order in listed if order.status in statuses and not is_hidden(turn, order)]


COMMAND = Command(
    name="strike_off",
    do=_strike_off,
    rule=require_supervisor,
    among=(Status.RESOLVED, Status.CLOSED),
    choosing=watched,
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
