"""催办: a resident urges; it is counted and told to the owner, and never moves a date."""

from __future__ import annotations

from domain import deadlines, moves
from domain.orders import Status, WorkOrder
from domain.readings import Problem
from domain.resident import levels_told
from handlers import meant
from handlers.shown import values
from handlers.turn import Answer, Turn
from knowledge.signs import signs

INTERRUPTS = True
URGEABLE = (Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)


def handle(turn: Turn) -> None:
    """Urges the one meant, or asks which; a neighbour who names a public one may join it."""
    orders = meant.mine(turn, *URGEABLE)
    order = meant.named(turn) or meant.one_of(turn, orders)
    if order is not None:
        _urge(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "urge.which", "urge.ask_which", orders)
    else:
        meant.say_none(turn, "urge.none")


def urged_again(turn: Turn, problems: list[Problem]) -> bool:
    """Whether the one trouble told is theirs that runs and is still so (灯还没人来修): urged."""
    if len(problems) != 1 or turn.reading.place or turn.heard.photos or turn.actor.is_staff:
        return False
    shown = signs(turn.heard.text)
    running = [order for order in meant.mine(turn, *URGEABLE) if order.is_running]
    same = [order for order in running if order.category == problems[0].category]
    if len(same) != 1 or "still" not in shown or "another" in shown:
        return False
    _urge(turn, same[0])
    return True


def _urge(turn: Turn, order: WorkOrder) -> None:
    order = turn.record(moves.urge(order, turn.act))
    turn.focus_on(order)
    told = dict.fromkeys(event.values.get("unit") for event in levels_told(order))
    turn.say(
        "urge.done",
        **values(turn, order),
        late=deadlines.is_overdue(order, turn.rules, turn.now),
        told=[turn.org.unit(unit).name for unit in told if unit is not None],
    )


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    _urge(turn, order)
    return True


ANSWERS = {"which": _which}
