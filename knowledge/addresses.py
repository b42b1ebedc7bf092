"""The parts of a full Chinese address: 浙江省/杭州市/西湖区/文三路/100号/华星大厦/3幢/501室."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from knowledge.address_grammar import ruled
from knowledge.divisions import gazetteer

LONGEST = 200  # characters; what is longer is no address


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
    return tuple(
        Part(kind=kind, text=text[start:end], start=start) for kind, start, end in ruled(text)
    )


def districts(text: str) -> frozenset[str]:
    """The full names of districts said in a text."""
    return frozenset(_district_names().findall(text))


@cache
def _district_names() -> re.Pattern[str]:
    names = sorted(gazetteer().full_districts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)))
