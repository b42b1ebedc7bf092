"""保密 after all: whoever reported a thing wants the name kept, or wonders who learns it."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Privacy, WorkOrder
from handlers import drafts, meant
from handlers.turn import Answer, Turn
from knowledge.signs import signs


def taken_up(turn: Turn) -> bool:
    """Keeps the name (千万别说是我讲的) or says who learns it (他会不会知道是我说的).

    False where nothing of theirs is running, or a report with a place of its own is told.
    """
    wonders = "who_learns_it" in signs(turn.heard.text)
    wants = turn.reading.confidential and not turn.reading.place
    if turn.in_group or turn.actor.is_staff or not (wonders or wants) or drafts.waiting(turn):
        return False
    order = _spoken_of(turn)
    if order is None:
        return False
    turn.focus_on(order)
    if order.privacy is not Privacy.OPEN or order.about_staff or order.restricted:
        turn.say("keep_name.kept_already", number=order.number)
    elif wonders:
        choices = (Choice(value="yes"), Choice(value="no"))
        turn.ask("keep_name.wanted", "keep_name.ask", choices=choices, number=order.number)
    else:
        _keep(turn, order)
    return True


def _spoken_of(turn: Turn) -> WorkOrder | None:
    """Their own that was talked about last, or the newest."""
    own = [order for order in meant.mine(turn) if order.reporter == turn.person.id]
    known = {order.number: order for order in own}
    return meant.named(turn) or known.get(turn.conversation.focus) or next(iter(own), None)


def _keep(turn: Turn, order: WorkOrder) -> None:
    turn.record(moves.keep_name(order, turn.act, text=turn.tx.wording.say("keep_name.wish", {})))
    turn.say("keep_name.done", number=order.number)


def _wanted(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.number)
    if order is None or not answer.value:
        return False
    if answer.value == "yes":
        _keep(turn, order)
    else:
        turn.say("keep_name.left", number=order.number)
    return True


ANSWERS = {"wanted": _wanted}
