"""改类: the desk names another category, by its code, its name or what it is about."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_desk
from domain.rules import Category
from handlers.command import Command, at_desk
from handlers.said import Said
from handlers.turn import Turn

MOST_CHOICES = 8


def _recategorise(turn: Turn, order: WorkOrder, details: Said) -> None:
    found = _found(turn, details.reason)
    if len(found) != 1:
        choices = tuple(Choice(value=one.code, label=one.name) for one in found[:MOST_CHOICES])
        COMMAND.ask_for(turn, order, details, "category", choices=choices)
        return
    order = turn.record(moves.recategorise(order, turn.act, category=found[0].code))
    turn.say("recategorise.done", number=order.number)


def _found(turn: Turn, words: str) -> list[Category]:
    """The categories with this code or name; else the one the reader makes of the words."""
    categories = turn.rules.categories
    kinds = [one for one in categories.values() if one.order_class is not None]
    exact = [one for one in kinds if words in (one.code, one.name)]
    near = [one for one in kinds if words and words in one.name]
    read = [problem.category for problem in turn.reading.problems if problem.category]
    return exact or near or [categories[code] for code in dict.fromkeys(read)]


COMMAND = Command(
    name="recategorise",
    do=_recategorise,
    rule=require_desk,
    among=(Status.OPEN,),
    choosing=at_desk,
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
