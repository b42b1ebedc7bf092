"""Households are counted by the building each spoke for, and what is hot by its own past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from domain import hotspots, households, moves
from domain.orders import Status, WorkOrder
from domain.people import Actor
from tests.domain.acting import DUTY, act, an_open_order, an_order
from tests.domain.tables import local

NOW = local("2026-06-30 12:00")


def _followed(order: WorkOrder, person: int, building: str = "") -> WorkOrder:
    (after,) = moves.follow(
        order, act(Actor(person=person)), person=person, building=building
    ).orders
    return after


def test_households_are_counted_by_the_building_each_spoke_for() -> None:
    order = replace(an_open_order(), place=replace(an_open_order().place, building="3"))
    assert households.shown(order) == ""
    for person, building in ((11, "5"), (12, "3"), (13, ""), (14, "3")):
        order = _followed(order, person, building)
    assert households.count(order) == 5
    assert households.shown(order) == "3栋3户、5栋1户、未说楼栋1户"


def test_who_leaves_is_counted_no_more() -> None:
    order = _followed(_followed(an_open_order(), 11, "5"), 12, "5")
    (order,) = moves.unfollow(order, act(Actor(person=11)), person=11).orders
    assert households.by_building(order)["5"] == 1


def test_who_is_merged_keeps_the_building_they_spoke_for() -> None:
    place = an_open_order().place
    parent = replace(an_open_order(), number="0609000002", place=replace(place, building="3"))
    parent = replace(parent, reporter=77)
    other = replace(an_open_order(), place=replace(place, building="7"))
    other = _followed(other, 12, "8")
    _, parent = moves.merge_into(other, parent, act(DUTY), reason="同一件").orders
    assert households.by_building(parent) == {"3": 1, "7": 1, "8": 1}


def test_owner_and_desk_hear_how_many_at_some_numbers() -> None:
    order = an_order(Status.ASSIGNED)
    told = []
    for person in range(11, 16):
        change = moves.follow(order, act(Actor(person=person)), person=person, building="5")
        (order,) = change.orders
        told.append([notice.values["total"] for notice in change.notices])
    assert told == [[], [3, 3], [], [5, 5], []]


def test_a_hot_spot_is_measured_against_its_own_past() -> None:
    (first, second) = hotspots.found(_told(), NOW)
    assert (first.category, first.households, first.before, first.growth) == ("0301", 4, 0, 4)
    assert (second.category, second.households, second.before) == ("0402", 5, 5)
    assert first.buildings == {"3": 3, "5": 1}


def _told() -> Iterator[hotspots.Told]:
    for number, (category, building, days) in enumerate(
        [
            *(("0402", "1", days) for days in (1, 2, 3, 4, 5, 31, 32, 33, 34, 35)),
            *(("0301", building, 2) for building in ("3", "5", "3", "3")),
            *(("0503", "2", days) for days in (1, 2)),  # two households are not many
        ]
    ):
        yield hotspots.Told(
            community=1,
            estate="梧桐苑",
            category=category,
            building=building,
            at=NOW - timedelta(days=days),
            order=number,
        )
