"""Days, moments and durations in what people type, read towards the future.

What may be more than one thing, or is none, is never guessed: whoever reads it asks back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from knowledge.days import DaySaid, How, blotted_days, conflict, days_said, definite
from knowledge.hours import ClockSaid, clocks_said
from knowledge.normal import normal
from knowledge.numerals import in_digits

_CN = "[零〇一二两三四五六七八九十]"
_COUNT = rf"(?P<count>\d{{1,3}}|{_CN}{{1,3}}|半)"
_DAYS = re.compile(rf"(?<![这那近]){_COUNT}\s?(?:天|个?工作日)")
_WEEKS = re.compile(rf"{_COUNT}\s?(?:个)?(?:周|星期|礼拜)(?![一二三四五六日天末])")
_PART = re.compile(
    "上午|早上|早晨|清早|一早|中午|下午|午后|傍晚|晚上|今晚|明晚|今早|明早|下班前|夜里|凌晨|半夜"
)
_SOON = re.compile(
    rf"(?<!提前)(?P<hours>\d{{1,3}}(?:\.5)?|{_CN}{{1,3}}|半)\s?个?(?P<half>半)?(?:小时|钟头)(?P<more>半)?"
    rf"(?:(?:零|又)?(?P<rest>\d{{1,2}}|{_CN}{{1,3}})分钟?)?(?P<then>(?:之|以)?[后内前])?"
    rf"|(?<!提前)(?P<count>\d{{1,3}}|{_CN}{{1,3}})\s?个?(?P<unit>分钟|刻钟)(?P<after>(?:之|以)?[后内前])?"
)
_PARTS = {
    "上午": time(12),
    "早上": time(10),
    "早晨": time(10),
    "清早": time(10),
    "一早": time(10),
    "今早": time(10),
    "明早": time(10),
    "中午": time(13),
    "下午": time(18),
    "午后": time(18),
    "傍晚": time(19),
    "晚上": time(21),
    "今晚": time(21),
    "明晚": time(21),
    "夜里": time(23),
    "下班前": time(18),
}
_BETWEEN = re.compile(
    r"\s?(?:到|至|-|~|—)\s?(?:(?:当天)?(?:上午|中午|下午|傍晚|晚上|夜里|早上|晚|早))?\s?"
)
CLOSING = time(18)  # a day without a time of day ends with the office
LAST_MINUTE = time(23, 59)
_UNTIL = ("到", "至", "-", "~")
_ONE_DAY = timedelta(days=1)


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
    said = days_said(key, today)
    impossible = next((one.words for one in said if one.impossible), "")
    impossible = impossible or next(conflict(key, said), "")
    known = definite(said)
    chosen = next((one for one in known if one.how in (How.DATE, How.OF_MONTH)), None)
    chosen = chosen or next(iter(known), None)
    clocks = clocks_said(blotted_days(key, said), key)
    part = _PART.search(key)
    return When(
        day=None if impossible or chosen is None else chosen.day,
        start=clocks[0].at if clocks else None,
        end=_end(key, clocks),
        part=part[0] if part and not clocks else "",
        impossible=impossible,
    )


def when_span(key: str) -> tuple[int, int]:
    """Where the words that say when begin and end; (0, 0) where none do."""
    said = days_said(key, date(2000, 1, 1))
    clocks = clocks_said(blotted_days(key, said), key)
    spans = [(one.start, one.end) for one in said]
    spans += [(one.start, one.end) for one in clocks]
    spans += [part.span() for part in _PART.finditer(key)]
    return min(spans, default=(0, 0))[0], max((end for _, end in spans), default=0)


def beside_when(text: str) -> str:
    """What is said besides a day and an hour."""
    start, end = when_span(normal(text).key)
    return f"{text[:start]}{text[end:]}".strip(" ,，。、;；.!！吧") if end else text


def _end(key: str, clocks: list[ClockSaid]) -> time | None:
    if len(clocks) < 2 or not _BETWEEN.fullmatch(key[clocks[0].end : clocks[1].start]):
        return None
    start, end = clocks[0].at, clocks[1].at
    if clocks[1].midnight:
        return LAST_MINUTE
    if start is not None and end is not None and end < start and end.hour < 12:
        return end.replace(hour=end.hour + 12)
    return end


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
    said = days_said(key, today)
    days = find_days(blotted_days(key, said))
    if not said:
        return None if days is None else Period(first=today, last=_after(today, days - 1))
    known = definite(said)
    if not known or any(one.impossible for one in said):
        return None
    first, last = known[0].first, known[-1].last
    if first is None or last is None or first < today:
        return None
    if len(said) == 1 and key[: said[0].start].endswith(_UNTIL):
        return Period(first=today, last=last)
    if len(said) == 1 and days:
        last = _after(first, days - 1)
    return Period(first=first, last=last) if last >= first else None


def find_moment(key: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """A moment: 下午 → 18:00, 明天上午, 周五, 3点, 半小时后; always after `now`, or None."""
    local = now.astimezone(zone)
    said = days_said(key, local.date())
    clocks = clocks_said(blotted_days(key, said), key)
    soon = _SOON.search(key)
    if soon and (not (said or clocks) or (soon["then"] or soon["after"])):
        return _soon(soon, now)
    if any(one.impossible for one in said) or next(conflict(key, said), ""):
        return None
    known = definite(said)
    part = _PART.search(key)
    if not known and (said or not (clocks or part)):
        return None
    if clocks:
        moment = _at_clock(clocks[0], known, now, zone)
    else:
        moment = _at_part(part[0] if part else "", known, now, zone)
    return moment if moment is not None and moment > now else None


def _at_clock(
    clock: ClockSaid, said: list[DaySaid], now: datetime, zone: ZoneInfo
) -> datetime | None:
    today = now.astimezone(zone).date()
    day = said[0].last if said else today
    if day is None:
        return None
    if clock.midnight:
        return datetime.combine(day + _ONE_DAY, time(0), tzinfo=zone)
    if said or clock.plain is None:
        moment = None if clock.at is None else datetime.combine(day, clock.at, tzinfo=zone)
        if moment is None or said or moment > now:
            return moment
        return moment + _ONE_DAY
    moment = datetime.combine(day, clock.plain, tzinfo=zone)
    if moment > now:
        return moment
    afternoon = moment + timedelta(hours=12)
    sooner = clock.plain.hour < 12 and afternoon > now
    return afternoon if sooner else moment + _ONE_DAY


def _at_part(part: str, said: list[DaySaid], now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of that part of the day; of the office's day without one."""
    at = _PARTS.get(part) if part else CLOSING
    day = said[0].last if said else now.astimezone(zone).date()
    if at is None or day is None:  # 凌晨, 半夜: of which day?
        return None
    moment = datetime.combine(day, at, tzinfo=zone)
    return moment if said or moment > now else moment + _ONE_DAY


def _soon(soon: re.Match[str], now: datetime) -> datetime | None:
    """So long from now; None for what was so long ago."""
    if (soon["then"] or soon["after"] or "").endswith("前"):
        return None
    if soon["unit"]:
        each = 15 if soon["unit"] == "刻钟" else 1
        return now + timedelta(minutes=each * int(in_digits(soon["count"])))
    said = soon["hours"]
    hours = 0.5 if said == "半" else float(said) if "." in said else float(in_digits(said))
    hours += 0.5 * bool(soon["half"]) + 0.5 * bool(soon["more"])
    minutes = int(in_digits(soon["rest"])) if soon["rest"] else 0
    return now + timedelta(hours=hours, minutes=minutes)


def _after(day: date, days: int) -> date:
    return day + timedelta(days=max(days, 0))
