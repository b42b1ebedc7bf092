"""When a job fires: a pattern of wall-clock time, read in the zone of the community."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

A_DAY = timedelta(days=1)  # more than any change of a clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Fields of a cron line, such as `Times(hour="8-19", minute="*/10")`; seconds are 0.

    Where clocks change, what fires at given hours fires once: at the first of two equal hours, and
    as much later as the hour that is left out. What fires in every hour fires in both.
    """

    minute: str | int = "*"
    hour: str | int = "*"
    day: str | int = "*"
    month: str | int = "*"
    day_of_week: str | int = "*"

    def after(self, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every fire time after `last`, oldest first."""
        follow = self._every_hour if self.hour == "*" else self._at_hours
        for moment in follow(last, zone):
            if moment > last:
                last = moment
                yield moment

    def _every_hour(self, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """From one change of the clocks to the next the offset is one; at a change, anew."""
        offset = _offset(zone, last)
        while (wall := next(self._fires(last + offset), None)) is not None:
            at = wall - offset
            if _offset(zone, at) == offset:
                last = at
                yield at
            else:
                changed = _change(zone, last, at)
                offset, last = _offset(zone, changed), changed - timedelta(microseconds=1)

    def _at_hours(self, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """By wall clock: some of them twice or too early where clocks change."""
        offset = _offset(zone, last)
        margin = timedelta() if _offset(zone, last - A_DAY) == offset else A_DAY
        for wall in self._fires(last + offset - margin):
            yield wall.replace(tzinfo=zone).astimezone(UTC)

    def _fires(self, last: datetime) -> Iterator[datetime]:
        """As a clock shows them that never changes: APScheduler errs where clocks change."""
        trigger = _trigger(self)
        found: datetime | None = trigger.get_next_fire_time(last, last)
        while found is not None:
            yield found
            found = trigger.get_next_fire_time(found, found)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second from which on the offset is not what it was before."""
    first, last = int(before.timestamp()), int(after.timestamp())
    old = _offset(zone, before)
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == old:
            first = middle
        else:
            last = middle
    return datetime.fromtimestamp(last, UTC)


@cache
def _trigger(times: Times) -> CronTrigger:
    return CronTrigger(
        second=0,
        minute=times.minute,
        hour=times.hour,
        day=times.day,
        month=times.month,
        day_of_week=times.day_of_week,
        timezone=UTC,
    )
