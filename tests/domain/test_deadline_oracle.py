"""100,000 deadlines against a second calculation that knows nothing but a long row of minutes.

The row is laid out once per calendar: for every minute from 2024 to 2027, is it a working minute,
a daytime minute, the first minute of a local day, the minute an office closes? A deadline is then
found by counting minutes. `--hypothesis-seed` repeats a run.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import compress
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.deadlines import Clock, clock_due, due_after, share_used
from domain.orders import EventKind, OrderClass, WorkOrder
from domain.rules import Budget, TimeUnit
from domain.workdays import Holiday, WorkCalendar
from tests.domain.tables import an_order, happened, holidays, rules

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
QUARTERS = 4 * 24 * 366 * 4  # four years
LAST_START = 60 * 24 * 365 * 3  # the end of 2026
MINUTE = timedelta(minutes=1)
# Zones whose clocks change by an hour, by half an hour, at midnight, never; and one at +05:45.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
)
LARGEST = {
    TimeUnit.MINUTES: 3000,
    TimeUnit.HOURS: 72,
    TimeUnit.DAYTIME_HOURS: 100,
    TimeUnit.WORKING_HOURS: 120,
    TimeUnit.WORKING_DAYS: 40,
    TimeUnit.CALENDAR_DAYS: 60,
}


WRITTEN = {
    TimeUnit.MINUTES: "分钟",
    TimeUnit.HOURS: "小时",
    TimeUnit.DAYTIME_HOURS: "小时(08-22)",
    TimeUnit.WORKING_HOURS: "工作时",
    TimeUnit.WORKING_DAYS: "工作日",
    TimeUnit.CALENDAR_DAYS: "自然日",
}


class Minutes:
    """Every minute of four years under one calendar, and what is counted in it."""

    def __init__(self, rows: Sequence[Holiday], zone: str) -> None:
        self.calendar = WorkCalendar(rows, ZoneInfo(zone))
        special = {row.day: row.working for row in rows}
        working, daytime = bytearray(), bytearray()
        self.midnights, self.closings, self.evenings = array("i"), array("i"), array("i")
        today: date | None = None
        for quarter in range(QUARTERS):
            local = (FIRST + 15 * quarter * MINUTE).astimezone(self.calendar.zone)
            worked = special.get(local.date(), local.isoweekday() <= 5)
            working += b"\1" * 15 if worked and _in_office(local.hour) else bytes(15)
            daytime += b"\1" * 15 if 8 <= local.hour <= 21 else bytes(15)
            if local.date() != today:
                self.midnights.append(15 * quarter)
                today = local.date()
            if (local.hour, local.minute) == (18, 0):
                self.evenings.append(15 * quarter)
                if worked:
                    self.closings.append(15 * quarter)
        minutes = range(15 * QUARTERS)
        self.counted: dict[TimeUnit, Sequence[int]] = {
            TimeUnit.WORKING_HOURS: array("i", compress(minutes, working)),
            TimeUnit.DAYTIME_HOURS: array("i", compress(minutes, daytime)),
            TimeUnit.HOURS: minutes,
            TimeUnit.MINUTES: minutes,
        }

    def due(self, second: int, budget: Budget) -> int:
        """The second at which a budget that starts at this second has run out."""
        minute, over = divmod(second, 60)
        match budget.unit:
            case TimeUnit.WORKING_DAYS:
                return 60 * self._nth_after_today(self.closings, minute, budget.amount)
            case TimeUnit.CALENDAR_DAYS:
                return 60 * self._nth_after_today(self.evenings, minute, budget.amount)
        counted = self.counted[budget.unit]
        wanted = budget.amount * (1 if budget.unit is TimeUnit.MINUTES else 60)
        first = bisect_left(counted, minute)
        if over and counted[first] == minute:
            return 60 * counted[first + wanted] + over
        return 60 * (counted[first + wanted - 1] + 1)

    def walk(self, start: int, budget: Budget, stops: Sequence[tuple[int, int]]) -> int:
        """The minute a budget has run out when no minute from each stop to its end counts."""
        counted = self.counted[budget.unit]
        left = budget.amount * (1 if budget.unit is TimeUnit.MINUTES else 60)
        for minute in counted[bisect_left(counted, start) :]:
            left -= not any(stop <= minute < end for stop, end in stops)
            if not left:
                return minute + 1
        raise AssertionError("the row of minutes is too short")

    def walk_days(self, start: int, budget: Budget, stops: Sequence[tuple[int, int]]) -> int:
        """The minute a budget of days has run out, a day later for each day a stop reaches."""
        evenings = self.closings if budget.unit is TimeUnit.WORKING_DAYS else self.evenings
        days = budget.amount
        for stop, end in stops:
            if stop >= self._nth_after_today(evenings, start, days):
                break
            days += bisect_left(evenings, self._tomorrow(end))
            days -= bisect_left(evenings, self._tomorrow(stop))
        return self._nth_after_today(evenings, start, days)

    def _tomorrow(self, minute: int) -> int:
        return self.midnights[bisect_right(self.midnights, minute)]

    def _nth_after_today(self, evenings: Sequence[int], minute: int, n: int) -> int:
        return evenings[bisect_left(evenings, self._tomorrow(minute)) + n - 1]


def _in_office(hour: int) -> bool:
    return hour in {9, 10, 11, 14, 15, 16, 17}


def some_holidays(dice: random.Random) -> list[Holiday]:
    """Runs of days off and lone make-up days, where no people would put them."""
    rows: dict[date, Holiday] = {}
    for _ in range(60):
        day = date(2024, 1, 1) + timedelta(days=dice.randrange(1400))
        for n in range(dice.choice([1, 1, 3, 8])):
            off = day + timedelta(days=n)
            rows[off] = Holiday(day=off, name="放假", working=False)
    for _ in range(60):
        day = date(2024, 1, 1) + timedelta(days=dice.randrange(1400))
        rows[day] = Holiday(day=day, name="调休", working=True)
    return list(rows.values())


@cache
def rows_of_minutes() -> tuple[Minutes, ...]:
    """China as announced, Monday to Friday, and made-up calendars in other zones."""
    dice = random.Random(20260617)
    return (
        Minutes(holidays(), "Asia/Shanghai"),
        Minutes((), "Asia/Shanghai"),
        *(Minutes(some_holidays(dice), zone) for zone in ZONES),
    )


def some_budget(dice: random.Random) -> Budget:
    unit = dice.choice(list(TimeUnit))
    return Budget(amount=dice.randint(1, LARGEST[unit]), unit=unit)


def some_second(dice: random.Random) -> int:
    """Any second, and often one where something begins or ends."""
    minute = dice.randrange(LAST_START)
    if dice.random() < 0.3:
        minute -= minute % 60
    return 60 * minute + dice.choice([0, 0, 1, 59, dice.randrange(60)])


def test_100_000_deadlines_are_those_found_by_counting_minutes() -> None:
    cases = 0

    @settings(max_examples=100, phases=[Phase.generate], database=None)
    @given(st.integers(0, 2**64 - 1))
    def compare_a_thousand(seed: int) -> None:
        nonlocal cases
        dice = random.Random(seed)
        for _ in range(1000):
            minutes, budget = dice.choice(rows_of_minutes()), some_budget(dice)
            second = some_second(dice)
            start = FIRST + timedelta(seconds=second)
            due = due_after(start, budget, minutes.calendar)
            expected = FIRST + timedelta(seconds=minutes.due(second, budget))
            assert due == expected, (minutes.calendar.zone, start, budget)
            cases += 1

    compare_a_thousand()
    assert cases >= 100_000


def some_stops(dice: random.Random, start: int) -> Iterator[tuple[int, int]]:
    """Up to three suspensions, one after the other, from minutes to weeks long."""
    at = start
    for _ in range(dice.randint(0, 3)):
        stop = at + dice.choice([0, 1, 90, 700, 3000]) + dice.randrange(60)
        at = stop + dice.choice([1, 45, 600, 2880, 20_000]) + dice.randrange(60)
        yield stop, at


def written(budget: Budget) -> str:
    """The budget as the deadline table has it."""
    return f"{budget.amount} {WRITTEN[budget.unit]}"


def an_interrupted_order(start: int, stops: Sequence[tuple[int, int]]) -> WorkOrder:
    order = happened(
        an_order(OrderClass.N, FIRST + start * MINUTE), EventKind.ACCEPTED, FIRST + start * MINUTE
    )
    for stop, end in stops:
        order = happened(order, EventKind.SUSPENDED, FIRST + stop * MINUTE)
        order = happened(order, EventKind.URGED, FIRST + stop * MINUTE)
        order = happened(order, EventKind.RESUMED, FIRST + end * MINUTE)
    return order


def test_2_000_suspended_deadlines_are_those_found_by_counting_minutes() -> None:
    cases = 0

    @settings(max_examples=20, phases=[Phase.generate], database=None)
    @given(st.integers(0, 2**64 - 1))
    def compare_a_hundred(seed: int) -> None:
        nonlocal cases
        dice = random.Random(seed)
        for _ in range(100):
            minutes, budget = dice.choice(rows_of_minutes()), some_budget(dice)
            start = dice.randrange(LAST_START // 2)
            stops = list(some_stops(dice, start))
            days = budget.unit in {TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS}
            found = (minutes.walk_days if days else minutes.walk)(start, budget, stops)
            order = an_interrupted_order(start, stops)
            table = {OrderClass.N: ("", "", "", written(budget), (), None)}
            tables = rules(table, minutes.calendar)
            due = clock_due(order, Clock.RESOLVE, tables)
            assert due == FIRST + found * MINUTE, (minutes.calendar.zone, start, stops, budget)
            assert share_used(order, Clock.RESOLVE, tables, due) == 1.0
            cases += 1

    compare_a_hundred()
    assert cases >= 2_000
