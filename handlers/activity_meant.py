"""Which activity somebody means: the one they name, the only one there is, or the one chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.activities import Activity, Counts, MayNotPlan, soonest
from domain.messages import Choice
from domain.units import UnitKind
from handlers.activity_hosts import hosts, may_host
from handlers.turn import Answer, Turn
from knowledge.activities import PlanSaid, find_plan
from storage.activity_telling import activity_values, count_values

LISTED = 6
AS_PLANNED = "as_planned"
MANY = 60


def values(turn: Turn, activity: Activity) -> dict[str, Any]:
    """What a phrase may say about the activity and how many come; nobody's name."""
    counts: Counts = turn.tx.activities.counts(activity.id or 0)
    return {**activity_values(turn.tx, activity), **count_values(counts)}


def hosted(turn: Turn) -> list[Activity]:
    """What is to come that the person may decide about."""
    units = {unit.id for host in hosts(turn) for unit in turn.org.below(host.unit)}
    return list(turn.tx.activities.coming_in(units, MANY)) if units else []


def open_to(turn: Turn) -> list[Activity]:
    """What is to come that the person was asked to, or may come to without."""
    asked = turn.tx.activities.coming_for(turn.person.id, MANY)
    community = turn.chat.unit or turn.conversation.community
    nearby: Sequence[Activity] = ()
    if community is not None:
        scope = turn.org.nearest(community, UnitKind.COMMUNITY)
        top = scope.id if scope else community
        nearby = turn.tx.activities.coming_in([unit.id for unit in turn.org.below(top)], MANY)
    found = {one.id: one for one in (*asked, *nearby) if one in asked or is_for_all(one)}
    return soonest(found.values())


def is_for_all(activity: Activity) -> bool:
    """Whether anybody of its unit may come, asked or not."""
    return any(part.units and not part.tags for part in activity.audience.parts)


def named(turn: Turn, activities: Iterable[Activity]) -> list[Activity]:
    """Those whose name or kind is in the words."""
    said = _said(turn)
    among = list(activities)
    by_title = [
        one
        for one in among
        if one.title in turn.heard.text or (said.title and said.title in one.title)
    ]
    return by_title or [one for one in among if said.kind is not None and one.kind is said.kind]


def fitting(turn: Turn, activities: Iterable[Activity]) -> list[Activity]:
    """Those the words may mean; all of them when the words name none."""
    among = list(activities)
    said = _said(turn)
    if said.title:
        with_title = [one for one in among if said.title in one.title or one.title in said.title]
        among = with_title or among
    if said.kind is not None and any(one.kind is said.kind for one in among):
        among = [one for one in among if one.kind is said.kind]
    on_day = [one for one in among if _day(turn, one) == said.day] if said.day else []
    return on_day or among


def choices(turn: Turn, activities: Sequence[Activity]) -> tuple[Choice, ...]:
    """Buttons to choose one."""
    return tuple(
        Choice(
            value=str(one.id),
            label=turn.tx.wording.say(
                "activity.choice", {"title": one.title, "starts": one.starts_at}
            ),
        )
        for one in activities[:LISTED]
    )


def _said(turn: Turn) -> PlanSaid:
    return find_plan(turn.heard.text, turn.rules.calendar.local_day(turn.now))


def _day(turn: Turn, activity: Activity) -> Any:
    return turn.rules.calendar.local_day(activity.starts_at)


def decision(turn: Turn, answer: Answer, *, yes: str) -> tuple[Activity, str] | None:
    """The activity whose change was proposed and what was chosen, or None for no answer to it.

    That it stays is said here. Raises MayNotPlan for whoever lost the office meanwhile.
    """
    choice = answer.value or {True: yes, False: AS_PLANNED, None: ""}[turn.reading.yes]
    activity = turn.tx.activities.lock(int(answer.context["activity"]))
    if activity is None or not choice:
        return None
    if choice == AS_PLANNED:
        turn.say("activity_change.kept", title=activity.title)
    elif not may_host(turn, activity.unit):
        raise MayNotPlan
    return activity, choice
