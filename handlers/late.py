"""What reached us long after it was said: answered with an excuse, and no answer to what was asked
since.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.messages import Inbound
from handlers.turn import Turn

LATE = timedelta(hours=1)
EXCUSED = "excused"  # in what the conversation remembers: when we last said so


def said_at(inbound: Inbound, now: datetime) -> datetime:
    """When it was said, if that is long ago; else now, since no two clocks are quite alike."""
    sent_at = inbound.sent_at or now
    return sent_at if now - sent_at > LATE else now


def excuse(turn: Turn) -> None:
    """Says once that a message came late, after it was answered; not to a group that only talked
    among itself.
    """
    overheard = turn.in_group and not turn.heard.addressed
    if turn.heard.late <= LATE or not turn.said or overheard or _excused(turn):
        return
    turn.remember(memory={**turn.conversation.memory, EXCUSED: turn.now.isoformat()})
    turn.say("late.note", since=turn.heard.late.total_seconds())


def _excused(turn: Turn) -> bool:
    last = turn.conversation.memory.get(EXCUSED)
    return last is not None and turn.now - datetime.fromisoformat(last) < LATE
