"""到场: somebody is there; an emergency stops calling everybody."""

from __future__ import annotations

from domain import moves
from domain.orders import OrderClass, Status, WorkOrder
from domain.rights import require_worker
from handlers.command import Command, owned
from handlers.report_in import whistled_for
from handlers.said import Said
from handlers.turn import Turn


def _on_site(turn: Turn, order: WorkOrder, details: Said) -> None:
    order = turn.record(moves.on_site(order, turn.act))
    turn.say("on_site.done", number=order.number)


def _at_work(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What the person works on; where there is a danger to life, only that."""
    here = (*owned(turn, statuses), *whistled_for(turn, statuses))
    orders = list({order.number: order for order in here}.values())
    return [order for order in orders if order.order_class is OrderClass.E0] or orders


COMMAND = Command(
    name="on_site",
    do=_on_site,
    rule=require_worker,
    among=(Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED),
    choosing=_at_work,
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
