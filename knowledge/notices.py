"""What staff write when they want a notice sent."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from domain.people import Role
from domain.units import UnitKind
from knowledge.normal import normal
from knowledge.notice_templates import FREE, Template, Templates
from knowledge.times import when_span

LONGEST_FIELD = 300
# 发个停水通知: what kind it is may stand between.
_CALL = re.compile(
    r"^\W*(?:请|帮我|帮忙|我要)?(?:群发|发布|发|写|拟)(?:一?[个条份则]|一下)?"
    r"(?:通知|公告|(?=[^,，。;；:：\s]{2,6}(?:通知|公告)))"
)
_SAYS_NOTICE = re.compile(r"^的?(?:通知|公告)")
# 帮我通知居民 …: whom it is for stands beside the call.
_WHOM = (
    r"[^,，。;；:：\s]{0,12}?"
    r"(?:群里?|居民|住户|业主|租户|党员|楼长|大家|邻居们?|各户|各家各户|小区)们?"
)
_CALL_TO = re.compile(
    rf"^\W*(?:请|帮我|帮忙|麻烦|我要)*(?:通知|告知|转告|告诉)(?:一下|下)?(?P<whom>{_WHOM})[\s,，:：]*"
)
_PASS_ON = re.compile(
    r"(?:^|(?<=[\s,，。!！;；]))(?:请|马上|立刻|立即|赶紧|赶快|帮我|帮忙|麻烦)*"
    rf"(?:转发?|发|通知|群发)(?:到|给|至)(?P<whom>{_WHOM})(?:[\s,，。!！;；]|$)"
)
# …跟大家说一声: at the end.
_TELL = re.compile(
    r"[\s,，。!！;；]*(?:跟|和|给|向)(?P<whom>大家|居民们?|邻居们?|住户们?|业主们?|各家各户|群里)"
    r"(?:说|讲|打个?招呼|提个?醒|通知|讲清楚)(?:一声|一下|下|声)?(?:吧|啊)?[\s。.!！]*$"
)
_SMALLER = re.compile(r"[\d一二三四五六七八九十]\s?(?:栋|幢|号楼|单元|层|楼(?!长))")
_PARTS = re.compile(r"[\n;；]+")
_SPACES = re.compile(r"[\s,，。]+")
_PLACE = re.compile("[栋幢楼苑园区格路街巷弄站室院厅]|单元|广场|中心")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody wrote: the template, its gaps as far as they were filled, for whom, when."""

    template: Template
    values: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    begin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """For whom it is: units by their names, which people or groups there, and those left out."""

    units: tuple[int, ...] = ()
    everywhere: bool = False
    kind: UnitKind | None = None  # of which everywhere is all: 全社区
    groups: bool = False
    people: bool = False
    tags: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    but: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no place was named."""
        return not (self.units or self.everywhere)


def without_call(text: str) -> str:
    """What somebody wrote after 发通知."""
    return _CALL.sub("", text, count=1).lstrip(" 　:：,，\n")


def called_for(text: str) -> tuple[str, str]:
    """What is to be told, and whom, where the call says so: 通知居民 …, …转到各群, …跟大家说。"""
    for pattern in (_CALL_TO, _PASS_ON, _TELL):
        found = pattern.search(text)
        if found is None:
            continue
        rest = " ".join((text[: found.start()].strip(), text[found.end() :].strip()))
        words = _CALL_TO.sub(r"\g<whom> ", text, count=1) if is_too_small(found["whom"]) else rest
        return words.strip(), found["whom"]
    return without_call(text), ""


def is_too_small(whom: str) -> bool:
    """Whether a building or less is named: an audience is a unit or those within it."""
    return _SMALLER.search(whom) is not None


def read_notice(words: str, templates: Templates) -> Written:
    """A notice as it was written: 停水 时间：… 地点：…, or free words."""
    words = words.strip()
    named = [one for one in templates.values() if words.startswith(one.name) and one.key != FREE]
    template = max(named, key=lambda one: len(one.name), default=templates[FREE])
    rest = words.removeprefix(template.name)
    if template.key != FREE:
        rest = _SAYS_NOTICE.sub("", rest, count=1)
    values, target, begin, loose = _filled(template, rest.lstrip(" 　:：,，\n"))
    if len(template.required) == 1 and template.missing(values) and loose:
        values[template.required[0]] = "\n".join(loose)
    elif loose:
        values = _fitting(template, " ".join(loose)) | values
    return Written(template=template, values=values, target=target, begin=begin)


def _filled(template: Template, rest: str) -> tuple[dict[str, str], str, str, list[str]]:
    """The gaps that are named, for whom, when, and what is left."""
    values: dict[str, str] = {}
    loose: list[str] = []
    target = begin = ""
    for part in (part.strip() for part in _PARTS.split(rest)):
        name, colon, value = _named(part)
        gap = _gap(template, name)
        if colon and name in _words()["target"] and not gap:
            target = value
        elif colon and name in _words()["begin"]:
            begin = value
        elif colon and gap:
            values[gap] = value[:LONGEST_FIELD]
        elif part:
            loose.append(part)
    return values, target, begin, loose


def _fitting(template: Template, words: str) -> dict[str, str]:
    """Words that name no gap, in the gaps they fit: 3栋和5栋 明天早上八点到十点 检修."""
    called = {name: _gap(template, label) for name, label in _words()["fits"].items()}
    said: dict[str, list[str]] = {name: [] for name in called}
    start, end = when_span(normal(words).key)
    said["when"] = [words[start:end]]
    for piece in _SPACES.split(f"{words[:start]} {words[end:]}"):
        said["where" if _PLACE.search(piece) and not said["where"] else "why"].append(piece)
    found = {called[name]: " ".join(pieces).strip() for name, pieces in said.items()}
    return {gap: value[:LONGEST_FIELD] for gap, value in found.items() if gap and value}


def _gap(template: Template, label: str) -> str:
    return next((gap for gap, called in template.fields.items() if called == label), "")


def _named(part: str) -> tuple[str, str, str]:
    found = re.match(r"(\w{1,6})[:：]\s*(.*)", part, re.DOTALL)
    return (found[1], ":", found[2].strip()) if found else ("", "", part)


def read_target(words: str, units: Sequence[tuple[int, str]]) -> Wanted:
    """For whom it is, of the units named so: 第一网格和第二网格的群, 梧桐社区的党员, 除了3栋."""
    table = _words()
    cut = min((words.find(one) for one in table["except"] if one in words), default=len(words))
    wanted, left_out = words[:cut], words[cut:]
    if is_too_small(words):
        return Wanted()  # who is asked again is better than the whole community
    named = _units_in(wanted, units)
    roles = tuple(Role(role) for role, said in table["roles"].items() if _says(wanted, said))
    tags = tuple(tag for tag in table["tags"] if tag in wanted)
    people = bool(tags or roles) or _says(wanted, table["people"])
    groups = _says(wanted, table["groups"])
    kinds = table["kinds"].items()
    return Wanted(
        units=named,
        everywhere=not named and (_says(wanted, table["everywhere"]) or people or groups),
        groups=groups or not people,
        people=people,
        tags=tags,
        roles=roles,
        kind=next((UnitKind(kind) for kind, said in kinds if _says(wanted, said)), None),
        but=_units_in(left_out, units),
    )


_SENDS = re.compile(
    r"^(?!.*(?:别|不|没|先等))(?:好的?|行|可以|那就?|就|请|确认|没问题)?[\s,，]*"
    r"(?:[^,，]{2,14})?(?:发(?:吧|送|出去|布)?|群发)(?:吧|了)?[!！.。]*$"
)


def sends(words: str) -> bool:
    """Whether these words let it go out: 发吧, 可以发了, 明天早上八点发."""
    return _SENDS.match(words.strip()) is not None


def find_coming(text: str) -> str:
    """The answer to a notice that asks, in own words: 我要去, 去不了, 要人帮忙; or ""."""
    key = normal(text).key.strip()
    answers: Mapping[str, str] = _words()["answers"]
    return next((value for value, way in answers.items() if re.search(way, key)), "")


_RELATIVE = re.compile(r"[今明后昨]天|[今明]早|[今明]晚|明日|今日")


def relative_day(text: str) -> str:
    """A word of the text that means another day when it is read on another day, or ""."""
    found = _RELATIVE.search(text)
    return found[0] if found else ""


def verb_in(words: str) -> str:
    """What somebody wants done with a notice, or ""."""
    verbs: Mapping[str, list[str]] = _words()["verbs"]
    if words.strip(" !！.。") in _words()["stops"]:
        return "pause"
    return next((verb for verb, said in verbs.items() if _says(words, said)), "")


def _units_in(words: str, units: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    found: list[int] = []
    names = {name for _, name in units if name}
    for name in sorted(names, key=lambda one: (-len(one), one)):
        if name in words:
            found += [unit for unit, called in units if called == name]
            words = words.replace(name, "")
    return tuple(sorted(found))


def _says(words: str, any_of: Iterable[str]) -> bool:
    return any(one in words for one in any_of)


@cache
def _words() -> Mapping[str, Any]:
    text = (resources.files("knowledge") / "notices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
