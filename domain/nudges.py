"""提醒没答复的: when those who have said nothing may be asked once more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.activities import Activity, by_day, reminders
from domain.activity_rules import ActivityRules
from domain.acts import RuleBroken
from domain.broadcasts import Action, Broadcast, BroadcastState, is_sent
from domain.conversations import QUESTION_LIFE

BETWEEN = timedelta(hours=4)  # two nudges of the same activity, or of the same notice
BESIDE_A_STEP = timedelta(hours=1)  # of the ladder, which asks them by itself
BEFORE_THE_START = timedelta(minutes=30)  # what the night held back comes no later
_GONE_OUT = frozenset({BroadcastState.SENDING, BroadcastState.DONE})
_NOT_SENT = frozenset({BroadcastState.DRAFT, BroadcastState.AWAITING, BroadcastState.CANCELLED})


class NudgedLately(RuleBroken):
    """They were asked a moment ago, by somebody or by the ladder (`by_itself`)."""

    phrase = "refused.nudged_lately"

    def __init__(
        self, title: str, at: datetime, *, again: datetime | None, by_itself: bool = False
    ) -> None:
        super().__init__(title=title, at=at, again=again, by_itself=by_itself)


class NudgeComes(RuleBroken):
    """They will be asked shortly as it is, by somebody's word or by the ladder (`by_itself`)."""

    phrase = "refused.nudge_comes"

    def __init__(self, title: str, at: datetime, *, by_itself: bool = False) -> None:
        super().__init__(title=title, at=at, by_itself=by_itself)


class TooLateToNudge(RuleBroken):
    """It begins before anybody may be disturbed again."""

    phrase = "refused.too_late_to_nudge"

    def __init__(self, activity: Activity) -> None:
        super().__init__(title=activity.title, starts=activity.starts_at)


def may_be_answered(notice: Broadcast, later: Iterable[Broadcast], now: datetime) -> bool:
    """Whether a notice asks something that is still open; `later` is what followed it."""
    if not notice.asks or notice.is_repeat or notice.state not in _GONE_OUT:
        return False
    if not is_sent(notice) or now - (notice.starts_at or notice.created_at) > QUESTION_LIFE:
        return False
    return not any(one.action is Action.RECALL and one.state not in _NOT_SENT for one in later)


def require_rested(
    title: str, last: datetime | None, now: datetime, *, until: datetime | None = None
) -> None:
    """Raise NudgedLately or NudgeComes where the last nudge is too near; `until`: when it is all
    over, so that nobody is told to try again after it.
    """
    if last is None or now - last >= BETWEEN:
        return
    if last > now:
        raise NudgeComes(title, last)
    raise NudgedLately(title, last, again=_before(until, last + BETWEEN))


def goes_at(
    activity: Activity,
    rules: ActivityRules,
    zone: ZoneInfo,
    now: datetime,
    *,
    nudged_at: datetime | None,
    reminded_at: datetime | None,
) -> datetime:
    """When a nudge goes out: now, or when the night is over; raises the rule that forbids it.

    `nudged_at`: when the last one went or goes; `reminded_at`: when the ladder spoke last.
    """
    at = by_day(now, rules, zone)
    if at >= activity.starts_at - (timedelta(0) if at == now else BEFORE_THE_START):
        raise TooLateToNudge(activity)
    require_rested(activity.title, nudged_at, now, until=activity.starts_at)
    if reminded_at is not None and now - reminded_at < BESIDE_A_STEP:
        raise NudgedLately(
            activity.title,
            reminded_at,
            again=_before(activity.starts_at, reminded_at + BESIDE_A_STEP),
            by_itself=True,
        )
    for _, step in reminders(activity, rules, zone, now):
        if at <= step < at + BESIDE_A_STEP:
            raise NudgeComes(activity.title, step, by_itself=True)
    return at


def _before(until: datetime | None, again: datetime) -> datetime | None:
    return None if until is not None and again >= until else again
