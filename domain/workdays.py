"""Which days and hours are worked: the imported calendar, with its make-up workdays (调休)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]
Span = tuple[datetime, datetime]

WORKING_HOURS: Hours = ((time(9), time(12)), (time(14), time(18)))
END_OF_DAY = time(18)
SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A day that is not what its weekday says: off, or a make-up workday (调休) when `working`."""

    day: date
    name: str
    working: bool


class WorkCalendar:
    """The working days and hours of one community; never changes once built.

    Moments come in aware and go out in UTC; days are local days of `zone`. The State Council
    names the holidays of a year only in the November before it: until they are imported the
    year is Monday to Friday, and `announced` says so.
    """

    __slots__ = ("_days", "_years", "zone")

    def __init__(self, holidays: Iterable[Holiday], zone: ZoneInfo) -> None:
        self.zone = zone
        self._days = {row.day: row for row in sorted(holidays, key=lambda row: row.day)}
        self._years = frozenset(day.year for day in self._days if not _is_new_years_eve(day))

    def __iter__(self) -> Iterator[Holiday]:
        """The imported days, in order."""
        return iter(self._days.values())

    def announced(self, year: int) -> bool:
        """Whether the holidays of this year were imported; if not, Monday to Friday is assumed."""
        return year in self._years

    def is_working(self, day: date) -> bool:
        """Whether this day is worked."""
        row = self._days.get(day)
        return day.weekday() < SATURDAY if row is None else row.working

    def next_working_day(self, day: date) -> date:
        """The first working day after this day."""
        return self.working_day_after(day, 1)

    def working_day_after(self, day: date, n: int) -> date:
        """The n-th working day after this day, which itself never counts."""
        for _ in range(n):
            day += ONE_DAY
            while not self.is_working(day):
                day += ONE_DAY
        return day

    def working_days_between(self, day: date, last: date) -> int:
        """How many working days follow `day` up to and with `last`."""
        days = range(1, (last - day).days + 1)
        return sum(self.is_working(day + n * ONE_DAY) for n in days)

    def names_between(self, first: date, last: date) -> tuple[Holiday, ...]:
        """The days off from `first` to `last`, both included, weekends inside a holiday too."""
        return tuple(
            row for day, row in self._days.items() if first <= day <= last and not row.working
        )

    def holiday_on(self, day: date) -> str:
        """The name of the holiday this day off belongs to, or ""."""
        return next((row.name for row in self.names_between(day, day)), "")

    def is_office_open(self, at: datetime) -> bool:
        """Whether it is working hours at this moment; closing time itself is closed."""
        return any(opens <= at < closes for opens, closes in self._worked(self.local_day(at)))

    def opens_next(self, at: datetime) -> datetime:
        """The first moment of working hours at or after this one."""
        opens, _ = next(span for span in self.working_spans(at) if at < span[1])
        return max(opens, at.astimezone(UTC))

    def working_spans(self, start: datetime) -> Iterator[Span]:
        """The spans of working hours from the local day of `start` on, without end."""
        day = self.local_day(start)
        while True:
            yield from self._worked(day)
            day += ONE_DAY

    def daily_spans(self, start: datetime, hours: Hours) -> Iterator[Span]:
        """The same for these hours of every day, worked or not."""
        day = self.local_day(start)
        while True:
            yield from self._spans(day, hours)
            day += ONE_DAY

    def local_day(self, at: datetime) -> date:
        """The day it is in the community at this moment."""
        return at.astimezone(self.zone).date()

    def moment(self, day: date, at: time) -> datetime:
        """This local time of this day, in UTC.

        A time that the clocks skip or repeat is read as before the change.
        """
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def moved(self, at: datetime, day: date) -> datetime:
        """The same local time on another day."""
        return self.moment(day, at.astimezone(self.zone).time())

    def _worked(self, day: date) -> Iterator[Span]:
        return self._spans(day, WORKING_HOURS if self.is_working(day) else ())

    def _spans(self, day: date, hours: Hours) -> Iterator[Span]:
        return ((self.moment(day, opens), self.moment(day, closes)) for opens, closes in hours)


def _is_new_years_eve(day: date) -> bool:
    """Whether the day off belongs to the next year's announcement, as 2022-12-31 did."""
    return (day.month, day.day) in {(12, 30), (12, 31)}
