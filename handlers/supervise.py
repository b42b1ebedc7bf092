"""督办: put on the list of what is watched from above, with a named person and a date."""

from __future__ import annotations

from domain import moves
from domain.orders import RUNNING, Status, WorkOrder
from domain.supervision import default_until, require_supervisor, supervision
from handlers.command import Command, desk_communities
from handlers.said import Said
from handlers.shown import is_hidden
from handlers.turn import Turn

MANY = 200


def _supervise(turn: Turn, order: WorkOrder, details: Said) -> None:
    order = put_up(turn, order, details)
    watched = supervision(order)
    if watched is not None:
        turn.say(
            "supervise.done",
            number=order.number,
            named=named(turn, order),
            until=watched.until,
            evidence=watched.evidence.value,
        )


def put_up(turn: Turn, order: WorkOrder, details: Said) -> WorkOrder:
    """On the list; where no reason was said, that it is overdue, or that it is looked at."""
    change = moves.supervise(
        order,
        turn.act,
        named=_person(turn, order, details),
        until=details.moment(turn) or default_until(turn.act),
        reason=details.reason or _usual_reason(turn, order),
    )
    return turn.record(change)


def named(turn: Turn, order: WorkOrder) -> str:
    """The name of the person named for it."""
    watched = supervision(order)
    person = None if watched is None or watched.named is None else watched.named
    known = None if person is None else turn.tx.people.get(person)
    return "" if known is None else known.name


def watchable(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What runs in the person's communities and is not on the list."""
    running = turn.tx.orders.running_in(desk_communities(turn), MANY)
    return [
        order
        for order in running
        if order.owner is not None and supervision(order) is None and not is_hidden(turn, order)
    ]


def _person(turn: Turn, order: WorkOrder, details: Said) -> int | None:
    """Who was named, if he holds the owner's post; else who holds it."""
    if order.owner is None:
        return None
    holders = turn.tx.people.holders(order.owner, turn.now)
    called = [
        person
        for name in details.names
        for person in turn.tx.people.staff_named(name, within=order.community)
        if person in holders
    ]
    return next((person.id for person in (*called, *holders)), None)


def _usual_reason(turn: Turn, order: WorkOrder) -> str:
    late = order.promised_at is not None and turn.now >= order.promised_at
    phrase = "supervision.why_overdue" if late else "supervision.why_watched"
    return turn.tx.wording.say(phrase, {})


COMMAND = Command(
    name="supervise",
    do=_supervise,
    rule=require_supervisor,
    among=(*RUNNING, Status.RESOLVED),
    choosing=watchable,
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
