"""提醒没答复的: who asked people reminds those who have said nothing, and nobody else."""

from __future__ import annotations

from typing import Any

from domain import nudges
from domain.activities import Activity, MayNotPlan, require_coming
from domain.activity_rules import stage_of
from domain.broadcasts import Broadcast
from domain.changes import AuditEntry
from handlers import activity_meant, meant, notice_repeat, urge
from handlers.activity_hosts import hosts, may_host
from handlers.shown import listed_name
from handlers.turn import Answer, Turn
from knowledge.activities import activity_signs
from storage.activity_silent import Silent, silent, silent_people

NAMED = 20  # more are only counted


def handle(turn: Turn) -> None:
    """Those of the one that is meant: named, or the only one some have not answered."""
    coming = [one for one in activity_meant.hosted(turn) if one.starts_at > turn.now]
    notices = notice_repeat.open_ones(turn)
    if not (coming or notices):
        _nothing(turn)
    elif coming and "later" in activity_signs(turn.heard.text):
        turn.say("nudge.only_now")
    else:
        _remind_meant(turn, *_meant(turn, coming, notices))


def _nothing(turn: Turn) -> None:
    """催一下 of who asked nobody anything is said of their own work order."""
    own = bool(meant.mine(turn, *urge.URGEABLE)) or not hosts(turn)
    if own and "urge" in turn.reading.intents:
        urge.handle(turn)
    else:
        turn.say("nudge.nothing")


def _meant(
    turn: Turn, coming: list[Activity], notices: list[Broadcast]
) -> tuple[list[Activity], list[Broadcast]]:
    """Which of them the words may mean: a notice where one is spoken of, or nothing is to come."""
    signs = activity_signs(turn.heard.text)
    if not coming or (notices and "of_notice" in signs):
        return [], notices
    fitting = activity_meant.fitting(turn, coming)
    waited_for = [one for one in fitting if turn.tx.activities.counts(one.id or 0).silent]
    if turn.in_group or "of_activity" in signs or activity_meant.named(turn, coming):
        return waited_for or fitting[:1], []
    unanswered = [one for one in notices if turn.tx.recipients.silent(one)]
    return (waited_for, unanswered) if waited_for or unanswered else (fitting[:1], [])


def _remind_meant(turn: Turn, coming: list[Activity], notices: list[Broadcast]) -> None:
    if len(coming) + len(notices) > 1:
        choices = activity_meant.choices(turn, coming) + notice_repeat.choices(turn, notices)
        turn.ask("nudge.which", "nudge.ask_which", choices=choices)
    elif coming:
        remind(turn, coming[0].id or 0)
    elif turn.in_group:
        turn.say("notice.in_private", private=True)
    else:
        _ask_again(turn, notices[0].id or 0)


def _ask_again(turn: Turn, which: int) -> bool:
    broadcast = turn.tx.broadcasts.lock(which)
    if broadcast is None:
        return False
    notice_repeat.ask_again(turn, broadcast)
    return True


def remind(turn: Turn, which: int) -> bool:
    """Everybody asked to it who has said nothing, by a row that the clock tells once."""
    activity = turn.tx.activities.lock(which)
    if activity is None:
        return False
    if not may_host(turn, activity.unit):
        raise MayNotPlan
    require_coming(activity, turn.now)
    waited_for = silent(turn.tx, which)
    if not waited_for.count:
        turn.say("nudge.all_answered", **activity_meant.values(turn, activity))
        return True
    rules = turn.rules.limits.activities
    at = nudges.goes_at(
        activity,
        rules,
        turn.rules.zone,
        turn.now,
        nudged_at=turn.tx.reminders.nudged_at(which),
        reminded_at=turn.tx.reminders.told_at(which, [stage_of(one) for one in rules.ladder]),
    )
    if waited_for.reached:
        turn.tx.reminders.nudge(which, at)
        _note(turn, activity, waited_for.count)
    turn.say(
        "nudge.done" if waited_for.reached else "nudge.nobody_reached",
        title=activity.title,
        starts=activity.starts_at,
        later=at if at > turn.now else None,
        reached=waited_for.reached,
        unreached=waited_for.unreached,
        **_names(turn, which, waited_for),
    )
    return True


def _names(turn: Turn, which: int, waited_for: Silent) -> dict[str, Any]:
    """Who they are, in private and where they are few: those told, and the others."""
    few = waited_for.count <= NAMED and not turn.in_group
    found = silent_people(turn.tx, which, NAMED) if few else ()
    return {
        "names": [listed_name(turn, person) for person, reached in found if reached],
        "others": [listed_name(turn, person) for person, reached in found if not reached],
    }


def _note(turn: Turn, activity: Activity, count: int) -> None:
    turn.tx.audit.add(
        AuditEntry(
            action="activity.nudged",
            subject=f"activity:{activity.id}",
            person=turn.person.id,
            detail={"silent": count},
        )
    )


def _which(turn: Turn, answer: Answer) -> bool:
    kind, _, which = answer.value.rpartition(":")
    if not which:
        return False
    return _ask_again(turn, int(which)) if kind else remind(turn, int(which))


def _remind(turn: Turn, answer: Answer) -> bool:
    """The button under the list of who comes."""
    return bool(answer.value) and remind(turn, int(answer.context["activity"]))


ANSWERS = {"which": _which, "remind": _remind}
