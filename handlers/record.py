"""会议记录: the minutes of what is over, kept sealed and shown in the record book."""

from __future__ import annotations

from datetime import timedelta

from domain.activities import Activity, ActivityState, put_on_record
from domain.changes import AuditEntry
from handlers import activity_meant
from handlers.activity_hosts import hosts, may_host
from handlers.turn import Answer, Turn
from knowledge.activities import minutes_in
from storage.activity_figures import quorum_of

LATELY = timedelta(days=60)
LONGEST = 4000


def handle(turn: Turn) -> None:
    """Of the one activity that has none yet, or of the one chosen."""
    words = minutes_in(turn.heard.text)[:LONGEST]
    over = _over(turn)
    if not over:
        turn.say("record.nothing")
    elif not words:
        turn.say("record.template", **activity_meant.values(turn, over[0]))
    elif len(over) == 1:
        _keep(turn, over[0], words)
    else:
        turn.ask(
            "record.which",
            "record.ask_which",
            choices=activity_meant.choices(turn, over),
            context={"words": words},
        )


def _over(turn: Turn) -> list[Activity]:
    units = {unit.id for host in hosts(turn) for unit in turn.org.below(host.unit)}
    found = turn.tx.activities.of_units(units, turn.now - LATELY, turn.now) if units else ()
    held = [one for one in found if one.state is ActivityState.HELD]
    recorded = [one for one in found if one.state is ActivityState.RECORDED]
    return held or recorded[-1:]


def _keep(turn: Turn, activity: Activity, words: str) -> None:
    saved = turn.tx.activities.save(put_on_record(activity, words))
    turn.tx.reminders.drop(saved.id or 0)
    turn.tx.audit.add(
        AuditEntry(
            action="activity.recorded", subject=f"activity:{saved.id}", person=turn.person.id
        )
    )
    needed = quorum_of(turn.tx, saved)
    turn.say(
        "record.done",
        needed=needed.needed if needed else None,
        short=needed is not None and not needed.is_reached,
        **activity_meant.values(turn, saved),
    )


def _which(turn: Turn, answer: Answer) -> bool:
    found = turn.tx.activities.get(int(answer.value)) if answer.value else None
    if found is None or not may_host(turn, found.unit):
        return False
    _keep(turn, found, str(answer.context["words"]))
    return True


ANSWERS = {"which": _which}
