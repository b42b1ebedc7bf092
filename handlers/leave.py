"""请假: somebody cannot come, and says why; a place that becomes free goes on."""

from __future__ import annotations

from datetime import timedelta

from domain.activities import Activity, Reply, SignUp, reply_to
from domain.messages import Choice
from handlers import activity_meant, activity_places
from handlers.turn import Answer, Turn
from knowledge.activities import activity_signs, find_reason

REASONS = ("away_for_work", "unwell", "at_home", "on_duty")
LONGEST = 100
NEAR = timedelta(days=7)


def handle(turn: Turn) -> None:
    """The one named, or the only one there is; else asks which."""
    asked = turn.tx.activities.coming_for(turn.person.id, activity_meant.MANY)
    if not asked:
        turn.say("leave.nothing")
        return
    reason = find_reason(turn.heard.text)
    meant = activity_meant.fitting(turn, asked)
    if len(meant) == 1:
        begin(turn, meant[0].id or 0, reason=reason)
        return
    turn.ask(
        "leave.which",
        "leave.ask_which",
        choices=activity_meant.choices(turn, meant),
        context={"reason": reason},
    )


def is_meant(turn: Turn) -> bool:
    """Whether staff who say 请假 mean an activity, and no days of absence: they name it or its
    day, or it is near or was the last thing they were asked.
    """
    if turn.reading.people or "leave" not in activity_signs(turn.heard.text):
        return False
    asked = turn.tx.activities.coming_for(turn.person.id, activity_meant.MANY)
    named = activity_meant.named(turn, asked)
    first, last = turn.reading.from_day, turn.reading.until_day
    if named or first is None:
        near = any(one.starts_at - turn.now <= NEAR for one in asked)
        return bool(named) or near or (bool(asked) and _was_just_asked(turn))
    days = {turn.rules.calendar.local_day(one.starts_at) for one in asked}
    return first == last and first in days


def _was_just_asked(turn: Turn) -> bool:
    return turn.question is not None and turn.question.step == "signup.reply"


def begin(turn: Turn, which: int, *, reason: str = "") -> None:
    """Asks why, unless it was said; raises NotComing when it is over."""
    activity = turn.tx.activities.lock(which)
    asked = turn.tx.activities.sign_up(which, turn.person.id) if activity else None
    if activity is None or asked is None:
        turn.say("leave.nothing", private=True)
        return
    reply_to(activity, Reply.LEAVE, turn.now, going=0)
    _take(turn, activity, asked, reason)
    if not reason and not turn.in_group:
        turn.ask(
            "leave.reason",
            "leave.ask_reason",
            choices=tuple(Choice(value=one) for one in REASONS),
            context={"activity": which},
            title=activity.title,
            starts=activity.starts_at,
        )
        return
    turn.say(
        "leave.done", private=True, reason_said=reason, **activity_meant.values(turn, activity)
    )


def _take(turn: Turn, activity: Activity, before: SignUp, reason: str) -> None:
    """The leave holds at once; the reason may follow."""
    away = SignUp(person=turn.person.id, reply=Reply.LEAVE, reason=reason[:LONGEST])
    turn.tx.activities.reply(activity.id or 0, away)
    if before.reply is Reply.GOING:
        activity_places.move_up(turn, activity)


def _which(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    begin(turn, int(answer.value), reason=str(answer.context["reason"]))
    return True


def _reason(turn: Turn, answer: Answer) -> bool:
    """Why: one of the usual reasons, or own words."""
    labels = {choice.value: choice.label for choice in answer.question.choices}
    reason = labels.get(answer.value, "") or turn.heard.text.strip()
    activity = turn.tx.activities.lock(int(answer.context["activity"]))
    if activity is None or not reason or _is_something_else(turn, answer):
        return False
    away = SignUp(person=turn.person.id, reply=Reply.LEAVE, reason=reason[:LONGEST])
    turn.tx.activities.reply(activity.id or 0, away)
    turn.say(
        "leave.done",
        reason_said=reason[:LONGEST],
        **activity_meant.values(turn, activity),
    )
    return True


def _is_something_else(turn: Turn, answer: Answer) -> bool:
    return not answer.value and turn.reading.intent in {
        "report",
        "signup",
        "ask",
        "activity",
        "nudge",
    }


ANSWERS = {"which": _which, "reason": _reason}
