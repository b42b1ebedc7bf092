"""The operator's numbers for notices: when nothing goes out, and from what size on two people
must agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastRules:
    """What holds for every notice."""

    alone_people: int = 500  # private chats that one person may write to without another
    alone_groups: int = 50
    opens: time = time(7)  # nothing goes out before, or after `closes`, but for an emergency
    closes: time = time(22)
    digest: time = time(9)  # when what a group was spared the day before is told at once
    undo: timedelta = timedelta(seconds=30)  # from the last word to the first message
    longest: int = 1_000  # characters
    stale_after: timedelta = timedelta(minutes=10)  # then the audience is asked for once more

    def may_send_at(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is no time of rest."""
        return self.opens <= at.astimezone(zone).time() < self.closes

    def opens_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from this one on at which it may be sent."""
        if self.may_send_at(at, zone):
            return at
        local = at.astimezone(zone)
        day = local.date() if local.time() < self.opens else local.date() + ONE_DAY
        return datetime.combine(day, self.opens, zone)

    def digest_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When what a group is spared today will be told."""
        return datetime.combine(at.astimezone(zone).date() + ONE_DAY, self.digest, zone)
