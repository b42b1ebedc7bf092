"""督办超期的: everything overdue and not yet watched is put on the list at once, after a yes."""

from __future__ import annotations

from datetime import datetime

from domain import deadlines
from domain.acts import RuleBroken
from domain.messages import Choice
from domain.orders import RUNNING, WorkOrder
from domain.supervision import default_until, may_supervise
from handlers.said import Said, heard, kept_in
from handlers.supervise import put_up, watchable
from handlers.turn import Answer, Turn

AT_ONCE = 10


def handle(turn: Turn) -> None:
    """Says which and until when, and asks."""
    found = _overdue(turn)
    if not found:
        turn.say("supervise_overdue.none")
        return
    details = heard(turn)
    numbers = [order.number for order in found[:AT_ONCE]]
    turn.ask(
        "supervise_overdue.all",
        "supervise_overdue.ask",
        choices=(Choice(value="yes"), Choice(value="no")),
        context={**details.kept(), "reason": "", "orders": numbers},
        private=True,
        total=len(found),
        shown=len(numbers) if len(found) > AT_ONCE else None,
        numbers=numbers,
        until=_until(turn, details),
    )


def _overdue(turn: Turn) -> list[WorkOrder]:
    return [
        order
        for order in watchable(turn, tuple(RUNNING))
        if deadlines.is_overdue(order, turn.rules, turn.now) and may_supervise(order, turn.act)
    ]


def _until(turn: Turn, details: Said) -> datetime:
    return details.moment(turn) or default_until(turn.act)


def _all(turn: Turn, answer: Answer) -> bool:
    if answer.value not in ("yes", "no"):
        return False
    if answer.value == "no":
        turn.say("supervise_overdue.kept")
        return True
    details = kept_in(answer.context)
    done = [number for number in answer.context["orders"] if _one(turn, number, details)]
    turn.say("supervise_overdue.done", total=len(done), numbers=done)
    return True


def _one(turn: Turn, number: str, details: Said) -> bool:
    """Whether it could be put up; what changed since the question is left as it is."""
    order = turn.tx.orders.get(number)
    try:
        if order is None:
            return False
        put_up(turn, order, details)
    except RuleBroken:
        return False
    return True


ANSWERS = {"all": _all}
