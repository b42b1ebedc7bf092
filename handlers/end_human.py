"""结束人工, said when there is none: the words belong to no conversation."""

from __future__ import annotations

from handlers.turn import Turn


def is_possible(turn: Turn) -> bool:
    """Whether it is the plain command: 说完了 may be said of anything, and is no end of talk."""
    return len(turn.reading.intents) < 2


def handle(turn: Turn) -> None:
    """A hand-over that runs is ended by the relay before anybody comes here."""
    turn.say("human.none")
