"""The parts of an address by a grammar: what may follow what, and words at the end of names.

Every way to read the address costs something; the cheapest one wins (shortest path, so never
slow). Its costs are set by hand (`addresses.toml`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from knowledge.address_parts import SEPARATORS, Candidates, Grammar, Span
from knowledge.divisions import Gazetteer, gazetteer

UNUSUAL = 8.0  # the cost of parts in an order the grammar does not know
SKIPPED = 3.2  # of a character that belongs to no part
BETWEEN = 0.05  # of a separator
SAID_AGAIN = 1.5  # of a division named once more
_DIVISIONS = frozenset(("prov", "city", "district", "town", "devZone"))
_OF_ROOMS = ("市场", "大厦", "中心", "广场", "商厦", "城", "楼")
_OF_HOUSES = ("公司", *"区园苑寓庭期邸墅厂院里庄居门座府港湾")
_NO_PART = re.compile("号?电联系?收?$|null|市辖区|收$|商铺|店面|丰巢|中国")


@dataclass(frozen=True, slots=True)
class _Step:
    """How a position was reached: from where, in which state, by a part of which kind."""

    cost: float
    start: int
    state: str
    kind: str = ""


def ruled(text: str) -> list[Span]:
    """The parts by the grammar, in order; what belongs to none is left out."""
    grammar = _grammar()
    return [*_walked_back(_steps(text, grammar), grammar)][::-1]


def beginning(text: str) -> int:
    """Where the address begins, when it is written twice or something stands before it."""
    known = gazetteer()
    first = 0
    for at in range(2, len(text) - 2):
        provinces = [(end, cost) for kind, end, cost in known.at(text, at) if kind == "prov"]
        if any(not cost and text[end - 1] in "省区" for end, cost in provinces):
            first = at
        elif provinces and text[at : at + 2] == text[:2]:
            first = at if known.at(text, max(end for end, _ in provinces)) else first
    if first:
        return first - 2 if text.startswith("中国", first - 2) else first
    for at in range(2, min(len(text) - 6, 20)):
        first = at if text[at : at + 3] == text[:3] else first
    half = len(text) // 2
    return half if not first and half > 3 and text[:half] == text[half:] else first


def _steps(text: str, grammar: _Costs) -> list[dict[str, _Step]]:
    """By position and state: the cheapest way there."""
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
        before: dict[str, tuple[float, str]] = {}  # by kind: the cheapest to come from
        for kind, end, cost in found.at(at):
            if kind not in before:
                before[kind] = _cheapest_before(kind, steps[at], grammar)
            lead, state = before[kind]
            name = "roadno" if kind == "numbers" else kind
            after = _state(kind, text[at:end])
            _reach(steps[end], after, _Step(lead + cost, at, state, name))
    return steps


def _cheapest_before(kind: str, states: Mapping[str, _Step], grammar: _Costs) -> tuple[float, str]:
    costs = {
        state: step.cost + grammar.after[state].get(kind, UNUSUAL)
        for state, step in states.items()
    }
    state = min(costs, key=costs.__getitem__)
    return costs[state], state


def _walked_back(steps: list[dict[str, _Step]], grammar: _Costs) -> Iterator[Span]:
    end = len(steps) - 1
    last = steps[end]
    state = min(last, key=lambda one: last[one].cost + grammar.end.get(one.split("_")[0], 1.0))
    while end > 0:
        step = steps[end][state]
        if step.kind:
            yield step.kind, step.start, end
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
    if name.endswith(_OF_ROOMS):
        return f"{kind}_of_rooms"
    return kind if name.endswith(_OF_HOUSES) else f"{kind}_of_numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costs:
    """The grammar as it is used: costs by state, and where candidates come from."""

    after: Mapping[str, Mapping[str, float]]
    end: Mapping[str, float]
    words: Grammar
    gazetteer: Gazetteer


@cache
def _grammar() -> _Costs:
    file = resources.files("knowledge") / "addresses.toml"
    table: Mapping[str, Any] = tomllib.loads(file.read_text("utf-8"))
    after = dict(table["after"])
    for kind in ("poi", "subpoi"):
        for more in (f"{kind}_of_rooms", f"{kind}_of_numbers"):
            after[more] = {**after[kind], **after.get(more, {})}
    return _Costs(
        after=after,
        end=table["end"],
        words=Grammar.of(table, gazetteer()),
        gazetteer=gazetteer(),
    )
