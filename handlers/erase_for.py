"""替居民删除: somebody rings or comes by and wants their data removed; the desk does it for them.

Whoever we can reach is told first and has a day to say no; the others are erased at once. It is
the same erasing as 删除我, for a reason that is kept.
"""

from __future__ import annotations

from domain.acts import NotAllowed
from domain.changes import Asking, AuditEntry, Notice, to_person
from domain.messages import Address, Choice, Lane
from domain.people import Contact, Person
from domain.resident import UNFINISHED
from domain.rights import may_erase, may_know_reporter
from handlers import delete_me
from handlers.command import desk_communities
from handlers.shown import masked_name, person_name
from handlers.turn import Answer, Turn
from knowledge.private_data import mobiles_in
from storage import telling
from storage.departing import OBJECTION, TIME_TO_OBJECT

MANY = 1000
REASONS = ("erase_by_phone", "erase_in_person", "erase_by_family")


def handle(turn: Turn) -> None:
    """Says whom it would be, and asks who wants it."""
    if turn.in_group:
        turn.say("erase_for.in_private", private=True)
        return
    if not desk_communities(turn):
        raise NotAllowed("erase_for", "")
    number = turn.reading.number or turn.heard.about
    phones = mobiles_in(turn.heard.text)
    if not number and not phones:
        turn.ask("erase_for.who", "erase_for.ask_who")
        return
    _ask_reason(turn, _meant(turn, number, phones))


def _who(turn: Turn, answer: Answer) -> bool:
    phones = mobiles_in(turn.heard.text)
    if not turn.reading.number and not phones:
        return False
    _ask_reason(turn, _meant(turn, turn.reading.number, phones))
    return True


def _meant(turn: Turn, number: str, phones: tuple[str, ...]) -> Person | None:
    """Who reported this work order, else the only one with this phone."""
    if number:
        order = turn.tx.orders.get(number)
        if order is None or order.reporter is None:
            return None
        known = may_know_reporter(order, turn.actor, turn.org)
        return turn.tx.people.get(order.reporter) if known else None
    found = {person.id: person for phone in phones for person in turn.tx.people.with_phone(phone)}
    return next(iter(found.values())) if len(found) == 1 else None


def _may(turn: Turn, person: Person) -> bool:
    """Whether they belong to a desk of the actor, who may see all that they reported."""
    orders = turn.tx.orders.of_reporter(person.id, False, MANY)
    homes = [one.unit for one in turn.tx.audiences.of_person(person.id)]
    return may_erase(orders, homes, turn.actor, turn.org)


def _ask_reason(turn: Turn, person: Person | None) -> None:
    """Nobody learns here whether somebody of elsewhere is known to us."""
    if person is None or person.erased or not _may(turn, person):
        turn.say("erase_for.unknown")
    elif turn.tx.people.actor(person.id, turn.now).is_staff:
        turn.say("erase_for.staff")
    else:
        orders = turn.tx.orders.of_reporter(person.id, False, MANY)
        turn.ask(
            "erase_for.reason",
            "erase_for.ask_reason",
            choices=tuple(Choice(value=one) for one in (*REASONS, "cancel")),
            context={"person": person.id},
            name=masked_name(person_name(turn, person.id)),
            orders=len(orders),
            running=sum(order.status in UNFINISHED for order in orders),
        )


def _reason(turn: Turn, answer: Answer) -> bool:
    if answer.value == "cancel" or turn.reading.yes is False:
        turn.say("erase_for.kept")
    elif answer.value in REASONS:
        turn.ask(
            "erase_for.sure",
            "erase_for.ask_sure",
            choices=(Choice(value="erase"), Choice(value="keep_mine")),
            context={**answer.context, "reason": answer.value},
            reachable=bool(_open_chats(turn, int(answer.context["person"]))),
        )
    else:
        return False
    return True


def _sure(turn: Turn, answer: Answer) -> bool:
    if answer.value == "keep_mine" or turn.reading.yes is False:
        turn.say("erase_for.kept")
        return True
    if answer.value != "erase":
        return False
    person = turn.tx.people.get(int(answer.context["person"]))
    if not desk_communities(turn):
        raise NotAllowed("erase_for", "")
    if person is None or person.erased or not _may(turn, person):
        turn.say("erase_for.unknown")
        return True
    _begin(turn, person, str(answer.context["reason"]))
    return True


def _begin(turn: Turn, person: Person, reason: str) -> None:
    turn.tx.audit.add(
        AuditEntry(
            action="person.erasure_asked",
            subject=f"person:{person.id}",
            person=turn.person.id,
            detail={"reason": reason},
        )
    )
    _forget_questions(turn, person.id)
    at = turn.now + TIME_TO_OBJECT
    told = telling.say_to(
        turn.tx,
        person,
        "erase_for.told",
        {"at": at},
        asking=Asking(
            step=OBJECTION,
            choices=(Choice(value="erase"), Choice(value="keep_mine")),
            context={"by": turn.person.id},
        ),
        lane=Lane.DIALOGUE,
    )
    if told is None:
        turn.say("erase_for.done", receipt=delete_me.erase(turn, person.id, reason=reason))
    else:
        turn.say("erase_for.waits", at=at)


def _objection(turn: Turn, answer: Answer) -> bool:
    """What the resident says to it: at once, or not at all. Silence is consent, after a day."""
    if answer.value == "erase":
        delete_me.erase_me(turn)
    elif answer.value == "keep_mine" or turn.reading.yes is False:
        _forget_questions(turn, turn.person.id)
        turn.tx.audit.add(
            AuditEntry(action="person.erasure_refused", subject=f"person:{turn.person.id}")
        )
        turn.say("delete_me.kept")
        by = to_person(int(answer.context["by"]))
        turn.tell(Notice(to=by, phrase="erase_for.refused", lane=Lane.STAFF))
    else:
        return False
    return True


def _forget_questions(turn: Turn, person: int) -> None:
    for contact in _open_chats(turn, person):
        address = Address(channel=contact.channel, chat=contact.private_chat)
        turn.tx.questions.drop(person, address, OBJECTION)


def _open_chats(turn: Turn, person: int) -> list[Contact]:
    contacts = turn.tx.people.contacts(person)
    return [one for one in contacts if one.private_chat and one.reachable]


ANSWERS = {"who": _who, "reason": _reason, "sure": _sure, "mine": _objection}
