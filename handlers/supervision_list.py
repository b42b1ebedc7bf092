"""督办列表: what is watched from above, for the desk of its community and everybody above."""

from __future__ import annotations

from domain.orders import Status
from domain.supervision import is_overdue, supervision
from handlers.shown import lines
from handlers.strike_off import watched
from handlers.supervise import named
from handlers.turn import Turn

SHOWN = 8


def handle(turn: Turn) -> None:
    """Whose it is, until when, and how it stands, the first to run out first; in private."""
    listed = watched(turn, tuple(Status))
    if not listed:
        turn.say("supervision_list.none")
        return
    dates = {order.number: one.until for order in listed if (one := supervision(order))}
    listed.sort(key=lambda order: dates[order.number])
    rows = [
        {
            **row,
            "named": named(turn, order),
            "until": dates[order.number],
            "standing": _standing(turn, order.status, late=is_overdue(order, turn.now)),
        }
        for row, order in zip(lines(turn, listed[:SHOWN]), listed, strict=False)
    ]
    turn.say(
        "supervision_list.list",
        private=True,
        total=len(listed),
        overdue=sum(is_overdue(order, turn.now) for order in listed),
        to_check=sum(order.status in DONE for order in listed),
        rows=rows,
        more=max(len(listed) - SHOWN, 0),
    )


DONE = (Status.RESOLVED, Status.CLOSED)


def _standing(turn: Turn, status: Status, *, late: bool) -> str:
    if status in DONE:
        return "to_check"
    return "overdue" if late else "running"
