"""撤销并单: they are two problems after all; each goes on with its own clock."""

from __future__ import annotations

from domain import moves
from domain.acts import WrongStatus
from domain.orders import Status, WorkOrder
from domain.rights import require_desk
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.turn import Turn


def _unmerge(turn: Turn, order: WorkOrder, details: Said) -> None:
    parent = turn.tx.orders.by_id(order.parent) if order.parent is not None else None
    if parent is None:
        raise WrongStatus("unmerge", order)
    reason = details.reason or turn.tx.wording.say("unmerge.two_problems", {})
    order = turn.record(moves.unmerge(order, turn.act, parent=parent, reason=reason))
    turn.say("unmerge.done", number=order.number, other=parent.number)


COMMAND = Command(
    name="unmerge", do=_unmerge, rule=require_desk, among=(Status.MERGED,), choosing=at_desk
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
