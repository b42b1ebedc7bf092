"""Activities by the clock: asks and reminds people, closes what is over, and plans what recurs."""

from __future__ import annotations

from calendar import isleap
from datetime import date, datetime, timedelta
from typing import Any

from domain import activities
from domain.activities import Activity
from domain.audiences import AudienceOfNobody
from domain.branches import AWAY_FOR, LEADING, Member
from domain.cadence import Owed, Span
from domain.changes import Asking, Change, Notice, to_person
from domain.messages import Choice, Lane
from knowledge.recurring import days_of, occurrence
from scheduler.job import WAKING_HOURS, Job, once_a_day, part_of
from scheduler.times import Times
from storage.activity_inviting import announce, ask_more
from storage.activity_rosters import audience_of
from storage.activity_series import Series
from storage.activity_telling import CHUNK, RECORD, tell_due
from storage.cadences import owed_by, owed_values
from storage.telling import say_to
from storage.transaction import Transaction

AT_ONCE = 20
AHEAD = timedelta(days=35)  # so far ahead activities of a series are planned
HALF_A_YEAR = timedelta(days=AWAY_FOR)
LATE = timedelta(days=14)  # so long after its day a contact is still asked for
TODAY = timedelta(hours=11)  # a greeting that is later would come at night, or on another day
A_DAY = 1 << 48  # cursors of people of one day
# How many days before the end of a month, a quarter or a year it is said what is missing.
CADENCE_DAYS = {
    Span.MONTH: frozenset({10, 3}),
    Span.QUARTER: frozenset({30, 11, 3}),
    Span.YEAR: frozenset({60, 30, 11, 3}),
}


def remind(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Tells people what is due of an activity, each thing once."""
    return cursor + 1 if tell_due(tx, CHUNK) == CHUNK else None


def ask_people(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Asks the next people to an activity that is for more of them than were asked at once."""
    found = tx.activities.inviting()
    if found is None:
        return None
    activity, reached = found
    if activity.is_coming:
        ask_more(tx, activity, reached)
    else:
        tx.activities.invited(activity.id or 0, None)
    return cursor + 1


def close_activities(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What is over is counted, and its organiser is asked for the minutes."""
    over = tx.activities.over(AT_ONCE)
    for activity in over:
        close_one(tx, activity)
    return cursor + 1 if len(over) == AT_ONCE else None


def close_one(tx: Transaction, activity: Activity) -> None:
    """Counts who was expected and came; reminds of the minutes until they are handed in."""
    counts = tx.activities.counts(activity.id or 0)
    closed = activities.close(activity, tx.now, expected=counts.asked, present=counts.came)
    tx.activities.save(closed)
    tx.reminders.drop(activity.id or 0)
    if activity.organiser is not None:
        rules = tx.rules.limits.activities
        steps = [
            (f"{RECORD}{number}", activities.by_day(tx.now + after, rules, tx.rules.zone))
            for number, after in enumerate(rules.asks_record)
        ]
        tx.reminders.plan(activity.id or 0, [activity.organiser], steps)


def plan_recurring(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Makes the activities of every series for the next five weeks; each day of it once."""
    running = tx.series.running(cursor, AT_ONCE)
    for series in running:
        plan_series(tx, series)
    return running[-1].id if len(running) == AT_ONCE else None


def plan_series(tx: Transaction, series: Series) -> None:
    """The days that are to come; one that falls on a holiday moves or is left out, as was said."""
    today = tx.rules.calendar.local_day(tx.now)
    for meant in days_of(series.rule, series.starts, today, today + AHEAD):
        one = occurrence(meant, tx.rules.calendar, series.holidays)
        if one is None or tx.activities.has_occurrence(series.id, meant):
            continue
        starts = tx.rules.calendar.moment(one.day, series.starts.time())
        try:
            audience = audience_of(
                tx, series.kind, series.unit, group=series.group, members=series.members
            )
        except AudienceOfNobody:
            return
        if starts <= tx.now:
            continue
        announce(
            tx,
            Activity(
                unit=series.group or series.unit,
                kind=series.kind,
                title=series.title,
                place=series.place,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=series.minutes),
                audience=audience,
                organiser=series.organiser,
                capacity=series.capacity,
                series=series.id,
                occurrence=meant,
                chats=series.chats,
            ),
        )


def tell_cadence(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What a branch still owes and will soon be late with is told to who leads it, once a step."""
    branches, following = part_of(tx.branches.all(), cursor, AT_ONCE)
    for branch in branches:
        pressing = [one for one in owed_by(tx, branch) if _is_pressing(tx, branch.unit, one)]
        if pressing:
            rows = [owed_values(tx, one, row=row) for row, one in enumerate(pressing, start=1)]
            values = {"branch": branch.name, "rows": rows}
            _tell_leaders(tx, branch.unit, "cadence.reminder", values)
    return following


def _is_pressing(tx: Transaction, branch: int, one: Owed) -> bool:
    """Whether the next step towards its last day has come and was not told yet."""
    steps = [step for step in CADENCE_DAYS[one.span] if step >= one.days_left]
    if not one.is_missing or not steps:
        return False
    day = one.last - timedelta(days=min(steps))
    return once_a_day(tx, f"cadence:{branch}:{one.unit}:{one.kind}", day)


def greet_birthdays(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """政治生日: who joined the party on this day is congratulated in the morning."""
    today = tx.rules.calendar.local_day(tx.now)
    days = [f"{today:%m-%d}"]
    if days == ["02-28"] and not isleap(today.year):
        days.append("02-29")
    # One day after the other: the cursor of the second is beyond all people.
    number, after = divmod(cursor, A_DAY)
    born = tx.branches.born_on(days[number], after, AT_ONCE)
    for member in born:
        _greet(tx, member, today)
    if len(born) == AT_ONCE:
        return number * A_DAY + born[-1].person
    return (number + 1) * A_DAY if number + 1 < len(days) else None


def keep_in_touch(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """流动党员: the six months, then a contact every half year, with a report every year."""
    today = tx.rules.calendar.local_day(tx.now)
    away = tx.branches.away(cursor, AT_ONCE)
    for member in away:
        _look_after(tx, member, today)
    return away[-1].person if len(away) == AT_ONCE else None


def _greet(tx: Transaction, member: Member, today: date) -> None:
    years, person = member.years_on(today), tx.people.get(member.person)
    if not years or person is None or not once_a_day(tx, f"birthday:{member.person}", today):
        return
    branch = tx.branches.get(member.branch)
    values = {"name": person.name, "years": years, "branch": branch.name if branch else ""}
    if not person.quiet:
        say_to(tx, person, "birthday.greeting", values, lane=Lane.BROADCAST)


def _look_after(tx: Transaction, member: Member, today: date) -> None:
    since, person = member.away_since, tx.people.get(member.person)
    if since is None or person is None:
        return
    values = {"name": person.name, "where": member.away_to, "since": since.isoformat()}
    name = f"away:{member.person}"
    floating = since + HALF_A_YEAR
    is_new = floating <= today < floating + LATE and _is_unheard_of(member, floating)
    if is_new and once_a_day(tx, f"{name}:half", floating):
        _tell_leaders(tx, member.branch, "away.half_a_year", values)
    last = member.contacted or since
    due = last + (today - last) // HALF_A_YEAR * HALF_A_YEAR
    if last < due and today < due + LATE and once_a_day(tx, name, due):
        _tell_leaders(tx, member.branch, "away.contact", values)
        choices = (Choice(value="still_away"), Choice(value="back_home"))
        asking = Asking(step="away.back", choices=choices)
        told = {**values, "yearly": today >= since + 2 * HALF_A_YEAR - LATE}
        say_to(tx, person, "away.are_you_well", told, asking=asking, lane=Lane.BROADCAST)


def _is_unheard_of(member: Member, floating: date) -> bool:
    """Whether the branch has not spoken with them since they became a floating member."""
    return member.contacted is None or member.contacted < floating


def _tell_leaders(tx: Transaction, branch: int, phrase: str, values: dict[str, Any]) -> None:
    for member in tx.branches.members(branch):
        if member.position in LEADING:
            notice = Notice(to=to_person(member.person), phrase=phrase, values=values)
            tx.record(Change(notices=(notice,)), by=None)


JOBS = (
    Job(
        name="remind",
        times=Times(),
        run=remind,
        upcoming=lambda tx: tx.reminders.next_due(),
    ),
    Job(name="ask_people", times=Times(), run=ask_people),
    Job(name="close_activities", times=Times(minute="*/10"), run=close_activities),
    Job(name="plan_recurring", times=Times(minute=30, hour=WAKING_HOURS), run=plan_recurring),
    Job(
        name="tell_cadence",
        times=Times(hour=9, minute=5),
        run=tell_cadence,
        good_for=TODAY,
        from_now_on=True,
    ),
    Job(
        name="greet_birthdays",
        times=Times(hour=8, minute=10),
        run=greet_birthdays,
        good_for=TODAY,
        from_now_on=True,
    ),
    Job(
        name="keep_in_touch",
        times=Times(hour=9, minute=20),
        run=keep_in_touch,
        good_for=TODAY,
        from_now_on=True,
    ),
)
