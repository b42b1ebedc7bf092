"""没听懂: an honest line and what to try; the second time a human is offered."""

from __future__ import annotations

from domain.messages import Choice
from handlers.turn import Turn

MISSES_BEFORE_A_HUMAN = 2


def handle(turn: Turn) -> None:
    """Counts the misses in a row."""
    misses = turn.conversation.misses + 1
    turn.remember(misses=misses)
    if misses < MISSES_BEFORE_A_HUMAN:
        turn.say("not_understood.first")
        return
    turn.ask(
        "human.offered",
        "not_understood.again",
        choices=(Choice(value="human"), Choice(value="cancel")),
    )
