"""The calendar knows holidays, make-up workdays and office hours, and says when it guesses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.workdays import Holiday, WorkCalendar
from tests.domain.tables import CALENDAR, SHANGHAI, holidays, local

MAKE_UP_DAYS = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}
DAYS_OFF = {2024: 28, 2025: 28, 2026: 33}


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", MAKE_UP_DAYS)
def test_weekends_are_worked_on_make_up_days_only(year: int) -> None:
    worked = [day for day in days_of(year) if day.weekday() >= 5 and CALENDAR.is_working(day)]
    assert [f"{day:%m-%d}" for day in worked] == MAKE_UP_DAYS[year].split()


@pytest.mark.parametrize("year", DAYS_OFF)
def test_every_announced_day_off_is_off(year: int) -> None:
    off = [row.day for row in holidays() if row.day.year == year and not row.working]
    assert len(off) == DAYS_OFF[year]
    assert not any(CALENDAR.is_working(day) for day in off)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2024-02-10", "春节"),
        ("2024-06-10", "端午节"),
        ("2025-10-06", "国庆节、中秋节"),
        ("2026-02-17", "春节"),
        ("2026-06-19", "端午节"),
        ("2026-09-25", "中秋节"),
    ],
)
def test_the_days_of_the_feasts_are_off_by_name(day: str, name: str) -> None:
    (holiday,) = CALENDAR.names_between(date.fromisoformat(day), date.fromisoformat(day))
    assert holiday.name == name


def test_a_year_without_rows_is_monday_to_friday_and_not_announced() -> None:
    worked = [day for day in days_of(2027) if CALENDAR.is_working(day)]

    assert [CALENDAR.announced(year) for year in (2023, 2024, 2025, 2026, 2027)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert worked == [day for day in days_of(2027) if day.weekday() < 5]


def test_new_years_eve_off_announces_the_year_that_follows_it() -> None:
    """2022-12-31 stands in the announcement of 2023."""
    rows = [
        Holiday(day=date(2022, 12, 31), name="元旦", working=False),
        Holiday(day=date(2023, 1, 1), name="元旦", working=False),
    ]
    calendar = WorkCalendar(rows, SHANGHAI)

    assert not calendar.is_working(date(2022, 12, 31))
    assert (calendar.announced(2022), calendar.announced(2023)) == (False, True)


def test_the_next_working_day_goes_over_the_holiday_and_takes_the_make_up_day() -> None:
    assert CALENDAR.next_working_day(date(2026, 6, 18)) == date(2026, 6, 22)
    assert CALENDAR.next_working_day(date(2026, 2, 27)) == date(2026, 2, 28)
    assert CALENDAR.working_day_after(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert CALENDAR.working_day_after(date(2026, 6, 20), 0) == date(2026, 6, 20)


def test_working_days_between_leave_out_the_first_day_and_count_the_last() -> None:
    assert CALENDAR.working_days_between(date(2026, 6, 18), date(2026, 6, 22)) == 1
    assert CALENDAR.working_days_between(date(2026, 6, 22), date(2026, 6, 22)) == 0
    assert CALENDAR.working_days_between(date(2026, 2, 13), date(2026, 2, 28)) == 6


def test_the_dragon_boat_days_are_named_without_their_make_up_days() -> None:
    names = CALENDAR.names_between(date(2026, 6, 17), date(2026, 6, 24))
    assert [(row.day.day, row.name) for row in names] == [
        (19, "端午节"),
        (20, "端午节"),
        (21, "端午节"),
    ]
    assert CALENDAR.names_between(date(2026, 2, 14), date(2026, 2, 14)) == ()


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-06-17 08:59:59", "2026-06-17 09:00"),
        ("2026-06-17 09:00", "2026-06-17 09:00"),
        ("2026-06-17 11:59:59", "2026-06-17 11:59:59"),
        ("2026-06-17 12:00", "2026-06-17 14:00"),
        ("2026-06-17 18:00", "2026-06-18 09:00"),
        ("2026-06-18 18:00", "2026-06-22 09:00"),
        ("2026-06-20 10:00", "2026-06-22 09:00"),
        ("2026-02-28 10:00", "2026-02-28 10:00"),
    ],
)
def test_the_office_says_when_it_opens_next(at: str, opens: str) -> None:
    assert CALENDAR.opens_next(local(at)) == local(opens)
    assert CALENDAR.is_office_open(local(at)) == (at == opens)


def test_the_day_is_the_one_in_the_community_not_in_utc() -> None:
    late = local("2026-06-22 00:30")
    assert CALENDAR.local_day(late) == date(2026, 6, 22)
    assert late.astimezone(ZoneInfo("UTC")).date() == date(2026, 6, 21)


def test_moments_come_out_in_utc() -> None:
    opens = CALENDAR.opens_next(datetime(2026, 6, 17, 8, tzinfo=SHANGHAI))
    assert opens.utcoffset() == timedelta(0)
