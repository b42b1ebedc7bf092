"""A resident asks how things stand: status in plain words, who has it, the date promised."""

from __future__ import annotations

from domain.orders import EventKind, Status, WorkOrder
from domain.resident import levels_told
from handlers import meant
from handlers.shown import LISTED, lines, values
from handlers.turn import Turn

INTERRUPTS = True
LATELY_ENDED = (Status.CLOSED, Status.DECLINED, Status.TRANSFERRED, Status.MERGED)


def handle(turn: Turn) -> None:
    """Shows the one meant, or the list of the person's own."""
    order = meant.named(turn)
    if order is not None:
        show(turn, order)
        return
    orders = meant.mine(turn)
    if turn.reading.number or not (orders or _ended(turn)):
        meant.say_none(turn, "progress.none")
    elif not orders:
        show(turn, _ended(turn)[0])
    elif (order := _described(turn, orders)) is not None:
        show(turn, order)
    else:
        _list(turn, orders)


def show(turn: Turn, order: WorkOrder) -> None:
    """One order as it stands now."""
    turn.focus_on(order)
    if order.restricted:
        turn.say("progress.restricted", private=True)
        return
    resolved = order.last(EventKind.RESOLVED)
    turn.say(
        "progress.one",
        **values(turn, order),
        note=resolved.text if resolved and order.status is Status.RESOLVED else "",
        reason=_reason(order),
        told=_told(turn, order),
        cycle=order.cycle if order.cycle > 1 else None,
    )


def _list(turn: Turn, orders: list[WorkOrder]) -> None:
    turn.remember(
        memory={**turn.conversation.memory, "listed": [o.number for o in orders[:LISTED]]}
    )
    turn.say(
        "progress.many",
        orders=lines(turn, orders[:LISTED]),
        more=max(len(orders) - LISTED, 0),
        total=len(orders),
    )


def _described(turn: Turn, orders: list[WorkOrder]) -> WorkOrder | None:
    """The only one, or the only fitting one; the focus is no reason to hide the others."""
    if len(orders) == 1:
        return orders[0]
    return meant.fitting(turn, orders)


def _ended(turn: Turn) -> list[WorkOrder]:
    return meant.mine(turn, *LATELY_ENDED)


def _told(turn: Turn, order: WorkOrder) -> list[str]:
    """The units above that have been told of this handling, once each."""
    units = dict.fromkeys(event.values.get("unit") for event in levels_told(order))
    return [turn.org.unit(unit).name for unit in units if unit is not None]


def _reason(order: WorkOrder) -> str:
    """Why it stands still or was not taken, in the words of those who decided it."""
    kinds = {
        Status.SUSPENDED: EventKind.SUSPENDED,
        Status.DECLINED: EventKind.DECLINED,
        Status.TRANSFERRED: EventKind.TRANSFERRED,
    }
    kind = kinds.get(order.status)
    event = order.last(kind) if kind is not None else None
    return event.reason if event is not None else ""
