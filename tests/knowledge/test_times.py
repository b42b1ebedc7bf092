"""Days and moments are read towards the future; today is Monday, 22 June 2026, 10:00."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from knowledge.times import Period, When, find_days, find_moment, find_period, find_when

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
        ("3到5号", 33, 35),
        ("周六到下周二", 27, 30),
        ("7月24日到26日", 54, 56),
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
        ("一个半小时", 22, 11, 30),
        ("20分钟", 22, 10, 20),
    ],
)
def test_a_moment(said: str, day: int, hour: int, minute: int) -> None:
    found = find_moment(said, NOW, ZONE)

    assert found is not None
    local = found.astimezone(ZONE)
    assert (local.day, local.hour, local.minute) == (day, hour, minute)


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("1.5小时后", 90),
        ("两个半小时", 150),
        ("一小时半", 90),
        ("一小时二十分钟内", 80),
        ("三刻钟", 45),
        ("半个小时以后", 30),
    ],
)
def test_so_long_from_now(said: str, minutes: int) -> None:
    assert find_moment(said, NOW, ZONE) == NOW + timedelta(minutes=minutes)


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    for said in ("今晚12点", "今天24点", "半夜十二点"):
        assert find_moment(said, NOW, ZONE) == datetime(2026, 6, 22, 16, 0, tzinfo=UTC)


def test_how_long_something_takes_is_not_when_it_begins() -> None:
    found = find_moment("明天上午9点开2小时会", NOW, ZONE)
    assert found == datetime(2026, 6, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("周六上午9点到11点半", time(9), time(11, 30)),
        ("周六9-11点", time(9), time(11)),
        ("周六下午2点到4点", time(14), time(16)),
        ("周六上午11点到1点", time(11), time(13)),
        ("周六上午十点到下午三点", time(10), time(15)),
        ("周六晚上7点到9点", time(19), time(21)),
        ("周六晚8点到12点", time(20), time(23, 59)),
        ("周六14:00-16:30", time(14), time(16, 30)),
        ("周六上午10点到14点", time(10), time(14)),
        ("周六下午三点到两点", time(15), time(14)),
    ],
)
def test_from_when_until_when(said: str, start: time, end: time) -> None:
    assert find_when(said, TODAY) == When(day=date(2026, 6, 27), start=start, end=end)


@pytest.mark.parametrize(
    "said",
    [
        "早一点来",
        "一点也不好",
        "15号楼集合",
        "解放路15号",
        "限2-3人",
        "讲三点要求",
        "第三点",
        "3.5小时",
        "一周一次",
        "初三学生",
        "5-3-201",
    ],
)
def test_what_only_looks_like_a_time_is_none(said: str) -> None:
    assert find_when(said, TODAY) == When()


@pytest.mark.parametrize(
    "said",
    [
        "昨天下午三点",
        "上周三",
        "2月30日下午3点",
        "31号上午九点",
        "农历八月十五上午九点",
        "下周下午三点",
        "半小时前",
        "今晚两点",
        "6月27日周五",
    ],
)
def test_what_is_over_or_may_be_anything_is_asked(said: str) -> None:
    assert find_moment(said, NOW, ZONE) is None


@pytest.mark.parametrize("said", ["去看看", "", "25点", "今天上午8点"])
def test_no_moment(said: str) -> None:
    assert find_moment(said, NOW, ZONE) is None
