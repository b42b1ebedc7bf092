"""Advertising: silence in a group, one line in private."""

from __future__ import annotations

from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """The service judges nobody's goods; in private it says what it is for."""
    if not turn.in_group:
        turn.say("advert.not_for_us")
