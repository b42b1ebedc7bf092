"""One person on two channels: joined by a code said on the one and confirmed on the other."""

from __future__ import annotations

from datetime import timedelta

from domain.changes import AuditEntry, Notice, to_person
from domain.messages import Lane
from domain.telling import asking
from handlers import guessing
from handlers.turn import Answer, Turn

INTERRUPTS = True
OF_ONESELF = True
CODE_LIFE = timedelta(minutes=30)


def handle(turn: Turn) -> None:
    """Without a code one is made for the other channel; with one, its maker is asked."""
    code = turn.reading.reason.strip()
    if turn.in_group:
        turn.say("link.in_private")
    elif code:
        _ask_other_side(turn, code)
    else:
        made = turn.tx.codes.make("link", {"person": turn.person.id}, until=turn.now + CODE_LIFE)
        turn.say("link.code", code=made)


def _ask_other_side(turn: Turn, code: str) -> None:
    if not guessing.may_try(turn):
        return
    payload = turn.tx.codes.redeem(code, "link")
    if payload is None or payload["person"] == turn.person.id:
        guessing.was_wrong(turn)
        turn.say("link.unknown_code")
        return
    question = asking("link.sure", "link_yes", "link_no", person=turn.person.id)
    turn.tell(
        Notice(
            to=to_person(payload["person"]),
            phrase="link.ask_sure",
            values={"name": turn.contact.name},
            lane=Lane.DIALOGUE,
            asking=question,
        )
    )
    turn.say("link.confirm_there")


def _sure(turn: Turn, answer: Answer) -> bool:
    """The other side agrees: both are one person from now on. The one with posts is kept."""
    agreed = answer.value == "link_yes" or turn.reading.yes is True
    if not agreed and answer.value != "link_no" and turn.reading.yes is not False:
        return False
    other = int(answer.context["person"])
    if not agreed:
        turn.say("link.refused")
        return True
    people = turn.tx.people
    other_is_staff = people.actor(other, turn.now).is_staff
    keep, drop = (other, turn.person.id) if other_is_staff else (turn.person.id, other)
    people.merge(keep=keep, drop=drop)
    kept = people.get(keep)
    if kept is not None:
        turn.person = kept
        turn.remember(person=keep)
    entry = AuditEntry(action="person.merged", subject=f"person:{keep}", person=keep)
    turn.tx.audit.add(entry)
    turn.say("link.done")
    return True


ANSWERS = {"sure": _sure}
