"""Figures of activities: quorum, attendance of a person and of a branch, the record book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from domain.activities import TOOK_PLACE, Activity, Quorum, Reply, quorum, share

if TYPE_CHECKING:
    from storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """How often somebody was expected, came, and took leave."""

    asked: int = 0
    came: int = 0
    leave: int = 0

    @property
    def percent(self) -> int:
        """Attendance in whole percent."""
        return share(self.came, self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One activity of the record book."""

    activity: Activity
    kind: str  # its word
    day: datetime  # in the zone of the community
    needed: int | None
    here: tuple[str, ...]
    on_leave: tuple[tuple[str, str], ...]  # name, reason
    absent: tuple[str, ...]


def quorum_of(tx: Transaction, activity: Activity) -> Quorum | None:
    """How many of those who have a vote must come, and how many did."""
    expected = present = 0
    for one in tx.activities.roll(activity.id or 0):
        member = tx.branches.member(one.person)
        if member is not None and member.votes:
            expected += 1
            present += one.came_at is not None
    return quorum(activity.kind, expected=expected, present=present)


def turnout_of(tx: Transaction, person: int, year: int) -> Turnout:
    """One person over a year, of what has taken place."""
    first, last = year_of(tx, year)
    counted: Counter[str] = Counter()
    for activity in tx.activities.of_person(person, first, last):
        said = tx.activities.sign_up(activity.id or 0, person)
        if activity.state in TOOK_PLACE and said is not None:
            counted["asked"] += 1
            counted["came"] += said.came_at is not None
            counted["leave"] += said.came_at is None and said.reply is Reply.LEAVE
    return Turnout(asked=counted["asked"], came=counted["came"], leave=counted["leave"])


def turnouts(tx: Transaction, branch: int, year: int) -> Iterator[tuple[str, Turnout]]:
    """Every member of a branch by name."""
    for member in tx.branches.members(branch):
        person = tx.people.get(member.person)
        if person is not None:
            yield person.name, turnout_of(tx, member.person, year)


def record_book(tx: Transaction, branch: int, year: int) -> Iterator[Page]:
    """台账: everything that took place in the branch and its groups, in order."""
    first, last = year_of(tx, year)
    units = [unit.id for unit in tx.org.below(branch)]
    for activity in tx.activities.of_units(units, first, last):
        if activity.state in TOOK_PLACE:
            yield _page(tx, activity)


def year_of(tx: Transaction, year: int) -> tuple[datetime, datetime]:
    """From its first moment until that of the next."""
    calendar = tx.rules.calendar
    return (
        calendar.moment(date(year, 1, 1), time(0)),
        calendar.moment(date(year + 1, 1, 1), time(0)),
    )


def _page(tx: Transaction, activity: Activity) -> Page:
    said = tx.activities.roll(activity.id or 0)
    names = {one.person: _name(tx, one.person) for one in said}
    needed = quorum_of(tx, activity)
    return Page(
        activity=activity,
        kind=tx.wording.say(f"activity.kind.{activity.kind}", {}),
        day=activity.starts_at.astimezone(tx.rules.zone),
        needed=needed.needed if needed else None,
        here=tuple(names[one.person] for one in said if one.came_at),
        on_leave=tuple(
            (names[one.person], one.reason)
            for one in said
            if not one.came_at and one.reply is Reply.LEAVE
        ),
        absent=tuple(
            names[one.person] for one in said if not one.came_at and one.reply is not Reply.LEAVE
        ),
    )


def _name(tx: Transaction, person: int) -> str:
    found = tx.people.get(person)
    return (found.name if found else "") or tx.wording.say("roll.nameless", {})
