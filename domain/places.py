"""Places residents name, and the grid each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What kind of place it is."""

    ESTATE = "estate"  # 小区
    BUILDING = "building"  # 楼栋
    LANDMARK = "landmark"  # 地标
    ROAD = "road"  # 道路


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry of the place table; `unit` is the grid (or, for an estate, the community) it
    belongs to.
    """

    id: int
    code: str
    kind: PlaceKind
    name: str  # "梧桐苑"; for a building its bare number "3"
    aliases: tuple[str, ...] = ()
    parent: int | None = None  # a building's estate
    unit: int
    entrances: int | None = None  # 单元 of a building
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlace:
    """Where a work order is; `room` is personal and sealed at rest. `unit` is the grid, or the
    community when unsure.
    """

    estate: str = ""
    building: str = ""
    entrance: str = ""
    room: str = ""
    spot: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def __bool__(self) -> bool:
        return any((self.building, self.spot, self.latitude is not None))

    def shown(self, *, private: bool) -> str:
        """The place in Chinese; the room only where `private` data may be seen."""
        parts = (
            self.estate,
            f"{self.building}栋" if self.building else "",
            f"{self.entrance}单元" if self.entrance else "",
            f"{self.room}室" if self.room and private else "",
            self.spot,
        )
        return "".join(part for part in parts if part)
