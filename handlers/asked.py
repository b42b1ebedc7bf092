"""The answers to what a draft still lacked: its kind, its estate, its building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain import moves
from domain.messages import InboundKind
from domain.orders import OrderClass, Status, WorkOrder
from domain.places import OrderPlace
from domain.readings import PlaceSlots
from handlers import correct, drafts, opening
from handlers.turn import Answer, Turn
from handlers.where import at, slots_of
from knowledge.answers import find_row
from knowledge.normal import normal
from knowledge.signs import signs

KIND_CODES: Mapping[str, str] = {"sanitation": "03", "facilities": "04", "parking": "05"}
LONGEST_SPOT = 30  # characters
LONGEST_NUMBER = 3
# Words that are no answer but may still name a spot no table knows.
FREE_WORDS = frozenset({"", "report", "supplement"})


def _place(turn: Turn, answer: Answer) -> bool:
    """Which building: in any spelling, as a bare number, by position or in own words."""
    waiting = drafts.waiting(turn)
    if not waiting:
        return _opened_meanwhile(turn, answer)
    said = turn.reading.place or _bare_number(turn, answer)
    if not (said or turn.heard.location):
        return _without_place(turn, waiting)
    waiting = [at(turn, draft, said) for draft in waiting]
    kinds = {draft.category for draft in waiting}
    problems = [p for p in turn.reading.problems if p.category and p.category not in kinds]
    fresh = [drafts.begun(turn, problem, said) for problem in problems]
    drafts.go_on(turn, drafts.told_of(waiting, fresh), guessed=said.guessed)
    return True


def _without_place(turn: Turn, waiting: list[WorkOrder]) -> bool:
    """No place in it: a photo, "I do not know", a spot in plain words, or something else."""
    overheard = turn.in_group and not turn.heard.addressed
    if turn.heard.photos:
        waiting = [drafts.with_heard(turn, waiting[0]), *waiting[1:]]
    elif overheard or any(problem.category for problem in turn.reading.problems):
        return False
    elif "not_knowing" in signs(turn.heard.text):
        turn.remember(asked=drafts.MAX_QUESTIONS)
    elif turn.reading.intent not in FREE_WORDS or not _may_be_a_spot(turn):
        return False
    else:
        spot = PlaceSlots(spot=turn.heard.text)
        waiting = [at(turn, draft, spot) for draft in waiting]
    drafts.go_on(turn, waiting)
    return True


def _may_be_a_spot(turn: Turn) -> bool:
    """Whether the words may name a spot: who speaks of a row, takes something back or tells a
    story does not.
    """
    said = turn.heard.text
    row = find_row(normal(said).key)
    short = 0 < len(said) <= LONGEST_SPOT
    return short and row is None and not signs(said) & {"back", "repaired", "taken_back"}


def _estate(turn: Turn, answer: Answer) -> bool:
    """Which of the estates that have such a building."""
    if not answer.value:
        return _place(turn, answer)
    return _settled(turn, answer, PlaceSlots(estate=answer.value))


def _same_place(turn: Turn, answer: Answer) -> bool:
    """Whether it is where the last one was."""
    if answer.value == "yes":
        return _settled(turn, answer, slots_of(turn.conversation.last_place))
    if answer.value == "no" and not turn.reading.place:
        return _settled(turn, answer, PlaceSlots())
    return _place(turn, answer)


def _readback(turn: Turn, answer: Answer) -> bool:
    """Whether a place made out of a slip of the keys is the right one."""
    if answer.value == "yes":
        return _settled(turn, answer, PlaceSlots())
    if answer.value == "no" and not turn.reading.place:
        waiting = drafts.waiting(turn)
        drafts.go_on(turn, [replace(draft, place=OrderPlace(), grid=None) for draft in waiting])
        return True
    return _place(turn, answer)


def _kind(turn: Turn, answer: Answer) -> bool:
    """What a photo or a position without words is about."""
    waiting = drafts.waiting(turn)
    if not waiting:
        return _opened_meanwhile(turn, answer)
    if answer.value == "something_else":
        turn.ask("asked.kind", "report.ask_words", number=waiting[0].number)
        return True
    said = next((problem for problem in turn.reading.problems if problem.category), None)
    if not answer.value and said is None and turn.reading.intent not in FREE_WORDS:
        return False
    draft = replace(
        waiting[0],
        category=KIND_CODES.get(answer.value, said.category if said else ""),
        order_class=OrderClass(said.order_class) if said else OrderClass.N,
        text="" if answer.value else turn.heard.text,
    )
    drafts.go_on(turn, [at(turn, draft, turn.reading.place), *waiting[1:]])
    return True


def _another(turn: Turn, answer: Answer) -> bool:
    """What was set aside as a duplicate is another one, and is opened after all."""
    if answer.value != "another_one":
        return False
    aside = turn.tx.orders.get(str(answer.context["draft"]))
    if aside is None or aside.status is not Status.WITHDRAWN:
        return False
    draft = drafts.afresh(turn, aside)
    _leave(turn, str(answer.context.get("joined", "")))
    opening.open_or_follow(turn, [draft], another=True)
    return True


def _leave(turn: Turn, number: str) -> None:
    """No longer counted for the one that was joined only because it looked the same."""
    order = turn.tx.orders.get(number) if number else None
    if order is not None and turn.person.id in order.followers:
        turn.record(moves.unfollow(order, turn.act, person=turn.person.id))


def _call(turn: Turn, answer: Answer) -> bool:
    """Whether somebody is to ring; where, when it was said with the answer."""
    order = turn.tx.orders.get(answer.number)
    if order is None or not order.is_running or not answer.value:
        return _opened_meanwhile(turn, answer)
    if answer.value == "yes":
        wish = turn.tx.wording.say("report.needs_call", {})
        order = turn.record(moves.supplement(order, turn.act, text=wish))
    turn.say(f"report.call_{answer.value}", number=order.number)
    return True


def _settled(turn: Turn, answer: Answer, said: PlaceSlots) -> bool:
    """The drafts go on with what was chosen."""
    waiting = drafts.waiting(turn)
    if not waiting:
        return _opened_meanwhile(turn, answer)
    drafts.go_on(turn, [at(turn, draft, said) for draft in waiting])
    return True


def _opened_meanwhile(turn: Turn, answer: Answer) -> bool:
    """The answer to a draft that was opened while nobody answered is a correction of it."""
    order = turn.tx.orders.get(answer.number) if answer.number else None
    if order is None or not order.is_running or not turn.reading.place:
        if turn.heard.kind is InboundKind.PRESS:
            turn.say("button.changed", number=answer.number)
        return False
    correct.put_right(turn, order, "correct.placed")
    return True


def _bare_number(turn: Turn, answer: Answer) -> PlaceSlots:
    """A number alone is a building, or the entrance that was asked for."""
    said = turn.heard.text.strip()
    if not (said.isdecimal() and len(said) <= LONGEST_NUMBER):
        return PlaceSlots()
    number = str(int(said))
    if answer.context.get("part") == "entrance":
        return PlaceSlots(entrance=number)
    return PlaceSlots(building=number)


ANSWERS = {
    "place": _place,
    "estate": _estate,
    "same_place": _same_place,
    "readback": _readback,
    "kind": _kind,
    "another": _another,
    "call": _call,
}
