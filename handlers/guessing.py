"""Codes are not to be found by trying: a few wrong ones, and then a wait (F51)."""

from __future__ import annotations

from handlers.turn import Turn


def may_try(turn: Turn) -> bool:
    """Whether this account may try one more code; says so when it may not."""
    bucket = turn.tx.buckets.lock(_own(turn))[_own(turn)]
    if not bucket.wait(turn.rules.limits.paces.guesses, turn.now):
        return True
    turn.say("code.wait")
    return False


def was_wrong(turn: Turn) -> None:
    """Counts a wrong code; a right one costs nothing."""
    own = _own(turn)
    bucket = turn.tx.buckets.lock(own)[own]
    turn.tx.buckets.save({own: bucket.less_one(turn.rules.limits.paces.guesses, turn.now)})


def _own(turn: Turn) -> str:
    return f"guess:{turn.contact.channel}:{turn.heard.first.account}"
