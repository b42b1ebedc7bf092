"""A resident reports one problem or several: each becomes a work order, and only what is missing is asked."""

from __future__ import annotations

from domain.changes import AuditEntry, Change
from domain.orders import OrderClass, WorkOrder
from domain.readings import Problem
from handlers import ask, drafts
from handlers.opening import similar_to
from handlers.turn import Turn
from handlers.where import at

CLEAR = 0.5  # how sure the reader must be before we speak in a group unasked


def handle(turn: Turn) -> None:
    """Opens, joins, asks, or shows the lawful path: whatever each problem in the message needs."""
    problems = _heard(turn)
    for problem in problems:
        if problem.order_class == OrderClass.X:
            _show_lawful_path(turn, problem)
    ours = [p for p in problems if p.order_class not in (OrderClass.X, OrderClass.Q)]
    if ours:
        _take_up(turn, ours)
    elif any(problem.order_class == OrderClass.Q for problem in problems):
        ask.handle(turn)


def _heard(turn: Turn) -> tuple[Problem, ...]:
    """The problems to act on; in a group nobody addressed us in only the clear ones."""
    problems = turn.reading.problems
    if turn.in_group and not turn.heard.addressed:
        return tuple(problem for problem in problems if problem.confidence >= CLEAR)
    return problems or (Problem(text=turn.heard.text, place=turn.reading.place),)


def _take_up(turn: Turn, problems: list[Problem]) -> None:
    """Joins the drafts that wait already; the place said now is the place of those, too."""
    said = turn.reading.place
    known = [at(turn, draft, said) for draft in drafts.waiting(turn)]
    kinds = {draft.category for draft in known if draft.category}
    fresh = [drafts.begun(turn, p, said) for p in problems if p.category not in kinds]
    if turn.heard.edited:
        fresh = [draft for draft in fresh if not _is_mine_already(turn, draft)]
    if known or fresh:
        drafts.go_on(turn, [*known, *fresh], guessed=said.guessed)


def _is_mine_already(turn: Turn, draft: WorkOrder) -> bool:
    """Whether an edited message only says again what its first version opened."""
    order = similar_to(turn, draft)
    return order is not None and order.reporter == turn.person.id


def _show_lawful_path(turn: Turn, problem: Problem) -> None:
    """Not ours to handle: the lawful way, in private. Neither the words nor the name of the accused are kept."""
    category = turn.rules.categories.get(problem.category)
    turn.say("report.other_path", private=True, path=category.path if category else "")
    entry = AuditEntry(action="report.other_path", subject=f"category:{problem.category}")
    turn.record(Change(audit=(entry,)))
