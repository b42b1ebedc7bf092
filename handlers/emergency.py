"""Danger to life: the numbers to call, the work order at once, and then one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from domain import moves
from domain.messages import Choice, Lane
from domain.orders import OrderClass, Privacy, WorkOrder
from domain.readings import Problem
from domain.routing import RESTRICTED_CATEGORIES
from handlers import drafts
from handlers.human import is_reachable
from handlers.opening import open_now
from handlers.phones import phones
from handlers.shown import place_name, values
from handlers.turn import Turn
from handlers.where import placed, resolve, slots_of
from knowledge.signs import signs

LOST_OR_HURT = "0106"
# Which wording a category asks for; any other danger is answered in general terms.
KINDS: Mapping[str, str] = {
    "0101": "gas",
    "0102": "fire",
    "0103": "lift",
    "0104": "shock",
    "0105": "falling",
    LOST_OR_HURT: "hurt",
    "0108": "manhole",
    "0109": "crime",
}
ANYWHERE = frozenset({"missing"})  # who is lost is not at an address
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
    _ask(turn, order, kind)


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
        shown = signs(turn.heard.text)
        if "violence" in shown:
            return "violence"
        return "another_despairs" if "another_despairs" in shown else "self_harm"
    if problem.category == LOST_OR_HURT and "missing" in signs(turn.heard.text):
        return "missing"
    return KINDS.get(problem.category, "general")


def _draft(turn: Turn, problem: Problem, *, private: bool) -> WorkOrder:
    draft = _with_what_waited(turn, drafts.begun(turn, problem, turn.reading.place))
    if not private:
        return replace(draft, privacy=_open_unless_asked(draft))
    return replace(draft, restricted=True, reported_in=None)


def _with_what_waited(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """With the photo or the position sent just before the words."""
    silent = next((one for one in drafts.waiting(turn) if not one.text), None)
    if silent is None:
        return draft
    turn.record(moves.withdraw(silent, turn.act, reason="duplicate"))
    turn.remember(drafts=(), asked=0)
    spot, place = silent.place, draft.place
    here = (place.latitude, place.longitude)
    latitude, longitude = here if spot.latitude is None else (spot.latitude, spot.longitude)
    place = replace(place, latitude=latitude, longitude=longitude)
    turn.tx.attachments.attach(silent.photos, draft.number)
    return placed(turn, replace(draft, place=place, photos=(*silent.photos, *draft.photos)))


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
        same = [
            order
            for order in here
            if order.category == draft.category
            and order.is_running
            and not _is_elsewhere(order, draft)
        ]
    return next((order for order in same if not order.restricted), None)


def _is_elsewhere(order: WorkOrder, draft: WorkOrder) -> bool:
    """Whether it is of people, and in another spot: two of them may be in danger at once."""
    known, said = slots_of(order.place), slots_of(draft.place)
    return (
        draft.category == LOST_OR_HURT
        and bool(known and said)
        and not (known.spot and said.spot and (known.spot in said.spot or said.spot in known.spot))
    )


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
        choices = (Choice(value="yes"), Choice(value="no"))
        turn.ask(
            "danger.reached",
            f"emergency.ask_{kind}",
            choices=choices,
            context={"kind": kind},
            private=True,
            place=place_name(turn, order),
        )
    elif kind not in ANYWHERE and not resolve(turn, order.place).settled:
        turn.ask("danger.place", "emergency.ask_place", **values(turn, order))
    else:
        turn.ask("danger.detail", f"emergency.ask_{kind}", **values(turn, order))
