"""Puts what came with a message on a work order that is being handled."""

from __future__ import annotations

from typing import Any

from domain import moves
from domain.messages import Location
from domain.orders import WorkOrder
from handlers.turn import Turn


def add(turn: Turn, order: WorkOrder, known: dict[str, Any] | None = None) -> None:
    """Puts words, photos and the position of this message, or of one kept, on the order."""
    what = known or kept(turn)
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


def kept(turn: Turn) -> dict[str, Any]:
    """What came with this message, as plain values that a question can keep."""
    spot = turn.heard.location
    return {
        "photos": [*turn.heard.photos, *turn.heard.voices, *turn.heard.files],
        "position": [spot.latitude, spot.longitude] if spot else None,
        "text": turn.heard.text,
    }
