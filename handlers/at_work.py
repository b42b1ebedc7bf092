"""Words of somebody with work on their hands that name no place: of that work, or a report?"""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.readings import Problem
from handlers import drafts, resolve
from handlers.command import owned
from handlers.report_in import whistled_for
from handlers.shown import LISTED, choices
from handlers.turn import Answer, Turn

IN_HAND = (Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)
NEW_REPORT = "a_new_report"


def asked(turn: Turn) -> bool:
    """Asks which of theirs it is about (修了一半 还差个灯罩), or whether it is a report at all.

    False for a resident, for whoever names a place, and where nothing of theirs may be meant.
    """
    orders = [] if turn.in_group or turn.reading.place else in_hand(turn)
    kinds = {problem.category for problem in turn.reading.problems if problem.category}
    meant = [order for order in orders if not kinds or order.category in kinds]
    if not meant or drafts.waiting(turn):
        return False
    if turn.heard.photos:
        return resolve.offered(turn)
    ask(turn, meant)
    return True


def in_hand(turn: Turn) -> list[WorkOrder]:
    """What the person owns or was called to help with, not done yet."""
    if not turn.actor.is_staff:
        return []
    here = (*owned(turn, IN_HAND), *whistled_for(turn, IN_HAND))
    return list({order.number: order for order in here}.values())


def ask(turn: Turn, orders: list[WorkOrder]) -> None:
    """Whether the words are kept with one of these."""
    problem = next(iter(turn.reading.problems), Problem(text=turn.heard.text))
    context = {
        "words": turn.heard.text,
        "category": problem.category,
        "class": problem.order_class,
    }
    offered = (*choices(turn, orders[:LISTED]), Choice(value=NEW_REPORT))
    turn.ask("at_work.which", "at_work.ask_which", choices=offered, context=context)


def _which(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    words = str(answer.context["words"])
    if answer.value == NEW_REPORT:
        kind = answer.context
        problem = Problem(text=words, category=kind["category"], order_class=kind["class"])
        drafts.go_on(turn, [drafts.begun(turn, problem, turn.reading.place)])
        return True
    order = turn.tx.orders.get(answer.value)
    if order is None:
        return False
    turn.record(moves.note(order, turn.act, text=words))
    turn.focus_on(order)
    turn.say("note.done", number=order.number)
    return True


ANSWERS = {"which": _which}
