"""Trouble that a notice of ours announced (停水, 停电): when it is and whom it concerns; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.broadcasts import Action, Broadcast
from domain.places import OrderPlace
from domain.units import Org

KNOWN_FOR = timedelta(days=30)  # notices older than this announce nothing that is still to come
EARLY = timedelta(minutes=30)  # before it was to begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A notice that went out, its newest words, and what those name."""

    notice: Broadcast
    text: str
    begins: datetime
    ends: datetime
    buildings: frozenset[str] = frozenset()  # none: all of them
    grids: frozenset[int] = frozenset()

    def is_on(self, at: datetime) -> bool:
        """Whether it explains trouble at this moment."""
        return self.begins - EARLY <= at <= self.ends

    def concerns(self, place: OrderPlace, grid: int | None, org: Org) -> bool:
        """Whether this place is among those it names, as far as both are known."""
        if self.buildings and place.building:
            return place.building in self.buildings
        if grid is None:
            return True
        if self.grids:
            return grid in self.grids
        return any(org.within(grid, unit) for unit in self.notice.audience.units)


def reaches(notice: Broadcast, community: int, org: Org) -> bool:
    """Whether it was for this community, or for a part of it or the street around it."""
    return any(
        org.within(unit, community) or org.within(community, unit)
        for unit in notice.audience.units
    )


def standing(sent: Sequence[Broadcast]) -> Iterator[tuple[Broadcast, Broadcast]]:
    """Each notice with whatever says it in its newest words; none that was taken back. `sent` are
    notices and what followed them, newest first.
    """
    newest = {one.of: one for one in reversed(sent)}
    for notice in sent:
        if notice.action is Action.NOTICE:
            words = newest.get(notice.id, notice)
            if words.action is not Action.RECALL:
                yield notice, words
