"""Asking people to an activity: chunk by chunk, each person once, with their reminders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.activities import Activity, Reply, SignUp, reminders
from domain.audiences import AudienceQuery, Reach
from storage.activity_telling import ASKED, tell_due, tell_groups

if TYPE_CHECKING:
    from storage.transaction import Transaction

AT_ONCE = 200


def announce(tx: Transaction, activity: Activity) -> Activity | None:
    """Keeps a new activity, asks the first people to it and tells its groups; the clock asks the
    others. None when its series has one on that day already.
    """
    added = tx.activities.add(activity)
    if added is None or added.id is None:
        return None
    if ask_more(tx, added, "") is None:
        tell_due(tx, AT_ONCE, activity=added.id)
    tell_groups(tx, added, "activity.announced")
    return added


def ask_more(tx: Transaction, activity: Activity, cursor: str) -> str | None:
    """Asks the next people of the audience; where those after them begin, None after the last."""
    assert activity.id is not None
    people: list[int] = []
    if not cursor:
        people += named_in(activity.audience)
    following: str | None = None
    if any(part.units for part in activity.audience.parts):
        chunk = tx.audiences.expand(activity.audience, cursor, many=AT_ONCE)
        people += [one.person for one in chunk.addressees if one.person is not None]
        following = chunk.following
    fresh = tx.activities.ask(activity.id, dict.fromkeys(people))
    rules = tx.rules.limits.activities
    steps = reminders(activity, rules, tx.rules.zone, tx.now)
    tx.reminders.plan(activity.id, fresh, steps)
    others = [person for person in fresh if person != activity.organiser]
    tx.reminders.plan(activity.id, others, [(ASKED, tx.now)])
    if activity.organiser in fresh:  # who plans it comes
        tx.activities.reply(activity.id, SignUp(person=activity.organiser, reply=Reply.GOING))
    tx.activities.invited(activity.id, following)
    return following


def ask_one(tx: Transaction, activity: Activity, person: int) -> None:
    """Somebody who was not asked comes: they are reminded like all others."""
    assert activity.id is not None
    if tx.activities.ask(activity.id, [person]):
        rules = tx.rules.limits.activities
        steps = reminders(activity, rules, tx.rules.zone, tx.now)
        tx.reminders.plan(activity.id, [person], steps)


def head_count(tx: Transaction, audience: AudienceQuery) -> tuple[int, int]:
    """How many people the audience means, and how many of them can be told in private."""
    named = named_in(audience)
    reached = sum(
        any(one.reachable and one.private_chat for one in tx.people.contacts(person))
        for person in named
    )
    if not any(part.units for part in audience.parts):
        return len(named), reached
    counted = tx.audiences.count(audience)
    told = sum(counted.people.values())
    return told + counted.left_out, told


def named_in(audience: AudienceQuery) -> list[int]:
    """The people it names one by one."""
    return [
        person
        for part in audience.parts
        if part.reach is Reach.PEOPLE and not part.units
        for person in part.people
    ]
