"""报名情况: who comes, who does not and why, for whoever leads it; in private only."""

from __future__ import annotations

from domain.activities import Activity, Reply, SignUp
from domain.changes import Asking
from domain.messages import Choice
from handlers import activity_meant, meant, progress
from handlers.activity_hosts import may_host
from handlers.shown import listed_name
from handlers.turn import Answer, Turn
from knowledge.activities import activity_signs

NAMES = 60


def handle(turn: Turn) -> None:
    """The list of the one named, or of the next one; others hear how many come."""
    among = activity_meant.hosted(turn)
    if not among and "who_alone" in activity_signs(turn.heard.text) and meant.mine(turn):
        progress.handle(turn)  # who comes to repair it
        return
    if not among:
        turn.say("roll.nothing")
        return
    fitting = activity_meant.fitting(turn, among)
    if len(fitting) == 1:
        show(turn, fitting[0])
        return
    turn.ask("roll.which", "roll.ask_which", choices=activity_meant.choices(turn, fitting))


def show(turn: Turn, activity: Activity) -> None:
    """Counts in a group, names in private."""
    values = activity_meant.values(turn, activity)
    if turn.in_group:
        turn.say("roll.counts", **values)
        return
    said = turn.tx.activities.roll(activity.id or 0)
    leaves = [
        {"name": listed_name(turn, one.person), "why": one.reason}
        for one in said
        if one.reply is Reply.LEAVE
    ]
    turn.say(
        "roll.list",
        coming=_names(turn, said, Reply.GOING),
        queue=_names(turn, said, Reply.WAITING),
        unanswered=_names(turn, said, Reply.ASKED),
        leaves=leaves[:NAMES],
        arrived=[listed_name(turn, one.person) for one in said if one.came_at][:NAMES],
        asking=_asking(turn, activity) if values["silent"] else None,
        **values,
    )


def _asking(turn: Turn, activity: Activity) -> Asking | None:
    """Whether those who have said nothing are to be reminded, while there is time."""
    if activity.starts_at <= turn.now:
        return None
    choices = (Choice(value="remind_silent"),)
    return Asking(step="nudge.remind", choices=choices, context={"activity": activity.id})


def _names(turn: Turn, said: tuple[SignUp, ...], reply: Reply) -> list[str]:
    return [listed_name(turn, one.person) for one in said if one.reply is reply][:NAMES]


def _which(turn: Turn, answer: Answer) -> bool:
    found = turn.tx.activities.get(int(answer.value)) if answer.value else None
    if found is None or not may_host(turn, found.unit):
        return False
    show(turn, found)
    return True


ANSWERS = {"which": _which}
