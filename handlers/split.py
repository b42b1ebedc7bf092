"""拆单: what was told as one is several; each part becomes a work order of its own."""

from __future__ import annotations

from dataclasses import replace

from domain import moves
from domain.desk import RUNNING
from domain.orders import OrderClass, WorkOrder
from domain.readings import Problem
from domain.rights import require_desk
from handlers.command import Command, at_desk
from handlers.drafts import draw_number
from handlers.said import Said
from handlers.shown import words
from handlers.turn import Turn
from handlers.where import placed, with_slots


def _split(turn: Turn, order: WorkOrder, details: Said) -> None:
    problems = [problem for problem in turn.reading.problems if problem.category]
    if not problems:
        COMMAND.ask_for(turn, order, details, "reason", words=words(turn, order))
        return
    parts = tuple(_part(turn, order, problem) for problem in problems)
    numbers = [part.number for part in parts]
    turn.record(moves.split(order, turn.act, parts=parts))
    turn.say("split.done", number=order.number, numbers=numbers)


def _part(turn: Turn, order: WorkOrder, problem: Problem) -> WorkOrder:
    """A draft of one part, at the same place unless another is named."""
    draft = WorkOrder(
        number=draw_number(turn),
        category=problem.category,
        order_class=OrderClass(problem.order_class) if problem.order_class else order.order_class,
        community=order.community,
        grid=order.grid,
        place=with_slots(order.place, problem.place),
        text=problem.text,
        created_at=turn.now,
    )
    moved = placed(turn, draft)
    return moved if moved.grid is not None else replace(draft, place=order.place)


COMMAND = Command(name="split", do=_split, rule=require_desk, among=RUNNING, choosing=at_desk)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
