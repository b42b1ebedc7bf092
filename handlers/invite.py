"""A member of staff comes in: a one-time code makes this account theirs."""

from __future__ import annotations

from domain.changes import AuditEntry
from handlers import guessing
from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """The code is what follows the word; a code is never typed into a group."""
    if turn.in_group:
        turn.say("invite.in_private")
    elif not turn.reading.reason:
        turn.say("invite.ask_code")
    else:
        # The last word as it was typed: in the reading a code may have lost a dash at its end.
        redeem(turn, turn.heard.text.split()[-1], turn.reading.reason)


def redeem(turn: Turn, *codes: str) -> None:
    """Joins this account to the person the code was made for, once."""
    if not guessing.may_try(turn):
        return
    redeemed = (turn.tx.codes.redeem(code, "invite") for code in codes)
    payload = next((payload for payload in redeemed if payload is not None), None)
    person = None if payload is None else turn.tx.people.get(payload["person"])
    if person is None:
        guessing.was_wrong(turn)
        turn.say("invite.unknown_code")
        return
    if person.id != turn.person.id:
        turn.tx.people.merge(keep=person.id, drop=turn.person.id)
    turn.person = person
    turn.remember(person=person.id)
    entry = AuditEntry(action="person.came_in", subject=f"person:{person.id}", person=person.id)
    turn.tx.audit.add(entry)
    posts = [
        {"unit": turn.org.unit(post.unit).name, "role": post.role.value}
        for post in sorted(turn.tx.people.posts_of(person.id, turn.now), key=str)
    ]
    turn.say("invite.welcome", name=person.name, posts=posts)
