"""Which days a rule of iCalendar means, and what a holiday makes of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.rrule import rrulestr

from domain.workdays import WorkCalendar

MOST = 400  # of one rule in one look


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One day of a rule; `day` is when it will be, `meant` what the rule says, `holiday` why they
    differ or what it falls into.
    """

    meant: date
    day: date
    holiday: str = ""


def days_of(rule: str, starts: datetime, first: date, last: date) -> Iterator[date]:
    """The days of the rule from `first` to `last`, both included; wall time, so no clock change
    moves one.
    """
    begin = starts.replace(tzinfo=None)
    found = rrulestr(rule, dtstart=begin).xafter(
        datetime.combine(max(first, begin.date()), datetime.min.time()), count=MOST, inc=True
    )
    for at in found:
        if at.date() > last:
            return
        yield at.date()


def first_day(rule: str, starts: datetime) -> date | None:
    """The first day of the rule from this one on."""
    last = starts.date() + timedelta(days=800)
    return next(days_of(rule, starts, starts.date(), last), None)


def occurrence(day: date, calendar: WorkCalendar, holidays: str) -> Occurrence | None:
    """What becomes of this day: kept, moved behind the holiday, or None when it is skipped."""
    holiday = calendar.holiday_on(day)
    if not holiday or holidays == "keep":
        return Occurrence(meant=day, day=day, holiday=holiday)
    if holidays == "skip":
        return None
    moved = calendar.next_working_day(day)
    return Occurrence(meant=day, day=moved, holiday=holiday)


def falls_on(
    rule: str, starts: datetime, last: date, calendar: WorkCalendar
) -> tuple[date, str] | None:
    """The first day of the rule that is in a holiday, and its name."""
    for day in days_of(rule, starts, starts.date(), last):
        if holiday := calendar.holiday_on(day):
            return day, holiday
    return None


_DAYS = {"MO": "一", "TU": "二", "WE": "三", "TH": "四", "FR": "五", "SA": "六", "SU": "日"}
_PLACES = {"1": "第一个", "2": "第二个", "3": "第三个", "4": "第四个", "-1": "最后一个"}


def in_words(rule: str) -> str:
    """The rule as people say it: 每周六, 每月第一个周六, 每月 5 号; "" of no rule."""
    if not rule:
        return ""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    every, by_day, day = parts.get("INTERVAL", ""), parts.get("BYDAY", ""), parts.get("BYMONTHDAY")
    if parts["FREQ"] == "DAILY":
        return "每天"
    if parts["FREQ"] == "WEEKLY":
        days = "、".join(_DAYS[one] for one in by_day.split(","))
        return f"{'隔' if every == '2' else '每'}周{days}"
    month = "每季度" if every == "3" or "BYMONTH" in parts else "每月"
    if by_day:
        return f"{month}{_PLACES[by_day[:-2]]}周{_DAYS[by_day[-2:]]}"
    return f"{month}最后一天" if day == "-1" else f"{month} {day} 号"
