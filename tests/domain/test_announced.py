"""What a notice announced: which words stand, and which places and hours they explain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.announced import EARLY, Announced, reaches, standing
from domain.audiences import AudienceQuery, groups_in
from domain.broadcasts import Action, Broadcast
from domain.places import OrderPlace
from domain.units import Org, Unit, UnitKind

TEN = datetime(2026, 6, 9, 2, tzinfo=UTC)
STREET, COMMUNITY, GRID, OTHER_GRID, ELSEWHERE = 1, 2, 3, 4, 5
ORG = Org(
    [
        Unit(id=STREET, code="S", kind=UnitKind.STREET, name="示例街道"),
        Unit(id=COMMUNITY, code="C", kind=UnitKind.COMMUNITY, name="梧桐社区", parent=STREET),
        Unit(id=GRID, code="G", kind=UnitKind.GRID, name="第一网格", parent=COMMUNITY),
        Unit(id=OTHER_GRID, code="H", kind=UnitKind.GRID, name="第二网格", parent=COMMUNITY),
        Unit(id=ELSEWHERE, code="D", kind=UnitKind.COMMUNITY, name="枫林社区", parent=STREET),
    ]
)


def notice(unit: int = COMMUNITY, **more: object) -> Broadcast:
    values: dict[str, object] = {
        "id": 1,
        "number": "1",
        "unit": unit,
        "author": 1,
        "template": "water",
        "title": "停水",
        "text": "停水",
        "audience": AudienceQuery(parts=(groups_in(unit),)),
        "created_at": TEN,
        "planned_at": TEN,
    }
    return Broadcast(**{**values, **more})  # type: ignore[arg-type]


WATER = Announced(notice=notice(), text="停水", begins=TEN, ends=TEN + timedelta(hours=7))


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        (TEN - EARLY - timedelta(seconds=1), False),
        (TEN - EARLY, True),
        (WATER.ends, True),
        (WATER.ends + timedelta(seconds=1), False),
    ],
)
def test_it_explains_trouble_from_a_little_before_until_its_end(at: datetime, is_on: bool) -> None:
    assert WATER.is_on(at) is is_on


@pytest.mark.parametrize(
    ("names", "building", "grid", "concerned"),
    [
        ({"buildings": frozenset({"3"})}, "3", OTHER_GRID, True),
        ({"buildings": frozenset({"3"})}, "4", GRID, False),
        ({"buildings": frozenset({"3"})}, "", None, True),
        ({"grids": frozenset({GRID})}, "4", GRID, True),
        ({"grids": frozenset({GRID})}, "4", OTHER_GRID, False),
        ({}, "4", OTHER_GRID, True),
        ({"notice": notice(GRID)}, "4", OTHER_GRID, False),
    ],
)
def test_whom_it_concerns(
    names: dict[str, object], building: str, grid: int | None, concerned: bool
) -> None:
    announced = replace(WATER, **names)  # type: ignore[arg-type]

    assert announced.concerns(OrderPlace(building=building), grid, ORG) is concerned


def test_it_reaches_its_part_and_what_it_is_part_of() -> None:
    found = [
        reaches(notice(unit), COMMUNITY, ORG) for unit in (STREET, COMMUNITY, GRID, ELSEWHERE)
    ]

    assert found == [True, True, True, False]


def test_the_newest_words_stand_and_what_was_taken_back_does_not() -> None:
    first, second = notice(), notice(id=2)
    corrected = notice(id=3, of=1, action=Action.CORRECTION)
    again = notice(id=4, of=1, action=Action.CORRECTION)
    recalled = notice(id=5, of=2, action=Action.RECALL)

    assert list(standing([second, first])) == [(second, second), (first, first)]
    assert list(standing([recalled, again, corrected, second, first])) == [(first, again)]
