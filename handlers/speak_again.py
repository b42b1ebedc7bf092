"""恢复通知: a person wants to be told again how things stand."""

from __future__ import annotations

from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Notices come again."""
    turn.tx.people.set_wishes(turn.person.id, quiet=False, withdrew=turn.person.withdrew)
    turn.say("quiet.ended", private=True)
