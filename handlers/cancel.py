"""算了: whatever was being asked is dropped; 取消 with nothing asked may mean an activity."""

from __future__ import annotations

from handlers import activity_change, drafts, withdraw
from handlers.activity_meant import hosted
from handlers.turn import Turn
from knowledge.activities import activity_signs

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Drops the open question and the half-said report; work orders stay."""
    had_drafts = bool(drafts.waiting(turn))
    if not had_drafts and _means_activity(turn):
        activity_change.handle_words(turn, frozenset({"cancels"}))
        return
    if had_drafts:
        withdraw.drop_drafts(turn)
    if turn.question is not None:
        turn.tx.questions.answered(turn.question.token)
    turn.say("cancel.done" if had_drafts or turn.question else "cancel.nothing")


def _means_activity(turn: Turn) -> bool:
    """取消吧 领导有事, where nothing was being asked and there is something to come to cancel."""
    question = turn.question
    asked = question is not None and not question.is_standing(turn.now)
    return not asked and "cancels" in activity_signs(turn.heard.text) and bool(hosted(turn))
