"""活动: what is planned, who is asked to it, who comes, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.activity_rules import ActivityRules, stage_of
from domain.acts import RuleBroken
from domain.audiences import AudienceOfNobody, AudienceQuery
from domain.messages import Address

LONGEST = timedelta(days=31)
FARTHEST = timedelta(days=730)
USUAL_LENGTH = timedelta(hours=2)
MOST_PLACES = 100_000


class ActivityKind(StrEnum):
    """What kind of activity it is: 三会一课 and the others of domain.md §2.6."""

    GENERAL_MEETING = "general_meeting"  # 支部党员大会
    COMMITTEE_MEETING = "committee_meeting"  # 支委会
    GROUP_MEETING = "group_meeting"  # 党小组会
    LECTURE = "lecture"  # 党课
    PARTY_DAY = "party_day"  # 主题党日
    LIFE_MEETING = "life_meeting"  # 组织生活会
    APPRAISAL = "appraisal"  # 民主评议
    VOLUNTEERING = "volunteering"  # 志愿服务
    FREE = "free"  # 其他


OF_MEMBERS = frozenset(ActivityKind) - {ActivityKind.VOLUNTEERING, ActivityKind.FREE}
# 党员大会须过半数有表决权的党员到会, 支委会须半数以上委员到会.
WITH_QUORUM = frozenset(
    {ActivityKind.GENERAL_MEETING, ActivityKind.COMMITTEE_MEETING, ActivityKind.APPRAISAL}
)


class ActivityState(StrEnum):
    """Where an activity stands; "changed" is a planned one that was told anew."""

    PLANNED = "planned"  # 已安排
    CHANGED = "changed"  # 已改期
    CANCELLED = "cancelled"  # 已取消
    HELD = "held"  # 已举行
    RECORDED = "recorded"  # 已归档


COMING = frozenset({ActivityState.PLANNED, ActivityState.CHANGED})
TOOK_PLACE = frozenset({ActivityState.HELD, ActivityState.RECORDED})


class Reply(StrEnum):
    """What somebody who was asked said to it."""

    ASKED = "asked"  # 未答复
    GOING = "going"  # 参加
    WAITING = "waiting"  # 候补
    LEAVE = "leave"  # 请假


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity; times are aware and in UTC."""

    id: int | None = None
    unit: int
    kind: ActivityKind
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    audience: AudienceQuery
    organiser: int | None  # None: somebody who was erased
    capacity: int | None = None
    state: ActivityState = ActivityState.PLANNED
    version: int = 0
    series: int | None = None
    occurrence: date | None = None  # the day its series meant it for
    chats: tuple[Address, ...] = ()  # groups that heard of it
    was_at: datetime | None = None  # before it was last moved
    was_in: str = ""
    reason: str = ""  # of its cancellation
    minutes: str = ""
    expected: int = 0  # 应到, once it was held
    present: int = 0  # 实到

    @property
    def is_coming(self) -> bool:
        """Whether people may still answer."""
        return self.state in COMING


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """One person asked to an activity, and what they said."""

    person: int
    reply: Reply = Reply.ASKED
    replied_at: datetime | None = None
    reason: str = ""
    came_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many were asked, and what they said."""

    asked: int = 0  # everybody, whatever they said
    going: int = 0
    waiting: int = 0
    leave: int = 0
    came: int = 0

    @property
    def silent(self) -> int:
        """Who has said nothing yet."""
        return max(self.asked - self.going - self.waiting - self.leave, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """How many must come so that it counts, and how many did."""

    needed: int
    present: int

    @property
    def is_reached(self) -> bool:
        """Whether enough came."""
        return self.present >= self.needed


class StartsInPast(RuleBroken):
    """The start is over already."""

    phrase = "refused.starts_in_past"

    def __init__(self, starts_at: datetime) -> None:
        super().__init__(starts=starts_at)


class StartsTooFar(RuleBroken):
    """Nobody plans two years ahead: most likely the year is wrong."""

    phrase = "refused.starts_too_far"

    def __init__(self, starts_at: datetime) -> None:
        super().__init__(starts=starts_at, year=starts_at.year)


class NoSuchDay(RuleBroken):
    """A day no calendar has, such as 31 February."""

    phrase = "refused.no_such_day"

    def __init__(self, day: str) -> None:
        super().__init__(day=day)


class EndsBeforeStart(RuleBroken):
    """The end is not after the start, or a month after it."""

    phrase = "refused.ends_before_start"

    def __init__(self, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__(starts=starts_at, ends=ends_at)


class NoPlaces(RuleBroken):
    """A capacity that is no number of people."""

    phrase = "refused.no_places"


class NotComing(RuleBroken):
    """The activity was cancelled, or is over."""

    phrase = "refused.activity_over"

    def __init__(self, activity: Activity) -> None:
        super().__init__(title=activity.title, state=activity.state.value)


class MayNotPlan(RuleBroken):
    """Only who leads the branch may."""

    phrase = "refused.may_not_plan"


def check(activity: Activity, now: datetime, *, asked: int) -> Activity:
    """The activity, if it can be announced now; raises the rule it breaks."""
    if activity.starts_at <= now:
        raise StartsInPast(activity.starts_at)
    if activity.starts_at > now + FARTHEST:
        raise StartsTooFar(activity.starts_at)
    if not activity.starts_at < activity.ends_at <= activity.starts_at + LONGEST:
        raise EndsBeforeStart(activity.starts_at, activity.ends_at)
    require_places(activity.capacity)
    if asked == 0:
        raise AudienceOfNobody
    return activity


def move(
    activity: Activity,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    place: str = "",
) -> Activity:
    """改期、改地点: as long as before unless an end is given; raises the rule it breaks."""
    require_coming(activity, now)
    starts = starts_at or activity.starts_at
    ends = ends_at or starts + (activity.ends_at - activity.starts_at)
    moved = replace(
        activity,
        starts_at=starts,
        ends_at=ends,
        place=place or activity.place,
        was_at=activity.starts_at if starts != activity.starts_at else None,
        was_in=activity.place if place and place != activity.place else "",
        state=ActivityState.CHANGED,
    )
    return check(moved, now, asked=1)


def resize(activity: Activity, now: datetime, *, capacity: int | None) -> Activity:
    """改名额: more people find a place, or fewer; None for everybody. Who has one keeps it."""
    require_coming(activity, now)
    require_places(capacity)
    return replace(activity, capacity=capacity)


def effect_of(places: int | None, *, going: int, waiting: int) -> tuple[int, int]:
    """How many of those who wait move up into so many places, and how many are beyond them."""
    if places is None:
        return waiting, 0
    return min(max(places - going, 0), waiting), max(going - places, 0)


def require_places(capacity: int | None) -> None:
    """Raise NoPlaces for a number of places that is none."""
    if capacity is not None and not 1 <= capacity <= MOST_PLACES:
        raise NoPlaces


def cancel(activity: Activity, now: datetime, *, reason: str) -> Activity:
    """取消: told to everybody who was asked."""
    require_coming(activity, now)
    return replace(activity, state=ActivityState.CANCELLED, reason=reason)


def close(activity: Activity, now: datetime, *, expected: int, present: int) -> Activity:
    """It is over: how many were expected and came."""
    if not activity.is_coming or activity.ends_at > now:
        raise NotComing(activity)
    return replace(activity, state=ActivityState.HELD, expected=expected, present=present)


def put_on_record(activity: Activity, minutes: str) -> Activity:
    """归档: its minutes were handed in; later ones replace them."""
    if activity.state not in TOOK_PLACE:
        raise NotComing(activity)
    return replace(activity, state=ActivityState.RECORDED, minutes=minutes)


def require_coming(activity: Activity, now: datetime) -> None:
    """Raise NotComing when nobody can answer any more."""
    if not activity.is_coming or activity.ends_at <= now:
        raise NotComing(activity)


def reply_to(activity: Activity, wish: Reply, now: datetime, *, going: int) -> Reply:
    """What a wish comes to: who wants to come when all places are taken waits."""
    require_coming(activity, now)
    full = activity.capacity is not None and going >= activity.capacity
    return Reply.WAITING if wish is Reply.GOING and full else wish


def moving_up(activity: Activity, waiting: Sequence[SignUp], *, going: int) -> tuple[SignUp, ...]:
    """Who of the waiting gets a place that is free now, the longest waiting first."""
    free = len(waiting) if activity.capacity is None else max(activity.capacity - going, 0)
    return tuple(replace(one, reply=Reply.GOING) for one in waiting[:free])


def reminders(
    activity: Activity, rules: ActivityRules, zone: ZoneInfo, now: datetime
) -> tuple[tuple[str, datetime], ...]:
    """The steps of the ladder that are still to come, each with its moment; none at night."""
    steps = (
        (stage_of(before), awake(activity.starts_at - before, activity.starts_at, rules, zone))
        for before in rules.ladder
    )
    return tuple((stage, at) for stage, at in steps if now < at < activity.starts_at)


def current_step(activity: Activity, rules: ActivityRules, zone: ZoneInfo, now: datetime) -> str:
    """The step of the ladder that should have been told last by now; "" before the first."""
    steps = [
        (awake(activity.starts_at - before, activity.starts_at, rules, zone), stage_of(before))
        for before in rules.ladder
    ]
    return next((stage for at, stage in reversed(steps) if at <= now), "")


def is_late(activity: Activity, due_at: datetime, now: datetime) -> bool:
    """Whether a reminder that was due then is so late now that it says so: by more than a twelfth
    of the time it was to leave, which is ten minutes of two hours.
    """
    return now - due_at > (activity.starts_at - due_at) / 12


def awake(at: datetime, starts_at: datetime, rules: ActivityRules, zone: ZoneInfo) -> datetime:
    """This moment, or by day: the morning where that is half an hour before the start, else the
    evening before.
    """
    morning = by_day(at, rules, zone)
    if morning == at or morning <= starts_at - timedelta(minutes=30):
        return morning
    last = time(rules.quiet_from.hour - 1, 30)
    before = morning.astimezone(zone).date() - timedelta(days=1)
    return min(datetime.combine(before, last, zone).astimezone(UTC), at)


def by_day(at: datetime, rules: ActivityRules, zone: ZoneInfo) -> datetime:
    """This moment, or the morning after it where it is night."""
    local = at.astimezone(zone)
    if rules.quiet_until <= local.time() < rules.quiet_from:
        return at
    day = local.date() + timedelta(days=int(local.time() >= rules.quiet_from))
    return datetime.combine(day, rules.quiet_until, zone).astimezone(UTC)


def is_open_for_check_in(activity: Activity, rules: ActivityRules, now: datetime) -> bool:
    """Whether one may check in now: from a while before the start until it ends."""
    opens = activity.starts_at - rules.opens_before
    return activity.is_coming and opens <= now <= activity.ends_at


def quorum(kind: ActivityKind, *, expected: int, present: int) -> Quorum | None:
    """How many must come of those who have a vote; None where no rule asks for it.

    党员大会: 过半数有表决权的党员到会; 支委会: 半数以上委员到会 (支部工作条例).
    """
    if kind not in WITH_QUORUM:
        return None
    needed = -(-expected // 2) if kind is ActivityKind.COMMITTEE_MEETING else expected // 2 + 1
    return Quorum(needed=needed, present=present)


def share(came: int, asked: int) -> int:
    """Attendance in whole percent."""
    return round(100 * came / asked) if asked else 0


def soonest(activities: Iterable[Activity]) -> list[Activity]:
    """In the order they begin."""
    return sorted(activities, key=lambda one: (one.starts_at, one.id or 0))
