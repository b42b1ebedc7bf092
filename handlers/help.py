"""What the service can do, in a few lines, by where it is asked and who asks."""

from __future__ import annotations

from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Short for residents, with the words for their desk for those who work."""
    turn.say("help.staff" if turn.actor.is_staff and not turn.in_group else "help.resident")
