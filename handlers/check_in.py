"""签到: who is there says the code told at the place, or opens the picture at the door."""

from __future__ import annotations

import re

from domain.activities import Activity, is_open_for_check_in
from handlers import activity_meant
from handlers.activity_hosts import may_host
from handlers.turn import Turn
from storage.activity_inviting import ask_one
from storage.activity_links import CHECK_IN

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def handle(turn: Turn) -> None:
    """A code checks in; without one, who leads hears the code, or checks others in by name."""
    code = _CODE.search(turn.heard.text)
    if code is not None:
        _by_code(turn, code[0])
        return
    hosted = [one for one in activity_meant.hosted(turn) if _is_near(turn, one)]
    if not hosted:
        turn.say("check_in.ask_code")
    elif not _by_name(turn, hosted):
        show_code(turn, hosted[0])


def by_link(turn: Turn, payload: str) -> None:
    """Whoever opened the link of the picture is there."""
    opened = turn.tx.activity_links.opened("check in", payload.removeprefix(CHECK_IN))
    activity = turn.tx.activities.lock(int(opened)) if opened else None
    if activity is None:
        turn.say("check_in.wrong")
        return
    _arrive(turn, activity)


def show_code(turn: Turn, activity: Activity) -> None:
    """The code and the picture, for whoever leads it, in private."""
    turn.say(
        "check_in.code",
        private=True,
        code=turn.tx.activity_links.code(activity),
        poster=turn.tx.activity_links.poster(activity),
        minutes=turn.rules.limits.activities.opens_before.seconds // 60,
        **activity_meant.values(turn, activity),
    )


def _by_code(turn: Turn, code: str) -> None:
    theirs = [
        one for one in activity_meant.open_to(turn) if turn.tx.activity_links.code(one) == code
    ]
    if not theirs:
        turn.say("check_in.wrong")
        return
    _arrive(turn, theirs[0])


def _arrive(turn: Turn, activity: Activity) -> None:
    which, person = activity.id or 0, turn.person.id
    if not is_open_for_check_in(activity, turn.rules.limits.activities, turn.now):
        turn.say("check_in.not_open", **activity_meant.values(turn, activity))
        return
    before = turn.tx.activities.sign_up(which, person)
    if before is None and not activity_meant.is_for_all(activity):
        turn.say("signup.not_for_you", private=True)
        return
    if before is not None and before.came_at is not None:
        turn.say("check_in.already", private=True, at=before.came_at, title=activity.title)
        return
    ask_one(turn.tx, activity, person)
    turn.tx.activities.came(which, person, turn.now)
    turn.say("check_in.done", private=True, **activity_meant.values(turn, activity))


def _by_name(turn: Turn, hosted: list[Activity]) -> bool:
    """补签 王秀英: somebody without a telephone; False when no name of the list was said."""
    for activity in hosted:
        if not may_host(turn, activity.unit):
            continue
        found = [
            (one.person, person.name)
            for one in turn.tx.activities.roll(activity.id or 0)
            if (person := turn.tx.people.get(one.person)) is not None
            and person.name
            and person.name in turn.heard.text
        ]
        for who, _ in found:
            turn.tx.activities.came(activity.id or 0, who, turn.now)
        if found:
            names = [name for _, name in found]
            counts = activity_meant.values(turn, activity)
            turn.say("check_in.by_name", private=True, names=names, **counts)
            return True
    return False


def _is_near(turn: Turn, activity: Activity) -> bool:
    """What begins today, or is on now."""
    calendar = turn.rules.calendar
    return calendar.local_day(activity.starts_at) <= calendar.local_day(turn.now)
