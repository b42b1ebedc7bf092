"""What a piece of an address may be, each with a cost: a road, a number, a name, a division."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.divisions import Candidate, Gazetteer

Span = tuple[str, int, int]  # kind, start, end

SEPARATORS = frozenset("-—_、,，。./ #?？～~()（）:：;；·|\\&*\t\n")
LONGEST_NAME = 22
LONGEST_ROAD = 13

_CN = "一二三四五六七八九十百"
_BLOCK = f"[{_CN}A-Za-z0-9东西南北]"
_NUMBERED_ROAD = re.compile("[0-9a-zA-Z]+号(?:路|大街|街|公路)$")
_NUMBER_OF_ROAD = re.compile("[0-9a-zA-Z]+号")
_HOLDS_ROAD = re.compile("路|街道|镇|村|区|市")
_HOLDS_STREET = re.compile("路|街|大道|镇|街道|省|县")
_HOLDS_NAME = re.compile(
    f"(?:村|小区|{_BLOCK}区|工业区|工业园|产业园|科技园|大学|学院|医院|大厦|广场|公寓|花园|社区|新村|开发区"
    "|园区|市场|商城|大楼|花苑|家园|酒店|中学)(?!场|业|城|部)"
)
_HOLDS_SIDE = re.compile("对面|旁边|附近|路口|交叉口")
_HOLDS_NUMBER = re.compile("[0-9a-zA-Z]+(?:号|幢|栋|单元|室|弄|号楼)")
_HOLDS_CHINESE_NUMBER = re.compile(f"[{_CN}]+(?:幢|栋|单元|号楼|楼|层)")
_ENDS_WITH_BLOCK = re.compile(f"(?:{_BLOCK}区|[{_CN}0-9]期|组团|[东西南北]苑|[东西南北]大?门)$")
_BLOCK_ONLY = re.compile(f"{_BLOCK}+(?:区|期|苑|号门|门|号库|片区|区块)")
_NUMBERED_BLOCK = re.compile("[0-9a-zA-Z]+(?:期|区|号门|门)")
_BY_COMPASS = re.compile("[东南西北内和与旁近对]")
_DISTANCE = re.compile("[往向]?[东南西北]{1,2}[面方向侧]{0,2}约?[0-9]+(?:米|公里|m)")
_ENTRANCE = re.compile("[东南西北]单元")
_BASEMENT = re.compile(f"[负地]下?[0-9{_CN}]+[楼层]")
_SEVERAL = re.compile("[0-9]+[-、/,~][0-9][-、/,0-9]*(?:号|$)")
_NUMBERS = (
    re.compile("[A-Za-z]{0,2}[0-9]+[A-Za-z]?(?![0-9A-Za-z])|[A-Za-z](?![a-zA-Z])"),
    re.compile(f"[{_CN}]+"),
    re.compile("[0-9]+"),
)
_ROAD_LENGTH = {1: 1.2, 2: 0.0, 3: 0.3, 4: 1.0, 5: 2.0}
_TOWN_LENGTH = {1: 1.2, 2: -0.3, 3: 0.2, 4: 1.2}
_VILLAGE_LENGTH = {1: 1.2, 2: 0.0, 3: 0.3, 4: 1.2}


class Endings:
    """Words that names end with, kept by their last character since there are so many."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_last: dict[str, tuple[str, ...]] = {}
        for word in words:
            self._by_last[word[-1]] = (*self._by_last.get(word[-1], ()), word)

    def of(self, said: str) -> str:
        """The first of the endings that is not all of it, or ""."""
        for word in self._by_last.get(said[-1], ()):
            if said.endswith(word) and len(said) > len(word):
                return word
        return ""

    def whole(self, said: str) -> str:
        """What is said if it is such a word, or ""."""
        return said if said in self._by_last.get(said[-1], ()) else ""


_TOWNS = Endings(("街道", "镇", "乡"))
_VILLAGES = Endings(("居委会", "社区", "村"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The words of addresses.toml, ready to be looked for; longer endings come first."""

    gazetteer: Gazetteer
    roads: Endings
    names: Endings
    long_names: frozenset[str]
    inner_names: tuple[str, ...]
    zones: Endings
    sides: tuple[str, ...]
    no_name: tuple[str, ...]
    # kind, ending, cost in digits, cost in Chinese numerals
    counters: tuple[tuple[str, str, float, float], ...]

    @classmethod
    def of(cls, table: Mapping[str, Any], gazetteer: Gazetteer) -> Grammar:
        """From the parsed file."""
        words = {name: tuple(said.split()) for name, said in table["words"].items()}
        return cls(
            gazetteer=gazetteer,
            roads=Endings(words["road"]),
            names=Endings(sorted(words["poi"], key=len, reverse=True)),
            long_names=frozenset(words["long"]),
            inner_names=words["subpoi"],
            zones=Endings(words["zone"]),
            sides=words["assist"],
            no_name=words["no_name"],
            counters=tuple(
                (kind, ending, digits, chinese)
                for kind, rows in table["numbers"].items()
                for endings, digits, chinese in rows
                for ending in endings.split()
            ),
        )


class Candidates:
    """Everything that may begin at a position of one text."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self._grammar = grammar
        self._text = text

    def at(self, start: int) -> list[Candidate]:
        """The candidates that begin here; none crosses a separator but several house numbers."""
        text = self._text
        stop = start
        while stop < len(text) and stop < start + LONGEST_NAME and text[stop] not in SEPARATORS:
            stop += 1
        divisions = [one for one in self._grammar.gazetteer.at(text, start) if one[1] <= stop]
        found = list(divisions)
        if text.startswith("中国", start):
            found.append(("country", start + 2, 0.3))
        for end in range(start + 2, min(stop, start + LONGEST_ROAD) + 1):
            found += self._places(start, end)
        longest = max((end - start for _, end, _ in divisions), default=0)
        full = max((end - start for _, end, cost in divisions if not cost), default=0)
        for end in range(start + 2, stop + 1):
            found += self._names(start, end, stop, longest, full)
        found += self._besides(start)
        found += self._numbers(start)
        return found

    def _places(self, start: int, end: int) -> Iterator[Candidate]:
        """Roads, towns, villages and zones: what its ending tells."""
        said = self._text[start:end]
        numbered = said[0].isascii()
        if not numbered or _NUMBERED_ROAD.match(said):
            yield from self._roads(said, start, end)
        if said.endswith("组") and (numbered or said[0] in _CN):
            yield "road", end, 1.5
        if numbered:
            return
        if ending := _TOWNS.of(said):
            inside = 2.0 if set(said[:-2]) & set("镇区县市路村") else 0.0
            yield "town", end, _by_length(_TOWN_LENGTH, said, ending, 2.5, 0.6) + inside
        if ending := _VILLAGES.of(said):
            inside = 2.0 if set(said[:-1]) & set("镇乡区县市路") else 0.0
            inside += 2.0 if said.endswith("新村") else 0.0
            yield "community", end, _by_length(_VILLAGE_LENGTH, said, ending, 3.0, 0.5) + inside
        if ending := self._grammar.zones.of(said):
            cost = 0.3 + 0.25 * max(0, len(said) - 7)
            cost += 1.9 if ending.endswith(("工业园区", "工业区", "新区")) else 0.0
            yield "devZone", end, cost + (2.0 if set(said[1:]) & set("镇村乡街路") else 0.0)

    def _roads(self, said: str, start: int, end: int) -> Iterator[Candidate]:
        ending = self._grammar.roads.of(said)
        if not ending or (said[0] in "市镇区县路街" and self._inside(start)):
            return
        cost = _by_length(_ROAD_LENGTH, said, ending, 3.0, 0.8)
        cost += 1.2 if ending in ("弄", "线", "道") else 0.0
        if any(letter.isdigit() for letter in said):
            cost += -0.5 if _NUMBER_OF_ROAD.match(said) else 1.0
        cost += 1.6 if _HOLDS_ROAD.search(said, 1, len(said) - 1) else 0.0
        yield "road", end, cost
        yield "subRoad", end, cost + 0.2

    def _names(
        self, start: int, end: int, stop: int, longest: int, full: int
    ) -> Iterator[Candidate]:
        """A name of anything: an estate, a firm, a shop. Long ones and broken ones cost."""
        text = self._text
        said = text[start:end]
        if said.startswith(self._grammar.no_name):
            return
        ending = self._grammar.names.of(said) or self._grammar.names.whole(said)
        cost = self._name_cost(said, ending) + _held(said, ending)
        if said[0] in "市镇街省" and self._inside(start):
            cost += 1.5
        if full and len(said) > full:
            cost += 2.5
        elif longest and len(said) > longest:
            cost += 0.7
        goes_on = end < stop and "一" <= text[end] <= "鿿" and text[end] not in _CN
        cost += 1.6 if goes_on and not ending else 0.0
        village = ending == "村" and not said.endswith("新村")
        yield "poi", end, cost + (1.0 if village else 0.0)
        inner = cost + (-0.2 if said.endswith(self._grammar.inner_names) else 0.2)
        inner -= 1.2 if _BLOCK_ONLY.fullmatch(said) else 0.0
        inner -= 1.5 if said[0].isascii() and _NUMBERED_BLOCK.match(said) else 0.0
        yield "subpoi", end, inner
        yield "person", end, cost + 0.3

    def _name_cost(self, said: str, ending: str) -> float:
        length = len(said)
        cost = 0.6 if ending and length > len(ending) else 2.2 if ending else 2.0
        cost += {2: 0.9, 3: 0.3}.get(length, 0.0) + 0.45 * max(0, length - 4)
        if ending in self._grammar.long_names:
            cost -= 0.3 * min(max(0, length - 4), 8)
        digits = sum(letter.isdigit() for letter in said)
        cost += 1.0 + 0.3 * digits if digits else 0.0
        return cost + (1.5 if said[0].isascii() else 0.0)

    def _besides(self, start: int) -> Iterator[Candidate]:
        text = self._text
        for side in self._grammar.sides:
            if text.startswith(side, start):
                yield "assist", start + len(side), 0.3 if len(side) > 1 else 1.3
        if match := _DISTANCE.match(text, start):
            yield "assist", match.end(), 0.0
        if match := _ENTRANCE.match(text, start):
            yield "cellno", match.end(), -0.3
        if match := _BASEMENT.match(text, start):
            yield "floorno", match.end(), 0.0
        if match := _SEVERAL.match(text, start):
            yield "numbers", match.end(), 0.1 if match[0].endswith("号") else 1.0

    def _numbers(self, start: int) -> Iterator[Candidate]:
        ends: set[int] = set()
        for pattern in _NUMBERS:
            match = pattern.match(self._text, start)
            if match and match.end() not in ends:
                ends.add(match.end())
                yield from self._number(match[0], match.end())

    def _number(self, said: str, end: int) -> Iterator[Candidate]:
        text = self._text
        chinese = said[0] in _CN
        after = text[end : end + 1]
        broken = 1.5 if not chinese and after.isascii() and after.isalnum() else 0.0
        for kind, ending, digits, numerals in self._grammar.counters:
            if text.startswith(ending, end):
                short = 0.5 if kind == "roomno" and ending == "号" and len(said) < 3 else 0.0
                cost = (numerals if chinese else digits) + broken + short
                yield kind, end + len(ending), cost
        if not chinese:
            for kind, cost in _bare(said, after):
                yield kind, end, cost + broken

    def _inside(self, start: int) -> bool:
        return start > 0 and self._text[start - 1] not in SEPARATORS


def _bare(said: str, after: str) -> Iterator[tuple[str, float]]:
    """A number without a word: short ones are houses and entrances, long ones rooms."""
    length = len(said)
    hyphen, last = after in SEPARATORS, not after
    if said[-1] in "Ff" and said[:-1].isdigit():
        yield "floorno", 0.0
    if said.isdigit():
        yield "roadno", 0.4
        yield "subroadno", 1.0
    if not said.isdigit():
        yield "houseno", 2.2 if length >= 3 else 0.9
    elif hyphen or length <= 2:
        yield "houseno", 0.2
    else:
        yield "houseno", 2.6 if length > 3 else 2.0 if last else 1.2
    if length <= 3:
        yield "cellno", 0.4 if length <= 2 else 1.6
    if length >= 4:
        yield "roomno", 0.0
    else:
        yield "roomno", 1.4 if length < 3 or hyphen else -0.4 if last else 0.3


def _held(said: str, ending: str) -> float:
    """What it costs a name to hold what looks like other parts."""
    cost = 2.0 if _HOLDS_STREET.search(said, 1, len(said) - 1) else 0.0
    cost += 2.2 if _HOLDS_NAME.search(said[1:-1]) else 0.0
    cost += 0.3 if len(said) <= 4 and _BY_COMPASS.match(said) else 0.0
    cost += 3.5 if _HOLDS_SIDE.search(said) else 0.0
    if len(said) > 4 and _ENDS_WITH_BLOCK.search(said) and not said.endswith("社区"):
        cost += 1.5
    cost += 3.0 if _HOLDS_NUMBER.search(said) else 0.0
    cost += 1.5 if _HOLDS_CHINESE_NUMBER.search(said) else 0.0
    return cost + (3.0 if ending == "楼" and said[-2] in _CN + "0123456789号" else 0.0)


def _by_length(
    table: Mapping[int, float], said: str, ending: str, longer: float, each: float
) -> float:
    stem = len(said) - len(ending)
    return table.get(stem, longer + each * (stem - max(table)))
