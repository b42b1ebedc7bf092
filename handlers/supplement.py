"""补充: more words, photos or a position for a work order that is being handled."""

from __future__ import annotations

from datetime import timedelta

from domain import moves
from domain.correcting import CORRECTABLE
from domain.orders import WorkOrder
from handlers import meant, not_understood, report
from handlers.adding import add, kept
from handlers.shown import values
from handlers.turn import Answer, Turn
from handlers.where import at, resolve, slots_of
from knowledge.duplicates import akin_to
from knowledge.lexicon import lexicon

UNADDRESSED = True  # only a mere place, which completes the order that was opened a moment ago
MOMENT = timedelta(minutes=10)


def handle(turn: Turn) -> None:
    """Adds what was said to the one meant, or asks to which; a mere place completes its own."""
    if _completes_place(turn) or (turn.in_group and not turn.heard.addressed):
        return
    orders = meant.mine(turn)
    order = meant.named(turn) or meant.one_of(turn, orders)
    if order is not None and _tells_of_another(turn, order):
        report.handle(turn)
    elif order is not None:
        add(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "supplement.which", "supplement.ask_which", orders, kept(turn))
    elif _says_only_where(turn):
        not_understood.handle(turn)
    else:
        meant.say_none(turn, "supplement.none")


def _tells_of_another(turn: Turn, order: WorkOrder) -> bool:
    """Whether a trouble of quite another kind is told, and no more of this one."""
    kinds = {p.category for p in turn.reading.problems if p.confidence >= report.CLEAR}
    akin = {order.category, *akin_to(order.category), *lexicon().belongs.get(order.category, ())}
    return bool(kinds - {""}) and not kinds & akin and not turn.heard.about


def _completes_place(turn: Turn) -> bool:
    """Whether nothing was said but where (2单元), a moment after an order that did not say it."""
    said = turn.reading.place
    if not _says_only_where(turn) or turn.heard.photos:
        return False
    order = turn.tx.orders.get(turn.conversation.focus) if turn.conversation.focus else None
    if order is None or order.reporter != turn.person.id or order.status not in CORRECTABLE:
        return False
    moved = at(turn, order, said)
    known, now = slots_of(order.place), slots_of(moved.place)
    fills = known.filled_from(now) == now and known != now
    if turn.now - order.created_at > MOMENT or not fills or not resolve(turn, moved.place).settled:
        return False
    order = turn.record(moves.correct(order, turn.act, place=moved.place, grid=moved.grid))
    turn.focus_on(order)
    if turn.heard.addressed or not turn.in_group:
        turn.say("correct.done", **values(turn, order))
    return True


def _says_only_where(turn: Turn) -> bool:
    reading = turn.reading
    return bool(reading.place) and not (reading.problems or reading.complete)


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    add(turn, order, dict(answer.context))
    return True


ANSWERS = {"which": _which}
