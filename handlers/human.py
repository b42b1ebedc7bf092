"""转人工: somebody of the desk takes over, and words go both ways until either side ends it."""

from __future__ import annotations

from dataclasses import replace

from domain.acts import NotAllowed
from domain.changes import Audience, Notice, Recipient, to_person
from domain.conversations import HandOver, HandOverState
from domain.messages import Address, Lane
from domain.telling import asking
from handlers import accused
from handlers.office import hours
from handlers.turn import Answer, Turn
from handlers.where import community_here

INTERRUPTS = True
END = "end_human"
# While nobody has come yet, only what means nothing else is passed on as words for the human.
FREE_TALK = frozenset({"", "chitchat", "thanks", "hello", "supplement"})


def handle(turn: Turn) -> None:
    """Tells the desk that somebody wants a human, and the person when one will come."""
    if not is_reachable(turn):
        turn.say("human.in_private", private=True)
        return
    key, address = _private_conversation(turn)
    if turn.tx.hand_overs.of_conversation(key) is not None:
        turn.say("human.still_waiting", private=True, **hours(turn))
        return
    unit = community_here(turn)
    turn.tx.hand_overs.open(
        HandOver(
            conversation=key,
            person=turn.person.id,
            address=address,
            unit=unit,
            opened_at=turn.now,
        )
    )
    _tell_desk(turn, "human.card", unit, key)
    turn.say("human.waiting", private=True, **hours(turn))


def relay(turn: Turn) -> bool:
    """Passes on what either side of a hand-over says; False when this is no part of one."""
    if turn.in_group:
        return False
    theirs = turn.tx.hand_overs.of_conversation(turn.conversation.key)
    if theirs is not None:
        return _from_resident(turn, theirs)
    ours = turn.tx.hand_overs.of_staff(turn.person.id) if turn.actor.is_staff else None
    if ours is None or turn.heard.about or not turn.actor.is_desk(ours.unit, turn.org):
        return False
    if turn.reading.intent == END:
        end(turn, ours)
    else:
        _pass_on(turn, ours.person, "human.from_staff")
    return True


def take(turn: Turn, hand_over: HandOver) -> None:
    """A member of staff takes the conversation; the resident hears that somebody is there."""
    if not turn.actor.is_desk(hand_over.unit, turn.org):
        turn.say(NotAllowed.phrase)
        return
    if hand_over.state is not HandOverState.WAITING:
        turn.say("human.taken_already")
        return
    taken = replace(
        hand_over,
        state=HandOverState.ACTIVE,
        staff=turn.person.id,
        staff_address=turn.conversation.address,
    )
    turn.tx.hand_overs.save(taken)
    ending = asking("human.end", END)
    turn.tell(
        Notice(
            to=to_person(taken.person),
            phrase="human.somebody_came",
            lane=Lane.DIALOGUE,
            asking=ending,
        )
    )
    turn.say("human.you_took_it", asking=ending)


def end(turn: Turn, hand_over: HandOver) -> None:
    """Ends it from either side; both are told."""
    ended = replace(hand_over, state=HandOverState.ENDED, ended_at=turn.now)
    turn.tx.hand_overs.save(ended)
    by_resident = turn.person.id == hand_over.person
    other = hand_over.staff if by_resident else hand_over.person
    turn.say("human.ended")
    if other is not None:
        told = "human.ended_by_resident" if by_resident else "human.ended_by_staff"
        turn.tell(Notice(to=to_person(other), phrase=told, lane=Lane.DIALOGUE))


def _from_resident(turn: Turn, hand_over: HandOver) -> bool:
    if turn.reading.intent == END:
        end(turn, hand_over)
        return True
    clerk = hand_over.staff if hand_over.state is HandOverState.ACTIVE else None
    if clerk is not None and not _sits_there(turn, clerk, hand_over.unit):
        _give_back(turn, hand_over)
        return True
    if clerk is not None and not accused.must_not_reach(turn, clerk):
        _pass_on(turn, clerk, "human.from_resident")
        return True
    if clerk is not None or accused.accuses(turn):
        return False
    if turn.question is not None or turn.reading.intent not in FREE_TALK:
        return False
    _tell_desk(turn, "human.more_words", hand_over.unit, hand_over.conversation)
    turn.say("human.passed_on", **hours(turn))
    return True


def _sits_there(turn: Turn, person: int, unit: int) -> bool:
    return turn.tx.people.actor(person, turn.now).is_desk(unit, turn.org)


def _give_back(turn: Turn, hand_over: HandOver) -> None:
    """Whoever had taken it left the desk: it waits for the desk again, with what is said now."""
    waiting = replace(hand_over, state=HandOverState.WAITING, staff=None, staff_address=None)
    turn.tx.hand_overs.save(waiting)
    _tell_desk(turn, "human.card", hand_over.unit, hand_over.conversation)
    turn.say("human.passed_on", **hours(turn))


def _pass_on(turn: Turn, person: int, phrase: str) -> None:
    heard = turn.heard
    values = {"text": heard.text, "name": turn.person.name}
    photos = (*heard.photos, *heard.voices, *heard.files)
    turn.tell(
        Notice(
            to=to_person(person),
            phrase=phrase,
            values=values,
            lane=Lane.DIALOGUE,
            photos=photos,
            about=None if turn.actor.is_staff else turn.person.id,
        )
    )


def _tell_desk(turn: Turn, phrase: str, unit: int, conversation: str) -> None:
    """Shows everybody at the desk what is said, unless it may be about one of them."""
    delicate = accused.accuses(turn)
    words = "" if delicate else turn.heard.text
    heard = turn.heard
    photos = () if delicate else (*heard.photos, *heard.voices, *heard.files)
    turn.tell(
        Notice(
            to=Recipient(audience=Audience.DESK, unit=unit),
            phrase=phrase,
            values={"name": turn.person.name, "text": words},
            asking=asking("human.take", "take", conversation=conversation),
            photos=photos,
            about=turn.person.id,
        )
    )


def is_reachable(turn: Turn) -> bool:
    """Whether private words can be said: here, or in a private chat on this channel."""
    return not turn.in_group or (bool(turn.contact.private_chat) and turn.contact.reachable)


def _private_conversation(turn: Turn) -> tuple[str, Address]:
    """The person's private conversation on this channel: a hand-over is never held in a group."""
    here = turn.conversation.address
    address = replace(here, chat=turn.contact.private_chat) if turn.in_group else here
    return f"{address.channel}:{address.chat}:{turn.contact.account}", address


def _take(turn: Turn, answer: Answer) -> bool:
    hand_over = turn.tx.hand_overs.of_conversation(str(answer.context["conversation"]))
    if hand_over is None:
        turn.say("human.taken_already")
    else:
        take(turn, hand_over)
    return True


def _end(turn: Turn, answer: Answer) -> bool:
    """The button; words are relayed before they could be taken for an answer."""
    theirs = turn.tx.hand_overs.of_conversation(turn.conversation.key)
    hand_over = theirs or turn.tx.hand_overs.of_staff(turn.person.id)
    if not answer.value:
        return False
    if hand_over is None:
        turn.say("human.ended")
    else:
        end(turn, hand_over)
    return True


def _offered(turn: Turn, answer: Answer) -> bool:
    """The answer to the offer made after two messages that were not understood."""
    if answer.value == "human" or turn.reading.yes is True:
        handle(turn)
        return True
    if answer.value == "cancel" or turn.reading.yes is False:
        turn.say("cancel.done")
        return True
    return False


ANSWERS = {"take": _take, "end": _end, "offered": _offered}
