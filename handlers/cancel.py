"""算了: whatever was being asked is dropped, and nothing else."""

from __future__ import annotations

from handlers import drafts, withdraw
from handlers.turn import Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """Drops the open question and the half-said report; work orders stay."""
    had_drafts = bool(drafts.waiting(turn))
    if had_drafts:
        withdraw.drop_drafts(turn)
    if turn.question is not None:
        turn.tx.questions.answered(turn.question.token)
    turn.say("cancel.done" if had_drafts or turn.question else "cancel.nothing")
