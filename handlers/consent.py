"""The notice of what is kept and why, shown to each person once, in private."""

from __future__ import annotations

from handlers.turn import Turn

NOTICE = "1"  # a new text of the notice gets a new number and is shown again


def remind(turn: Turn) -> None:
    """Adds the notice after the first answer in private; an emergency is not the moment for it."""
    shown = turn.conversation.greeted == NOTICE
    if turn.in_group or shown or not turn.said or turn.reading.emergency or turn.actor.is_staff:
        return
    turn.remember(greeted=NOTICE)
    elsewhere = turn.tx.conversations.of_person(turn.person.id)
    if not any(conversation.greeted == NOTICE for conversation in elsewhere):
        turn.say("consent.notice")
