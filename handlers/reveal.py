"""看电话: how to reach who reported it, for whoever works on it, for a reason that is kept."""

from __future__ import annotations

from typing import Any

from domain import moves
from domain.changes import AuditEntry
from domain.messages import Choice
from domain.orders import RUNNING, EventKind, Status, WorkOrder
from domain.rights import require_contact
from handlers.command import Command
from handlers.said import OWN_WORDS, Said
from handlers.shown import person_name
from handlers.turn import Turn
from knowledge.private_data import mobiles_in

REASONS = ("reveal_visit", "reveal_check", "reveal_call_back")
BY_REPORTER = (EventKind.SUPPLEMENTED, EventKind.DISAGREED, EventKind.REOPENED)


def _reveal(turn: Turn, order: WorkOrder, details: Said) -> None:
    """Asks why, then says it in private; who, what and why are in the audit before it is said."""
    if not details.reason:
        turn.ask(
            "reveal.more",
            "reveal.ask_reason",
            choices=tuple(Choice(value=value) for value in REASONS),
            number=order.number,
            context={"part": "reason", **details.kept()},
            private=True,
        )
        return
    contact: dict[str, Any] = {
        "name": person_name(turn, order.reporter) if order.reporter else "",
        "phones": _phones(turn, order),
        "place": order.place.shown(private=True),
    }
    reason = _code(turn, details.reason)
    turn.tx.audit.add(
        AuditEntry(
            action="contact.revealed",
            subject=f"order:{order.number}",
            person=turn.person.id,
            detail={"reason": reason, "shown": [name for name, value in contact.items() if value]},
        )
    )
    if reason == OWN_WORDS:  # may name somebody: kept sealed beside the order, and erased with it
        turn.record(moves.note(order, turn.act, text=details.reason))
    turn.say("reveal.done", private=True, number=order.number, **contact)


def _phones(turn: Turn, order: WorkOrder) -> list[str]:
    """The number we know of the person, and those they wrote about this work order."""
    if order.reporter is None:
        return []
    later = [one for one in order.events(*BY_REPORTER) if one.person == order.reporter]
    words = (order.text, *(f"{one.text} {one.reason}" for one in later))
    said = (phone for text in words for phone in mobiles_in(text))
    known = turn.tx.people.phone(order.reporter)
    return list(dict.fromkeys(phone for phone in (known, *said) if phone))


def _code(turn: Turn, reason: str) -> str:
    """The choice these words stand for; free words are "own_words"."""
    language = turn.person.language
    labels = {turn.tx.wording.say(f"choice.{one}", {}, language=language): one for one in REASONS}
    return labels.get(reason, OWN_WORDS)


COMMAND = Command(
    name="reveal",
    do=_reveal,
    rule=require_contact,
    among=(*RUNNING, Status.RESOLVED),
)
handle = COMMAND.handle
ANSWERS = COMMAND.answers
