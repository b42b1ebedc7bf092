"""恢复办理: the clock of a suspended work order runs again."""

from __future__ import annotations

from domain import moves
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers.command import Command
from handlers.said import Said
from handlers.turn import Turn


def _resume(turn: Turn, order: WorkOrder, details: Said) -> None:
    order = turn.record(moves.resume(order, turn.act))
    turn.say("resume.done", number=order.number)


COMMAND = Command(name="resume", do=_resume, rule=require_owner, among=(Status.SUSPENDED,))
handle = COMMAND.handle
ANSWERS = COMMAND.answers
