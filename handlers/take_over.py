"""接管会话: the desk takes the conversation of whoever has waited longest for a human."""

from __future__ import annotations

from handlers import human
from handlers.command import desk_communities
from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Takes one; a person speaks with one resident at a time."""
    if turn.in_group:
        turn.say("take_over.in_private", private=True)
        return
    waiting = turn.tx.hand_overs.waiting(desk_communities(turn))
    if not waiting:
        turn.say("take_over.none")
    else:
        human.take(turn, waiting[0])
