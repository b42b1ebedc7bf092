"""不准延期: the date stands, and the owner hears why."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_above_owner
from handlers.approve import asked_for
from handlers.command import Command
from handlers.said import OWN_WORDS, Said
from handlers.turn import Turn

REASONS = tuple(
    Choice(value=value)
    for value in ("refuse_urgent", "refuse_unfounded", "refuse_help", OWN_WORDS)
)


def _refuse(turn: Turn, order: WorkOrder, details: Said) -> None:
    if not details.reason:
        COMMAND.ask_for(turn, order, details, "reason", choices=REASONS)
        return
    order = turn.record(moves.refuse_extension(order, turn.act, reason=details.reason))
    turn.say("refuse.done", number=order.number)


COMMAND = Command(
    name="refuse",
    do=_refuse,
    rule=require_above_owner,
    among=(Status.ACCEPTED, Status.SUSPENDED),
    choosing=asked_for,
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
