"""转出: to another body, with its own number where it gave one."""

from __future__ import annotations

import re

from domain import moves
from domain.desk import RUNNING
from domain.messages import Choice
from domain.orders import WorkOrder
from domain.rights import require_desk
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.turn import Turn

BODIES = tuple(
    Choice(value=value)
    for value in ("body_hotline", "body_housing", "body_police", "body_city_management")
)
# "12345 单号 88123": where to, and the number it has there.
REFERENCE = re.compile(r"(?<![\dA-Za-z-])(?=[\dA-Za-z-]*\d)[\dA-Za-z-]{4,30}$")


def _transfer(turn: Turn, order: WorkOrder, details: Said) -> None:
    to, _, rest = details.reason.partition(" ")
    if not to:
        COMMAND.ask_for(turn, order, details, "reason", choices=BODIES)
        return
    reference = found[0] if (found := REFERENCE.search(rest)) else ""
    reason = rest.removesuffix(reference).strip() or to
    change = moves.transfer(order, turn.act, to=to, reason=reason, reference=reference)
    order = turn.record(change)
    turn.say("transfer.done", number=order.number, to=to, reference=reference)


COMMAND = Command(
    name="transfer", do=_transfer, rule=require_desk, among=RUNNING, choosing=at_desk
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
