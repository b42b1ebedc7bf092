"""Thousands of ways to say a day and a time: each is read rightly or asked back, none wrongly.

What is expected is counted out here day by day, without the code under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from knowledge.normal import normal
from knowledge.times import find_moment, find_when

ZONE = ZoneInfo("Asia/Shanghai")
A_DAY = timedelta(days=1)
# A Tuesday, a Saturday, a Sunday, the end of January, the day before a leap day, New Year's Eve.
TODAYS = tuple(
    map(
        date.fromisoformat,
        ("2026-06-09", "2026-06-13", "2026-06-14", "2027-01-31", "2028-02-28", "2026-12-31"),
    )
)
ONES = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
HAN = {
    number: (ONES[number // 10] if number > 19 else "") + ("十" if number > 9 else "")
    + ONES[number % 10]
    for number in range(1, 60)
}  # fmt: skip
WEEKDAYS = "一二三四五六日"
# What hour of twenty-four is meant, by the half of the day and the number that is said.
HOURS = {
    "上午": {8: 8, 9: 9, 10: 10, 11: 11},
    "早上": {6: 6, 7: 7, 8: 8, 9: 9},
    "中午": {11: 11, 12: 12, 1: 13},
    "下午": {1: 13, 2: 14, 3: 15, 4: 16, 5: 17},
    "傍晚": {5: 17, 6: 18, 7: 19},
    "晚上": {6: 18, 7: 19, 8: 20, 9: 21, 10: 22, 11: 23},
    "凌晨": {1: 1, 2: 2, 4: 4, 5: 5},
    "": {8: 8, 9: 9, 10: 10, 11: 11, 12: 12, 1: 13, 2: 14, 3: 15, 14: 14, 19: 19, 23: 23},
}
MINUTES = {"": 0, "半": 30, "一刻": 15, "三刻": 45, "二十": 20, "零五分": 5, "40分": 40, "整": 0}
NO_TIME = ("晚上两点", "25点", "差五分三点", "夜里三点", "半夜一点")


@dataclass(frozen=True)
class Case:
    """Words, the day they name and the time; `asks` where nobody can tell which day."""

    today: date
    words: str
    day: date | None
    at: time | None = None
    no_time: bool = False  # a time was said that is none, or may be several


def days_from(today: date, count: int) -> Iterator[date]:
    return (today + number * A_DAY for number in range(count))


def week_of(today: date) -> list[date]:
    """Monday to Sunday."""
    monday = next(day for day in (today - n * A_DAY for n in range(7)) if day.isoweekday() == 1)
    return [*days_from(monday, 7)]


def by_words(today: date) -> Iterator[tuple[str, date | None]]:
    for ahead, words in enumerate((("今天", "今日"), ("明天", "明日"), ("后天",), ("大后天",))):
        yield from ((word, [*days_from(today, 4)][ahead]) for word in words)
    for back, word in ((1, "昨天"), (2, "前天"), (3, "大前天")):
        yield word, today - back * A_DAY
    for count in (2, 3, 7, 10, 15):
        yield f"{count}天后", today + count * A_DAY
        yield f"{HAN[count]}天以后", today + count * A_DAY
    for count in (1, 2, 3):
        yield f"{HAN[count]}周后", today + count * 7 * A_DAY
        yield f"{count}个星期之后", today + count * 7 * A_DAY


def by_weekday(today: date) -> Iterator[tuple[str, date | None]]:
    this = week_of(today)
    following, after, before = (week_of(this[0] + n * 7 * A_DAY) for n in (1, 2, -1))
    for number, name in enumerate(WEEKDAYS):
        coming = next(day for day in days_from(today, 7) if day.isoweekday() == number + 1)
        for week in ("周", "星期", "礼拜"):
            yield f"{week}{name}", coming
            yield f"这{week}{name}", this[number]
            yield f"本{week}{name}", this[number]
            yield f"下{week}{name}", following[number]
            yield f"下个{week}{name}", following[number]
            yield f"下下{week}{name}", after[number]
            yield f"上{week}{name}", before[number]
    yield from ((f"{week}天", this[6]) for week in ("这周", "本星期", "这个礼拜"))


def month_of(year: int, month: int) -> list[date]:
    return [
        day for day in days_from(date(year, 1, 1), 366) if (day.year, day.month) == (year, month)
    ]


def of_month(days: list[date], number: int) -> date | None:
    return next((day for day in days if day.day == number), None)


def by_number(today: date) -> Iterator[tuple[str, date | None]]:
    this = month_of(today.year, today.month)
    later = this[-1] + A_DAY
    following = month_of(later.year, later.month)
    for number in range(1, 32):
        coming = of_month(following if number < today.day else this, number)
        yield f"{number}号", coming
        yield f"{number}日", coming
        yield f"{HAN[number]}号", coming
        yield f"本月{number}号", of_month(this, number)
        yield f"下个月{number}号", of_month(following, number)
        yield f"下月{HAN[number]}号", of_month(following, number)
    yield "月底", this[-1]
    yield "本月底", this[-1]
    yield "下个月底", following[-1]
    yield "年底", date(today.year, 12, 31)


def by_date(today: date) -> Iterator[tuple[str, date | None]]:
    year_on = [*days_from(today, 366)][: 365 + (today.month == 2)]
    for month in range(1, 13):
        for number in (1, 2, 9, 10, 15, 21, 28, 29, 30, 31):
            days = [day for day in year_on if day.month == month]
            day = of_month(days, number)
            yield f"{month}月{number}日", day
            yield f"{month}月{number}号", day
            yield f"{HAN[month]}月{HAN[number]}日", day
            literal = of_month(month_of(today.year + 1, month), number)
            yield f"明年{month}月{number}日", literal
            yield f"{today.year + 1}年{month}月{number}日", literal
            yield f"{today.year + 1}-{month:02}-{number:02}", literal
            if day is not None:
                name = WEEKDAYS[day.isoweekday() - 1]
                other = WEEKDAYS[day.isoweekday() % 7]
                yield f"{month}月{number}日周{name}", day
                yield f"{month}月{number}日（周{other}）", None


NO_DAY = (
    "2月30日", "2月31日", "4月31日", "二月三十号", "13月1日", "0月5日", "32号", "99号", "0号",
    "农历八月十五", "八月十五", "正月初五", "初六", "腊月二十三", "除夕", "周末", "这周末",
    "下周末", "明后天", "月初", "下周", "下个月", "中旬", "重阳节", "过几天", "改天",
)  # fmt: skip


def day_cases(today: date) -> list[tuple[str, date | None]]:
    found = [*by_words(today), *by_weekday(today), *by_number(today), *by_date(today)]
    return [*found, *((words, None) for words in NO_DAY)]


def time_cases() -> list[tuple[str, time | None]]:
    found: list[tuple[str, time | None]] = []
    for half, hours in HOURS.items():
        for said, hour in hours.items():
            for words, minute in MINUTES.items():
                found.append((f"{half}{said}点{words}", time(hour, minute)))
                if said < 13:
                    name = "两" if said == 2 else HAN[said]
                    found.append((f"{half}{name}点{words}", time(hour, minute)))
            if half in ("上午", "下午", ""):
                found.append((f"{half}{said}:30", time(hour, 30)))
    full = [time(hour, minute) for hour in range(24) for minute in (0, 5)]
    found += [(f"{at:%H:%M}", at) for at in full]
    return found + [(words, None) for words in NO_TIME]


def corpus() -> Iterator[Case]:
    times = time_cases()
    for today in TODAYS:
        for place, (words, day) in enumerate(day_cases(today)):
            yield Case(today, words, day)
            said, at = times[place % len(times)]
            between = " " if words[-1].isdecimal() else ""
            yield Case(today, f"{words}{between}{said}", day, at, no_time=at is None)
    for place, (said, at) in enumerate(times):
        today = TODAYS[place % len(TODAYS)]
        yield Case(today, f"明天{said}", today + A_DAY, at, no_time=at is None)
        yield Case(today, f"下周三 {said}", week_of(today + 7 * A_DAY)[2], at, no_time=at is None)


CORPUS = [*corpus()]
FRAMES = ("{}", "{}主题党日 去雷锋驿站 通知一下", "请大家{}到会议室开会", "主题党日改到{}")


def test_the_corpus_is_large() -> None:
    assert len({(case.today, case.words) for case in CORPUS}) > 5_000
    assert len({case.words for case in CORPUS}) > 2_000


@pytest.mark.parametrize("frame", FRAMES)
def test_a_day_and_a_time_are_read_rightly_or_asked_back(frame: str) -> None:
    wrong = []
    for case in CORPUS:
        found = find_when(normal(frame.format(case.words)).key, case.today)
        expected = (case.day, case.at)
        if (found.day, found.start) != expected:
            wrong.append((case.today.isoformat(), case.words, found, expected))
    assert wrong == []


VAGUE = ("周末", "明后天")


def test_a_moment_is_read_rightly_or_asked_back() -> None:
    wrong = []
    for case in CORPUS:
        if any(word in case.words for word in VAGUE):
            continue  # a deadline: by the end of it
        now = datetime.combine(case.today, time(10), ZONE).astimezone(UTC)
        found = find_moment(normal(case.words).key, now, ZONE)
        if found != expected_moment(case, now):
            wrong.append((case.today.isoformat(), case.words, found))
    assert wrong == []


def expected_moment(case: Case, now: datetime) -> datetime | None:
    if case.day is None or case.no_time:
        return None
    moment = datetime.combine(case.day, case.at or time(18), ZONE)
    return moment.astimezone(UTC) if moment > now else None
