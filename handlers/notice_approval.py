"""A large notice needs a second person: who is asked, and what they say."""

from __future__ import annotations

from domain import broadcast_telling as telling
from domain import broadcasts as moves
from domain.broadcasts import Broadcast
from domain.changes import Notice, to_person
from domain.people import DESK_ROLES, Post
from handlers import notice
from handlers.turn import Answer, Turn
from knowledge.answers import after_the_first_word

ASKED = 4


def ask_others(turn: Turn, broadcast: Broadcast) -> None:
    """Asks those at the nearest desk over all of it who are somebody else."""
    others = _others(turn, broadcast)
    if not others:
        turn.say("notice.no_second")
        return
    waiting = moves.submit(broadcast, turn.act)
    turn.tx.broadcasts.save(waiting)
    notice.note(turn, "submitted", waiting)
    values = {"author": turn.person.name, "where": turn.tx.broadcasts.where(waiting)}
    for person in others:
        turn.tell(telling.ask_to_approve(waiting, person, **values))
    asking = telling.asking_what_next(waiting)
    turn.say("notice.submitted", asking=asking, **telling.values_of(waiting))


def _others(turn: Turn, broadcast: Broadcast) -> list[int]:
    units = broadcast.audience.units or {broadcast.unit}
    for unit in turn.org.line(broadcast.unit):
        if not all(turn.org.within(one, unit.id) for one in units):
            continue
        found = dict.fromkeys(
            person.id
            for role in sorted(DESK_ROLES)
            for person in turn.tx.people.holders(Post(unit=unit.id, role=role), turn.now)
            if person.id != turn.person.id and _is_reached(turn, person.id)
        )
        if found:
            return list(found)[:ASKED]
    return []


def _is_reached(turn: Turn, person: int) -> bool:
    contacts = turn.tx.people.contacts(person)
    return any(one.reachable and one.private_chat for one in contacts)


def _decide(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    if broadcast is None or answer.value not in ("notice_agree", "notice_disagree"):
        return False
    if answer.value == "notice_agree":
        agreed = moves.approve(broadcast, turn.act)
        turn.tx.broadcasts.save(agreed)
        notice.note(turn, "approved", agreed)
        turn.say("notice.agreed", **telling.values_of(agreed))
        turn.tell(telling.told(agreed, "notice.approved", by=turn.person.name))
        return True
    moves.require_approver(broadcast, turn.act)
    why = after_the_first_word(turn.heard.text)
    if why:
        _refuse(turn, broadcast, why)
    else:
        turn.ask("notice_approval.why", "notice.ask_why", context={"broadcast": broadcast.id})
    return True


def _why(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    words = turn.heard.text.strip()
    if broadcast is None or not words:
        return False
    _refuse(turn, broadcast, words)
    return True


def _refuse(turn: Turn, broadcast: Broadcast, why: str) -> None:
    refused = moves.refuse(broadcast, turn.act)
    turn.tx.broadcasts.save(refused)
    notice.note(turn, "refused", refused)
    turn.say("notice.disagreed", **telling.values_of(refused))
    values = {**telling.values_of(refused), "by": turn.person.name, "reason": why}
    turn.tell(
        Notice(
            to=to_person(refused.author),
            phrase="notice.refused",
            values=values,
            asking=telling.asking_what_next(refused),
        )
    )


ANSWERS = {"decide": _decide, "why": _why}
