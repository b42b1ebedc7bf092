"""更正: the place or the kind of what was reported is put right."""

from __future__ import annotations

from domain import moves
from domain.correcting import CORRECTABLE
from domain.orders import WorkOrder
from domain.places import OrderPlace
from handlers import adding, drafts, meant
from handlers.shown import values
from handlers.turn import Answer, Turn
from handlers.where import at, resolve

INTERRUPTS = True


def handle(turn: Turn) -> None:
    """Puts right the one meant ("错1", "是5栋不是6栋"), a draft first of all."""
    waiting = drafts.waiting(turn)
    if waiting and turn.reading.place:
        drafts.go_on(turn, [at(turn, draft, turn.reading.place) for draft in waiting])
        return
    orders = meant.mine(turn, *CORRECTABLE)
    order = meant.named(turn) or _of_list(turn) or _last_spoken_of(turn, orders)
    if order is not None:
        put_right(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "correct.which", "correct.ask_which", orders)
    else:
        meant.say_none(turn, "correct.none")


def put_right(turn: Turn, order: WorkOrder, phrase: str = "correct.done") -> None:
    """Records the place and the kind as said now, or asks what is wrong."""
    place, grid = _place(turn, order)
    said = (problem.category for problem in turn.reading.problems)
    category = next((code for code in said if code not in ("", order.category)), "")
    if place is None and not category:
        if meant.says_the_same(turn, order):
            adding.add(turn, order)
        else:
            _ask_what(turn, order)
        return
    order = turn.record(moves.correct(order, turn.act, place=place, grid=grid, category=category))
    turn.focus_on(order)
    turn.say(phrase, **values(turn, order))


def _place(turn: Turn, order: WorkOrder) -> tuple[OrderPlace | None, int | None]:
    """The new place and its grid; no place when none was said or the book does not know it."""
    moved = at(turn, order, turn.reading.place)
    if moved.place == order.place or not resolve(turn, moved.place).settled:
        return None, None
    return moved.place, moved.grid


def _ask_what(turn: Turn, order: WorkOrder) -> None:
    phrase = "correct.unknown_place" if turn.reading.place else "correct.ask_what"
    turn.ask("correct.what", phrase, number=order.number, said=turn.reading.place.building)


def _of_list(turn: Turn) -> WorkOrder | None:
    """The one whose row was said of the list shown last: "错2"."""
    number = meant.listed(turn, turn.reading.choice)
    return turn.tx.orders.get(number) if number else None


def _last_spoken_of(turn: Turn, orders: list[WorkOrder]) -> WorkOrder | None:
    """What is wrong was just said; its new kind or place might fit another by accident."""
    known = {order.number: order for order in orders}
    return known.get(turn.conversation.focus) or (orders[0] if len(orders) == 1 else None)


def _what(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.number)
    if order is None or not (turn.reading.place or turn.reading.problems):
        return False
    put_right(turn, order)
    return True


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    put_right(turn, order)
    return True


ANSWERS = {"what": _what, "which": _which}
