"""Tells people of activities: who is told what of it now, and what has become too late to say."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.activities import (
    Activity,
    ActivityState,
    Counts,
    Reply,
    SignUp,
    current_step,
    is_late,
)
from domain.changes import Asking, AuditEntry
from domain.conversations import Question
from domain.messages import Address, Button, Choice, Lane, Outbound
from domain.units import UnknownUnit
from storage.activity_reminders import NUDGE, Reminder
from storage.telling import say_to

if TYPE_CHECKING:
    from storage.transaction import Transaction

CHUNK = 200
ASKED, CANCELLED, MISSED = "asked", "cancelled", "missed"
MOVED, RECORD = "moved.", "record."
GOING, LEAVE = Choice(value="going"), Choice(value="on_leave")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What is said for a stage, and what may be answered."""

    phrase: str
    choices: tuple[Choice, ...] = ()
    lane: Lane = Lane.BROADCAST
    late: bool = False


def activity_values(tx: Transaction, activity: Activity) -> dict[str, Any]:
    """What a phrase may say about an activity; nobody's name."""
    return {
        "title": activity.title,
        "kind": activity.kind.value,
        "state": activity.state.value,
        "branch": host_name(tx, activity.unit),
        "starts": activity.starts_at,
        "ends": activity.ends_at,
        "year": "" if activity.starts_at.year == tx.now.year else activity.starts_at.year,
        "place": activity.place,
        "capacity": activity.capacity,
        "was_at": activity.was_at,
        "was_in": activity.was_in,
        "reason": activity.reason,
        "calendar": tx.activity_links.calendar(activity),
    }


def count_values(counts: Counts) -> dict[str, int]:
    """How many there are; never who."""
    return {
        "asked": counts.asked,
        "going": counts.going,
        "waiting": counts.waiting,
        "leave": counts.leave,
        "silent": counts.silent,
        "came": counts.came,
    }


def host_name(tx: Transaction, unit: int) -> str:
    """The branch of the unit, else the unit itself."""
    branch = tx.branches.get(unit)
    try:
        return branch.name if branch else tx.org.unit(unit).name
    except UnknownUnit:
        return ""


def tell_due(tx: Transaction, many: int = CHUNK, *, activity: int | None = None) -> int:
    """Tells the next people what is due, of one activity or of all; how many rows it ended.

    Rows of a step that a later one has overtaken, and of what is over, are dropped; the organiser
    hears once that people were not reminded in time.
    """
    rows = tx.reminders.due(many, activity=activity)
    known: dict[int, Activity | None] = {}
    said: dict[tuple[int, _Word], tuple[dict[str, Any], Asking | None]] = {}
    replies = _replies(tx, rows)
    ended: dict[str, list[int]] = {"told": [], "dropped": [], "unreached": []}
    for row in rows:
        if row.activity not in known:
            known[row.activity] = tx.activities.get(row.activity)
        about = known[row.activity]
        word = None if about is None else _word(tx, about, row, replies)
        if about is None or word is None:
            ended["dropped"].append(row.id)
        elif _tell(tx, about, row, word, said):
            ended["told"].append(row.id)
        else:
            ended["unreached"].append(row.id)
    for outcome, ids in ended.items():
        tx.reminders.end(ids, outcome)
    late = {row.activity for row in rows if row.id in set(ended["dropped"])}
    for one in late:
        _note_late(tx, known[one])
    return len(rows)


def tell_groups(tx: Transaction, activity: Activity, phrase: str, *, asks: bool = True) -> None:
    """Says it in the groups that heard of the activity: counts at most, no names."""
    for chat in activity.chats:
        group = tx.chats.get(chat)
        if group is not None and group.active:
            counts = count_values(tx.activities.counts(activity.id or 0))
            values = {**activity_values(tx, activity), **counts}
            say_in_group(tx, activity, group.address, phrase, values, asks=asks)


def say_in_group(
    tx: Transaction,
    activity: Activity,
    address: Address,
    phrase: str,
    values: Mapping[str, Any],
    *,
    asks: bool,
) -> None:
    """One message to a group, with buttons that everybody there may press."""
    text = tx.wording.say(phrase, values, group=True)
    buttons = _buttons_for_all(tx, activity, address) if asks else ()
    outbound = Outbound(id=0, address=address, lane=Lane.BROADCAST, text=text, buttons=buttons)
    tx.outbox.add(outbound, person=None, phrase=phrase, values={})


def _buttons_for_all(tx: Transaction, activity: Activity, address: Address) -> tuple[Button, ...]:
    """A question that everybody in the group may answer (handlers/signup.py)."""
    if activity.organiser is None:
        return ()
    token = secrets.token_urlsafe(9)
    choices = _labelled(tx, (GOING, LEAVE))
    tx.questions.ask(
        Question(
            token=token,
            person=activity.organiser,
            address=address,
            step="signup.in_group",
            choices=choices,
            context={"activity": activity.id},
            asked_at=tx.now,
            until=activity.ends_at,
        )
    )
    return tuple(
        Button(label=choice.label, token=f"{token}.{place}")
        for place, choice in enumerate(choices)
    )


def _replies(tx: Transaction, rows: Sequence[Reminder]) -> Mapping[tuple[int, int], SignUp]:
    found: dict[tuple[int, int], SignUp] = {}
    for activity in {row.activity for row in rows}:
        people = [row.person for row in rows if row.activity == activity]
        for one in tx.activities.sign_ups(activity, people):
            found[activity, one.person] = one
    return found


def _word(
    tx: Transaction,
    activity: Activity,
    row: Reminder,
    replies: Mapping[tuple[int, int], SignUp],
) -> _Word | None:
    """What is to be said now; None when it is too late for it, or they need not hear it."""
    sign_up = replies.get((row.activity, row.person))
    reply = sign_up.reply if sign_up else Reply.ASKED
    both = (GOING, LEAVE)
    if row.stage.startswith(RECORD):
        held = activity.state is ActivityState.HELD
        return _Word(phrase="activity.hand_in", lane=Lane.STAFF) if held else None
    if row.stage == MISSED:
        return _Word(phrase="activity.reminders_missed", lane=Lane.STAFF)
    if activity.ends_at <= tx.now:
        return None
    if row.stage == CANCELLED:
        cancelled = activity.state is ActivityState.CANCELLED
        return _Word(phrase="activity.cancelled") if cancelled else None
    if not activity.is_coming or activity.starts_at <= tx.now:
        return None
    if row.stage.startswith(MOVED):
        return _Word(phrase="activity.moved", choices=both)
    if row.stage == ASKED:
        return _Word(phrase="activity.asked", choices=both)
    if row.stage.startswith(NUDGE):
        return _Word(phrase="activity.nudge", choices=both) if reply is Reply.ASKED else None
    rules, zone = tx.rules.limits.activities, tx.rules.zone
    if reply in (Reply.LEAVE, Reply.WAITING):
        return None
    if row.stage != current_step(activity, rules, zone, tx.now):
        return None
    late = is_late(activity, row.due_at, tx.now)
    if reply is Reply.GOING:
        return _Word(phrase="activity.remind_going", choices=(LEAVE,), late=late)
    return _Word(phrase="activity.remind_silent", choices=both, late=late)


def _tell(
    tx: Transaction,
    activity: Activity,
    row: Reminder,
    word: _Word,
    said: dict[tuple[int, _Word], tuple[dict[str, Any], Asking | None]],
) -> bool:
    person = tx.people.get(row.person)
    if person is None or person.erased or person.quiet or person.withdrew:
        return False
    what = (row.activity, word)
    if what not in said:  # it is the same for everybody
        said[what] = _words(tx, activity, word)
    values, asking = said[what]
    queued = say_to(
        tx,
        person,
        word.phrase,
        values,
        asking=asking,
        lane=word.lane,
        good_until=None if word.lane is Lane.STAFF else activity.starts_at,
    )
    return queued is not None


def _words(
    tx: Transaction, activity: Activity, word: _Word
) -> tuple[dict[str, Any], Asking | None]:
    values = {**activity_values(tx, activity), "late": word.late}
    if activity.capacity is not None or word.lane is Lane.STAFF:  # else nobody need be counted
        values |= count_values(tx.activities.counts(activity.id or 0))
    if not word.choices:
        return values, None
    context = {"activity": activity.id}
    return values, Asking(
        step="signup.reply", choices=_labelled(tx, word.choices), context=context
    )


def _labelled(tx: Transaction, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=one.value, label=tx.wording.say(f"choice.{one.value}", {})) for one in choices
    )


def _note_late(tx: Transaction, activity: Activity | None) -> None:
    """Reminders that came too late are on record, and their organiser hears of them once."""
    if activity is None or activity.organiser is None or not activity.is_coming:
        return
    if activity.starts_at > tx.now:
        return
    tx.reminders.plan(activity.id or 0, [activity.organiser], [(MISSED, tx.now)])
    tx.audit.add(AuditEntry(action="activity.reminders_missed", subject=f"activity:{activity.id}"))
