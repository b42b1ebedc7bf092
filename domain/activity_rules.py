"""What an operator may change about activities: reminders, check-in and quorum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

_STEP = re.compile(r"(\d{1,3})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
LADDER = (timedelta(days=7), timedelta(days=3), timedelta(days=1), timedelta(hours=2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRules:
    """When people are reminded, when they may check in, and where the pages for links are."""

    ladder: tuple[timedelta, ...] = LADDER
    quiet_from: time = time(21)  # nobody is reminded of a meeting at night
    quiet_until: time = time(8)
    opens_before: timedelta = timedelta(hours=1)  # check-in opens so long before the start
    asks_record: tuple[timedelta, ...] = (timedelta(0), timedelta(days=1), timedelta(days=3))
    public_url: str = ""


def parse_ladder(text: str) -> tuple[timedelta, ...]:
    """Times before the start, such as 7d,3d,1d,2h; the longest first. Raises ValueError."""
    steps = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _STEP.fullmatch(part)
        if found is None or int(found[1]) == 0:
            raise ValueError(f"{part!r} is not a time before the start such as 7d, 2h or 30m")
        steps.append(timedelta(**{_UNITS[found[2]]: int(found[1])}))
    return tuple(sorted(set(steps), reverse=True))


def stage_of(before: timedelta) -> str:
    """The name of a step of the ladder: d7, h2, m30."""
    minutes = before // timedelta(minutes=1)
    for letter, length in (("d", 1440), ("h", 60)):
        if minutes % length == 0:
            return f"{letter}{minutes // length}"
    return f"m{minutes}"
