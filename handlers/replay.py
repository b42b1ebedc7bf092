"""重放: a message that could not be handled is tried again from the start."""

from __future__ import annotations

from domain.changes import AuditEntry
from handlers.dead_letters import letters_of
from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Tries the one whose number is said, or the only one there is."""
    letters = {letter.id for letter in letters_of(turn)}
    said = turn.reading.reason.strip("# ")
    letter = int(said) if said.isdecimal() else next(iter(letters), 0)
    if not letters:
        turn.say("dead_letters.none")
    elif (len(letters) > 1 and not said) or letter not in letters:
        turn.say("replay.ask_which")
    else:
        turn.tx.inbox.replay(letter)
        subject, person = f"inbox:{letter}", turn.person.id
        entry = AuditEntry(action="inbox.replayed", subject=subject, person=person)
        turn.tx.audit.add(entry)
        turn.say("replay.done", id=letter)
