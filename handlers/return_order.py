"""退单: the owner says it is not theirs, and why; the desk decides."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import EventKind, Status, WorkOrder
from domain.rights import require_owner
from handlers import posts
from handlers.command import Command
from handlers.said import OWN_WORDS, Said
from handlers.turn import Turn

REASONS = tuple(
    Choice(value=value)
    for value in ("return_property", "return_department", "return_other_grid", OWN_WORDS)
)


def _return(turn: Turn, order: WorkOrder, details: Said) -> None:
    # The decision is pure: made once with any reason, it says whether there is a point in asking.
    moves.return_order(order, turn.act, reason=details.reason or OWN_WORDS)
    if not details.reason:
        COMMAND.ask_for(turn, order, details, "reason", choices=REASONS)
        return
    proposed = details.post or posts.proposed(turn, order, details.reason)
    change = moves.return_order(order, turn.act, reason=details.reason, proposed=proposed)
    order = turn.record(change)
    turn.say(
        "return_order.done",
        number=order.number,
        times=len(order.events(EventKind.RETURNED)),
        limit=turn.rules.limits.max_returns,
        proposed=posts.name(turn, proposed) if proposed else "",
    )


COMMAND = Command(name="return_order", do=_return, rule=require_owner, among=(Status.ASSIGNED,))
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
