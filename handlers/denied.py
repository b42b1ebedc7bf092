"""What somebody tried and had no right to: kept in the audit, whatever they are told."""

from __future__ import annotations

from domain.acts import ConflictOfInterest, NotAllowed, RuleBroken
from domain.changes import AuditEntry
from domain.orders import Privacy
from handlers.turn import Turn

FORBIDDEN = (NotAllowed, ConflictOfInterest)


def note(turn: Turn, number: str, rule: str) -> None:
    """The person tried this on the work order with this number, if there is one.

    A neighbour who asks after an anonymous one is likely who reported it, and is not named.
    """
    order = turn.tx.orders.get(number)
    if order is None:
        return
    unnamed = order.privacy is Privacy.ANONYMOUS and not turn.actor.is_staff
    detail = {"rule": rule, "intent": turn.reading.intent}
    turn.tx.audit.add(
        AuditEntry(
            action="act.denied",
            subject=f"order:{number}",
            person=None if unnamed else turn.person.id,
            detail=detail,
        )
    )


def note_broken(turn: Turn, broken: RuleBroken) -> None:
    """The same of a rule that was broken, if it is one about rights and not a slip."""
    if isinstance(broken, FORBIDDEN):
        number = broken.values().get("number") or turn.reading.number or turn.conversation.focus
        note(turn, str(number), type(broken).__name__)
