"""The parts of a full Chinese address: 浙江省/杭州市/西湖区/文三路/100号/华星大厦/3幢/501室.

A grammar of what may follow what, a list of China's divisions, and words at the end of names.
Every way to read the address costs something; the cheapest one wins (shortest path, so never
slow). Nothing in it is learnt from labelled addresses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from knowledge.address_parts import SEPARATORS, Candidates, Gazetteer, Grammar

LONGEST = 200  # characters; what is longer is no address
UNUSUAL = 8.0  # the cost of parts in an order the grammar does not know
SKIPPED = 3.2  # of a character that belongs to no part
BETWEEN = 0.05  # of a separator
SAID_AGAIN = 1.5  # of a division named once more
_DIVISIONS = frozenset(("prov", "city", "district", "town", "devZone"))
_OF_ROOMS = re.compile("(?:市场|商城|城|大厦|中心|广场|商厦|大楼|楼)$")
_OF_HOUSES = re.compile("(?:区|园|苑|寓|庭|期|邸|墅|公司|厂|院|里|庄|居|门|座|府|港|湾)$")
_NO_PART = re.compile("号?电联系?收?$|null|市辖区|收$|商铺|店面|丰巢|中国")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an address, and where it stands: prov, city, district, town, road, roadno, poi…"""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The position behind it."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Step:
    """How a position was reached: from where, in which state, by a part of which kind."""

    cost: float
    start: int
    state: str
    kind: str = ""


def parse(text: str) -> tuple[Part, ...]:
    """The parts in order; what belongs to none (a separator, a city said twice) is left out."""
    text = text[:LONGEST]
    grammar = _grammar()
    first = _beginning(text, grammar.gazetteer)
    return tuple(
        Part(kind=kind, text=text[start:end], start=start)
        for kind, start, end in _cheapest(text[first:], first, grammar)
    )


def districts(text: str) -> frozenset[str]:
    """The full names of districts said in a text."""
    return frozenset(_grammar().districts.findall(text))


def _cheapest(text: str, first: int, grammar: _Costs) -> Iterator[tuple[str, int, int]]:
    found = Candidates(grammar.words, text)
    steps: list[dict[str, _Step]] = [{} for _ in range(len(text) + 1)]
    steps[0]["start"] = _Step(0.0, -1, "")
    for at in range(len(text)):
        if not steps[at]:
            continue
        if text[at] in SEPARATORS:
            for state, step in steps[at].items():
                _reach(steps[at + 1], state, _Step(step.cost + BETWEEN, at, state))
            continue
        _pass_over(text, at, steps, grammar)
        for kind, end, cost in found.at(at):
            after = _state(kind, text[at:end])
            name = "roadno" if kind == "numbers" else kind
            for state, step in steps[at].items():
                total = step.cost + cost + grammar.after[state].get(kind, UNUSUAL)
                _reach(steps[end], after, _Step(total, at, state, name))
    yield from reversed(list(_walked_back(steps, first, grammar)))


def _walked_back(
    steps: list[dict[str, _Step]], first: int, grammar: _Costs
) -> Iterator[tuple[str, int, int]]:
    end = len(steps) - 1
    last = steps[end]
    state = min(last, key=lambda one: last[one].cost + grammar.end.get(one.split("_")[0], 1.0))
    while end > 0:
        step = steps[end][state]
        if step.kind:
            yield step.kind, first + step.start, first + end
        end, state = step.start, step.state


def _pass_over(text: str, at: int, steps: list[dict[str, _Step]], grammar: _Costs) -> None:
    """A character, a word or a repeated division that is no part."""
    word = _NO_PART.match(text, at)
    free = word and (word[0] == "市辖区" or (word.end() == len(text) and word[0] != "中国"))
    again = [(end, cost) for _, end, cost in grammar.gazetteer.at(text, at)]
    for state, step in steps[at].items():
        _reach(steps[at + 1], state, _Step(step.cost + SKIPPED, at, state))
        if word:
            cost = step.cost + (-0.8 if free else 2.5)
            _reach(steps[word.end()], state, _Step(cost, at, state))
        if state in _DIVISIONS:
            for end, cost in again:
                _reach(steps[end], state, _Step(step.cost + SAID_AGAIN + cost, at, state))


def _reach(states: dict[str, _Step], state: str, step: _Step) -> None:
    known = states.get(state)
    if known is None or step.cost < known.cost:
        states[state] = step


def _state(kind: str, name: str) -> str:
    """What a part lets follow: a tower rooms, a hamlet numbers, an estate houses."""
    if kind == "numbers":
        return "roadno"
    if kind not in ("poi", "subpoi"):
        return kind
    if _OF_ROOMS.search(name):
        return f"{kind}_of_rooms"
    return kind if _OF_HOUSES.search(name) else f"{kind}_of_numbers"


def _beginning(text: str, gazetteer: Gazetteer) -> int:
    """Where the address begins, when it is written twice or something stands before it."""
    first = 0
    for at in range(2, len(text) - 2):
        provinces = [(end, cost) for kind, end, cost in gazetteer.at(text, at) if kind == "prov"]
        if any(not cost and text[end - 1] in "省区" for end, cost in provinces):
            first = at
        elif provinces and text[at : at + 2] == text[:2]:
            first = at if gazetteer.at(text, max(end for end, _ in provinces)) else first
    if first:
        return first - 2 if text.startswith("中国", first - 2) else first
    for at in range(2, min(len(text) - 6, 20)):
        first = at if text[at : at + 3] == text[:3] else first
    half = len(text) // 2
    return half if not first and half > 3 and text[:half] == text[half:] else first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costs:
    """The grammar as it is used: costs by state, and where candidates come from."""

    after: Mapping[str, Mapping[str, float]]
    end: Mapping[str, float]
    words: Grammar
    gazetteer: Gazetteer
    districts: re.Pattern[str]


@cache
def _grammar() -> _Costs:
    folder = resources.files("knowledge")
    table: Mapping[str, Any] = tomllib.loads((folder / "addresses.toml").read_text("utf-8"))
    lines = (folder / "divisions.txt").read_text("utf-8").splitlines()
    gazetteer = Gazetteer.of(lines, table["words"]["no_district"].split())
    after = dict(table["after"])
    for kind in ("poi", "subpoi"):
        for more in (f"{kind}_of_rooms", f"{kind}_of_numbers"):
            after[more] = {**after[kind], **after.get(more, {})}
    full = sorted(gazetteer.full_districts, key=len, reverse=True)
    return _Costs(
        after=after,
        end=table["end"],
        words=Grammar.of(table, gazetteer),
        gazetteer=gazetteer,
        districts=re.compile("|".join(map(re.escape, full))),
    )
