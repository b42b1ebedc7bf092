"""Places of an activity: what becomes free goes to who waited longest, and they are told."""

from __future__ import annotations

from domain.activities import Activity, moving_up
from domain.changes import Notice, to_person
from domain.messages import Lane
from handlers.turn import Turn
from storage.activity_telling import activity_values

MANY = 50


def move_up(turn: Turn, activity: Activity) -> None:
    """Gives away every place that is free now."""
    which = activity.id or 0
    going = turn.tx.activities.counts(which).going
    waiting = turn.tx.activities.waiting(which, MANY)
    for one in moving_up(activity, waiting, going=going):
        turn.tx.activities.reply(which, one)
        values = activity_values(turn.tx, activity)
        told = Notice(
            to=to_person(one.person),
            phrase="signup.moved_up",
            values=values,
            lane=Lane.DIALOGUE,
        )
        turn.tell(told)
