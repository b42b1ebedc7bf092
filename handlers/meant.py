"""Which work order a person means who speaks of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.orders import OrderClass, Status, WorkOrder
from handlers import denied
from handlers.shown import LISTED, choices, is_hidden
from handlers.turn import Turn
from knowledge.answers import find_row
from knowledge.lexicon import lexicon
from knowledge.normal import normal

MANY = 20
UNFINISHED = frozenset(
    {
        Status.OPEN,
        Status.ASSIGNED,
        Status.ACCEPTED,
        Status.SUSPENDED,
        Status.RESOLVED,
    }
)


def named(turn: Turn) -> WorkOrder | None:
    """The one replied to, whose number was said, or whose row of the list shown last (第二个);
    None also when it is hidden here.
    """
    number = turn.heard.about or turn.reading.number
    row = None if number else find_row(normal(turn.heard.text).key)
    number = number or listed(turn, row)
    order = turn.tx.orders.get(number) if number else None
    return None if order is None or is_hidden(turn, order) else order


def listed(turn: Turn, row: int | None) -> str:
    """The number in this row of the list shown last, or ""."""
    numbers: list[str] = turn.conversation.memory.get("listed", [])
    return numbers[row - 1] if row is not None and 1 <= row <= len(numbers) else ""


def mine(turn: Turn, *statuses: Status) -> list[WorkOrder]:
    """What the person reported or follows and may speak of here; unfinished unless said."""
    reported = turn.tx.orders.of_reporter(turn.person.id, False, MANY)
    followed = turn.tx.orders.followed_by(turn.person.id, MANY)
    wanted = frozenset(statuses) or UNFINISHED
    orders = {order.number: order for order in (*reported, *followed)}
    return [
        order for order in orders.values() if order.status in wanted and not is_hidden(turn, order)
    ]


def one_of(turn: Turn, orders: list[WorkOrder]) -> WorkOrder | None:
    """The one meant: named, alone, described, or talked about last; None when unclear."""
    known = {order.number: order for order in orders}
    said = turn.heard.about or turn.reading.number
    if said:
        return known.get(said)
    if len(orders) == 1:
        return orders[0]
    if any(_fits(order, turn) for order in orders):
        return fitting(turn, orders)
    return known.get(turn.conversation.focus)


def fitting(turn: Turn, orders: list[WorkOrder]) -> WorkOrder | None:
    """The only one that fits what was said about it."""
    found = [order for order in orders if _fits(order, turn)]
    return found[0] if len(found) == 1 else None


def ask_which(
    turn: Turn,
    step: str,
    phrase: str,
    orders: list[WorkOrder],
    context: Mapping[str, Any] | None = None,
) -> None:
    """Asks which of these is meant; the answer's value is the number."""
    turn.ask(step, phrase, choices=choices(turn, orders[:LISTED]), context=context)


def say_none(turn: Turn, phrase: str) -> None:
    """There is none to speak of; a number that was said is not one of this person's."""
    if turn.reading.number:
        denied.note(turn, turn.reading.number, "not theirs")
        turn.say("meant.not_yours", order=turn.reading.number)
    else:
        turn.say(phrase)


def speaks_of_another(turn: Turn, order: WorkOrder) -> bool:
    """Whether what was said is about a trouble of another kind; praise is of none."""
    troubles = (p for p in turn.reading.problems if p.order_class != OrderClass.S)
    kinds = {problem.category for problem in troubles if problem.category}
    return bool(kinds) and order.category not in kinds


def says_the_same(turn: Turn, order: WorkOrder) -> bool:
    """Whether the trouble itself is told once more, of the kind it has already."""
    return any(problem.category == order.category for problem in turn.reading.problems)


def _fits(order: WorkOrder, turn: Turn) -> bool:
    """Whether what was said about it fits: the kind, the building, or a thing its words name."""
    kinds = {problem.category for problem in turn.reading.problems if problem.category}
    building = turn.reading.place.building
    if not kinds and not building:
        return any(thing in order.text for thing in _things(turn))
    return (not kinds or order.category in kinds) and (
        not building or order.place.building == building
    )


def _things(turn: Turn) -> list[str]:
    said = normal(turn.heard.text).key
    return [thing for thing in lexicon().things if thing in said]
