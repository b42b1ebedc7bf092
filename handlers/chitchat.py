"""Small talk: silence in a group, one friendly line in private."""

from __future__ import annotations

from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Never talks into a group's chat about lunch."""
    if not turn.in_group:
        turn.say("chitchat.friendly")
