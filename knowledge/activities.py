"""What a sentence says of an activity: its kind, when, where, how many, and how often."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

from domain.activities import ActivityKind
from knowledge.normal import normal
from knowledge.numerals import in_digits
from knowledge.times import When, find_when

_CN = "[零〇一二两三四五六七八九十百]"
_NUMBER = rf"(?:\d{{1,6}}|{_CN}{{1,4}})"
_WEEKDAYS = {"一": "MO", "二": "TU", "三": "WE", "四": "TH", "五": "FR", "六": "SA"} | {
    "日": "SU",
    "天": "SU",
    "末": "SA",
}
_WEEK = "(?:周|星期|礼拜)"
_CAPACITY = re.compile(
    rf"(?:限额|限|名额|人数|最多|只收|招募?|只招)(?:报名?|收|上限)?"
    rf"(?:(?:改|调整?|增?加|减少?|放宽|扩大?|缩减?|降低?|提高)(?:成|为|到|至))?[:为是 ]{{0,2}}"
    rf"(?P<count>{_NUMBER})\s?(?:人|名|个|位|$)?"
)
NO_LIMIT = -1
_NO_LIMIT = re.compile(
    "(?:名额|人数)不限|不限(?:名额|人数|$)|取消(?:名额|人数)(?:限制|上限)|放开(?:名额|人数)"
)
_BARE_COUNT = re.compile(rf"(?P<count>{_NUMBER})\s?[人名个位]?[.!]?")
_WEEKLY = re.compile(
    rf"(?P<every>每|隔|每两|每2)个?{_WEEK}(?P<day>[一二三四五六日天末])"
    rf"(?P<more>(?:[、和及与,]{_WEEK}?[一二三四五六日天](?![点时]))*)"
)
_MONTHLY_BY_WEEK = re.compile(
    rf"每个?(?:月|(?P<quarter>季度?))(?:的|里)?(?:第(?P<place>[一二三四1234])|(?P<last>最后一))个?{_WEEK}(?P<day>[一二三四五六日天])"
)
_MONTHLY = re.compile(rf"每(?P<quarter>季度|个季度)?个?月?的?(?P<day>{_NUMBER})[号日]")
_MONTH_END = re.compile(r"每个?月(?:的)?(?:月底|最后一天|底)")
_DAILY = re.compile("每天|每日")
_OFTEN = re.compile(
    rf"(?<!平均)[每隔](?:个|半|两|2|三|3|逢)?个?(?:{_WEEK}|月|季度?|年|双月|单月)[^,.;!?\s]{{0,6}}"
)
_SHIFT = re.compile(
    rf"(?:(?P<earlier>往前|提前|提早|早)|往后|推迟|推后|延后|延期|顺延|晚)(?:推|移|挪|提|延|开|了|个)*"
    rf"(?P<count>\d{{1,3}}|{_CN}{{1,3}}|半)个?(?P<half>半)?(?P<unit>{_WEEK}|天|小时|钟头|分钟|刻钟)"
)
_UNITS = {"天": timedelta(days=1), "小时": timedelta(hours=1), "钟头": timedelta(hours=1)} | {
    "分钟": timedelta(minutes=1),
    "刻钟": timedelta(minutes=15),
    **dict.fromkeys(("周", "星期", "礼拜"), timedelta(weeks=1)),
}
_MERE_WEEKDAY = re.compile(rf"(?<![这本下上每隔个]){_WEEK}[一二三四五六日天]")
_DATED = re.compile(rf"[这本下上每]个?{_WEEK}|\d[月号日]|[今明后]天|月底")
_TITLE = re.compile(
    '《([^《》]{2,30})》|[“"]([^“”"]{2,30})[”"]|主题[是为: ]{1,2}([^,.;!?\\s]{2,30})'
)
# 端午节包粽子活动: what stands before the word, without the time of day.
_NAMED = re.compile(
    r"(?:^|[,，.。;；!！\s点半日号天午上])(?P<title>(?!什么|啥|哪些|有|这次|社区|我的|我们|那个|这个|最近|近期|本周|下周)[\u4e00-\u9fff]{2,10}活动)"
)
# 组织居民包粽子, 周六下午三点包粽子: what is done where no usual name is said.
_ORGANISED = re.compile(
    r"(?:组织|开展|举办|举行|搞|办|安排)(?:一?[次场个]|下)?(?:全体|社区|小区)?"
    r"(?:居民|大家|党员|志愿者|业主|孩子们?|老人们?|邻居们?)?"
    r"(?P<title>[\u4e00-\u9fff]{2,10}?)(?=[,.;!?\s]|$)"
)
_AFTER_THE_HOUR = re.compile(
    r"(?:\d点半?|[一二两三四五六七八九十]点半?|\d分|上午|下午|晚上|早上)[\s,]?"
    r"(?P<title>(?![在去到来请从开集准前后左右过以之半钟多一二两三四五六七八九十])[\u4e00-\u9fff]{2,8})(?=[,.;!?\s]|$)"
)
_NO_TITLE = re.compile(
    "[室楼院馆站厅栋园苑]|中心|广场|门口|活动|通知|集合|开始|报名|参加|一下|大家|什么|哪|吗"
)
_NAMED_PLACE = re.compile(
    r"(?:地点|地址|集合点)(?:就)?(?:改|换|调整?|挪|移|定)?[是在到成为: ]{0,2}"
    r"(?P<place>[^,.;!?\s]{2,30})"
)
_REASON = re.compile(
    r"(?:因为|由于|因|原因[是:： ]?)(?P<reason>[^,.;!?，。；！？]{2,60})"
    r"|(?:^|[,，。;；\s])(?P<told>[^,.;!?，。；！？\s]{0,20}(?:出差|加班|生病|住院|发烧|不舒服|值班|下雨|台风|外地|有事|看病|接孩子|来人|客人|来亲戚|开会|上班|带孩子|带孙|带娃|看孙|回老家|走亲戚|喝喜酒|腰疼|腿疼|头疼|感冒|走不开|结婚|出殡|搬家)[^,.;!?，。；！？]{0,20})"
)
_NOT_COMING = re.compile("[去来]不了|参加不了|不[去来]了|不参加")
_HEADING = re.compile(r"^\s*(?:会议记录|活动记录|支部记录|交记录)[：:,，\s]*")
_AWAY = re.compile(
    r"(?:在|去|到|住)(?P<where>[\u4e00-\u9fff]{2,12}?)"
    r"(?=打工|工作|上班|上学|读书|带孙|带孩|居住|常住|定居|生活|养老|半年|[一二两三四五六七八九十]|,|。|$)"
)
_LONG = re.compile("半年|一年|两年|三年|多年|好几年|[6-9]个?多?个?月|[六七八九十]个?多?个?月")
_NAMELESS = "活动"
_PLACES = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSaid:
    """What was said of an activity; every part may be missing."""

    kind: ActivityKind | None = None
    title: str = ""
    done: str = ""  # what is done there, where no usual name is said: 包粽子
    when: When = field(default_factory=When)
    unclear: str = ""  # how often, in words no rule was made of
    holidays: str = ""  # what becomes of days that fall into one: "move", "skip", "keep"
    place: str = ""
    capacity: int | None = None
    no_limit: bool = False  # of places
    rule: str = ""  # RRULE of iCalendar

    @property
    def is_nameless(self) -> bool:
        """Whether it is merely called 活动: which one is not said."""
        return self.title == _NAMELESS

    @property
    def day(self) -> date | None:
        """The day."""
        return self.when.day

    @property
    def start(self) -> time | None:
        """The wall time it begins."""
        return self.when.start


def find_plan(text: str, today: date) -> PlanSaid:
    """What the sentence says; nothing is guessed that was not said."""
    message = normal(text)
    key = message.key
    word, kind = _kind(key)
    title = _title(message.text, word) or (word if kind in _BY_THEIR_WORD else "")
    return PlanSaid(
        kind=kind,
        title=title,
        done=_done(key, message.text),
        when=find_when(key, today),
        place=_place(key, message.text),
        capacity=_capacity(key),
        no_limit=find_places(key) == NO_LIMIT,
        rule=_rule(key),
        unclear=_unclear(key, message.text),
        holidays=find_holidays(key),
    )


def find_holidays(text: str) -> str:
    """What is to become of days of a rule that are holidays: 放假就不搞, 节假日顺延; or ""."""
    key = normal(text).key
    return next((name for name, way in _holidays().items() if way.search(key)), "")


def find_shift(text: str) -> timedelta | None:
    """How much later (or earlier, below zero) something is to be: 往后推一周, 提前半小时."""
    found = _SHIFT.search(normal(text).key)
    if found is None:
        return None
    half = found["count"] == "半"
    count = 0.5 if half else int(in_digits(found["count"])) + (0.5 if found["half"] else 0)
    span = count * _UNITS[found["unit"]]
    return -span if found["earlier"] else span


def find_places(text: str) -> int | None:
    """How many places an activity is to have, NO_LIMIT for as many as come; None when the words
    do not say it.
    """
    key = normal(text).key
    if _NO_LIMIT.search(key):
        return NO_LIMIT
    said, bare = _capacity(key), _BARE_COUNT.fullmatch(key)
    return int(in_digits(bare["count"])) if said is None and bare else said


def find_reason(text: str) -> str:
    """Why, where the sentence says so: 因为下雨, 要加班; "" where it does not."""
    reasons = [found["reason"] or found["told"] for found in _REASON.finditer(text)]
    better = [reason for reason in reasons if not _NOT_COMING.search(reason)]
    return next(iter(better or reasons), "")


def minutes_in(text: str) -> str:
    """The minutes as they were written, without the word they are handed in with."""
    return _HEADING.sub("", text, count=1).strip()


def find_away(text: str) -> tuple[str, bool]:
    """Where somebody lives now ("" when it is not said), and whether for half a year already."""
    key = normal(text).key
    found = _AWAY.search(key)
    return (found["where"] if found else ""), bool(_LONG.search(key))


def says_mere_weekday(text: str) -> bool:
    """Whether a weekday is said of no certain week, and no date: 改到周四, but not 改到下周四."""
    key = normal(text).key
    return bool(_MERE_WEEKDAY.search(key)) and not _DATED.search(key)


def activity_signs(text: str) -> frozenset[str]:
    """What the sentence wants of an activity: "moves", "cancels", "who", "plans", "asks"…"""
    key = normal(text).key
    return frozenset(name for name, sign in _signs().items() if sign.search(key))


_BY_THEIR_WORD = frozenset({ActivityKind.FREE, ActivityKind.VOLUNTEERING})


def _kind(key: str) -> tuple[str, ActivityKind | None]:
    for word, kind in _words().items():
        if word in key:
            return word, kind
    return "", None


def _title(text: str, word: str) -> str:
    found = _TITLE.search(text)
    if found:
        return next(part for part in found.groups() if part)
    named = _NAMED.search(text) if word == "活动" else None
    return named["title"] if named else ""


def _done(key: str, text: str) -> str:
    """What is done there, in its own words (包粽子)."""
    for pattern in (_ORGANISED, _AFTER_THE_HOUR):
        found = pattern.search(key)
        if found and not _NO_TITLE.search(found["title"]):
            return text[slice(*found.span("title"))]
    return ""


def _place(key: str, text: str) -> str:
    """As it was written: the key has the same length as the text."""
    named = _NAMED_PLACE.search(key)
    if named:
        return text[slice(*named.span("place"))]
    for found in _going().finditer(key):
        start, end = found.span("place")
        place = key[start:end]
        if _BARE_COUNT.fullmatch(place):
            continue
        if place not in _never() and find_when(place, date(2000, 1, 1)) == When():
            return text[start:end]
    standing = _standing().search(key)
    return text[slice(*standing.span("place"))] if standing else ""


def _capacity(key: str) -> int | None:
    found = _CAPACITY.search(key)
    return int(in_digits(found["count"])) if found else None


def _rule(key: str) -> str:
    if found := _MONTHLY_BY_WEEK.search(key):
        place = -1 if found["last"] else int(_PLACES.get(found["place"], found["place"]))
        months = ";BYMONTH=1,4,7,10" if found["quarter"] else ""
        return f"FREQ=MONTHLY{months};BYDAY={place}{_WEEKDAYS[found['day']]}"
    if found := _WEEKLY.search(key):
        twice = "" if found["every"] == "每" else ";INTERVAL=2"
        days = dict.fromkeys(
            _WEEKDAYS[day] for day in found["day"] + found["more"] if day in _WEEKDAYS
        )
        return f"FREQ=WEEKLY{twice};BYDAY={','.join(days)}"
    if _MONTH_END.search(key):
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    found = _MONTHLY.search(key)
    if found and 1 <= (day := int(in_digits(found["day"]))) <= 31:
        return f"FREQ=MONTHLY{';INTERVAL=3' if found['quarter'] else ''};BYMONTHDAY={day}"
    return "FREQ=DAILY" if _DAILY.search(key) else ""


def _unclear(key: str, text: str) -> str:
    """How often something is to be, where that was said and no rule can be made of it."""
    found = None if _rule(key) else _OFTEN.search(key)
    return text[slice(*found.span())] if found else ""


@cache
def _tables() -> Mapping[str, Any]:
    text = (resources.files("knowledge") / "activities.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _signs() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in _tables()["signs"].items()}


@cache
def _holidays() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in _tables()["holidays"].items()}


@cache
def _words() -> Mapping[str, ActivityKind]:
    """Every name, the party's own before the rest, the longest first."""
    found = [
        (kind == ActivityKind.FREE, -len(word), word, ActivityKind(kind))
        for kind, words in _tables()["kinds"].items()
        for word in words
    ]
    return {word: kind for _, _, word, kind in sorted(found)}


@cache
def _going() -> re.Pattern[str]:
    after = _tables()["places"]["after"]
    return re.compile(
        rf"(?<![现改推延提报过收回得加减增涨放降])(?:前往|去|(?<![遇碰赶轮])到|在)(?P<place>[^,.;!?\s:，。]{{2,20}}?)(?={after})"
    )


@cache
def _standing() -> re.Pattern[str]:
    """A place between two pauses, which its last word tells."""
    endings = _tables()["places"]["endings"]
    return re.compile(
        rf"(?:^|[\s,.;])(?P<place>(?!在|到|去|从)[\u4e00-\u9fff\d]{{0,12}}(?:{endings}))(?=[\s,.;]|$)"
    )


@cache
def _never() -> frozenset[str]:
    return frozenset(_tables()["places"]["never"])
