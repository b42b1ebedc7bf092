"""How many households say the same, and from which buildings: 12 户, 3栋7户、5栋5户."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from domain.orders import EventKind, WorkOrder

# Told again when so many say so, not at each one.
WORTH_TELLING = frozenset({3, 5, 10, 20, 50, 100, 200})


def count(order: WorkOrder) -> int:
    """Whoever reported it (even if erased since) and everybody who follows."""
    return 1 + len(order.followers)


def by_building(order: WorkOrder) -> Mapping[str, int]:
    """Households by building, the most first; "" is a building nobody named."""
    said = _buildings(order)
    return counted([order.place.building, *(said.get(person, "") for person in order.followers)])


def counted(buildings: Iterable[str]) -> Mapping[str, int]:
    """How many of each, the most first."""
    return dict(sorted(Counter(buildings).items(), key=_most_first))


def shown(order: WorkOrder) -> str:
    """The households by building in Chinese; empty while it is only one."""
    if not order.followers:
        return ""
    return in_words(by_building(order))


def in_words(homes: Mapping[str, int]) -> str:
    """Such as 3栋7户、5栋5户、未说楼栋2户."""
    return "、".join(
        f"{building}栋{many}户" if building else f"未说楼栋{many}户"
        for building, many in homes.items()
    )


def _most_first(home: tuple[str, int]) -> tuple[bool, int, str]:
    building, many = home
    return not building, -many, building.zfill(4)


def _buildings(order: WorkOrder) -> dict[int, str]:
    """The building each follower spoke for; the last one they named."""
    known: dict[int, str] = {}
    for event in order.events(EventKind.FOLLOWED, EventKind.ABSORBED):
        if event.kind is EventKind.FOLLOWED:
            known[event.values["person"]] = event.values.get("building", "")
        else:
            homes = event.values.get("buildings", ())
            known.update(zip(event.values["followers"], homes, strict=False))
    return known


def building_of(order: WorkOrder, person: int) -> str:
    """The building a reporter or follower spoke for."""
    if person == order.reporter:
        return order.place.building
    return _buildings(order).get(person, "")
