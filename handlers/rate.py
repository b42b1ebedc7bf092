"""评价: one to five, asked once; whatever it is, it is thanked for and never argued with."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import EventKind, Status, WorkOrder
from domain.verdict import LOW_RATING
from handlers import meant
from handlers.turn import Answer, Turn

SCORES = (1, 2, 3, 4, 5)


def handle(turn: Turn) -> None:
    """Records the score for the one closed last, or asks for it."""
    orders = [o for o in meant.mine(turn, Status.CLOSED) if o.reporter == turn.person.id]
    unrated = [order for order in orders if not order.events(EventKind.RATED)]
    if not unrated and _closes_with_a_score(turn):
        return
    order = meant.named(turn) or meant.one_of(turn, unrated or orders)
    if order is None and unrated:
        order = unrated[0]
    if order is None:
        meant.say_none(turn, "rate.none")
    elif turn.reading.rating is None:
        ask(turn, order)
    else:
        record(turn, order, turn.reading.rating, turn.heard.text)


def _closes_with_a_score(turn: Turn) -> bool:
    """Whether a good score is the word that was waited for ("解决了，5分"); a bad one is asked
    about first.
    """
    waiting = [o for o in meant.mine(turn, Status.RESOLVED) if o.reporter == turn.person.id]
    order = meant.named(turn) or meant.one_of(turn, waiting)
    score = turn.reading.rating
    if order is None or order.status is not Status.RESOLVED or score is None:
        return False
    turn.focus_on(order)
    if score > LOW_RATING:
        record(turn, turn.record(moves.confirm(order, turn.act)), score, turn.heard.text)
    else:
        choices = (Choice(value="solved"), Choice(value="unsolved"))
        turn.ask("confirm.answer", "rate.ask_closed", choices=choices, number=order.number)
    return True


def ask(turn: Turn, order: WorkOrder) -> None:
    """Says it is closed and asks for the one rating there will be."""
    choices = tuple(Choice(value=f"rate_{score}") for score in SCORES)
    turn.ask("rate.score", "rate.ask", choices=choices, number=order.number)


def record(turn: Turn, order: WorkOrder, rating: int, text: str) -> None:
    """Keeps the score, with the words it came in."""
    order = turn.record(moves.rate(order, turn.act, rating=rating, text=text))
    turn.say("rate.done", number=order.number, rating=rating)


def _score(turn: Turn, answer: Answer) -> bool:
    """A button, a number, or words with a score in them."""
    order = turn.tx.orders.get(answer.number)
    rating = int(answer.value[-1]) if answer.value else turn.reading.rating
    if order is None or rating is None:
        return False
    record(turn, order, rating, "" if answer.value else turn.heard.text)
    return True


ANSWERS = {"score": _score}
