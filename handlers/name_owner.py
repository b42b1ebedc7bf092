"""指定承办: after too many returns the post above names the owner for good."""

from __future__ import annotations

from domain import moves
from domain.orders import EventKind, Status, WorkOrder
from domain.rights import require_desk
from handlers import posts
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.turn import Turn


def _name_owner(turn: Turn, order: WorkOrder, details: Said) -> None:
    post = posts.the_one(turn, order, details)
    if post is None:
        choices = posts.choices(turn, order, details)
        COMMAND.ask_for(turn, order, details, "post", choices=choices)
        return
    order = turn.record(moves.name_owner(order, turn.act, post=post))
    turn.say("name_owner.done", number=order.number, to=posts.name(turn, post))


def _returned_too_often(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    limit = turn.rules.limits.max_returns
    orders = at_desk(turn, statuses)
    often = [order for order in orders if len(order.events(EventKind.RETURNED)) >= limit]
    return often or orders


COMMAND = Command(
    name="name_owner",
    do=_name_owner,
    rule=require_desk,
    among=(Status.OPEN,),
    choosing=_returned_too_often,
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
