"""Fire times by wall clock: against zoneinfo minute by minute, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.times import Times

# North and south, half an hour, at midnight, a day left out, a summer time below nothing.
ZONES = (
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def walked(times: Times, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """The same by looking at every minute; an hour that is left out comes as much later."""
    found = []
    at = first + MINUTE
    while at <= last:
        local = at.astimezone(zone)
        if times.hour == "*":
            if local.minute == times.minute:
                found.append(at)
        elif (local.hour, local.minute) == (times.hour, times.minute) and not local.fold:
            found.append(at)
        at += MINUTE
    return found


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The days of the year on which clocks change."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + n * DAY for n in range(365)]
    return [day for day in days if day.astimezone(zone).utcoffset() != _offset(zone, day + DAY)]


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def fired(times: Times, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    return list(takewhile(lambda at: at <= last, times.after(first, zone)))


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    year=st.sampled_from((2010, 2011, 2025, 2026, 2027)),
    hour=st.integers(0, 23),
    minute=st.sampled_from((0, 15, 30, 45)),
    which=st.integers(0, 3),
    every_hour=st.booleans(),
)
def test_every_time_comes_once_where_clocks_change(
    name: str, year: int, hour: int, minute: int, which: int, every_hour: bool
) -> None:
    zone = ZoneInfo(name)
    days = changes(zone, year) or [datetime(year, 3, 1, tzinfo=UTC)]
    first = days[which % len(days)] - DAY
    last = first + 3 * DAY
    times = Times(hour="*" if every_hour else hour, minute=minute)

    found = fired(times, zone, first, last)

    expected = walked(times, zone, first, last)
    if every_hour:
        assert found == expected
    else:  # an hour left out is looked for below
        assert [at for at in found if at in expected] == expected


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC), ["2026-03-29T03:30+02:00"]),
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC), ["2026-10-25T02:30+02:00"]),
        ("America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC), ["2026-03-08T03:30-04:00"]),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), ["2026-11-01T02:30-05:00"]),
        ("Asia/Shanghai", datetime(2026, 3, 28, 16, tzinfo=UTC), ["2026-03-29T02:30+08:00"]),
    ],
)
def test_half_past_two_comes_once_on_the_days_of_the_change(
    name: str, day: datetime, expected: list[str]
) -> None:
    zone = ZoneInfo(name)
    found = fired(Times(hour=2, minute=30), zone, day - timedelta(hours=1), day + DAY)
    assert [at.astimezone(zone).isoformat(timespec="minutes") for at in found] == expected


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(ZONES), start=st.integers(0, 365 * 24 * 60), hour=st.integers(0, 23))
def test_a_year_of_one_time_a_day_has_as_many_as_days(name: str, start: int, hour: int) -> None:
    """Whatever the clocks do, no day has two, and only a day left out has none."""
    zone = ZoneInfo(name)
    first = datetime(2011, 1, 1, tzinfo=UTC) + start * MINUTE
    found = fired(Times(hour=hour, minute=30), zone, first, first + 365 * DAY)
    gaps = [after - before for before, after in pairwise(found)]
    assert 363 <= len(found) <= 366
    assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps)
