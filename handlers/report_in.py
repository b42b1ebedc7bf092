"""报到: a post that was whistled for says it is coming."""

from __future__ import annotations

from domain import moves
from domain.acts import NotAllowed
from domain.joint import awaited
from domain.orders import Status, WorkOrder
from domain.rights import require_worker
from handlers.command import Command
from handlers.said import Said
from handlers.turn import Turn


def _report_in(turn: Turn, order: WorkOrder, details: Said) -> None:
    mine = [post for post in (*awaited(order), *order.responders) if post in turn.actor.posts]
    if not mine:
        raise NotAllowed("report_in", order.number)
    order = turn.record(moves.report_in(order, turn.act, post=mine[0]))
    turn.focus_on(order)
    turn.say("report_in.done", number=order.number)


def whistled_for(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What the person was called to help with: the one asked about, the one talked of last."""
    asked = turn.question.number if turn.question is not None else ""
    found = [turn.tx.orders.get(number) for number in {asked, turn.conversation.focus} - {""}]
    return [
        order
        for order in found
        if order is not None
        and order.status in statuses
        and set(order.responders) & turn.actor.posts
    ]


COMMAND = Command(
    name="report_in",
    do=_report_in,
    rule=require_worker,
    among=(Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED),
    choosing=whistled_for,
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
