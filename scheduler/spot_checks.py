"""双月抽查 by the clock: on the first working day of every other month each street draws one."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from domain.people import Post, Role
from domain.spot_checks import draw, is_first_working_day, months_before
from domain.units import UnitKind
from domain.workdays import ONE_DAY
from scheduler.job import Job, tell_post
from scheduler.times import Times
from storage import spot_checks
from storage.transaction import Transaction


def draw_spot_checks(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """A sample for each street of what was closed in the two months before."""
    calendar = tx.rules.calendar
    day = calendar.local_day(fire_time)
    if not is_first_working_day(day, calendar):
        return None
    since, until = months_before(day, calendar)
    for street in (unit for unit in tx.org if unit.kind is UnitKind.STREET):
        communities = [unit.id for unit in tx.org.below(street.id, UnitKind.COMMUNITY)]
        closed = spot_checks.closed(tx, communities, since, until)
        seed = secrets.token_hex(8)
        drawn = draw(tuple(closed), seed)
        kept = bool(drawn) and spot_checks.keep(
            tx,
            street.id,
            (since, until),
            seed,
            drawn_from=len(closed),
            drawn=[closed[number] for number in drawn],
        )
        if kept:
            values: dict[str, object] = {
                "since": since,
                "last": until - ONE_DAY,
                "drawn_from": len(closed),
                "total": len(drawn),
                "seed": seed,
                "numbers": list(drawn),
            }
            tell_post(tx, Post(unit=street.id, role=Role.STREET_DUTY), "spot_check.drawn", values)
    return None


JOBS = (
    Job(
        name="draw_spot_checks",
        times=Times(month="1-11/2", day="1-12", hour=9, minute=0),
        run=draw_spot_checks,
        good_for=timedelta(hours=11),
    ),
)
