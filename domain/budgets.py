"""How long a step may take, in every unit of the deadline table, counted exactly.

A start inside a minute counts from that very instant: nothing is rounded, so 30 minutes from
10:00:20 end at 10:30:20. Days end at 18:00 whatever the hour they began at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

from domain.rules import Budget, TimeUnit
from domain.workdays import END_OF_DAY, ONE_DAY, Hours, Span, WorkCalendar

DAYTIME: Hours = ((time(8), time(22)),)
DAYS = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS})
DAY_AND_NIGHT = frozenset({TimeUnit.MINUTES, TimeUnit.HOURS, TimeUnit.CALENDAR_DAYS})
# Units in which a day off stands still.
WORKED = frozenset({TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS})

_WRITTEN: Mapping[str, TimeUnit] = {
    "分钟": TimeUnit.MINUTES,
    "小时": TimeUnit.HOURS,
    "小时(08-22)": TimeUnit.DAYTIME_HOURS,
    "工作时": TimeUnit.WORKING_HOURS,
    "工作日": TimeUnit.WORKING_DAYS,
    "自然日": TimeUnit.CALENDAR_DAYS,
}
_AMOUNT_AND_UNIT = re.compile(r"(\d+) *(\D.*)", re.ASCII)


class UnreadableBudget(ValueError):
    """A cell of the deadline table does not say how long."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"not a budget: {text!r}; write an amount and one of {', '.join(_WRITTEN)}"
        )
        self.text = text


def parse_budget(text: str) -> Budget | None:
    """The budget in a cell of the deadline table; an empty cell: no clock runs."""
    plain = unicodedata.normalize("NFKC", text).replace("–", "-").strip()
    if not plain:
        return None
    match = _AMOUNT_AND_UNIT.fullmatch(plain)
    unit = _WRITTEN.get(match[2].replace(" ", "")) if match else None
    if match is None or unit is None:
        raise UnreadableBudget(text)
    return Budget(amount=int(match[1]), unit=unit)


def written(budget: Budget) -> str:
    """The budget as a cell of the deadline table has it."""
    word = next(word for word, unit in _WRITTEN.items() if unit is budget.unit)
    return f"{budget.amount} {word}"


def due_after(start: datetime, budget: Budget, calendar: WorkCalendar) -> datetime:
    """When a budget that starts to run at `start` has run out (design.md §9)."""
    match budget.unit:
        case TimeUnit.WORKING_DAYS:
            last = calendar.working_day_after(calendar.local_day(start), budget.amount)
            return calendar.moment(last, END_OF_DAY)
        case TimeUnit.CALENDAR_DAYS:
            last = calendar.local_day(start) + budget.amount * ONE_DAY
            return calendar.moment(last, END_OF_DAY)
        case TimeUnit.MINUTES:
            return start.astimezone(UTC) + timedelta(minutes=budget.amount)
        case _:
            return time_after(start, timedelta(hours=budget.amount), budget.unit, calendar)


def time_after(
    start: datetime, amount: timedelta, unit: TimeUnit, calendar: WorkCalendar
) -> datetime:
    """The moment at which `amount` of this unit's time has run since `start`.

    Time used up at the end of a span has run out there, not when the next span begins.
    """
    at = start.astimezone(UTC)
    if unit in DAY_AND_NIGHT or not amount:
        return at + amount
    spans = _spans(at, unit, calendar)
    while True:
        opens, closes = next(spans)
        begins = max(opens, at)
        if amount <= closes - begins:
            return begins + amount
        amount -= max(closes - begins, timedelta())
        at = max(closes, at)


def time_between(
    start: datetime, end: datetime, unit: TimeUnit, calendar: WorkCalendar
) -> timedelta:
    """How much of this unit's time runs from `start` to `end`; none when `end` comes first.

    Working days run in working hours; minutes, hours and calendar days run day and night.
    """
    at, end = start.astimezone(UTC), end.astimezone(UTC)
    if unit in DAY_AND_NIGHT:
        return max(end - at, timedelta())
    ran = timedelta()
    for opens, closes in takewhile(lambda span: span[0] < end, _spans(at, unit, calendar)):
        ran += max(min(closes, end) - max(opens, at), timedelta())
        at = max(closes, at)
    return ran


def _spans(start: datetime, unit: TimeUnit, calendar: WorkCalendar) -> Iterator[Span]:
    if unit is TimeUnit.DAYTIME_HOURS:
        return calendar.daily_spans(start, DAYTIME)
    return calendar.working_spans(start)
