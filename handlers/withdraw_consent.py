"""撤回同意: from now on nothing is done with what a person says, until they want it again."""

from __future__ import annotations

from domain.people import ConsentWord
from handlers import consent
from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """As easy as giving it: said once, done, with what goes on working in plain words."""
    turn.tx.people.set_wishes(turn.person.id, quiet=True, withdrew=True)
    consent.note(turn, ConsentWord.WITHDRAWN)
    turn.say("consent.withdrawn", private=True)
