"""The reader of a small invented community: 梧桐苑 and 锦绣园, both with a building 3."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import resources

import pytest

from domain.places import Place, PlaceKind
from domain.readings import Reading, ReadingContext
from domain.rules import Category
from domain.units import Org, Unit, UnitKind
from knowledge.intents import Intents
from knowledge.places import PlaceBook
from knowledge.reader import Reader
from knowledge.tables import read_categories

COMMUNITY, FIRST_GRID, SECOND_GRID, ELSEWHERE = 1, 2, 3, 4
MONDAY = datetime(2026, 6, 22, 2, 0, tzinfo=UTC)  # 10:00 in Nanjing

Read = Callable[..., Reading]


@pytest.fixture(scope="session")
def categories() -> dict[str, Category]:
    table = resources.files("knowledge") / "categories.csv"
    with table.open(encoding="utf-8") as lines:
        return read_categories(csv.DictReader(lines))


@pytest.fixture(scope="session")
def intents() -> Intents:
    return Intents.load()


@pytest.fixture(scope="session")
def places() -> PlaceBook:
    return PlaceBook(_places(), _org())


@pytest.fixture(scope="session")
def reader(categories: dict[str, Category], places: PlaceBook, intents: Intents) -> Reader:
    return Reader(categories, places, intents)


@pytest.fixture(scope="session")
def read(reader: Reader) -> Read:
    """Reads a text on Monday, 22 June 2026, 10:00, in a chat of the community."""

    def read(text: str, **context: object) -> Reading:
        known = {"now": MONDAY, "today": MONDAY.date(), "community": COMMUNITY, **context}
        return reader.read(text, ReadingContext(**known))  # type: ignore[arg-type]

    return read


def _org() -> Org:
    return Org(
        [
            Unit(id=9, code="s", kind=UnitKind.STREET, name="示例街道"),
            Unit(id=1, code="c", kind=UnitKind.COMMUNITY, name="梧桐社区", parent=9),
            Unit(id=2, code="g1", kind=UnitKind.GRID, name="第一网格", parent=1),
            Unit(id=3, code="g2", kind=UnitKind.GRID, name="第二网格", parent=1),
            Unit(id=4, code="c2", kind=UnitKind.COMMUNITY, name="枫林社区", parent=9),
        ]
    )


def _places() -> Iterator[Place]:
    estate, building = PlaceKind.ESTATE, PlaceKind.BUILDING
    yield Place(
        id=1,
        code="wty",
        kind=estate,
        name="梧桐苑",
        aliases=("老机械厂",),
        unit=FIRST_GRID,
        latitude=32.10,
        longitude=118.90,
    )
    yield Place(
        id=2,
        code="jxy",
        kind=estate,
        name="锦绣园",
        aliases=("菜场后头那个小区",),
        unit=COMMUNITY,
        latitude=32.11,
        longitude=118.91,
    )
    yield Place(id=3, code="fly", kind=estate, name="枫林苑", unit=ELSEWHERE)
    yield Place(id=4, code="hb", kind=PlaceKind.LANDMARK, name="红枫亭", unit=SECOND_GRID)
    for number in range(1, 9):
        yield Place(
            id=10 + number,
            code=f"wty-{number}",
            kind=building,
            name=str(number),
            parent=1,
            unit=FIRST_GRID,
            entrances=4,
        )
    for number in (3, 12):
        yield Place(
            id=30 + number,
            code=f"jxy-{number}",
            kind=building,
            name=str(number),
            parent=2,
            unit=SECOND_GRID,
        )
