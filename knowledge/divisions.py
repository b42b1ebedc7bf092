"""The divisions of China: provinces, cities and districts, by full name and by stem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

Candidate = tuple[str, int, float]  # kind, end, cost

STEM_COST = {"prov": 0.6, "city": 0.6, "district": 1.2}  # of a name without 省, 市, 区

# Too common as words to be a district without its ending.
_NO_STEM = re.compile(
    "城|郊|朝阳|和平|长安|城区|郊区|矿区|市区|新华|桥西|桥东|解放|东风|新城|中山|人民|市中|城中|城关"
)
_PEOPLES = r"(?:.{1,3}族)*"
_PROVINCE_END = re.compile("(?:维吾尔自治区|壮族自治区|回族自治区|特别行政区|自治区|省|市)$")
_CITY_END = re.compile(_PEOPLES + "(?:自治州|地区|盟|市)$")
_DISTRICT_END = re.compile(_PEOPLES + "(?:自治县|自治旗|矿区|新区|区|县|市|旗)$")


@cache
def gazetteer() -> Gazetteer:
    """The divisions of the package, read once."""
    table = resources.files("knowledge") / "divisions.txt"
    return Gazetteer.of(table.read_text(encoding="utf-8").splitlines())


class Gazetteer:
    """Provinces, cities and districts by full name and by stem."""

    def __init__(self, names: Mapping[str, list[tuple[str, float]]], full: frozenset[str]) -> None:
        self._names = names
        self._longest = max(map(len, names))
        self.full_districts = full

    @classmethod
    def of(cls, lines: Iterable[str]) -> Gazetteer:
        """From lines "province city district…", where - is no city."""
        full: dict[str, set[str]] = {"prov": set(), "city": set(), "district": set()}
        for line in lines:
            if line.startswith("#"):
                continue
            province, city, *districts = line.split()
            full["prov"].add(province)
            full["city"].update({city, province if province.endswith("市") else city} - {"-"})
            full["district"].update(districts)
        names: dict[str, list[tuple[str, float]]] = {}
        ends = {"prov": _PROVINCE_END, "city": _CITY_END, "district": _DISTRICT_END}
        for kind, known in full.items():
            stems = {ends[kind].sub("", name) for name in known} - known
            for name in known:
                names.setdefault(name, []).append((kind, 0.0))
            for stem in stems:
                if len(stem) > 1 and not (kind == "district" and _NO_STEM.fullmatch(stem)):
                    names.setdefault(stem, []).append((kind, STEM_COST[kind]))
        return cls(names, frozenset(full["district"]))

    def at(self, text: str, start: int) -> list[Candidate]:
        """The divisions that may begin here."""
        return [
            (kind, start + length, cost)
            for length in range(2, min(self._longest, len(text) - start) + 1)
            for kind, cost in self._names.get(text[start : start + length], ())
        ]
