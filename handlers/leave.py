"""Somebody cannot come to an activity: people of the community see to it."""

from __future__ import annotations

from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Promises nothing: says who keeps the list, and how to reach them."""
    turn.say("activity.by_people")
