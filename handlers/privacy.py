"""Personal numbers in a group: never repeated, and a word of advice to whoever wrote them."""

from __future__ import annotations

from handlers.turn import Turn


def warn(turn: Turn) -> None:
    """After our own answer only: nobody is lectured who did not speak to us."""
    if turn.in_group and turn.said and turn.reading.private_data:
        turn.say("privacy.take_it_back")
