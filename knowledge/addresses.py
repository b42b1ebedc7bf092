"""The parts of a full Chinese address: 浙江省/杭州市/西湖区/文三路/100号/华星大厦/3幢/501室.

What a grammar reads (`knowledge/address_grammar.py`) is weighed with what is learnt from addresses
with their parts marked (`knowledge/address_sense.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from knowledge.address_grammar import beginning, ruled
from knowledge.address_sense import address_sense
from knowledge.divisions import gazetteer

LONGEST = 200  # characters; what is longer is no address
_DIVISIONS = frozenset(("prov", "city", "district", "town"))


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


def parse(text: str) -> tuple[Part, ...]:
    """The parts in order; what belongs to none (a separator, a city said twice) is left out."""
    text = text[:LONGEST]
    first = beginning(text)
    address = text[first:]
    parts = (
        Part(kind=kind, text=address[start:end], start=first + start)
        for kind, start, end in address_sense().spans(address, ruled(address))
    )
    return tuple(_said_once(parts))


def districts(text: str) -> frozenset[str]:
    """The full names of districts said in a text."""
    return frozenset(_district_names().findall(text))


def _said_once(parts: Iterable[Part]) -> Iterator[Part]:
    """Without the divisions that are named once more."""
    named: set[tuple[str, str]] = set()
    for part in parts:
        if part.kind in _DIVISIONS:
            if (part.kind, part.text) in named:
                continue
            named.add((part.kind, part.text))
        yield part


@cache
def _district_names() -> re.Pattern[str]:
    names = sorted(gazetteer().full_districts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)))
