"""Places are found in all their spellings, and the place book says whose they are."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from domain.readings import PlaceSlots
from knowledge.places import PlaceBook
from tests.knowledge.conftest import COMMUNITY, ELSEWHERE, FIRST_GRID, SECOND_GRID, Read

TABLE = tomllib.loads((Path(__file__).parent / "places.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("said", "place"), TABLE["spellings"].items())
def test_a_spelling(read: Read, said: str, place: str) -> None:
    found = read(said).place

    assert f"{found.building}/{found.entrance}/{found.room}/{found.spot}" == place


@pytest.mark.parametrize(("said", "estate"), TABLE["estates"].items())
def test_an_estate_by_name_or_nickname(read: Read, said: str, estate: str) -> None:
    assert read(said).place.estate == estate


@pytest.mark.parametrize("said", TABLE["nowhere"]["not_places"])
def test_other_words_and_numbers_are_no_place(read: Read, said: str) -> None:
    assert not read(said).place


def test_the_table_is_as_large_as_promised() -> None:
    assert len(TABLE["spellings"]) >= 60


def test_a_slip_of_the_keys_is_marked_to_be_read_back(read: Read) -> None:
    assert read("7懂底下").place.guessed
    assert not read("7栋底下").place.guessed


def test_a_building_that_exists_once_is_settled(places: PlaceBook) -> None:
    found = places.resolve(PlaceSlots(building="5", entrance="2"), COMMUNITY)

    assert found.settled
    assert (found.grid, found.community, found.unit) == (FIRST_GRID, COMMUNITY, FIRST_GRID)
    assert found.slots.estate == "梧桐苑"


def test_a_building_of_two_estates_asks_which(places: PlaceBook) -> None:
    found = places.resolve(PlaceSlots(building="3"), COMMUNITY)

    assert not found.settled
    assert [place.name for place in found.candidates] == ["梧桐苑", "锦绣园"]
    assert found.unit == COMMUNITY


def test_the_estate_settles_which_building(places: PlaceBook) -> None:
    found = places.resolve(PlaceSlots(estate="菜场后头那个小区", building="3"), COMMUNITY)

    assert found.settled
    assert found.grid == SECOND_GRID
    assert found.slots.estate == "锦绣园"


@pytest.mark.parametrize(
    ("slots", "unknown"),
    [
        (PlaceSlots(building="99"), "building"),
        (PlaceSlots(estate="天悦小区", building="5"), "estate"),
        (PlaceSlots(building="5", entrance="7"), "entrance"),
    ],
)
def test_what_the_book_does_not_know_is_not_settled(
    places: PlaceBook, slots: PlaceSlots, unknown: str
) -> None:
    found = places.resolve(slots, COMMUNITY)

    assert not found.settled
    assert found.unknown == unknown


def test_a_gate_needs_its_estate(places: PlaceBook) -> None:
    unsure = places.resolve(PlaceSlots(spot="南门"), COMMUNITY)
    sure = places.resolve(PlaceSlots(estate="梧桐苑", spot="南门"), COMMUNITY)

    assert not unsure.settled
    assert len(unsure.candidates) == 2
    assert sure.settled
    assert sure.grid == FIRST_GRID


def test_an_estate_of_several_grids_is_settled_without_a_grid(places: PlaceBook) -> None:
    found = places.resolve(PlaceSlots(estate="锦绣园", spot="南门"), COMMUNITY)

    assert found.settled
    assert found.grid is None
    assert found.unit == COMMUNITY


def test_a_stairwell_needs_its_building(places: PlaceBook) -> None:
    assert not places.resolve(PlaceSlots(estate="梧桐苑", spot="楼道"), COMMUNITY).settled


def test_a_landmark_is_settled_by_its_name(read: Read, places: PlaceBook) -> None:
    found = places.resolve(read("红枫亭那里的椅子坏了").place, COMMUNITY)

    assert found.settled
    assert found.grid == SECOND_GRID


def test_an_estate_elsewhere_is_found_by_its_name(places: PlaceBook) -> None:
    found = places.resolve(PlaceSlots(estate="枫林苑", spot="南门"), COMMUNITY)

    assert found.community == ELSEWHERE


def test_nothing_said_is_not_settled(places: PlaceBook) -> None:
    assert not places.resolve(PlaceSlots(), COMMUNITY).settled


def test_the_nearest_place_is_near(places: PlaceBook) -> None:
    near = places.nearest(32.1005, 118.9005)
    far = places.nearest(31.0, 118.0)

    assert near is not None
    assert near.name == "梧桐苑"
    assert far is None
    assert places.of_place(near).community == COMMUNITY


def test_an_empty_book_knows_nothing() -> None:
    empty = PlaceBook()

    assert empty.nearest(32.1, 118.9) is None
    assert empty.resolve(PlaceSlots(building="3"), None).unknown == "building"
