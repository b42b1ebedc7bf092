"""挂起: the clock stands still until a date, for a reason that the resident hears."""

from __future__ import annotations

from datetime import timedelta

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers.command import Command
from handlers.said import DAYS, OWN_WORDS, Said
from handlers.turn import Turn

REASONS = tuple(
    Choice(value=value) for value in ("wait_resident", "wait_approval", "wait_season", OWN_WORDS)
)
ANY_DAY = timedelta(days=1)


def _suspend(turn: Turn, order: WorkOrder, details: Said) -> None:
    until = details.moment(turn)
    # The decision is pure: made once with any date and reason, it says whether asking has a point.
    reason = details.reason or OWN_WORDS
    change = moves.suspend(order, turn.act, reason=reason, until=until or turn.now + ANY_DAY)
    if not details.reason:
        COMMAND.ask_for(turn, order, details, "reason", choices=REASONS)
    elif until is None:
        COMMAND.ask_for(turn, order, details, "until", choices=DAYS)
    else:
        order = turn.record(change)
        turn.say("suspend.done", number=order.number, until=until, reason=details.reason)


COMMAND = Command(
    name="suspend", do=_suspend, rule=require_owner, among=(Status.ASSIGNED, Status.ACCEPTED)
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
