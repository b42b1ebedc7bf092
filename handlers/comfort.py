"""One plain human sentence before an answer to somebody angry, and not at every word."""

from __future__ import annotations

from handlers.turn import Turn


def wants_comfort(turn: Turn) -> bool:
    """Whether the answer begins with it: the person is angry, and did not hear it today."""
    today = turn.now.astimezone(turn.rules.zone).date().isoformat()
    memory = turn.conversation.memory
    if not turn.reading.angry or memory.get("comforted") == today:
        return False
    turn.remember(memory={**memory, "comforted": today})
    return True
