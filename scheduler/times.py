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
        if self.hour == "*":
            yield from self._fires(last, zone)
            return
        wall = last.astimezone(zone).replace(tzinfo=UTC) - A_DAY
        for at in self._fires(wall, ZoneInfo("UTC")):
            moment = at.replace(tzinfo=zone).astimezone(UTC)
            if moment > last:
                last = moment
                yield moment

    def _fires(self, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        trigger = _trigger(self, zone)
        found: datetime | None = trigger.get_next_fire_time(last, last)
        while found is not None:
            yield found.astimezone(UTC)
            found = trigger.get_next_fire_time(found, found)


@cache
def _trigger(times: Times, zone: ZoneInfo) -> CronTrigger:
    return CronTrigger(
        second=0,
        minute=times.minute,
        hour=times.hour,
        day=times.day,
        month=times.month,
        day_of_week=times.day_of_week,
        timezone=zone,
    )
