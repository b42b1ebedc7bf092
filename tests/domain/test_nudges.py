"""When those who have said nothing may be asked once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.activities import Activity, ActivityKind
from domain.activity_rules import ActivityRules
from domain.acts import RuleBroken
from domain.audiences import one_of_parts, these_people
from domain.nudges import NudgeComes, NudgedLately, TooLateToNudge, goes_at, require_rested

ZONE = ZoneInfo("Asia/Shanghai")
STARTS = datetime(2026, 6, 13, 9, 0, tzinfo=ZONE)
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=ZONE)


def when(
    now: datetime,
    *,
    starts: datetime = STARTS,
    nudged: datetime | None = None,
    reminded: datetime | None = None,
) -> datetime:
    activity = Activity(
        unit=1,
        kind=ActivityKind.FREE,
        title="x",
        place="y",
        starts_at=starts.astimezone(UTC),
        ends_at=starts.astimezone(UTC) + 2 * HOUR,
        audience=one_of_parts(these_people([1])),
        organiser=None,
    )
    rules = ActivityRules()
    return goes_at(activity, rules, ZONE, now, nudged_at=nudged, reminded_at=reminded)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (at(11, 10), at(11, 10)),
        (at(11, 8), at(11, 8)),
        (at(11, 21), at(12, 8)),
        (at(11, 7, 59), at(11, 8)),
        (at(11, 20, 59), at(11, 20, 59)),
    ],
)
def test_it_goes_now_or_when_the_night_is_over(now: datetime, goes: datetime) -> None:
    assert when(now, starts=at(18, 15)) == goes


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"now": STARTS}, TooLateToNudge),
        ({"now": at(12, 22), "starts": at(13, 8, 29)}, TooLateToNudge),
        ({"now": at(11, 12), "nudged": at(11, 8, 1)}, NudgedLately),
        ({"now": at(11, 12), "nudged": at(11, 13)}, NudgeComes),
        ({"now": at(11, 12), "reminded": at(11, 11, 1)}, NudgedLately),
        ({"now": at(10, 8, 30)}, NudgeComes),  # three days before, the ladder speaks at nine
        ({"now": at(8, 23), "starts": at(12, 8, 30)}, NudgeComes),  # in the morning, too
    ],
)
def test_it_does_not_go_where_it_would_be_too_late_or_too_much(
    given: dict[str, datetime], broken: type[RuleBroken]
) -> None:
    with pytest.raises(broken):
        when(**given)


@pytest.mark.parametrize("given", [{"nudged": at(11, 8)}, {"reminded": at(11, 11)}])
def test_after_a_while_it_may_go_again(given: dict[str, datetime]) -> None:
    assert when(at(11, 12), **given) == at(11, 12)


def test_nobody_is_told_to_try_again_after_the_start() -> None:
    with pytest.raises(NudgedLately) as refused:
        require_rested("x", at(13, 6), at(13, 7), until=STARTS)
    assert refused.value.values()["again"] is None
