"""别再给我发消息: a person is answered, and told nothing of our own accord but of danger."""

from __future__ import annotations

from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Stops the notices, and says what still comes and how to have them back."""
    turn.tx.people.set_wishes(turn.person.id, quiet=True, withdrew=turn.person.withdrew)
    turn.say("quiet.done", private=True)
