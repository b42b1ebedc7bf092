"""When we speak in a group without being addressed: its staff decide."""

from __future__ import annotations

from domain.changes import AuditEntry
from domain.conversations import GroupMode
from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Sets the mode; the words for the quiet one are what the reading keeps as the reason."""
    if not turn.in_group:
        turn.say("group_mode.only_in_group")
        return
    if turn.chat.unit is None or not turn.actor.is_desk(turn.chat.unit, turn.org):
        turn.say("bind_group.not_allowed")
        return
    mode = GroupMode.ADDRESSED_ONLY if turn.reading.reason else GroupMode.CLEAR_REPORTS
    turn.tx.chats.set_mode(turn.conversation.address, mode)
    unit, person = turn.chat.unit, turn.person.id
    entry = AuditEntry(action=f"group.{mode}", subject=f"unit:{unit}", person=person)
    turn.tx.audit.add(entry)
    turn.say(f"group_mode.{mode}")
