"""走访: what staff find on their round comes in like any report, with its own source."""

from __future__ import annotations

from dataclasses import replace

from domain.messages import Choice
from domain.orders import Source, WorkOrder
from domain.readings import Problem
from domain.units import UnitKind
from handlers import drafts
from handlers.turn import Answer, Turn


def handle(turn: Turn) -> None:
    """Opens what was found; where no problem was heard it asks whether to register anything."""
    _begin_at_home(turn)
    found = tuple(problem for problem in turn.reading.problems if problem.category)
    if found:
        drafts.go_on(turn, [_begun(turn, problem) for problem in found])
        return
    words = turn.reading.reason
    if not words:
        turn.say("patrol.ask_words")
        return
    choices = (Choice(value="patrol_register"), Choice(value="patrol_nothing"))
    turn.ask("patrol.sure", "patrol.ask_register", choices=choices, context={"words": words})


def _begin_at_home(turn: Turn) -> None:
    """Whoever works for one community and names no other means their own."""
    homes = {turn.org.nearest(post.unit, UnitKind.COMMUNITY) for post in turn.actor.posts}
    home = homes.pop() if len(homes) == 1 else None
    if home is not None and turn.conversation.community is None:
        turn.remember(community=home.id)


def _begun(turn: Turn, problem: Problem) -> WorkOrder:
    draft = drafts.begun(turn, problem, turn.reading.place)
    return replace(draft, source=Source.PATROL)


def _sure(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    if answer.value == "patrol_nothing":
        turn.say("patrol.nothing")
        return True
    drafts.go_on(turn, [_begun(turn, Problem(text=str(answer.context["words"])))])
    return True


ANSWERS = {"sure": _sure}
