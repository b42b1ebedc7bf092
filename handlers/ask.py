"""A question of policy: until there are answers with a source, it goes honestly to a human."""

from __future__ import annotations

from domain.orders import OrderClass
from domain.readings import Problem
from handlers import drafts
from handlers.opening import open_now
from handlers.shown import values
from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Says that it is not sure, and hands the question to the desk as a work order with a date."""
    asked = next((p for p in turn.reading.problems if p.order_class == OrderClass.Q), None)
    code = asked.category if asked else general_category(turn)
    question = Problem(text=turn.heard.text, category=code, order_class=OrderClass.Q)
    order = open_now(turn, drafts.begun(turn, question, turn.reading.place))
    turn.say("ask.handed_over", **values(turn, order))


def general_category(turn: Turn) -> str:
    """The category for questions that fit no other."""
    categories = turn.rules.categories.values()
    return next((c.code for c in categories if c.order_class is OrderClass.Q), "")
