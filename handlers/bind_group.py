"""绑定社区: staff say which unit a group belongs to."""

from __future__ import annotations

from domain.changes import AuditEntry
from domain.messages import Choice
from domain.units import Unit, UnitKind
from handlers.turn import Answer, Turn

BINDABLE = (UnitKind.COMMUNITY, UnitKind.GRID, UnitKind.STREET)
MOST_CHOICES = 8


def handle(turn: Turn) -> None:
    """Binds to the unit named, or to the only one it can be; only units of one's own desk, and
    no group that belongs to others.
    """
    if not turn.in_group:
        turn.say("bind_group.only_in_group")
        return
    if _is_others(turn):
        turn.say("bind_group.not_allowed")
        return
    named = turn.reading.reason
    mine = [unit for unit in turn.org if _is_mine(turn, unit)]
    found = [unit for unit in mine if named in (unit.name, unit.code)] or [
        unit for unit in mine if (named in unit.name if named else unit.kind is BINDABLE[0])
    ]
    if not found:
        turn.say("bind_group.not_allowed")
    elif len(found) > 1:
        choices = tuple(
            Choice(value=str(unit.id), label=unit.name) for unit in found[:MOST_CHOICES]
        )
        turn.ask("bind_group.which", "bind_group.ask_which", choices=choices)
    else:
        _bind(turn, found[0])


def _is_others(turn: Turn) -> bool:
    """Whether the group is bound already to where the person has no desk."""
    bound = turn.chat.unit
    return bound is not None and not turn.actor.is_desk(bound, turn.org)


def _is_mine(turn: Turn, unit: Unit) -> bool:
    return unit.kind in BINDABLE and turn.actor.is_desk(unit.id, turn.org)


def _bind(turn: Turn, unit: Unit) -> None:
    turn.tx.chats.bind(turn.conversation.address, unit.id)
    subject, person = f"unit:{unit.id}", turn.person.id
    entry = AuditEntry(action="group.bound", subject=subject, person=person)
    turn.tx.audit.add(entry)
    turn.say("bind_group.done", unit=unit.name)


def _which(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    if _is_others(turn) or not _is_mine(turn, turn.org.unit(int(answer.value))):
        turn.say("bind_group.not_allowed")
        return True
    _bind(turn, turn.org.unit(int(answer.value)))
    return True


ANSWERS = {"which": _which}
