"""热点: where the same thing is reported again and again, for the desk of the community."""

from __future__ import annotations

from domain.hotspots import WINDOW, found
from handlers.command import desk_communities
from handlers.shown import category_name
from handlers.turn import Turn
from storage.hotspots import told_since

SHOWN = 8


def handle(turn: Turn) -> None:
    """The hottest places of the person's communities, in private; nobody else's."""
    communities = desk_communities(turn)
    if not communities:
        turn.say("hotspots.not_yours")
        return
    told = told_since(turn.tx, communities, turn.now - 2 * WINDOW)
    spots = found(told, turn.now)
    if not spots:
        turn.say("hotspots.none")
        return
    rows = [
        {
            "row": row,
            **spot.values(),
            "category": category_name(turn, spot.category),
            "community": turn.org.unit(spot.community).name if len(communities) > 1 else "",
        }
        for row, spot in enumerate(spots[:SHOWN], start=1)
    ]
    turn.say("hotspots.list", private=True, rows=rows, others=max(len(spots) - SHOWN, 0))
