"""确认办结: the resident says whether it is solved, by button or in plain words."""

from __future__ import annotations

from domain import moves
from domain.messages import InboundKind
from domain.orders import Status, WorkOrder
from handlers import danger, disagree, meant, rate
from handlers.turn import Answer, Turn


def handle(turn: Turn) -> None:
    """Closes the one meant, or asks which; what nobody reported done is not closed."""
    orders = [o for o in meant.mine(turn, Status.RESOLVED) if o.reporter == turn.person.id]
    order = meant.named(turn) or meant.one_of(turn, orders)
    if order is not None:
        close(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "confirm.which", "confirm.ask_which", orders)
    elif (order := danger.called_for(turn)) is not None:
        danger.say_over(turn, order)
    else:
        meant.say_none(turn, "confirm.none")


def is_possible(turn: Turn) -> bool:
    """Whether one was named, or one of theirs waits for their word."""
    waiting = meant.mine(turn, Status.RESOLVED)
    return bool(meant.named(turn) or any(one.reporter == turn.person.id for one in waiting))


def close(turn: Turn, order: WorkOrder) -> None:
    """Records that it is solved and asks, once, how it was, unless that was said as well."""
    order = turn.record(moves.confirm(order, turn.act))
    turn.focus_on(order)
    if turn.reading.rating is None or turn.heard.kind is InboundKind.PRESS:
        rate.ask(turn, order)
    else:
        rate.record(turn, order, turn.reading.rating, turn.heard.text)


def _answer(turn: Turn, answer: Answer) -> bool:
    """The answer to "已处理，解决了吗？"."""
    order = turn.tx.orders.get(answer.number)
    if order is None:
        return False
    match answer.value:
        case "solved":
            close(turn, order)
        case "unsolved":
            disagree.say_why(turn, order)
        case _ if turn.reading.yes is True:
            close(turn, order)
        case _ if turn.reading.yes is False:
            disagree.say_why(turn, order)
        case _:
            return False
    return True


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    close(turn, order)
    return True


ANSWERS = {"answer": _answer, "which": _which}
