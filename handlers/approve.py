"""批准延期: the post above agrees, and the resident hears the new date and why."""

from __future__ import annotations

from domain import moves
from domain.extensions import pending_extension
from domain.orders import Status, WorkOrder
from domain.rights import require_above_owner
from handlers.command import Command, desk_communities
from handlers.said import Said
from handlers.shown import is_hidden
from handlers.turn import Turn


def asked_for(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """The requests for a later date that wait at the person's desks; none of their own."""
    asked = turn.tx.orders.asked_extension(desk_communities(turn))
    return [
        order
        for order in asked
        if order.status in statuses
        and pending_extension(order) is not None
        and order.owner not in turn.actor.posts
        and not is_hidden(turn, order)
    ]


def _approve(turn: Turn, order: WorkOrder, details: Said) -> None:
    order = turn.record(moves.approve_extension(order, turn.act))
    turn.say("approve.done", number=order.number)


COMMAND = Command(
    name="approve",
    do=_approve,
    rule=require_above_owner,
    among=(Status.ACCEPTED, Status.SUSPENDED),
    choosing=asked_for,
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
