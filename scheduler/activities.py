"""Activities by the clock: asks and reminds people, closes what is over, and plans what recurs.

A bench of reminders calls `remind` in units of their own until it returns None
(storage/activity_telling.py says how rows get there).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import activities
from domain.activities import Activity
from domain.audiences import AudienceOfNobody
from knowledge.recurring import days_of, occurrence
from scheduler.job import WAKING_HOURS, Job
from scheduler.times import Times
from storage.activity_inviting import announce, ask_more
from storage.activity_rosters import audience_of
from storage.activity_series import Series
from storage.activity_telling import CHUNK, RECORD, tell_due
from storage.transaction import Transaction

AT_ONCE = 20
AHEAD = timedelta(days=35)  # so far ahead activities of a series are planned


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
)
