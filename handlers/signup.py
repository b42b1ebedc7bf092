"""报名: somebody comes to an activity, by words or by a button; who finds it full waits."""

from __future__ import annotations

from domain.activities import Activity, Reply, SignUp, reply_to
from handlers import activity_meant, leave
from handlers.turn import Answer, Turn
from storage.activity_inviting import ask_one

# Steps that everybody in the chat may answer, as often as they like: minds are changed.
FOR_ALL = frozenset({"in_group", "reply"})


def handle(turn: Turn) -> None:
    """The one named, or the only one there is; else asks which."""
    coming = activity_meant.open_to(turn)
    if not coming:
        turn.say("activity.by_people")
        return
    meant = activity_meant.fitting(turn, coming)
    if len(meant) == 1:
        say_going(turn, meant[0].id or 0)
        return
    turn.ask("signup.which", "signup.ask_which", choices=activity_meant.choices(turn, meant))


def is_possible(turn: Turn) -> bool:
    """Whether there is anything to come to."""
    return bool(activity_meant.open_to(turn))


def say_going(turn: Turn, which: int) -> None:
    """The person comes, or waits for a place; raises NotComing when it is over."""
    activity = turn.tx.activities.lock(which)
    if activity is None or not _may_come(turn, activity):
        turn.say("signup.not_for_you", private=True)
        return
    before = turn.tx.activities.sign_up(which, turn.person.id)
    if before is not None and before.reply in (Reply.GOING, Reply.WAITING):
        _answer(turn, activity, f"signup.already_{before.reply}")
        return
    going = turn.tx.activities.counts(which).going
    reply = reply_to(activity, Reply.GOING, turn.now, going=going)
    ask_one(turn.tx, activity, turn.person.id)
    turn.tx.activities.reply(which, SignUp(person=turn.person.id, reply=reply))
    _answer(turn, activity, f"signup.{reply}")


def _may_come(turn: Turn, activity: Activity) -> bool:
    if turn.tx.activities.sign_up(activity.id or 0, turn.person.id) is not None:
        return True
    return activity_meant.is_for_all(activity)


def _answer(turn: Turn, activity: Activity, phrase: str) -> None:
    """In private where that is open; in a group nobody is named."""
    turn.say(phrase, private=True, **activity_meant.values(turn, activity))


def _which(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    say_going(turn, int(answer.value))
    return True


def _reply(turn: Turn, answer: Answer) -> bool:
    """The buttons under what somebody was told: 参加, 请假."""
    which = int(answer.context["activity"])
    if answer.value == "going":
        say_going(turn, which)
        return True
    if answer.value == "on_leave":
        leave.begin(turn, which)
        return True
    return False


ANSWERS = {"which": _which, "reply": _reply, "in_group": _reply}
