"""Days, moments and durations in what people type, read towards the future."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from knowledge.numerals import in_digits

_CN = "[零〇一二两三四五六七八九十]"
_COUNT = rf"(?P<count>\d{{1,3}}|{_CN}{{1,3}}|半)"
_DAYS = re.compile(rf"{_COUNT}\s?(?:天|个?工作日)")
_WEEKS = re.compile(rf"{_COUNT}\s?(?:个)?(?:周|星期|礼拜)(?![一二三四五六日天末])")
_DAY = re.compile(
    r"(?P<word>大后天|后天|明天|明儿|明早|明晚|明日|今天|今儿|今晚|今早|今日|月底|周末)"
    r"|(?P<week>下下|下|这|本)?(?:个)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?P<month>\d{1,2})(?:月|[./])(?P<day>\d{1,2})(?:日|号)?(?!\d)"
    r"|(?<![\d月])(?P<only>\d{1,2})[日号](?![楼线单院])"
)
_PART = re.compile("上午|早上|早晨|一早|中午|下午|傍晚|晚上|今晚|明晚|今早|明早|下班前|夜里")
_CLOCK = re.compile(
    rf"(?P<hour>\d{{1,2}}|{_CN}{{1,3}})(?:点|时(?![候间])|:(?=\d\d))(?:钟)?"
    r"(?P<minute>半|一刻|三刻|\d{1,2})?"
)
_SOON = re.compile(rf"{_COUNT}\s?(?:个)?(?P<unit>小时|钟头|分钟|刻钟)(?P<half>半)?")
_PARTS = {
    "上午": time(12),
    "早上": time(10),
    "早晨": time(10),
    "一早": time(10),
    "今早": time(10),
    "明早": time(10),
    "中午": time(13),
    "下午": time(18),
    "傍晚": time(19),
    "晚上": time(21),
    "今晚": time(21),
    "明晚": time(21),
    "夜里": time(23),
    "下班前": time(18),
}
# A day with its month: whether there is such a day is for the calendar to say.
_DATED = re.compile(
    rf"(?:(?P<year>\d{{4}})(?:年|[-/.]))?(?<!\d)(?P<month>\d{{1,2}}|{_CN}{{1,2}})(?:月|[-/.])"
    rf"(?P<day>\d{{1,2}}|{_CN}{{1,3}})(?:日|号|(?=[^\d.\-/月:]|$))"
)
_PAST = re.compile("昨天|昨日|昨晚|前天")
_BEHIND = {"昨": 1, "前": 2}
_BETWEEN = ("到", "至", "-", "~", "—", "到下午", "到中午", "到上午", "到晚上", "至下午")
_HALF_DAY = re.compile(
    "上午|早上|早晨|清早|一早|今早|明早|中午|下午|傍晚|晚上|今晚|明晚|夜里|晚|早"
)
_LATE = frozenset({"下午", "傍晚", "晚上", "今晚", "明晚", "夜里", "晚"})
EARLIEST = 8  # an hour below it without 早上 is one of the afternoon
_AHEAD = {"今": 0, "明": 1, "后": 2, "大": 3}
_WEEKDAYS = "一二三四五六日"
CLOSING = time(18)  # a day without a time of day ends with the office
_UNTIL = ("到", "至", "-", "~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From one day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A day and wall times as they were said; `impossible` is a day no calendar has."""

    day: date | None = None
    start: time | None = None
    end: time | None = None
    part: str = ""  # 上午, where no hour was said
    impossible: str = ""


def find_when(key: str, today: date) -> When:
    """When something is to be: 周六上午九点到十一点, 2月30日 (impossible), 昨天 (in the past)."""
    impossible = ""
    day: date | None = None
    if dated := _DATED.search(key):
        day = _dated(dated, today)
        impossible = "" if day else dated[0]
    elif past := _PAST.search(key):
        day = today - timedelta(days=_BEHIND[past[0][0]])
    if day is None and not impossible:
        day = next((day for _, _, day in _days_in(key, today)), None)
    clocks = list(_clocks(key))
    start = clocks[0][2] if clocks else None
    end = None
    if len(clocks) > 1 and key[clocks[0][1] : clocks[1][0]].strip() in _BETWEEN:
        end = clocks[1][2]
        if start is not None and end < start and end.hour < 12:
            end = end.replace(hour=end.hour + 12)
    part = _PART.search(key)
    return When(
        day=day,
        start=start,
        end=end,
        part=part[0] if part and start is None else "",
        impossible=impossible,
    )


def find_days(key: str) -> int | None:
    """A number of days: 延3天, 延三天, 一周, 半个月."""
    if "半个月" in key:
        return 15
    if match := _DAYS.search(key):
        return None if match["count"] == "半" else int(in_digits(match["count"]))
    if match := _WEEKS.search(key):
        return None if match["count"] == "半" else 7 * int(in_digits(match["count"]))
    return None


def find_period(key: str, today: date) -> Period | None:
    """A period of days: 明天到周五, 到周五, 24号到28号, 后天, 休假三天."""
    said = list(_days_in(key, today))
    days = find_days(key)
    if not said:
        return None if days is None else Period(first=today, last=_after(today, days - 1))
    (start, _, first), last = said[0], said[-1][2]
    if len(said) == 1 and key[:start].endswith(_UNTIL):
        return Period(first=today, last=first) if first >= today else None
    if len(said) == 1 and days:
        last = _after(first, days - 1)
    return Period(first=first, last=last) if last >= first else None


def find_moment(key: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """A moment: 下午 → 18:00, 明天上午, 周五, 3点, 半小时后; always after `now`, or None."""
    local = now.astimezone(zone)
    if soon := _SOON.search(key):
        return now + _length(soon)
    day = next((day for _, _, day in _days_in(key, local.date())), None)
    part = _PART.search(key)
    clock = _clock(key, part[0] if part else "")
    if day is None and part is None and clock is None:
        return None
    at = clock or (_PARTS[part[0]] if part else CLOSING)
    moment = datetime.combine(day or local.date(), at, tzinfo=zone)
    if moment <= now and day is None:
        moment = _later(moment, now, said_part=part is not None)
    return moment if moment > now else None


def _later(moment: datetime, now: datetime, *, said_part: bool) -> datetime:
    afternoon = moment + timedelta(hours=12)
    if not said_part and moment.hour < 12 and afternoon > now:
        return afternoon
    return moment + timedelta(days=1)


def _clock(key: str, part: str) -> time | None:
    match = _CLOCK.search(key)
    if match is None:
        return None
    hour = int(in_digits(match["hour"]))
    minute = {"半": 30, "一刻": 15, "三刻": 45, None: 0}.get(match["minute"])
    if minute is None:
        minute = int(match["minute"])
    if hour < 12 and part in {"下午", "傍晚", "晚上", "今晚", "明晚", "夜里"}:
        hour += 12
    if hour > 23 or minute > 59:
        return None
    return time(hour, minute)


def _clocks(key: str) -> Iterator[tuple[int, int, time]]:
    """Every wall time that is said; the half of the day holds until another is said."""
    said = ""
    reached = 0
    for match in _CLOCK.finditer(key):
        halves = _HALF_DAY.findall(key, reached, match.start())
        said = halves[-1] if halves else said
        reached = match.end()
        hour = int(in_digits(match["hour"]))
        if hour > 23:  # 周六三点
            hour = int(in_digits(match["hour"][-1]))
        minute = {"半": 30, "一刻": 15, "三刻": 45, None: 0}.get(match["minute"])
        if minute is None:
            minute = int(match["minute"])
        if hour < 12 and (said in _LATE or (not said and hour < EARLIEST)):
            hour += 12
        if hour <= 23 and minute <= 59:
            yield match.start(), match.end(), time(hour, minute)


def _dated(match: re.Match[str], today: date) -> date | None:
    month, day = int(in_digits(match["month"])), int(in_digits(match["day"]))
    if match["year"]:
        try:
            return date(int(match["year"]), month, day)
        except ValueError:
            return None
    return _first_from(today, [(year, month, day) for year in range(today.year, today.year + 5)])


def _length(soon: re.Match[str]) -> timedelta:
    count = 0.5 if soon["count"] == "半" else float(in_digits(soon["count"]))
    if soon["half"]:
        count += 0.5
    minutes = {"分钟": 1, "刻钟": 15}.get(soon["unit"], 60)
    return timedelta(minutes=count * minutes)


def _days_in(key: str, today: date) -> Iterator[tuple[int, int, date]]:
    for match in _DAY.finditer(key):
        day = _day(match, today)
        if day is not None:
            yield match.start(), match.end(), day


def _day(match: re.Match[str], today: date) -> date | None:
    if match["word"]:
        return _named(match["word"], today)
    if match["weekday"]:
        weekday = _WEEKDAYS.index(match["weekday"].replace("天", "日"))
        return _of_week(match["week"] or "", weekday, today)
    if match["month"]:
        month, day = int(match["month"]), int(match["day"])
        years = (today.year, today.year + 1)
        return _first_from(today, [(year, month, day) for year in years])
    day, month = int(match["only"]), today.month
    following = (today.year + month // 12, month % 12 + 1)
    return _first_from(today, [(today.year, month, day), (*following, day)])


def _named(word: str, today: date) -> date:
    if word == "月底":
        return today.replace(day=monthrange(today.year, today.month)[1])
    if word == "周末":
        return _of_week("", 6, today)
    return today + timedelta(days=_AHEAD[word[0]])


def _of_week(week: str, weekday: int, today: date) -> date:
    if week in ("下", "下下"):
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=7 * len(week) + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _first_from(today: date, days: list[tuple[int, int, int]]) -> date | None:
    for year, month, day in days:
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _after(day: date, days: int) -> date:
    return day + timedelta(days=max(days, 0))
