"""What activities hold of a person: given to another, removed, and told when they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, delete, exists, update

from storage.activity_telling import host_name
from storage.schema import (
    activities,
    activity_series,
    attendance,
    calendar_feeds,
    party_members,
    reminders,
)
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

MANY = 200


def _given(table: Table, column: str) -> Statement:
    return Statement(
        update(table)
        .where(table.c[column] == bindparam("drop"))
        .values({column: bindparam("keep")})
    )


def _had_by_both(table: Table, *same: str) -> Statement:
    other = table.alias("other")
    return Statement(
        delete(table).where(
            table.c.person == bindparam("drop"),
            exists().where(
                other.c.person == bindparam("keep"),
                *(other.c[column] == table.c[column] for column in same),
            ),
        )
    )


_GIVE = (
    _had_by_both(attendance, "activity"),
    _had_by_both(reminders, "activity", "stage"),
)
_GIVE_REST = tuple(
    _given(table, column)
    for table, column in (
        (attendance, "person"),
        (reminders, "person"),
        (activities, "organiser"),
        (activity_series, "organiser"),
    )
)
_FORGET = tuple(
    Statement(delete(table).where(table.c.person == bindparam("whose")))
    for table in (attendance, reminders, party_members, calendar_feeds)
) + tuple(
    Statement(update(table).where(table.c.organiser == bindparam("whose")).values(organiser=None))
    for table in (activities, activity_series)
)


def give(tx: Transaction, *, keep: int, drop: int) -> None:
    """Whatever one person was asked to, said and planned, the other did."""
    for statement in _GIVE:
        tx.session.run(statement, keep=keep, drop=drop)
    for statement in _GIVE_REST:
        tx.session.run(statement, keep=keep, drop=drop)
    tx.branches.give(keep=keep, drop=drop)
    tx.activity_links.give(keep=keep, drop=drop)


def forget(tx: Transaction, person: int) -> None:
    """Nothing of the person is left; how many came to what stays as it was counted."""
    for statement in _FORGET:
        tx.session.run(statement, whose=person)


def export(tx: Transaction, person: int) -> dict[str, Any]:
    """What is kept: their membership, and every activity they were asked to."""
    member = tx.branches.member(person)
    found = []
    for activity in tx.activities.newest_of(person, MANY):
        said = tx.activities.sign_up(activity.id or 0, person)
        if said is not None:
            found.append(
                {
                    "title": activity.title,
                    "at": activity.starts_at,
                    "reply": said.reply.value,
                    "reason": said.reason,
                    "came_at": said.came_at,
                }
            )
    return {
        "party": None
        if member is None
        else {
            "branch": host_name(tx, member.branch),
            "position": member.position.value,
            "joined": member.joined.isoformat() if member.joined else "",
            "away_to": member.away_to,
        },
        "activities": found,
        "calendar": tx.activity_links.has_feed(person),
    }
