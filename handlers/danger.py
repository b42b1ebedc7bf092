"""The answers of somebody in danger, or beside it: they reach those on their way."""

from __future__ import annotations

from domain import moves
from domain.messages import Lane
from domain.orders import URGENT, Status, WorkOrder
from handlers import correct
from handlers.emergency import MANY, SAME_EVENT
from handlers.turn import Answer, Turn
from handlers.where import at, resolve
from knowledge.signs import signs

TALK = 0.2  # how sure the reader must be that something is small talk


def ended(turn: Turn) -> WorkOrder | None:
    """The danger this person reported a while ago, when they say that it is over: 没事了."""
    if turn.actor.is_staff or turn.reading.emergency or "over" not in signs(turn.heard.text):
        return None
    return called_for(turn)


def called_for(turn: Turn) -> WorkOrder | None:
    """The danger this person reported a while ago and people are on their way to."""
    running = turn.tx.orders.of_reporter(turn.person.id, True, MANY)
    newest = next((one for one in running if one.order_class in URGENT), None)
    if newest is None or newest.restricted or newest.created_at < turn.now - SAME_EVENT:
        return None
    return None if newest.status is Status.RESOLVED else newest


def called_off(turn: Turn) -> bool:
    """Whether a danger of theirs was said to be over, and all who were alarmed told so."""
    order = ended(turn)
    if order is not None:
        say_over(turn, order)
    return order is not None


def say_over(turn: Turn, order: WorkOrder) -> None:
    """Those on their way hear at once that it is over; whether they come is theirs to say."""
    heard = turn.heard
    turn.tx.attachments.attach(heard.photos, order.number)
    turn.record(moves.say_over(order, turn.act, text=heard.text, photos=heard.photos))
    turn.focus_on(order)
    turn.say("emergency.over", lane=Lane.EMERGENCY, number=order.number)


def _place(turn: Turn, answer: Answer) -> bool:
    """Where it is: a place of the book, or words somebody who hurries there can use."""
    order = turn.tx.orders.get(answer.number)
    if order is None or not order.is_running:
        return False
    if turn.reading.place and resolve(turn, at(turn, order, turn.reading.place).place).settled:
        correct.put_right(turn, order, "correct.placed")
        return True
    return _detail(turn, answer)


def _detail(turn: Turn, answer: Answer) -> bool:
    """Whatever is answered goes to those on their way."""
    order = turn.tx.orders.get(answer.number)
    heard = turn.heard
    if order is None or not order.is_running or _is_something_else(turn, order):
        return False
    if not (heard.text or heard.photos or heard.location):
        return False
    turn.tx.attachments.attach(heard.photos, order.number)
    turn.record(
        moves.supplement(
            order, turn.act, text=heard.text, photos=heard.photos, location=heard.location
        )
    )
    turn.say("emergency.noted", lane=Lane.EMERGENCY, number=order.number)
    return True


def _is_something_else(turn: Turn, order: WorkOrder) -> bool:
    """Small talk, a trouble elsewhere, or words said hours later: no answer to the question."""
    kinds = {problem.category for problem in turn.reading.problems if problem.category}
    building = turn.reading.place.building
    elsewhere = building not in ("", order.place.building) and bool(kinds - {order.category})
    late = turn.now - order.created_at > SAME_EVENT
    talk = turn.reading.intent == "chitchat" and turn.reading.confidence > TALK
    return late or elsewhere or talk


def _reached(turn: Turn, answer: Answer) -> bool:
    """Somebody who despairs or is beaten talks on: all of it goes to a human, for hours."""
    text = turn.heard.text
    order = _own_restricted(turn)
    if order is None or not (answer.value or text) or _is_over(turn, order):
        return False
    if text:
        turn.record(moves.supplement(order, turn.act, text=text))
    kind = str(answer.context.get("kind", ""))
    phrase = "emergency.we_listen" if answer.value == "no" else "emergency.somebody_comes"
    if kind == "violence":  # whoever holds the phone may be the one who beats
        phrase = "emergency.property_notice"
    turn.ask("danger.reached", phrase, context={"kind": kind}, private=True)
    return True


def _own_restricted(turn: Turn) -> WorkOrder | None:
    orders = turn.tx.orders.of_reporter(turn.person.id, True, MANY)
    return next((order for order in orders if order.restricted), None)


def _is_over(turn: Turn, order: WorkOrder) -> bool:
    """Hours later, or with a trouble of another kind and its place, life has gone on."""
    other = any(problem.category != order.category for problem in turn.reading.problems)
    return turn.now - order.created_at > SAME_EVENT or (other and bool(turn.reading.place))


ANSWERS = {"place": _place, "detail": _detail, "reached": _reached}
