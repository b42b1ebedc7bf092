"""Times of the day in what people type: 下午三点半, 9:30, 9到11点, 今晚12点."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from knowledge.numerals import in_digits

_CN_HOUR = "二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九]"
_HOUR = rf"\d{{1,2}}|{_CN_HOUR}"
_CN = "[一二三四五六七八九]"
_CN_MINUTE = f"[二三四五]?十{_CN}?|[零〇]{_CN}|{_CN}(?=分)"
_NO_MINUTE_AFTER = "(?![\\d人个名位元块栋号楼单岁天月日周米组桌场:%点])"
_CLOCK = re.compile(
    # 早一点 and 有一点 are no time, and 三点建议 are three of them.
    rf"(?<![\d.:第])(?:(?<![早晚快慢大小多少好高低有轻差远近])|(?!一点))"
    rf"(?!一点[都也儿不没小]|一时半)(?P<hour>{_HOUR})"
    r"(?:(?:点(?:钟|整)?(?!建议|意见|要求|说明|希望|问题)|时(?:整)?(?![候间段长代期常])|:(?=\d\d))"
    rf"(?P<minute>半(?!小时|个|天)|一刻|三刻|(?:过|零)?(?:\d{{1,2}}|{_CN_MINUTE}){_NO_MINUTE_AFTER})?分?"
    rf"|(?=[~到至-](?:{_HOUR})(?:点|时|:)))"
)
_SHORT_OF = re.compile(r"差.{1,3}分")
_MORNING = ("上午", "早上", "早晨", "清早", "清晨", "一早", "今早", "明早", "早")
_NOON = ("中午", "正午")
_AFTERNOON = ("下午", "午后")
_EVENING = ("晚上", "今晚", "明晚", "昨晚", "当晚", "夜里", "夜晚", "半夜", "深夜", "今夜", "晚")
_HALF_DAY = re.compile(
    "凌晨|傍晚|"
    + "|".join(word for word in (*_MORNING, *_NOON, *_AFTERNOON, *_EVENING) if len(word) > 1)
    + r"|(?<![最不太])[早晚](?=\s?[\d一二两三四五六七八九十])"
)
EARLIEST = 8  # an hour below it without 早上 is one of the afternoon


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSaid:
    """Where a time was said, and which; None where it may be more than one, or is none at all.

    `midnight`: the end of the day it was said of (晚上12点). `plain` is it as it was said where no
    half of the day was.
    """

    start: int
    end: int
    at: time | None
    midnight: bool = False
    plain: time | None = None


def clocks_said(key: str, words: str) -> list[ClockSaid]:
    """Every time that is said; the half of the day holds until another is said.

    `key` may be made unreadable in parts, where `words` still has the halves of the day.
    """
    return list(_clocks(key, words))


def _clocks(key: str, words: str) -> Iterator[ClockSaid]:
    said, reached = "", 0
    short = _SHORT_OF.search(key) is not None
    for match in _CLOCK.finditer(key):
        halves = _HALF_DAY.findall(words, reached, match.start() + 1)
        hour, minute = int(in_digits(match["hour"])), _minute(match["minute"])
        if halves or hour > 12:  # 上午10点到14点
            said = halves[-1] if halves else ""
        reached = match.end()
        if short or minute is None or minute > 59 or hour > 24 or (hour == 24 and minute):
            yield ClockSaid(start=match.start(), end=match.end(), at=None)
            continue
        written_so = match["hour"].startswith("0") and len(match["hour"]) == 2
        full = hour if written_so and not said else _by_half(hour, said)
        plain = time(hour, minute) if not said and hour < 24 else None
        yield ClockSaid(
            start=match.start(),
            end=match.end(),
            at=time(full, minute) if full is not None and full < 24 else None,
            midnight=full == 24 and minute == 0,
            plain=plain,
        )


def _minute(said: str | None) -> int | None:
    match said:
        case None:
            return 0
        case "半":
            return 30
        case "一刻":
            return 15
        case "三刻":
            return 45
    digits = in_digits(said.lstrip("过零〇") or "0")
    return int(digits) if digits.isdecimal() else None


def _by_half(hour: int, said: str) -> int | None:
    """The hour of twenty-four; 24 is the end of the day, None what nobody can tell."""
    if said in _EVENING:
        if hour in (0, 12, 24):
            return 24
        if hour < 5:  # 今晚两点: of which day?
            return None
        return hour + 12 if hour < 12 else hour
    if said == "凌晨":
        return hour % 12 if hour <= 12 else None
    if said in _MORNING:
        return hour if hour <= 12 else None
    if said in _NOON:
        return hour + 12 if hour < 4 else hour if 10 <= hour <= 15 else None
    if said in _AFTERNOON or said == "傍晚":
        if hour == 0 or hour == 24:
            return None
        return hour + 12 if hour < 12 else hour
    return hour + 12 if 0 < hour < EARLIEST else hour
