"""隐私: the notice of what is kept and why, and what a person may do about it."""

from __future__ import annotations

from domain.people import ConsentWord
from handlers import consent
from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Shows it at any time, in private."""
    turn.say("consent.notice", private=True)
    turn.say("consent.rights", private=True)
    if not turn.in_group:
        consent.note(turn, ConsentWord.SHOWN)
