"""Moving and cancelling an activity: shown old and new first, then told to everybody asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain import activities
from domain.activities import Activity
from domain.changes import AuditEntry
from domain.messages import Choice
from handlers.activity_meant import AS_PLANNED, choices, decision, fitting, hosted, values
from handlers.turn import Answer, Turn
from knowledge.activities import (
    PlanSaid,
    activity_signs,
    find_plan,
    find_reason,
    find_shift,
    says_mere_weekday,
)
from storage.activity_inviting import AT_ONCE
from storage.activity_telling import CANCELLED, MOVED, tell_due, tell_groups

LONGEST_REASON = 60


def handle_words(turn: Turn, wanted: frozenset[str]) -> None:
    """Which one, and what becomes of it."""
    among = hosted(turn)
    if not among:
        turn.say("activity_change.nothing")
        return
    # The day that is said is the new one, so it does not say which activity is meant.
    meant = _named(turn, among) if "moves" in wanted else fitting(turn, among)
    words = turn.heard.text
    if len(meant) == 1:
        _propose(turn, meant[0], words)
    else:
        context = {"words": words}
        turn.ask(
            "activity_change.which",
            "activity_change.ask_which",
            choices=choices(turn, meant),
            context=context,
        )


def _named(turn: Turn, among: list[Activity]) -> list[Activity]:
    said = _said(turn, turn.heard.text)
    same = [one for one in among if said.kind is None or one.kind is said.kind]
    return same or among


def _which(turn: Turn, answer: Answer) -> bool:
    found = turn.tx.activities.get(int(answer.value)) if answer.value else None
    if found is None:
        return False
    _propose(turn, found, str(answer.context["words"]))
    return True


def _propose(turn: Turn, activity: Activity, words: str) -> None:
    """Old and new, and how many will hear of it; done only when it is confirmed."""
    wanted = activity_signs(words)
    context = {"activity": activity.id, "words": words}
    if "ends_series" in wanted or "moves" not in wanted:
        phrase = "activity_change.confirm_cancel"
        options = ["cancel_it", AS_PLANNED]
        if activity.series is not None:
            options.insert(1, "cancel_series")
    else:
        new = _moved(turn, activity, words)
        if new is None:
            turn.ask("activity_change.when", "activity_change.ask_when", context=context)
            return
        context |= {"starts": new.starts_at.isoformat(), "place": new.place}
        phrase = "activity_change.confirm_move"
        options = ["move_it", AS_PLANNED]
        activity = new
    turn.ask(
        "activity_change.confirm",
        phrase,
        choices=tuple(Choice(value=option) for option in options),
        context=context,
        holiday=_holiday_on(turn, activity) if activity.was_at else "",
        **values(turn, activity),
    )


def _holiday_on(turn: Turn, activity: Activity) -> str:
    day = turn.rules.calendar.local_day(activity.starts_at)
    return turn.rules.calendar.holiday_on(day)


def _moved(turn: Turn, activity: Activity, words: str) -> Activity | None:
    """As the words say; None when they say neither a time nor a place. Raises what it breaks."""
    said = _said(turn, words)
    if said.when.impossible:
        raise activities.NoSuchDay(said.when.impossible)
    starts = _new_start(turn, activity, said, words)
    if starts is None and not said.place:
        return None
    return activities.move(activity, turn.now, starts_at=starts, place=said.place)


def _of_its_week(turn: Turn, planned: date, words: str) -> date | None:
    """A mere 周四, said of what is planned for next week, is the one of that week."""
    if not says_mere_weekday(words):
        return None
    monday = planned - timedelta(days=planned.weekday())
    day = find_plan(words, monday).day
    return day if day is not None and day > turn.rules.calendar.local_day(turn.now) else None


def _new_start(turn: Turn, activity: Activity, said: PlanSaid, words: str) -> datetime | None:
    wall = activity.starts_at.astimezone(turn.rules.zone)
    shift = find_shift(words)
    if shift is not None:
        return (wall + shift).astimezone(UTC)
    if said.day is None and said.start is None:
        return None
    day = _of_its_week(turn, wall.date(), words) or said.day or wall.date()
    at = said.start or wall.time()
    return turn.rules.calendar.moment(day, at)


def _when(turn: Turn, answer: Answer) -> bool:
    """The new time or place, said by itself."""
    found = turn.tx.activities.get(int(answer.context["activity"]))
    if found is None or _moved(turn, found, turn.heard.text) is None:
        return False
    # The words of before say that it is moved, the new ones where to.
    sign = turn.tx.wording.say("activity_change.sign", {})
    _propose(turn, found, f"{sign} {turn.heard.text}")
    return True


def _confirm(turn: Turn, answer: Answer) -> bool:
    decided = decision(turn, answer, yes="go_on")
    if decided is None:
        return False
    activity, choice = decided
    if choice == AS_PLANNED:
        return True
    if "starts" in answer.context:
        _move(turn, activity, answer)
    else:
        _cancel(turn, activity, str(answer.context["words"]), series=choice == "cancel_series")
    return True


def _move(turn: Turn, activity: Activity, answer: Answer) -> None:
    starts = datetime.fromisoformat(str(answer.context["starts"]))
    place = str(answer.context["place"])
    new = activities.move(activity, turn.now, starts_at=starts, place=place)
    saved = turn.tx.activities.save(new)
    rules = turn.rules.limits.activities
    steps = activities.reminders(saved, rules, turn.rules.zone, turn.now)
    turn.tx.reminders.move(saved.id or 0, steps)
    turn.tx.reminders.plan_for_all(saved.id or 0, [(f"{MOVED}{saved.version}", turn.now)])
    _tell(turn, saved, "activity.moved", "moved")


def _cancel(turn: Turn, activity: Activity, words: str, *, series: bool) -> None:
    cancelled = activities.cancel(activity, turn.now, reason=_reason(words))
    if series and activity.series is not None:
        turn.tx.series.end(activity.series)
    saved = turn.tx.activities.save(cancelled)
    turn.tx.reminders.drop(saved.id or 0)
    turn.tx.reminders.plan_for_all(saved.id or 0, [(CANCELLED, turn.now)])
    _tell(turn, saved, "activity.cancelled", "cancelled")


def _tell(turn: Turn, activity: Activity, phrase: str, action: str) -> None:
    tell_due(turn.tx, AT_ONCE, activity=activity.id)
    tell_groups(turn.tx, activity, phrase, asks=action == "moved")
    turn.tx.audit.add(
        AuditEntry(
            action=f"activity.{action}",
            subject=f"activity:{activity.id}",
            person=turn.person.id,
        )
    )
    turn.say(f"activity_change.{action}", **values(turn, activity))


def _reason(words: str) -> str:
    """What follows 因为, as far as it is short."""
    return find_reason(words)[:LONGEST_REASON]


def _said(turn: Turn, words: str) -> PlanSaid:
    return find_plan(words, turn.rules.calendar.local_day(turn.now))


ANSWERS = {"which": _which, "when": _when, "confirm": _confirm}
