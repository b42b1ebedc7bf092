"""Danger to life: the numbers to call, the work order at once, and then one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain import moves
from domain.messages import Choice, Lane
from domain.orders import OrderClass, Privacy, WorkOrder
from domain.readings import Problem
from domain.routing import RESTRICTED_CATEGORIES
from handlers import correct, drafts
from handlers.human import is_reachable
from handlers.opening import open_now
from handlers.shown import values
from handlers.turn import Answer, Turn
from handlers.where import at, community_here, resolve
from knowledge.signs import signs

# Which wording a category asks for; any other danger is answered in general terms.
KINDS: Mapping[str, str] = {
    "0101": "gas",
    "0102": "fire",
    "0103": "lift",
    "0104": "shock",
    "0105": "falling",
    "0106": "missing",
    "0108": "manhole",
}
ANYWHERE = frozenset({"missing"})  # who is lost is not at an address
TALK = 0.2  # how sure the reader must be that something is small talk
SAME_EVENT = timedelta(hours=6)
MANY = 20


def handle(turn: Turn) -> None:
    """Says what to do now, opens the work order with what is known, then asks one thing."""
    problem = _gravest(turn)
    kind = _kind(turn, problem)
    private = problem.category in RESTRICTED_CATEGORIES
    turn.say(f"emergency.{kind}", lane=Lane.EMERGENCY, private=private, **phones(turn))
    draft = _draft(turn, problem, private=private)
    known = None if private else _same_event(turn, draft)
    if known is not None:
        _join(turn, draft, known)
        return
    order = open_now(turn, draft)
    turn.remember(drafts=(), asked=0)
    _ask(turn, order, kind)


def phones(turn: Turn) -> dict[str, Any]:
    """The local phone table by key; the row nearest to the community wins."""
    above = reversed(turn.org.line(community_here(turn)))
    known: dict[int | None, int] = {unit.id: row for row, unit in enumerate(above, start=1)}
    known[None] = 0
    rows = [phone for phone in turn.rules.phones if phone.unit in known]
    return {phone.key: phone.number for phone in sorted(rows, key=lambda p: known[p.unit])}


def _gravest(turn: Turn) -> Problem:
    """The problem that is the emergency; the whole message when no problem was told apart."""
    urgent = [problem for problem in turn.reading.problems if problem.emergency]
    whole = Problem(text=turn.heard.text, order_class=OrderClass.E0, emergency=True)
    problem = min(
        urgent, key=lambda p: (p.order_class or OrderClass.E1, p.category), default=whole
    )
    return replace(problem, text=turn.heard.text)


def _kind(turn: Turn, problem: Problem) -> str:
    if problem.category in RESTRICTED_CATEGORIES:
        return "violence" if "violence" in signs(turn.heard.text) else "self_harm"
    return KINDS.get(problem.category, "general")


def _draft(turn: Turn, problem: Problem, *, private: bool) -> WorkOrder:
    draft = drafts.begun(turn, problem, turn.reading.place)
    if not private:
        return replace(draft, privacy=_open_unless_asked(draft))
    return replace(draft, restricted=True, reported_in=None)


def _open_unless_asked(draft: WorkOrder) -> Privacy:
    """An emergency needs somebody to ring back: anonymous becomes confidential."""
    return Privacy.OPEN if draft.privacy is Privacy.OPEN else Privacy.CONFIDENTIAL


def _same_event(turn: Turn, draft: WorkOrder) -> WorkOrder | None:
    """The same danger in the same building or chat, reported hours ago at most."""
    since = turn.now - SAME_EVENT
    building = draft.place.building
    if building and draft.grid is not None:
        found = turn.tx.orders.similar(draft.community, building, draft.category, since, MANY)
        same = [order for order in found if order.place.estate == draft.place.estate]
    else:
        here = turn.tx.orders.reported_in(turn.conversation.address, since, MANY)
        same = [order for order in here if order.category == draft.category and order.is_running]
    return next((order for order in same if not order.restricted), None)


def _join(turn: Turn, draft: WorkOrder, order: WorkOrder) -> None:
    """One more voice about the same danger: its words go to those who are on their way."""
    person = turn.person.id
    if person != order.reporter and person not in order.followers:
        order = turn.record(moves.follow(order, turn.act, person=person))
    order = turn.record(moves.supplement(order, turn.act, text=draft.text, photos=draft.photos))
    turn.focus_on(order)
    turn.say("emergency.known", lane=Lane.EMERGENCY, **values(turn, order))


def _ask(turn: Turn, order: WorkOrder, kind: str) -> None:
    """What helpers most need to know, and nothing else."""
    if order.restricted and not is_reachable(turn):
        return
    if order.restricted:
        choices = tuple(Choice(value=value) for value in ("yes", "no"))
        turn.ask(f"emergency.{kind}", f"emergency.ask_{kind}", choices=choices, private=True)
    elif kind not in ANYWHERE and not resolve(turn, order.place).settled:
        turn.ask("emergency.place", "emergency.ask_place", **values(turn, order))
    else:
        turn.ask("emergency.detail", f"emergency.ask_{kind}", **values(turn, order))


def _place(turn: Turn, answer: Answer) -> bool:
    """Where it is: a place of the book, or words somebody who hurries there can use."""
    order = turn.tx.orders.get(answer.number)
    if order is None or not order.is_running:
        return False
    if turn.reading.place and resolve(turn, at(turn, order, turn.reading.place).place).settled:
        correct.put_right(turn, order)
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
    """Somebody in danger answers: yes, no or words; a human reads all of it."""
    text = turn.heard.text
    order = _own_restricted(turn)
    if order is None or not (answer.value or text):
        return False
    if text:
        turn.record(moves.supplement(order, turn.act, text=text))
    turn.say(
        "emergency.somebody_comes" if answer.value != "no" else "emergency.we_listen", private=True
    )
    return True


def _own_restricted(turn: Turn) -> WorkOrder | None:
    orders = turn.tx.orders.of_reporter(turn.person.id, True, MANY)
    return next((order for order in orders if order.restricted), None)


ANSWERS = {"place": _place, "detail": _detail, "self_harm": _reached, "violence": _reached}
