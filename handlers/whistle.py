"""吹哨: the owner calls departments to come and help by a certain time."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import moves
from domain.orders import URGENT, Status, WorkOrder
from domain.people import Post
from domain.rights import require_owner
from handlers import posts
from handlers.command import Command
from handlers.said import Said
from handlers.turn import Turn

# How long those called have, where the caller names no time.
SOON, USUAL = timedelta(minutes=30), timedelta(hours=4)


def _whistle(turn: Turn, order: WorkOrder, details: Said) -> None:
    responders = _responders(turn, order, details)
    if not responders:
        choices = posts.department_choices(turn, order)
        COMMAND.ask_for(turn, order, details, "post", choices=choices)
        return
    by = details.moment(turn) or _usual_time(turn, order)
    change = moves.whistle(order, turn.act, responders=responders, by=by, reason=details.reason)
    order = turn.record(change)
    called = [posts.name(turn, post) for post in responders]
    turn.say("whistle.done", number=order.number, called=called, by=by)


def _responders(turn: Turn, order: WorkOrder, details: Said) -> tuple[Post, ...]:
    """Everybody named or spoken of; of a name that may stand for several posts the first."""
    if details.post is not None:
        return (details.post,)
    named = [posts.called(turn, order, name)[:1] for name in details.names]
    found = [post for called in named for post in called]
    return tuple(dict.fromkeys((*found, *posts.spoken_of(turn, order, details.reason))))


def _usual_time(turn: Turn, order: WorkOrder) -> datetime:
    if order.order_class in URGENT:
        return turn.now + SOON
    return turn.rules.calendar.opens_next(turn.now) + USUAL


COMMAND = Command(
    name="whistle",
    do=_whistle,
    rule=require_owner,
    among=(Status.ASSIGNED, Status.ACCEPTED),
    words_are_reason=True,
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
