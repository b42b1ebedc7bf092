"""What recipients answer to a notice that asks: kept and counted, and nothing said in a group."""

from __future__ import annotations

from handlers.turn import Answer, Turn
from knowledge.notices import find_coming

VALUES = ("will_come", "will_not_come", "needs_help")
# Everybody may press again: minds are changed.
FOR_ALL = frozenset({"in_group", "vote"})


def _vote(turn: Turn, answer: Answer) -> bool:
    value = answer.value or find_coming(turn.heard.text)
    if not _kept(turn, answer, value):
        return False
    turn.say("notice.answer_kept", answer=value)
    return True


def _in_group(turn: Turn, answer: Answer) -> bool:
    """Everybody may press; a hundred answers are no reason for a hundred messages."""
    return _kept(turn, answer, answer.value)


def _kept(turn: Turn, answer: Answer, value: str) -> bool:
    if value not in VALUES:
        return False
    turn.tx.broadcasts.vote(answer.context["broadcast"], turn.person.id, value)
    return True


ANSWERS = {"vote": _vote, "in_group": _in_group}
