"""Days in what people type: dates, weekdays, 明天, 三天后, 月底; and days that are none."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from knowledge.numerals import in_digits

_CN_MONTH = "十[一二]?|[一二三四五六七八九]"
_CN_DAY = "(?:二十|三十|十|廿)[一二三四五六七八九]?|[一二三四五六七八九]"
_COUNT = r"\d{1,3}|[一二两三四五六七八九十]{1,3}|半"
# What may stand after a date of nothing but digits: 6.15 上午, but no 3.5小时 and no 2-3人.
_OPEN = r"(?=$|[\s,;!?()上下早中晚凌傍夜周星礼开办起前后的在去和与及]|[~到至-]\s?\d{1,2}[./]\d)"
_NO_DAY_AFTER = "(?![楼栋幢线单院门厅口店铺桌室房机井库岗亭车位厨炉])"
_DAYS = re.compile(
    # A lunar date is no date of this calendar, and is not guessed.
    r"(?P<lunar>(?:农历|阴历|旧历)的?[正腊冬一二三四五六七八九十\d]{0,2}月?(?:初|廿|二十|三十|十)?"
    r"[一二三四五六七八九十]?|(?:正|腊|冬)月(?:初|廿|二十|三十|十)?[一二三四五六七八九十]?"
    r"|(?:[一二三四五六七八九十]{1,2}月)?初[一二三四五六七八九十](?!学生|年级|家长|班|的)|八月十五(?![日号])|除夕|大年)"
    rf"|(?:(?P<year>\d{{4}})年|(?P<in_year>去年|今年|明年|后年)的?)?"
    rf"(?<!\d)(?P<month>\d{{1,2}}|{_CN_MONTH})月份?的?"
    rf"(?:(?P<day>\d{{1,2}}|{_CN_DAY})(?:日|号{_NO_DAY_AFTER}|(?![\d点时:个人天]))|(?P<end>底|末))"
    r"|(?P<iso>(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))"
    rf"|(?<![\d.:/])(?P<short>\d{{1,2}}[./]\d{{1,2}}|0\d-\d\d)(?:[日号]{_NO_DAY_AFTER}|{_OPEN})"
    r"|(?P<in_month>上个?|本|这个?|下下个?|下个?)月的?"
    rf"(?:(?P<its_day>\d{{1,2}}|{_CN_DAY})[日号]{_NO_DAY_AFTER}|(?P<its_end>底|末))"
    r"|(?P<month_end>月底|月末)|(?P<year_end>年底|年末)"
    r"|(?P<both>今明两?天|明后两?天)"
    rf"|(?P<count>{_COUNT})个?(?P<unit>天|(?<=[一二两三四五六七八九十])日|周|星期|礼拜|月)(?:之|以)?后"
    r"|(?P<word>大后天|后天|后日|明[天日早晚儿]|今[天日早晚夜儿]|大前天|(?<!提)前天|前晚|昨[天日晚夜儿])"
    r"|(?P<week>上上|(?<![早晚马])上|下下|(?<![楼地乡脚树桥底])下|这|本)个?(?:周|星期|礼拜)"
    r"(?P<its_weekday>[一二三四五六日天末]|[1-7](?![\d天个次年月周点:时小]))"
    r"|(?<![一二两三四五六七八九十\d])(?:周|星期|礼拜)"
    r"(?P<weekday>[一二三四五六日天末]|[1-7](?![\d天个次年月周点:时小]))"
    r"|(?P<vague>月初|[上中下]旬|(?:下下?|这|本)个?(?:周|星期|礼拜)|(?:下下?|这|本)个?月|过几天|改天|改日"
    r"|[这近]几天|端午|中秋|重阳|国庆|五一|元旦|春节|元宵|清明)"
    rf"|(?<![\d月.:/#路街巷弄道村里第一二三四五六七八九十百廿])"
    rf"(?P<only>\d{{1,2}}(?=[日号])|(?:{_CN_DAY})(?=号)"
    rf"|\d{{1,2}}(?=[~到至-]\d{{1,2}}[日号]{_NO_DAY_AFTER}))(?:[日号]{_NO_DAY_AFTER}(?!内|之内))?"
)
_WEEKDAYS = "一二三四五六日"
_AHEAD = {"今": 0, "明": 1, "后": 2, "大后": 3, "昨": -1, "前": -2, "大前": -3}
_YEARS = {"去年": -1, "今年": 0, "明年": 1, "后年": 2}
_ONE_DAY = timedelta(days=1)


class How(StrEnum):
    """How a day was said."""

    DATE = "date"  # 6月15日
    OF_MONTH = "of_month"  # 15号
    WEEKDAY = "weekday"  # 周六, without the week
    OTHER = "other"  # 明天, 下周六, 三天后


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySaid:
    """Where a day was said, and which: `first` and `last` differ where it may be any between
    (周末); both None for one no calendar has (`impossible`) or one nobody can count (农历, 月初).
    """

    start: int
    end: int
    how: How
    first: date | None
    last: date | None
    words: str
    impossible: bool = False

    @property
    def day(self) -> date | None:
        """The day, where it is one."""
        return self.first if self.first == self.last else None


def days_said(key: str, today: date) -> list[DaySaid]:
    """Every day that is said, in order; a later one is read as after the one before it."""
    found: list[DaySaid] = []
    for match in _DAYS.finditer(key):
        if match["only"] and not match[0].endswith(("日", "号")) and not _leads_on(key, match):
            continue
        before = found[-1].first if found else None
        found.append(_said(match, today, before))
    return found


def definite(said: list[DaySaid]) -> list[DaySaid]:
    """Those of which it is known which they are."""
    return [one for one in said if one.last is not None]


def blotted_days(key: str, said: list[DaySaid]) -> str:
    """The key with the days made unreadable, as long as it was: 周二十点 is ten o'clock."""
    letters = list(key)
    for one in said:
        letters[one.start : one.end] = "□" * (one.end - one.start)
    return "".join(letters)


def _leads_on(key: str, match: re.Match[str]) -> bool:
    """Whether it is the first of two: 3到5号."""
    return key[match.end() : match.end() + 1] in ("~", "到", "至", "-")


def _said(match: re.Match[str], today: date, before: date | None) -> DaySaid:
    how, span = How.OTHER, None
    try:
        if match["month"] or match["iso"] or match["short"]:
            how, span = How.DATE, _dated(match, today)
        elif match["only"]:
            how, span = How.OF_MONTH, _one(_of_month(_number(match["only"]), before or today))
        elif match["weekday"]:
            how, span = How.WEEKDAY, _of_week("", match["weekday"], before or today)
        elif not (match["lunar"] or match["vague"]):
            span = _other(match, today)
        impossible = False
    except (ValueError, OverflowError):  # no calendar has such a day
        span, impossible = None, True
    return DaySaid(
        start=match.start(),
        end=match.end(),
        how=how,
        first=span[0] if span else None,
        last=span[1] if span else None,
        words=match[0],
        impossible=impossible,
    )


_Span = tuple[date, date]


def _one(day: date) -> _Span:
    return day, day


def _number(numeral: str) -> int:
    return int(in_digits(numeral))


def _dated(match: re.Match[str], today: date) -> _Span:
    """Raises ValueError for a day that does not exist."""
    if match["iso"]:
        return _one(date(*(int(part) for part in re.split("[-/.]", match["iso"]))))
    if match["short"]:
        month, day = (int(part) for part in re.split("[-/.]", match["short"]))
    else:
        month = _number(match["month"])
        if not 1 <= month <= 12:
            raise ValueError
        day = _number(match["day"]) if match["day"] else 0
    if match["year"] or match["in_year"]:
        year = int(match["year"]) if match["year"] else today.year + _YEARS[match["in_year"]]
        return _one(date(year, month, day or monthrange(year, month)[1]))
    wanted = (month, day or 31)
    year = today.year + (wanted < (today.month, today.day))
    return _one(date(year, month, day or monthrange(year, month)[1]))


def _of_month(day: int, today: date) -> date:
    """The next day of this number; raises ValueError where that month has none."""
    return (today if day >= today.day else _months_on(today, 1)).replace(day=day)


def _months_on(today: date, months: int) -> date:
    """The first of a month."""
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _last_of(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _other(match: re.Match[str], today: date) -> _Span:
    if match["word"]:
        sign = match["word"][:-1]
        return _one(today + _AHEAD[sign] * _ONE_DAY)
    if match["its_weekday"]:
        return _of_week(match["week"], match["its_weekday"], today)
    if match["both"]:
        first = today + _AHEAD[match["both"][0]] * _ONE_DAY
        return first, first + _ONE_DAY
    if match["month_end"]:
        return _one(_last_of(today))
    if match["year_end"]:
        return _one(date(today.year, 12, 31))
    if match["in_month"]:
        sign = match["in_month"].removesuffix("个")
        first = _months_on(today, {"上": -1, "下": 1, "下下": 2}.get(sign, 0))
        if match["its_end"]:
            return _one(_last_of(first))
        return _one(first.replace(day=_number(match["its_day"])))
    return _one(_counted(match, today))


def _counted(match: re.Match[str], today: date) -> date:
    """三天后, 两周后, 一个月后; 半个月 is fifteen days."""
    half = match["count"] == "半"
    count = 0 if half else _number(match["count"])
    if match["unit"] == "月":
        if half:
            return today + 15 * _ONE_DAY
        return _months_on(today, count).replace(day=today.day)
    if half:
        raise ValueError
    return today + count * (_ONE_DAY if match["unit"] in "天日" else 7 * _ONE_DAY)


def _of_week(week: str, said: str, today: date) -> _Span:
    """A day of the week that was named, else the next so called; 周末 is either of two."""
    monday = today - today.weekday() * _ONE_DAY
    weeks = {"上上": -2, "上": -1, "下": 1, "下下": 2}.get(week, 0)
    monday += weeks * 7 * _ONE_DAY
    if said == "末":
        saturday = monday + 5 * _ONE_DAY
        return saturday, saturday + _ONE_DAY
    number = int(said) - 1 if said.isascii() else _WEEKDAYS.index(said.replace("天", "日"))
    day = monday + number * _ONE_DAY
    return _one(day if week or day >= today else day + 7 * _ONE_DAY)


def conflict(key: str, said: list[DaySaid]) -> Iterator[str]:
    """A date and a weekday beside it that do not fit: 6月13日周五."""
    for one, other in pairwise(said):
        hows = {one.how, other.how}
        if How.WEEKDAY not in hows or not hows & {How.DATE, How.OF_MONTH}:
            continue
        dated, weekday = (one, other) if other.how is How.WEEKDAY else (other, one)
        beside = key[one.end : other.start].strip(" ,(（") == ""
        if beside and dated.day and weekday.day and dated.day.weekday() != weekday.day.weekday():
            yield key[one.start : other.end]
