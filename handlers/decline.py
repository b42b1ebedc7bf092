"""不予受理: with the reason, and the lawful path to go instead."""

from __future__ import annotations

from domain import moves
from domain.desk import PathMissing
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_desk
from handlers.command import Command, at_desk
from handlers.said import OWN_WORDS, Said, kept_in
from handlers.turn import Answer, Turn

REASONS = tuple(
    Choice(value=value)
    for value in ("decline_lawsuit", "decline_petition", "decline_private", OWN_WORDS)
)
PATHS = tuple(
    Choice(value=value) for value in ("path_hotline", "path_court", "path_petition", "path_police")
)


def _decline(turn: Turn, order: WorkOrder, details: Said, path: str = "") -> None:
    if not details.reason:
        COMMAND.ask_for(turn, order, details, "reason", choices=REASONS)
        return
    try:
        order = turn.record(moves.decline(order, turn.act, reason=details.reason, path=path))
    except PathMissing:
        context = details.kept()
        turn.ask(
            "decline.path", "decline.ask_path", choices=PATHS, number=order.number, context=context
        )
    else:
        turn.say("decline.done", number=order.number)


def _path(turn: Turn, answer: Answer) -> bool:
    """The lawful path, from the usual ones or in words of one's own."""
    order = turn.tx.orders.get(answer.number)
    labels = {choice.value: choice.label for choice in answer.question.choices}
    path = labels.get(answer.value) or turn.heard.text.strip()
    if order is None or not path:
        return False
    _decline(turn, order, kept_in(answer.context), path)
    return True


COMMAND = Command(
    name="decline", do=_decline, rule=require_desk, among=(Status.OPEN,), choosing=at_desk
)
handle = COMMAND.handle
ANSWERS = {**COMMAND.answers, "path": _path}
