"""热点: where residents report the same kind of thing again and again, against its own past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import households

WINDOW = timedelta(days=30)
MANY = 3  # 楼栋×类别 in 30 days (domain.md §3); one matter of many households is as hot


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One household's word: what kind of thing, where, and when."""

    community: int
    estate: str
    category: str
    building: str
    at: datetime
    order: int  # id


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """One kind of thing in one estate: how often now, how often in the same time before."""

    community: int
    estate: str
    category: str
    orders: int
    households: int
    before: int  # households in the window before
    buildings: Mapping[str, int]  # households by building, the most first

    @property
    def growth(self) -> int:
        """How many households more than before."""
        return self.households - self.before

    @property
    def heat(self) -> float:
        """How unusual it is: the surplus over its own past, by the spread such a count has."""
        return float(self.growth / (self.before + 1) ** 0.5)

    def values(self) -> dict[str, Any]:
        """As a phrase says it."""
        return {
            "place": self.estate,
            "orders": self.orders,
            "households": self.households,
            "before": self.before,
            "more": max(self.growth, 0),
            "fewer": max(-self.growth, 0),
            "buildings": households.in_words(self.buildings),
        }


def found(told: Iterable[Told], now: datetime) -> tuple[Hotspot, ...]:
    """The hot spots of the last 30 days, the most unusual first."""
    groups: dict[tuple[int, str, str], list[Told]] = {}
    for one in told:
        groups.setdefault((one.community, one.estate, one.category), []).append(one)
    spots = [_spot(*key, group, now - WINDOW) for key, group in groups.items()]
    hot = [spot for spot in spots if spot.households >= MANY]
    return tuple(
        sorted(hot, key=lambda one: (-one.heat, -one.households, one.estate, one.category))
    )


def _spot(
    community: int, estate: str, category: str, group: list[Told], since: datetime
) -> Hotspot:
    now = [one for one in group if one.at >= since]
    return Hotspot(
        community=community,
        estate=estate,
        category=category,
        orders=len({one.order for one in now}),
        households=len(now),
        before=len(group) - len(now),
        buildings=households.counted(one.building for one in now),
    )
