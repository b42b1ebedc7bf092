"""内部备注: a line for colleagues that residents never see."""

from __future__ import annotations

from domain import moves
from domain.orders import Status, WorkOrder
from domain.rights import require_worker
from handlers.command import Command
from handlers.said import Said
from handlers.turn import Turn


def _note(turn: Turn, order: WorkOrder, details: Said) -> None:
    if not details.reason:
        COMMAND.ask_for(turn, order, details, "reason")
        return
    order = turn.record(moves.note(order, turn.act, text=details.reason))
    turn.say("note.done", number=order.number)


COMMAND = Command(
    name="note",
    do=_note,
    rule=require_worker,
    among=(Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED, Status.RESOLVED),
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
