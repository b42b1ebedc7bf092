"""A greeting, or the first contact."""

from __future__ import annotations

from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """One line of who we are and what to say; staff hear what waits for them by their own card."""
    turn.say("hello.staff" if turn.actor.is_staff and not turn.in_group else "hello.resident")
