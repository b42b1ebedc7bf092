"""What a notice announced: from when until when, for which buildings, and who asks about it."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from knowledge.days import blotted_days, days_said, definite
from knowledge.hours import ClockSaid, clocks_said
from knowledge.normal import normal
from knowledge.numerals import in_digits
from knowledge.times import LAST_MINUTE, find_when

_NUMBER = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_BUILDINGS = re.compile(
    rf"(?P<first>{_NUMBER})(?P<more>(?:\s?(?:号?[栋幢楼]|号楼)?\s?[、,和及~到至-]\s?{_NUMBER})*)"
    r"\s?(?:号?[栋幢]|号楼)"
)
_STEP = re.compile(rf"(?P<how>[、,和及~到至-])\s?(?P<number>{_NUMBER})")
_TO = frozenset("~到至-")
# Who asks what is to come, and not what is the matter now.
_TO_COME = re.compile(
    "明天|后天|今天|今晚|明早|几点|什么时候|啥时候|多久|多长时间|通知|是不是|会不会|要不要"
)
_STOPPED = "停"
_BACK = "来"


def time_announced(text: str, written: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """From when until when it is, as the words meant it on the day they were written; None when
    they name no day.
    """
    key = normal(text).key
    days = definite(days_said(key, written))
    first, last = (days[0].first, days[-1].last) if days else (None, None)
    if first is None or last is None or last < first:
        return None
    clocks = clocks_said(blotted_days(key, days_said(key, written)), key)
    begins = clocks[0].at if clocks else None
    ends = find_when(key, written).end if first == last else _last_hour(clocks)
    return (
        datetime.combine(first, begins or time.min, zone),
        datetime.combine(last, ends or LAST_MINUTE, zone),
    )


def buildings_announced(text: str) -> frozenset[str]:
    """The buildings it names: 3栋、5栋, 1到6号楼; none when it is for all."""
    found: set[str] = set()
    for match in _BUILDINGS.finditer(normal(text).key):
        last = int(in_digits(match["first"]))
        found.add(str(last))
        for step in _STEP.finditer(match["more"]):
            number = int(in_digits(step["number"]))
            start = last if step["how"] in _TO else number
            found.update(str(one) for one in range(start, number + 1))
            last = number
    return frozenset(found)


def asks_of(text: str, name: str) -> bool:
    """Whether somebody asks about what is called so (停水): 停水到几点, 什么时候来水."""
    key = normal(text).key
    back = _BACK + name.removeprefix(_STOPPED)
    return name in key or (name.startswith(_STOPPED) and back in key)


def asks_what_is_to_come(text: str) -> bool:
    """Whether it may be about a day that is still to come."""
    return _TO_COME.search(normal(text).key) is not None


def _last_hour(clocks: list[ClockSaid]) -> time | None:
    """The hour of another day; the earlier one where it may be either (6:00)."""
    return clocks[-1].plain or clocks[-1].at if len(clocks) > 1 else None
