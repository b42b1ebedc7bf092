"""结束人工, said when there is none: the words belong to no conversation."""

from __future__ import annotations

from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """A hand-over that runs is ended by the relay before anybody comes here."""
    turn.say("human.none")
