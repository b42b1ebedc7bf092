"""When somebody is at the desk, as the values of a phrase."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.turn import Turn


def hours(turn: Turn) -> dict[str, Any]:
    """The office hours, and when they begin again if nobody is in."""
    rules = turn.rules
    local = turn.now.astimezone(rules.zone)
    today = local.date()
    working = rules.calendar.is_working(today)
    open_now = working and rules.office_opens <= local.time() < rules.office_closes
    soon = working and local.time() < rules.office_opens
    day = today if soon else rules.calendar.next_working_day(today)
    return {
        "opens": f"{rules.office_opens:%H:%M}",
        "closes": f"{rules.office_closes:%H:%M}",
        "back": None if open_now else datetime.combine(day, rules.office_opens, rules.zone),
    }
