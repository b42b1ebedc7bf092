"""补充: more words, photos or a position for a work order that is being handled."""

from __future__ import annotations

from typing import Any

from domain import moves
from domain.messages import Location
from domain.orders import WorkOrder
from handlers import meant
from handlers.turn import Answer, Turn


def handle(turn: Turn) -> None:
    """Adds what was said to the one meant, or asks to which."""
    orders = meant.mine(turn)
    order = meant.named(turn) or meant.one_of(turn, orders)
    if order is not None:
        add(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "supplement.which", "supplement.ask_which", orders, _kept(turn))
    else:
        meant.say_none(turn, "supplement.none")


def add(turn: Turn, order: WorkOrder, kept: dict[str, Any] | None = None) -> None:
    """Puts words, photos and the position of this message, or of one kept, on the order."""
    what = kept or _kept(turn)
    position = what["position"]
    location = Location(latitude=position[0], longitude=position[1]) if position else None
    photos = tuple(what["photos"])
    order = turn.record(
        moves.supplement(order, turn.act, text=what["text"], photos=photos, location=location)
    )
    if photos:
        turn.tx.attachments.attach(photos, order.number)
    turn.focus_on(order)
    turn.say("supplement.done", number=order.number, pictures=len(photos))


def _kept(turn: Turn) -> dict[str, Any]:
    """What came with this message, as plain values that a question can keep."""
    spot = turn.heard.location
    return {
        "photos": [*turn.heard.photos, *turn.heard.voices, *turn.heard.files],
        "position": [spot.latitude, spot.longitude] if spot else None,
        "text": turn.heard.text,
    }


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    add(turn, order, dict(answer.context))
    return True


ANSWERS = {"which": _which}
