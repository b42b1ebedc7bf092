"""死信: messages that could not be handled, for the desk of the community they were said in."""

from __future__ import annotations

from domain.people import Role
from domain.units import UnitKind
from handlers.command import desk_communities
from handlers.shown import masked_name
from handlers.turn import Turn
from storage.inbox_rows import DeadLetter

SHOWN, LOOKED_AT = 8, 200


def handle(turn: Turn) -> None:
    """Lists them: when, from whom, which error; their words stay sealed."""
    letters = letters_of(turn)
    if not letters:
        turn.say("dead_letters.none")
        return
    rows = [
        {
            "id": letter.id,
            "at": letter.received_at,
            "name": masked_name(letter.inbound.name) if letter.inbound else "",
            "error": letter.error,
        }
        for letter in letters[:SHOWN]
    ]
    more = max(len(letters) - SHOWN, 0)
    turn.say("dead_letters.list", private=True, total=len(letters), rows=rows, more=more)


def letters_of(turn: Turn) -> list[DeadLetter]:
    """Those of the person's communities; an administrator's are all."""
    letters = turn.tx.inbox.dead_letters(LOOKED_AT)
    if turn.actor.has_role(Role.ADMIN):
        return list(letters)
    mine: set[int | None] = set(desk_communities(turn))
    if all(unit.id in mine for unit in turn.org if unit.kind is UnitKind.COMMUNITY):
        mine.add(None)  # said by somebody whose community is not known yet
    return [letter for letter in letters if _community(turn, letter) in mine]


def _community(turn: Turn, letter: DeadLetter) -> int | None:
    if letter.inbound is None:
        return None
    chat = turn.tx.chats.get(letter.inbound.address)
    if chat is not None and chat.unit is not None:
        return chat.unit
    conversation = turn.tx.conversations.get(letter.inbound.conversation)
    return None if conversation is None else conversation.community
