"""The place book: which grid a place that somebody named belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import asin, cos, radians, sin, sqrt

from domain.places import Place, PlaceKind
from domain.readings import PlaceSlots
from domain.units import Org, UnitKind
from knowledge.lexicon import lexicon

EARTH_RADIUS = 6_371_000.0  # metres
NEAR = 500.0  # metres: farther away is somewhere else


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the place book knows about a place: whose it is, or what still has to be asked.

    `settled` means that nothing has to be asked. Otherwise `candidates` are the estates it may be
    in ("梧桐苑还是锦绣园?"), and `unknown` is the part the book has never heard of: "estate",
    "building" or "entrance".
    """

    slots: PlaceSlots  # as said, the estate's full name filled in
    settled: bool = False
    grid: int | None = (
        None  # unit id; None when the place is not settled or the estate has several grids
    )
    community: int | None = None  # unit id
    place: Place | None = None  # the most exact entry found
    candidates: tuple[Place, ...] = ()
    unknown: str = ""

    @property
    def unit(self) -> int | None:
        """The grid, or the community when the grid is not known."""
        return self.grid if self.grid is not None else self.community


class PlaceBook:
    """Every place of the operator, looked up by the names people use; read-only."""

    def __init__(self, places: Iterable[Place] = (), org: Org | None = None) -> None:
        self._org = org or Org(())
        self._places: Mapping[int, Place] = {place.id: place for place in places}
        self._estates: defaultdict[str, list[Place]] = defaultdict(list)
        self._buildings: defaultdict[str, list[Place]] = defaultdict(list)
        self._landmarks: defaultdict[str, list[Place]] = defaultdict(list)
        by_kind = {
            PlaceKind.ESTATE: self._estates,
            PlaceKind.BUILDING: self._buildings,
            PlaceKind.LANDMARK: self._landmarks,
            PlaceKind.ROAD: self._landmarks,
        }
        for place in self._places.values():
            for name in {place.name, *place.aliases}:
                by_kind[place.kind][name.upper()].append(place)
        self.estate_names = _longest_first(self._estates)
        self.landmark_names = _longest_first(self._landmarks)

    def estate(self, name: str, community: int | None) -> Place | None:
        """The one estate called this: in the community if there is one, else anywhere."""
        named = self._estates.get(name.upper(), [])
        here = [place for place in named if self._is_in(place, community)]
        found = here or named
        return found[0] if len(found) == 1 else None

    def resolve(self, slots: PlaceSlots, community: int | None) -> Resolution:
        """Whose place this is, for somebody who speaks in a chat of `community`."""
        estate = self.estate(slots.estate, community) if slots.estate else None
        if slots.estate and estate is None:
            return Resolution(
                slots=slots,
                community=community,
                candidates=tuple(self._estates.get(slots.estate.upper(), ())),
                unknown="estate",
            )
        if estate is not None:
            slots = replace(slots, estate=estate.name)
        if slots.building:
            return self._of_building(slots, estate, community)
        if slots.spot:
            return self._of_spot(slots, estate, community)
        return self._undecided(slots, estate, community)

    def nearest(self, latitude: float, longitude: float, *, within: float = NEAR) -> Place | None:
        """The place closest to a shared position, unless all are farther than `within` metres."""
        here = (latitude, longitude)
        distances = (
            (_metres(here, (place.latitude, place.longitude)), place.id)
            for place in self._places.values()
            if place.latitude is not None and place.longitude is not None
        )
        distance, closest = min(distances, default=(within + 1, 0))
        return self._places[closest] if distance <= within else None

    def of_place(self, place: Place) -> Resolution:
        """What an entry itself resolves to, such as the nearest one or a chosen candidate."""
        if place.kind is PlaceKind.BUILDING:
            return self._settled(PlaceSlots(building=place.name), place)
        if place.kind is PlaceKind.ESTATE:
            return self._undecided(PlaceSlots(estate=place.name), place, None)
        return self._settled(PlaceSlots(spot=place.name), place)

    def _of_building(
        self, slots: PlaceSlots, estate: Place | None, community: int | None
    ) -> Resolution:
        named = self._buildings.get(slots.building.upper(), [])
        if estate is not None:
            found = [place for place in named if place.parent == estate.id]
        else:
            found = [place for place in named if self._is_in(place, community)]
        if len(found) == 1:
            return self._settled(slots, found[0])
        community = self._community(estate) if estate else community
        candidates = tuple(
            self._places[place.parent]
            for place in found
            if place.parent is not None and place.parent in self._places
        )
        return Resolution(
            slots=slots,
            community=community,
            candidates=candidates,
            unknown="" if found else "building",
        )

    def _of_spot(
        self, slots: PlaceSlots, estate: Place | None, community: int | None
    ) -> Resolution:
        landmarks = [
            place
            for name in self.landmark_names
            if name in slots.spot.upper()
            for place in self._landmarks[name]
            if self._is_in(place, community)
        ]
        if landmarks:
            return self._settled(slots, landmarks[0])
        if any(spot in slots.spot for spot in lexicon().spots_of_building):
            return self._undecided(slots, estate, community)
        estates = [estate] if estate else self.estates(community)
        if len(estates) == 1:
            return self._settled(slots, estates[0])
        return Resolution(slots=slots, community=community, candidates=tuple(estates))

    def _undecided(
        self, slots: PlaceSlots, estate: Place | None, community: int | None
    ) -> Resolution:
        return Resolution(
            slots=slots,
            community=self._community(estate) if estate else community,
            place=estate,
        )

    def _settled(self, slots: PlaceSlots, place: Place) -> Resolution:
        parent = self._places.get(place.parent) if place.parent is not None else None
        estate = place if place.kind is PlaceKind.ESTATE else parent
        if estate is not None:
            slots = replace(slots, estate=estate.name)
        known = _entrance_exists(slots.entrance, place)
        return Resolution(
            slots=slots,
            settled=known,
            grid=self._unit(place, UnitKind.GRID),
            community=self._community(place),
            place=place,
            unknown="" if known else "entrance",
        )

    def estates(self, community: int | None) -> list[Place]:
        """The estates of a community, or all of them."""
        return [
            place
            for place in self._places.values()
            if place.kind is PlaceKind.ESTATE and self._is_in(place, community)
        ]

    def made_of(self) -> Mapping[str, tuple[int, ...]]:
        """The grids an estate is made of, by every name of it; one that shares a grid has none."""
        grids: defaultdict[int, set[int | None]] = defaultdict(set)
        estates: defaultdict[int | None, set[int]] = defaultdict(set)
        for place in self._places.values():
            if place.kind is PlaceKind.BUILDING and place.parent is not None:
                grid = self._unit(place, UnitKind.GRID)
                grids[place.parent].add(grid)
                estates[grid].add(place.parent)
        found: dict[str, tuple[int, ...]] = {}
        for estate, of in grids.items():
            alone = [grid for grid in of if grid is not None and estates[grid] == {estate}]
            if len(alone) == len(of):
                known = self._places[estate]
                found |= dict.fromkeys((known.name, *known.aliases), tuple(sorted(alone)))
        return found

    def _is_in(self, place: Place, community: int | None) -> bool:
        return community is None or self._org.within(place.unit, community)

    def _community(self, place: Place) -> int | None:
        return self._unit(place, UnitKind.COMMUNITY)

    def _unit(self, place: Place, kind: UnitKind) -> int | None:
        unit = self._org.nearest(place.unit, kind)
        return None if unit is None else unit.id


def _longest_first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _entrance_exists(entrance: str, place: Place) -> bool:
    if place.kind is not PlaceKind.BUILDING or place.entrances is None or not entrance.isdigit():
        return True
    return 1 <= int(entrance) <= place.entrances


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    latitude, longitude = radians(other[0] - one[0]), radians(other[1] - one[1])
    chord = (
        sin(latitude / 2) ** 2
        + cos(radians(one[0])) * cos(radians(other[0])) * sin(longitude / 2) ** 2
    )
    return 2 * EARTH_RADIUS * asin(sqrt(min(chord, 1.0)))
