"""Whether two reports are one matter: where and what it is, in which words, how long ago."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources

from domain.places import OrderPlace
from knowledge.normal import comparable

ALIKE = 0.2  # of the character pairs, for categories people mix up
FOREVER = timedelta(days=3650)
_FLOOR = re.compile(r"(\d{1,2}|[一二两三四五六七八九十]{1,3})(?:楼|层)")
_GATE = re.compile(r"([东南西北]\d?|\d号|[一二三四]号|正|后|侧|前)门")
_ADDRESS = re.compile(r"(?:\d{1,4}|[一二三四五六七八九十]{1,3})(?:栋|幢|号楼|单元|楼|层|室)")
_BROKEN = re.compile(r"(?:已经|一直|又|都)?(?:坏了?|不行了?|出问题了?|有问题|没人[管修]|了)")
_LETTERS = re.compile(r"[^\u4e00-\u9fffa-z0-9]")
_CHINESE = {"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6"}
_CHINESE |= {"七": "7", "八": "8", "九": "9", "十": "10"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of a matter; `grid` is None while the place is not settled."""

    category: str
    order_class: str
    text: str
    place: OrderPlace
    grid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    whole_estate: frozenset[str]
    private: tuple[str, ...]
    at_home: tuple[str, ...]
    in_rooms: frozenset[str]
    by_entrance: frozenset[str]
    akin: Mapping[str, tuple[str, ...]]
    things: Mapping[str, tuple[tuple[str, ...], ...]]
    lasts: Mapping[str, timedelta]


def same_matter(new: Report, old: Report, *, age: timedelta, same_person: bool = False) -> bool:
    """Whether somebody who reports `new` means what `old` reported `age` ago.

    What is a household's own is one matter only for whoever reported it.
    """
    table = _table()
    if age > lasts(old.order_class) or not _same_kind(new, old):
        return False
    if is_whole_estate(old.category):
        return _may_be_the_same(new.place.estate, old.place.estate)
    if not same_person and (is_private(new) or is_private(old)):
        return False
    return _same_place(new, old, table) and _same_thing(new, old, table)


def is_whole_estate(category: str) -> bool:
    """Whether it is cut off for a whole estate at once, such as water."""
    return category in _table().whole_estate


def is_private(report: Report) -> bool:
    """Whether it is a matter inside one home, or of one person."""
    table = _table()
    if report.category.startswith(table.private):
        return True
    if is_whole_estate(report.category):
        return False
    if report.place.room and report.category in table.in_rooms:
        return True
    said = comparable(report.text)
    return any(word in said for word in table.at_home)


def akin_to(category: str) -> tuple[str, ...]:
    """The category itself, and those that people mix up with it."""
    return (category, *_table().akin.get(category, ()))


def lasts(order_class: str) -> timedelta:
    """How long a matter of this class stays one."""
    return _table().lasts.get(order_class, FOREVER)


def _same_kind(new: Report, old: Report) -> bool:
    if new.category == old.category:
        return bool(new.category)
    if new.category not in akin_to(old.category):
        return False
    return _likeness(_without_place(new), _without_place(old)) >= ALIKE


def _same_place(new: Report, old: Report, table: _Table) -> bool:
    here, there = new.place, old.place
    if not _may_be_the_same(here.estate, there.estate):
        return False
    if None not in (new.grid, old.grid) and new.grid != old.grid:
        return False
    if not _may_be_the_same(_gate(here.spot), _gate(there.spot)):
        return False
    if old.category not in table.by_entrance and not _may_be_the_same(here.room, there.room):
        return False
    if here.building or there.building:
        if here.building != there.building:
            return False
        if old.category in table.by_entrance and not _may_be_the_same(
            here.entrance, there.entrance
        ):
            return False
        return _may_be_the_same(_floor(here.spot, new.text), _floor(there.spot, old.text))
    return _same_spot(here.spot, there.spot)


def _same_spot(here: str, there: str) -> bool:
    """Outside of buildings only a spot both named tells where it is."""
    here, there = comparable(here), comparable(there)
    return bool(here and there) and (
        here in there or there in here or bool(_pairs(here) & _pairs(there))
    )


def _same_thing(new: Report, old: Report, table: _Table) -> bool:
    """Not a slide and a swing: of the things a category knows both named one, and not the same."""
    things = table.things.get(old.category, ())
    one, other = _named(new.text, things), _named(old.text, things)
    return not (one and other) or bool(one & other)


def _named(text: str, things: tuple[tuple[str, ...], ...]) -> frozenset[int]:
    said = comparable(text)
    return frozenset(at for at, ways in enumerate(things) if any(way in said for way in ways))


def _gate(spot: str) -> str:
    found = _GATE.search(comparable(spot))
    return found[0] if found else ""


def _floor(spot: str, text: str) -> str:
    found = _FLOOR.search(comparable(spot)) or _FLOOR.search(comparable(text))
    return _CHINESE.get(found[1], found[1]) if found else ""


def _may_be_the_same(one: str, other: str) -> bool:
    return not (one and other) or one == other


def _likeness(one: str, other: str) -> float:
    """Dice's figure over character pairs."""
    ours, theirs = _pairs(comparable(one)), _pairs(comparable(other))
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


def _without_place(report: Report) -> str:
    """What is said of the trouble: that it is broken in one building makes nothing alike."""
    place = report.place
    said = _ADDRESS.sub("", comparable(report.text))
    for word in (place.estate, place.spot):
        said = said.replace(comparable(word), "") if word else said
    return _BROKEN.sub("", said)


def _pairs(text: str) -> frozenset[str]:
    text = _LETTERS.sub("", text)
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


@cache
def _table() -> _Table:
    read = tomllib.loads((resources.files("knowledge") / "duplicates.toml").read_text("utf-8"))
    akin: dict[str, tuple[str, ...]] = {}
    for codes in read["akin"]:
        for code in codes:
            akin[code] = (*akin.get(code, ()), *(other for other in codes if other != code))
    return _Table(
        whole_estate=frozenset(read["whole_estate"]),
        private=tuple(read["private"]),
        at_home=tuple(read["at_home"]),
        in_rooms=frozenset(read["in_rooms"]),
        by_entrance=frozenset(read["by_entrance"]),
        akin=akin,
        things={
            code: tuple(tuple(thing.split("/")) for thing in things)
            for code, things in read["things"].items()
        },
        lasts={name: timedelta(hours=hours) for name, hours in read["hours"].items()},
    )
