"""恢复使用: a person who took back their consent gives it again."""

from __future__ import annotations

from domain.people import ConsentWord
from handlers import consent
from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Everything works again, and the notice is shown as it is now."""
    turn.tx.people.set_wishes(turn.person.id, quiet=False, withdrew=False)
    consent.note(turn, ConsentWord.GIVEN)
    turn.say("consent.given", private=True)
