"""Activities decide by themselves when people are reminded, and what cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.activities import (
    Activity,
    ActivityKind,
    ActivityState,
    EndsBeforeStart,
    NoPlaces,
    NotComing,
    Reply,
    SignUp,
    StartsInPast,
    StartsTooFar,
    cancel,
    check,
    current_step,
    move,
    moving_up,
    quorum,
    reminders,
    reply_to,
)
from domain.activity_rules import ActivityRules, parse_ladder
from domain.audiences import AudienceOfNobody, one_of_parts, these_people
from domain.branches import Branch, Member
from domain.cadence import Span, Standing, bounds, owed

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 9, 2, tzinfo=UTC)
RULES = ActivityRules()


def activity(starts_at: datetime, **more: object) -> Activity:
    made = Activity(
        id=1,
        unit=1,
        kind=ActivityKind.PARTY_DAY,
        title="",
        place="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        audience=one_of_parts(these_people([1])),
        organiser=1,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (activity(NOW), StartsInPast),
        (activity(NOW + timedelta(days=900)), StartsTooFar),
        (activity(NOW + timedelta(days=1), ends_at=NOW + timedelta(days=1)), EndsBeforeStart),
        (activity(NOW + timedelta(days=1), ends_at=NOW + timedelta(days=90)), EndsBeforeStart),
        (activity(NOW + timedelta(days=1), capacity=0), NoPlaces),
    ],
)
def test_what_cannot_be_is_not_announced(broken: Activity, rule: type[Exception]) -> None:
    with pytest.raises(rule):
        check(broken, NOW, asked=1)


def test_an_audience_of_nobody_is_refused() -> None:
    with pytest.raises(AudienceOfNobody):
        check(activity(NOW + timedelta(days=1)), NOW, asked=0)


def test_steps_that_are_over_are_left_out_and_none_rings_at_night() -> None:
    found = reminders(activity(local(13, 9)), RULES, ZONE, NOW)
    shown = [(stage, at.astimezone(ZONE).strftime("%d %H:%M")) for stage, at in found]
    assert shown == [("d3", "10 09:00"), ("d1", "12 09:00"), ("h2", "13 08:00")]


def test_before_an_early_start_the_last_step_comes_the_evening_before() -> None:
    found = dict(reminders(activity(local(13, 8)), RULES, ZONE, NOW))
    assert found["h2"] == local(12, 20, 30)


def test_only_the_newest_step_is_told_after_a_standstill() -> None:
    meeting = activity(local(20, 9))
    assert current_step(meeting, RULES, ZONE, local(12, 9)) == ""
    assert current_step(meeting, RULES, ZONE, local(18, 9)) == "d3"
    assert current_step(meeting, RULES, ZONE, local(19, 10)) == "d1"


def test_who_waits_longest_moves_up_as_far_as_there_are_places() -> None:
    meeting = activity(local(20, 9), capacity=3)
    waiting = [SignUp(person=person, reply=Reply.WAITING) for person in (4, 5, 6)]
    assert [one.person for one in moving_up(meeting, waiting, going=1)] == [4, 5]
    assert reply_to(meeting, Reply.GOING, NOW, going=3) is Reply.WAITING
    assert reply_to(meeting, Reply.LEAVE, NOW, going=3) is Reply.LEAVE


def test_what_is_cancelled_or_over_takes_no_answer_and_no_change() -> None:
    cancelled = cancel(activity(local(20, 9)), NOW, reason="")
    assert cancelled.state is ActivityState.CANCELLED
    with pytest.raises(NotComing):
        move(cancelled, NOW, place="elsewhere")
    with pytest.raises(NotComing):
        reply_to(activity(local(1, 9)), Reply.GOING, NOW, going=0)


def test_a_move_keeps_its_length_and_what_it_was() -> None:
    before = activity(local(20, 9))
    after = move(before, NOW, starts_at=local(21, 15))
    assert after.ends_at - after.starts_at == timedelta(hours=2)
    assert (after.was_at, after.was_in) == (before.starts_at, "")


@pytest.mark.parametrize(
    ("kind", "expected", "needed"),
    [
        (ActivityKind.GENERAL_MEETING, 8, 5),
        (ActivityKind.GENERAL_MEETING, 9, 5),
        (ActivityKind.COMMITTEE_MEETING, 5, 3),
        (ActivityKind.COMMITTEE_MEETING, 4, 2),
    ],
)
def test_the_quorum_of_a_meeting(kind: ActivityKind, expected: int, needed: int) -> None:
    found = quorum(kind, expected=expected, present=needed)
    assert found is not None
    assert (found.needed, found.is_reached) == (needed, True)
    assert quorum(ActivityKind.PARTY_DAY, expected=expected, present=0) is None


@pytest.mark.parametrize("wrong", ["1w", "0d", "2h;1d", "-3d", "d"])
def test_a_ladder_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a time before the start"):
        parse_ladder(wrong)


def test_a_political_birthday_of_a_leap_day_is_on_the_28th() -> None:
    member = Member(person=1, branch=1, joined=date(2024, 2, 29))
    assert member.years_on(date(2026, 2, 28)) == 2
    assert member.years_on(date(2028, 2, 28)) == 0
    assert member.years_on(date(2028, 2, 29)) == 4
    assert member.years_on(date(2024, 2, 29)) == 0


def test_what_a_branch_owes_by_month_quarter_and_year() -> None:
    today = date(2026, 6, 19)
    done = activity(local(5, 9), state=ActivityState.HELD)
    found = list(
        owed(Branch(unit=1, name="", committee=False), [], [(done, date(2026, 6, 5))], today)
    )
    standings = {one.kind: one.standing for one in found}
    assert standings[ActivityKind.PARTY_DAY] is Standing.DONE
    assert ActivityKind.COMMITTEE_MEETING not in standings
    (meeting,) = [one for one in found if one.kind is ActivityKind.GENERAL_MEETING]
    assert (meeting.standing, meeting.days_left) == (Standing.OPEN, 11)
    assert bounds(Span.QUARTER, date(2026, 12, 31)) == (date(2026, 10, 1), date(2026, 12, 31))
