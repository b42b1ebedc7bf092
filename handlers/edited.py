"""An edited message puts right what its first version opened, and opens nothing twice."""

from __future__ import annotations

from datetime import timedelta

from domain import moves
from domain.correcting import CORRECTABLE
from domain.orders import WorkOrder
from handlers.opening import similar_to
from handlers.shown import values
from handlers.turn import Turn
from knowledge.normal import normal

EDITABLE = timedelta(days=2)  # how long Telegram lets people change what they wrote
MANY = 20


def is_known(turn: Turn, draft: WorkOrder) -> bool:
    """Whether the first version of the message opened or joined this already; what is said
    otherwise now is put right.
    """
    same = similar_to(turn, draft)
    if same is not None and turn.person.id in same.followers:
        return True
    opened = _opened(turn, draft, same)
    if opened is None:
        return False
    _put_right(turn, opened, draft)
    return True


def _opened(turn: Turn, draft: WorkOrder, same: WorkOrder | None) -> WorkOrder | None:
    """The work order of the first version: at the same place, else the only one of its kind."""
    if same is not None and same.reporter == turn.person.id:
        return same
    alike = [
        order
        for order in turn.tx.orders.of_reporter(turn.person.id, running_only=True, limit=MANY)
        if order.category == draft.category
        and order.reported_in == turn.conversation.address
        and turn.now - order.created_at <= EDITABLE
        and order.status in CORRECTABLE
    ]
    return alike[0] if len(alike) == 1 else None


def _put_right(turn: Turn, order: WorkOrder, draft: WorkOrder) -> None:
    moved = draft.grid is not None and draft.place != order.place
    reworded = normal(draft.text).key != normal(order.text).key
    if order.status not in CORRECTABLE or not (moved or reworded):
        return
    order = turn.record(
        moves.correct(
            order,
            turn.act,
            place=draft.place if moved else None,
            grid=draft.grid if moved else None,
            text=draft.text if reworded else "",
        )
    )
    turn.focus_on(order)
    if moved:
        turn.say("correct.done", **values(turn, order))
