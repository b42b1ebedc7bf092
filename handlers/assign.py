"""派单: the desk gives a work order to a post."""

from __future__ import annotations

from domain import moves
from domain.orders import Status, WorkOrder
from domain.rights import require_desk
from handlers import posts
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.turn import Turn


def _assign(turn: Turn, order: WorkOrder, details: Said) -> None:
    post = posts.the_one(turn, order, details)
    if post is None:
        choices = posts.choices(turn, order, details)
        COMMAND.ask_for(turn, order, details, "post", choices=choices)
        return
    order = turn.record(moves.assign(order, turn.act, post=post))
    turn.say("assign.done", number=order.number, to=posts.name(turn, post))


COMMAND = Command(
    name="assign", do=_assign, rule=require_desk, among=(Status.OPEN,), choosing=at_desk
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
