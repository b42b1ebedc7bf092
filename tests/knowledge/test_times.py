"""Days and moments are read towards the future; today is Monday, 22 June 2026, 10:00."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from knowledge.times import Period, find_days, find_moment, find_period

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 6, 22)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("延3天", 3),
        ("三天", 3),
        ("十五天", 15),
        ("5个工作日", 5),
        ("一周", 7),
        ("两个星期", 14),
        ("半个月", 15),
        ("等配件", None),
        ("2月30日", None),
    ],
)
def test_a_number_of_days(said: str, days: int | None) -> None:
    assert find_days(said) == days


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("明天到周五", 23, 26),
        ("明天", 23, 23),
        ("后天", 24, 24),
        ("到周五", 22, 26),
        ("24号到26号", 24, 26),
        ("6月24日到6月26日", 24, 26),
        ("6.24-6.26", 24, 26),
        ("周三至周日", 24, 28),
        ("下周一到下周三", 29, 31),
        ("三天", 22, 24),
        ("明天起两天", 23, 24),
        ("到月底", 22, 30),
    ],
)
def test_a_period(said: str, first: int, last: int) -> None:
    found = find_period(said, TODAY)

    assert found is not None
    assert ((found.first - TODAY).days, (found.last - TODAY).days) == (first - 22, last - 22)


@pytest.mark.parametrize("said", ["请假", "2月30日", "周五到明天", "99号", "13月1日"])
def test_no_period(said: str) -> None:
    assert find_period(said, TODAY) is None


def test_a_day_that_has_passed_is_in_the_next_year_or_month() -> None:
    assert find_period("1月5日", TODAY) == Period(first=date(2027, 1, 5), last=date(2027, 1, 5))
    assert find_period("5号", TODAY) == Period(first=date(2026, 7, 5), last=date(2026, 7, 5))


@pytest.mark.parametrize(
    ("said", "day", "hour", "minute"),
    [
        ("下午去", 22, 18, 0),
        ("上午", 22, 12, 0),
        ("今晚", 22, 21, 0),
        ("早上", 23, 10, 0),
        ("明天上午", 23, 12, 0),
        ("明天", 23, 18, 0),
        ("周五", 26, 18, 0),
        ("3点", 22, 15, 0),
        ("三点半", 22, 15, 30),
        ("下午2点", 22, 14, 0),
        ("明天9点", 23, 9, 0),
        ("14:30", 22, 14, 30),
        ("半小时后到", 22, 10, 30),
        ("两个小时内", 22, 12, 0),
        ("一个半小时", 22, 10, 30),
        ("20分钟", 22, 10, 20),
    ],
)
def test_a_moment(said: str, day: int, hour: int, minute: int) -> None:
    found = find_moment(said, NOW, ZONE)

    assert found is not None
    local = found.astimezone(ZONE)
    assert (local.day, local.hour, local.minute) == (day, hour, minute)


@pytest.mark.parametrize("said", ["去看看", "", "25点", "今天上午8点"])
def test_no_moment(said: str) -> None:
    assert find_moment(said, NOW, ZONE) is None
