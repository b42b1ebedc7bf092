"""Planning an activity: what was said of it, what is asked, the preview, and sending it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domain.activities import (
    OF_MEMBERS,
    USUAL_LENGTH,
    Activity,
    ActivityKind,
    EndsBeforeStart,
    StartsInPast,
    check,
)
from domain.acts import RuleBroken
from domain.changes import AuditEntry
from domain.messages import Choice
from handlers.activity_hosts import Host, hosts
from handlers.turn import Answer, Turn
from knowledge.activities import PlanSaid, activity_signs, find_plan
from knowledge.recurring import falls_on, first_day, in_words
from knowledge.times import beside_when
from storage.activity_inviting import announce, head_count
from storage.activity_rosters import audience_of
from storage.activity_series import Series
from storage.activity_telling import host_name
from storage.cadences import groups_of

A_YEAR = timedelta(days=366)
LONGEST_NAME = 40
TOLD_LATER = "place_open"
KINDS = (
    ActivityKind.PARTY_DAY,
    ActivityKind.GENERAL_MEETING,
    ActivityKind.COMMITTEE_MEETING,
    ActivityKind.LECTURE,
    ActivityKind.VOLUNTEERING,
)
CHANGES = ("edit_when", "edit_where", "edit_places")
PARTS = {"edit_when": "when", "edit_where": "place", "edit_places": "places"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of an activity that is being planned; plain enough for a question to keep."""

    unit: int = 0
    group: int = 0
    kind: str = ""
    title: str = ""
    day: str = ""
    start: str = ""
    end: str = ""
    place: str = ""
    capacity: int = 0
    rule: str = ""
    holidays: str = ""
    members: bool = False

    def with_said(self, said: PlanSaid) -> Draft:
        """The draft with everything that was said now."""
        given: dict[str, Any] = {
            "kind": said.kind.value if said.kind else "",
            "title": said.title,
            "day": said.when.day.isoformat() if said.when.day else "",
            "start": said.when.start.isoformat() if said.when.start else "",
            "end": said.when.end.isoformat() if said.when.end else "",
            "place": said.place,
            "capacity": said.capacity or 0,
            "rule": said.rule,
            "holidays": said.holidays,
        }
        changed = {name: value for name, value in given.items() if value}
        if "start" in changed and "end" not in changed:
            changed["end"] = ""
        if said.no_limit:
            changed["capacity"] = 0
        return replace(self, **changed)


def begin(turn: Turn, said: PlanSaid) -> bool:
    """Plans what was said; False when this person may plan for nobody."""
    open_to = hosts(turn)
    if not open_to:
        return False
    said = _named(said)  # 搞个活动: which one is asked
    if said.kind is None and said.done:
        said = replace(said, kind=ActivityKind.FREE, title=said.title or said.done)
    draft = Draft(members="members" in activity_signs(turn.heard.text)).with_said(said)
    named = [host for host in open_to if host.name in turn.heard.text]
    host = named[0] if named else next((one for one in open_to if one.own), None)
    if host is None and len(open_to) == 1:
        host = open_to[0]
    go_on(turn, draft if host is None else _for_host(draft, host), said)
    return True


def _named(said: PlanSaid) -> PlanSaid:
    """What was said, without a name that is none."""
    return replace(said, kind=None, title="") if said.is_nameless else said


def go_on(turn: Turn, draft: Draft, said: PlanSaid | None = None) -> None:
    """Asks for the first thing that is missing; shows the preview when nothing is."""
    if not draft.unit:
        choices = tuple(Choice(value=str(host.unit), label=host.name) for host in hosts(turn))
        _ask(turn, draft, "unit", "activity_plan.ask_unit", choices=choices)
    elif said is not None and said.when.impossible:
        day = said.when.impossible
        _ask(turn, draft, "when", "activity_plan.no_such_day", impossible=day)
    elif said is not None and said.unclear:
        _ask(turn, draft, "when", "activity_plan.no_such_rule", unclear=said.unclear)
    elif not draft.kind:
        choices = tuple(Choice(value=kind.value, label=_kind_word(turn, kind)) for kind in KINDS)
        _ask(turn, draft, "kind", "activity_plan.ask_kind", choices=choices)
    elif _asks_for_group(turn, draft):
        groups = groups_of(turn.tx, draft.unit)
        choices = tuple(
            Choice(value=str(group), label=turn.org.unit(group).name) for group in groups
        )
        _ask(turn, draft, "group", "activity_plan.ask_group", choices=choices)
    elif not (draft.day or draft.rule):
        _ask(turn, draft, "when", "activity_plan.ask_day", title=_title(turn, draft))
    elif not draft.start:
        _ask(turn, draft, "when", "activity_plan.ask_start", day=draft.day or None)
    elif not draft.place:
        choices = (Choice(value=TOLD_LATER),)
        _ask(turn, draft, "place", "activity_plan.ask_place", choices=choices)
    else:
        _look_at_holidays(turn, _dated(turn, draft))


def activity_of(turn: Turn, draft: Draft) -> Activity:
    """The activity of a whole draft; raises the rule it breaks."""
    kind = ActivityKind(draft.kind)
    group = draft.group or None
    starts = _moment(turn, draft.day, draft.start)
    ends = _moment(turn, draft.day, draft.end) if draft.end else starts + USUAL_LENGTH
    if ends <= starts:
        raise EndsBeforeStart(starts, ends)
    return Activity(
        unit=draft.group or draft.unit,
        kind=kind,
        title=_title(turn, draft),
        place=_place(turn, draft),
        starts_at=starts,
        ends_at=ends,
        audience=audience_of(turn.tx, kind, draft.unit, group=group, members=draft.members),
        organiser=turn.person.id,
        capacity=draft.capacity or None,
    )


def _look_at_holidays(turn: Turn, draft: Draft) -> None:
    if draft.rule and not draft.holidays:
        first = _moment(turn, draft.day, draft.start).astimezone(turn.rules.zone)
        last = first.date() + A_YEAR
        fallen = falls_on(draft.rule, first, last, turn.rules.calendar)
        if fallen is not None:
            choices = tuple(Choice(value=f"holiday_{one}") for one in ("move", "skip", "keep"))
            day, holiday = fallen
            _ask(
                turn,
                draft,
                "holidays",
                "activity_plan.ask_holidays",
                choices=choices,
                day=day.isoformat(),
                holiday=holiday,
            )
            return
        draft = replace(draft, holidays="move")
    _preview(turn, draft)


def _preview(turn: Turn, draft: Draft) -> None:
    """Everything as it will be, the number of people included, before anybody hears of it."""
    try:
        activity = activity_of(turn, draft)
        asked, reached = head_count(turn.tx, activity.audience)
        groups = _groups(turn, activity)
        check(activity, turn.now, asked=asked + len(groups))
    except RuleBroken as broken:
        _ask(turn, draft, "when", broken.phrase, **broken.values())
        return
    day = activity.starts_at.astimezone(turn.rules.zone).date()
    _ask(
        turn,
        draft,
        "preview",
        "activity_plan.preview",
        choices=(Choice(value="publish"), *(Choice(value=one) for one in CHANGES), _DROP),
        title=activity.title,
        kind="" if _kind_word(turn, activity.kind) in activity.title else activity.kind.value,
        branch=host_name(turn.tx, activity.unit),
        starts=activity.starts_at,
        ends=activity.ends_at,
        year="" if day.year == _today(turn).year else day.year,
        place=activity.place,
        capacity=activity.capacity,
        asked=asked,
        reached=reached,
        groups=len(groups),
        members=_is_for_members(draft),
        holiday="" if draft.rule else turn.rules.calendar.holiday_on(day),
        unannounced="" if turn.rules.calendar.announced(day.year) else day.year,
        rule=in_words(draft.rule),
        holidays=draft.holidays,
        late=activity.starts_at - turn.now < timedelta(hours=24),
    )


_DROP = Choice(value="drop_plan")


def _publish(turn: Turn, draft: Draft) -> None:
    """Kept, and told to everybody it is for."""
    activity = activity_of(turn, draft)
    asked, _ = head_count(turn.tx, activity.audience)
    groups = _groups(turn, activity)
    check(activity, turn.now, asked=asked + len(groups))
    if not any(host.unit == draft.unit for host in hosts(turn)):
        turn.say("refused.may_not_plan")  # whoever lost the office meanwhile
        return
    series = _series(turn, draft, activity) if draft.rule else None
    occurrence = date.fromisoformat(draft.day) if series else None
    activity = replace(activity, chats=groups, series=series, occurrence=occurrence)
    added = announce(turn.tx, activity)
    assert added is not None
    turn.tx.audit.add(
        AuditEntry(
            action="activity.planned",
            subject=f"activity:{added.id}",
            person=turn.person.id,
            detail={"kind": added.kind.value, "unit": added.unit, "asked": asked},
        )
    )
    turn.say(
        "activity_plan.published",
        title=added.title,
        starts=added.starts_at,
        asked=asked,
        groups=len(groups),
        rule=draft.rule,
        poster=turn.tx.activity_links.poster(added),
        code=turn.tx.activity_links.code(added),
        private=True,
    )


def _series(turn: Turn, draft: Draft, activity: Activity) -> int:
    wall = activity.starts_at.astimezone(turn.rules.zone)
    return turn.tx.series.add(
        Series(
            unit=draft.unit,
            group=draft.group or None,
            members=draft.members,
            organiser=turn.person.id,
            rule=draft.rule,
            starts=wall,
            minutes=(activity.ends_at - activity.starts_at) // timedelta(minutes=1),
            holidays=draft.holidays or "move",
            kind=activity.kind,
            title=activity.title,
            place=activity.place,
            capacity=activity.capacity,
            chats=_groups(turn, activity),
        )
    )


def _groups(turn: Turn, activity: Activity) -> tuple[Any, ...]:
    """Where it is told with buttons: this group; for residents all groups of the unit."""
    found = [turn.conversation.address] if turn.in_group else []
    if activity.kind not in OF_MEMBERS and any(part.units for part in activity.audience.parts):
        found += [chat.address for chat in turn.tx.chats.bound_to(activity.unit)]
    return tuple(dict.fromkeys(found))


def _more(turn: Turn, answer: Answer) -> bool:
    """What was asked, or anything else that changes the draft."""
    context = answer.context
    draft, part = _kept(context), str(context["part"])
    said = PlanSaid() if answer.value else _named(find_plan(turn.heard.text, _today(turn)))
    if part == "preview" and answer.value in ("publish", "drop_plan", *CHANGES):
        return _decided(turn, draft, answer.value)
    goes = "goes" in activity_signs(turn.heard.text)
    if not answer.value and (turn.reading.yes or goes) and part == "preview":
        return _decided(turn, draft, "publish")
    known = _answered(turn, draft, part, answer, said)
    if known is None:
        return False
    go_on(turn, known, said)
    return True


def _decided(turn: Turn, draft: Draft, choice: str) -> bool:
    if choice == "publish":
        _publish(turn, draft)
    elif choice == "drop_plan":
        turn.say("activity_plan.dropped")
    else:
        _ask(turn, draft, PARTS[choice], f"activity_plan.{choice}")
    return True


def _answered(turn: Turn, draft: Draft, part: str, answer: Answer, said: PlanSaid) -> Draft | None:
    """The draft with the answer in it; None when it is none."""
    words = turn.heard.text.strip()[:LONGEST_NAME]
    known = draft.with_said(said)
    match part:
        case "unit" if answer.value:
            host = next(one for one in hosts(turn) if str(one.unit) == answer.value)
            return _for_host(known, host)
        case "kind" if answer.value:
            return replace(known, kind=answer.value)
        case "kind" if activity_signs(words) & _NO_NAMES:
            return None
        case "kind" if not said.kind and turn.reading.intent in _FREE_WORDS and words:
            return replace(known, kind=ActivityKind.FREE.value, title=words)
        case "group" if answer.value:
            return replace(known, group=int(answer.value))
        case "place" if answer.value == TOLD_LATER:
            return replace(draft, place=TOLD_LATER)
        case "place" if words and (known.place == draft.place or said.place == words):
            if activity_signs(words) & _NO_NAMES:
                return None
            dated = draft.with_said(PlanSaid(when=said.when))
            return replace(dated, place=beside_when(words) or draft.place)
        case "places" if turn.reading.choice:
            return replace(draft, capacity=turn.reading.choice)
        case "places" if words.isdecimal():
            return replace(draft, capacity=int(words[:6]))
        case "holidays" if answer.value:
            return replace(draft, holidays=answer.value.removeprefix("holiday_"))
    return known if known != draft or said.when.impossible or said.unclear else None


_NO_NAMES = frozenset({"goes", "who"})
_FREE_WORDS = frozenset({"", "activity", "chitchat", "supplement", "ask", "report"})


def _ask(
    turn: Turn,
    draft: Draft,
    part: str,
    phrase: str,
    *,
    choices: tuple[Choice, ...] = (),
    **values: Any,
) -> None:
    context = {"part": part, **asdict(draft)}
    turn.ask("activity_plan.more", phrase, choices=choices, context=context, **values)


def _kept(context: Mapping[str, Any]) -> Draft:
    return Draft(**{field.name: context[field.name] for field in fields(Draft)})


def _for_host(draft: Draft, host: Host) -> Draft:
    known = replace(draft, unit=host.unit)
    if known.kind or host.is_branch:
        return known
    return replace(known, members=False)


def _dated(turn: Turn, draft: Draft) -> Draft:
    """A rule begins on its first day that is still to come."""
    if not draft.rule:
        return draft
    begins = datetime.combine(_today(turn), time.fromisoformat(draft.start))
    first = first_day(draft.rule, begins)
    if first is not None and _moment(turn, first.isoformat(), draft.start) <= turn.now:
        first = first_day(draft.rule, begins + timedelta(days=1))
    return replace(draft, day=first.isoformat() if first else "")


def _asks_for_group(turn: Turn, draft: Draft) -> bool:
    if draft.kind != ActivityKind.GROUP_MEETING or draft.group:
        return False
    return bool(groups_of(turn.tx, draft.unit))


def _is_for_members(draft: Draft) -> bool:
    return draft.members or ActivityKind(draft.kind) in OF_MEMBERS


def _moment(turn: Turn, day: str, at: str) -> datetime:
    if not day:
        raise StartsInPast(turn.now)
    wall = datetime.combine(date.fromisoformat(day), time.fromisoformat(at), turn.rules.zone)
    return wall.astimezone(UTC)


def _title(turn: Turn, draft: Draft) -> str:
    return draft.title or _kind_word(turn, ActivityKind(draft.kind))


def _place(turn: Turn, draft: Draft) -> str:
    if draft.place == TOLD_LATER:
        return turn.tx.wording.say("choice.place_open", {})
    return draft.place


def _kind_word(turn: Turn, kind: ActivityKind) -> str:
    return turn.tx.wording.say(f"activity.kind.{kind}", {})


def _today(turn: Turn) -> date:
    return turn.rules.calendar.local_day(turn.now)


ANSWERS = {"more": _more}
CORRECTED = frozenset({"more"})  # "地点改成小广场" changes the plan and no report
