"""延期: the owner asks for a later date before the date has passed; the post above answers."""

from __future__ import annotations

from datetime import timedelta

from domain import deadlines, moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers.command import Command
from handlers.said import DAYS, OWN_WORDS, Said
from handlers.turn import Turn

REASONS = tuple(
    Choice(value=value) for value in ("wait_parts", "wait_resident", "wait_others", OWN_WORDS)
)
ANY_DAY = timedelta(days=1)


def _extend(turn: Turn, order: WorkOrder, details: Said) -> None:
    due = deadlines.promise(order, turn.rules)
    until = details.moment(turn, since=due)
    # The decision is pure: made once with any date and reason, it says whether asking has a point.
    some_day = until or (due or turn.now) + ANY_DAY
    reason = details.reason or OWN_WORDS
    change = moves.ask_extension(order, turn.act, until=some_day, reason=reason)
    if until is None:
        COMMAND.ask_for(turn, order, details, "until", choices=DAYS)
    elif not details.reason:
        COMMAND.ask_for(turn, order, details, "reason", choices=REASONS, until=until)
    else:
        order = turn.record(change)
        turn.say("extend.done", number=order.number, until=until, reason=details.reason)


COMMAND = Command(
    name="extend", do=_extend, rule=require_owner, among=(Status.ASSIGNED, Status.ACCEPTED)
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = COMMAND.answers
