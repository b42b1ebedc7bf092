"""出勤: how often somebody came in a year; the whole branch for whoever leads it."""

from __future__ import annotations

from handlers.activity_hosts import hosts
from handlers.record_book import year_said
from handlers.turn import Turn
from storage.activity_figures import turnout_of, turnouts

SHOWN = 60


def handle(turn: Turn) -> None:
    """One's own, and the own branch by name in private."""
    year = year_said(turn)
    own = turnout_of(turn.tx, turn.person.id, year)
    led = next((host for host in hosts(turn) if host.is_branch), None)
    rows = []
    if led is not None and not turn.in_group:
        rows = [
            {"name": name, "asked": one.asked, "came": one.came, "percent": one.percent}
            for name, one in turnouts(turn.tx, led.unit, year)
        ][:SHOWN]
    turn.say(
        "turnout.year",
        private=True,
        year=year,
        asked=own.asked,
        came=own.came,
        leave=own.leave,
        percent=own.percent,
        branch=led.name if led and rows else "",
        rows=rows,
    )
