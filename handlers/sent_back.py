"""重办: what was said to be done and is not goes back to its owner, in the person's own words."""

from __future__ import annotations

from domain import moves
from domain.orders import Status, WorkOrder
from domain.readings import Problem
from handlers import meant
from handlers.shown import values
from handlers.turn import Turn
from knowledge.signs import signs


def send_back(turn: Turn, order: WorkOrder, reason: str, photos: tuple[int, ...]) -> None:
    """Records that it is not solved, with the photos that show it."""
    move = moves.reopen if order.status is Status.CLOSED else moves.disagree
    order = turn.record(move(order, turn.act, reason=reason))
    if photos:
        order = turn.record(moves.supplement(order, turn.act, photos=photos))
        turn.tx.attachments.attach(photos, order.number)
    turn.focus_on(order)
    turn.say("disagree.done", **values(turn, order), pictures=len(photos))


def still_wrong(turn: Turn, problem: Problem) -> WorkOrder | None:
    """Their own order that was just said to be done, when this is the same trouble told again."""
    if not problem.category or "another" in signs(turn.heard.text):
        return None
    waiting = [o for o in meant.mine(turn, Status.RESOLVED) if o.reporter == turn.person.id]
    same = [order for order in waiting if _is_the_same(order, problem)]
    return same[0] if len(same) == 1 else None


def _is_the_same(order: WorkOrder, problem: Problem) -> bool:
    said, known = problem.place, order.place
    return (
        order.category == problem.category
        and said.building in ("", known.building)
        and said.entrance in ("", known.entrance)
    )
