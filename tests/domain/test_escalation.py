"""Whoever stands above hears of what runs out: once per rung, by day, and never not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import Clock, clock_due, cycle_events
from domain.escalation import (
    Escalation,
    Stage,
    Why,
    escalation_due,
    next_escalation_at,
    next_warning_at,
    posts_told,
    top_rung,
    warnings_due,
)
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import Post, Role
from domain.units import Org, Unit, UnitKind
from tests.domain.tables import CALENDAR, RULES, SHANGHAI, an_order, happened, local, rules

E0, E1, U, N, D, X = (OrderClass(name) for name in ("E0", "E1", "U", "N", "D", "X"))
E = EventKind
A_SECOND = timedelta(seconds=1)
ORG = Org(
    [
        Unit(id=1, code="D", kind=UnitKind.DISTRICT, name="栖梧区"),
        Unit(id=2, code="S", kind=UnitKind.STREET, name="凤栖街道", parent=1),
        Unit(id=3, code="C", kind=UnitKind.COMMUNITY, name="梧桐社区", parent=2),
        Unit(id=4, code="G", kind=UnitKind.GRID, name="第一网格", parent=3),
    ]
)
LADDER = (
    Post(unit=3, role=Role.DUTY),
    Post(unit=3, role=Role.SECRETARY),
    Post(unit=2, role=Role.STREET_DUTY),
    Post(unit=2, role=Role.STREET_LEADER),
)


def escalated(order: WorkOrder, at: datetime) -> WorkOrder:
    """The order after the escalation due at this moment was given."""
    escalation = escalation_due(order, RULES, at)
    assert escalation is not None
    return happened(order, E.ESCALATED, at, clock=escalation.clock, rung=escalation.rung)


def calls(order: WorkOrder, until: str) -> Iterator[tuple[datetime, Escalation]]:
    """What a clock that never sleeps tells of the order until then."""
    while (at := next_escalation_at(order, RULES)) is not None and at <= local(until):
        escalation = escalation_due(order, RULES, at)
        assert escalation is not None
        yield at, escalation
        order = escalated(order, at)


def times(order: WorkOrder, until: str) -> list[tuple[str, int]]:
    told = calls(order, until)
    return [(f"{at.astimezone(SHANGHAI):%m-%d %H:%M}", call.rung) for at, call in told]


ACCEPTED_N = happened(an_order(N, "2026-06-17 10:00"), E.ACCEPTED, "2026-06-17 11:00")


# --- warnings --------------------------------------------------------------------------------


def test_a_warning_is_due_at_its_share_of_the_working_time() -> None:
    order = happened(an_order(U, "2026-06-17 09:00"), E.ACCEPTED, "2026-06-17 09:10")
    moment = local("2026-06-17 17:24")

    assert next_warning_at(order, RULES) == moment
    assert warnings_due(order, RULES, moment - A_SECOND) == ()
    assert warnings_due(order, RULES, moment) == (Stage(clock=Clock.RESOLVE, share=0.8),)


def test_a_warning_is_given_once_in_a_cycle() -> None:
    order = happened(an_order(E1, "2026-06-17 09:00"), E.ACCEPTED, "2026-06-17 09:10")
    (half,) = warnings_due(order, RULES, local("2026-06-17 21:00"))
    warned = happened(order, E.WARNED, "2026-06-17 21:00", stage=half.code)

    assert half.code == "resolve:0.5"
    assert warnings_due(warned, RULES, local("2026-06-17 21:00")) == ()
    assert next_warning_at(warned, RULES) == local("2026-06-18 04:12")

    again = happened(
        happened(warned, E.RESOLVED, "2026-06-17 22:00"), E.DISAGREED, "2026-06-18 09:00"
    )
    assert warnings_due(again, RULES, local("2026-06-18 21:00")) == (half,)


def test_warnings_missed_come_together_the_most_pressing_last() -> None:
    order = happened(an_order(E1, "2026-06-17 09:00"), E.ACCEPTED, "2026-06-17 09:10")
    stages = warnings_due(order, RULES, local("2026-06-18 08:00"))
    assert [stage.share for stage in stages] == [0.5, 0.8]


def test_no_warning_comes_after_the_deadline_itself_or_during_a_suspension() -> None:
    suspended = happened(ACCEPTED_N, E.SUSPENDED, "2026-06-18 10:00")

    assert warnings_due(ACCEPTED_N, RULES, local("2026-06-24 18:00")) == ()
    assert warnings_due(suspended, RULES, local("2026-06-24 10:00")) == ()
    assert next_warning_at(suspended, RULES) is None
    assert next_warning_at(an_order(X, "2026-06-17 10:00"), RULES) is None


def test_a_warning_of_the_night_waits_for_the_morning() -> None:
    """Zammad #4432: reminders were sent at midnight although people worked from 9 to 17."""
    order = happened(an_order(N, "2026-06-17 22:00"), E.ACCEPTED, "2026-06-17 22:05")
    table = {N: ("", "", "", "5 自然日", (0.5,), None)}
    tables = rules(table)

    assert next_warning_at(order, tables) == local("2026-06-20 08:00")
    assert warnings_due(order, tables, local("2026-06-20 07:59:59")) == ()
    assert warnings_due(order, tables, local("2026-06-20 08:00")) != ()


def test_a_warning_that_would_wait_beyond_the_deadline_is_not_given() -> None:
    order = happened(an_order(N, "2026-06-17 19:00"), E.ACCEPTED, "2026-06-17 19:05")
    tables = rules({N: ("", "", "", "3 小时", (0.8,), None)})
    assert next_warning_at(order, tables) is None


# --- the ladder ------------------------------------------------------------------------------


def test_each_clock_that_runs_out_is_told_one_rung_higher() -> None:
    order = an_order(U, "2026-06-17 09:00")

    assert next_escalation_at(order, RULES) == local("2026-06-17 11:00")
    assert escalation_due(order, RULES, local("2026-06-17 10:59:59")) is None
    assert escalation_due(order, RULES, local("2026-06-17 11:00")) == Escalation(
        clock=Clock.CLAIM, rung=1, reason=Why.RAN_OUT
    )
    assert times(order, "2026-06-17 23:00") == [("06-17 11:00", 1), ("06-17 15:00", 2)]


def test_what_stays_overdue_climbs_by_the_working_day_and_is_told_at_the_top_for_ever() -> None:
    assert times(ACCEPTED_N, "2026-07-02 12:00") == [
        ("06-24 18:00", 1),
        ("06-25 09:00", 2),
        ("06-26 09:00", 3),
        ("06-29 09:00", 4),
        ("06-30 09:00", 4),
        ("07-01 09:00", 4),
        ("07-02 09:00", 4),
    ]


def test_an_escalation_says_whether_the_clock_just_ran_out_or_is_still_overdue() -> None:
    reasons = [call.reason for _, call in calls(ACCEPTED_N, "2026-06-26 12:00")]
    assert reasons == [Why.RAN_OUT, Why.STILL_OVERDUE, Why.STILL_OVERDUE]


def test_a_clock_that_was_met_in_time_is_never_told() -> None:
    assert next_escalation_at(ACCEPTED_N, RULES) == local("2026-06-24 18:00")


def test_a_clock_met_late_is_not_told_again_and_the_next_goes_one_rung_higher() -> None:
    order = escalated(an_order(U, "2026-06-17 09:00"), local("2026-06-17 11:00"))
    accepted = happened(order, E.ACCEPTED, "2026-06-17 11:30")
    assert times(accepted, "2026-06-18 11:00")[0] == ("06-18 10:00", 2)


def test_the_next_cycle_begins_at_the_first_rung_again() -> None:
    order = escalated(ACCEPTED_N, local("2026-06-24 18:00"))
    order = happened(order, E.RESOLVED, "2026-06-25 08:30")
    again = happened(order, E.DISAGREED, "2026-06-25 10:00")
    assert times(again, "2026-07-02 18:00") == [("07-02 18:00", 1)]


def test_a_long_outage_makes_one_escalation_for_the_clock_that_matters_most() -> None:
    order = an_order(U, "2026-06-17 09:00")
    late = local("2026-07-01 10:00")

    assert escalation_due(order, RULES, late) == Escalation(
        clock=Clock.RESOLVE, rung=1, reason=Why.RAN_OUT
    )
    assert escalation_due(escalated(order, late), RULES, late) is None


def test_a_new_owner_who_does_not_accept_either_is_told_one_rung_higher() -> None:
    order = escalated(an_order(N, "2026-06-17 10:00"), local("2026-06-18 18:00"))
    order = happened(order, E.HANDED_ON, "2026-06-18 18:30")
    told = times(order, "2026-06-22 18:00")
    assert told == [("06-22 09:00", 2), ("06-22 18:00", 3)]


@pytest.mark.parametrize("hour", ["20:00", "23:30", "03:00", "07:59"])
def test_the_night_is_silent_for_all_but_emergencies(hour: str) -> None:
    """Zammad #4432."""
    late = local(f"2026-06-26 {hour}")
    emergency = an_order(E1, "2026-06-17 09:00")

    assert escalation_due(ACCEPTED_N, RULES, late) is None
    assert escalation_due(ACCEPTED_N, RULES, local("2026-06-27 08:00")) is not None
    assert escalation_due(emergency, RULES, late) is not None


def test_what_runs_out_at_night_is_told_at_eight() -> None:
    order = an_order(N, "2026-06-17 19:00", owner=None)
    assert clock_due(order, Clock.ACCEPT, RULES) == local("2026-06-17 21:00")
    assert next_escalation_at(order, RULES) == local("2026-06-18 08:00")


def test_nothing_is_told_of_what_nobody_owes() -> None:
    for kind in (E.RESOLVED, E.MERGED, E.WITHDRAWN):
        order = happened(ACCEPTED_N, kind, "2026-06-18 10:00")
        assert next_escalation_at(order, RULES) is None
        assert escalation_due(order, RULES, local("2027-06-18 10:00")) is None


def test_a_running_order_without_a_deadline_is_told_every_working_day() -> None:
    order = an_order(X, "2026-06-18 10:00")
    assert times(order, "2026-06-23 10:00") == [("06-22 09:00", 1), ("06-23 09:00", 2)]
    assert next(calls(order, "2026-06-23 10:00"))[1].reason is Why.NO_DEADLINE


# --- emergencies -----------------------------------------------------------------------------


def test_an_urgent_order_climbs_every_half_hour_day_and_night() -> None:
    order = an_order(E1, "2026-06-17 23:00")
    assert times(order, "2026-06-18 02:00") == [
        ("06-17 23:30", 1),
        ("06-18 00:00", 2),
        ("06-18 00:30", 3),
        ("06-18 01:00", 4),
        ("06-18 01:30", 4),
        ("06-18 02:00", 4),
    ]


def test_an_urgent_order_that_is_accepted_is_left_in_peace() -> None:
    order = escalated(an_order(E1, "2026-06-17 23:00"), local("2026-06-17 23:30"))
    accepted = happened(order, E.ACCEPTED, "2026-06-17 23:40")
    assert next_escalation_at(accepted, RULES) == local("2026-06-18 23:00")


def test_a_danger_to_life_is_told_to_all_every_five_minutes_until_somebody_is_there() -> None:
    order = an_order(E0, "2026-06-17 23:00")
    told = list(calls(order, "2026-06-17 23:15"))

    assert times(order, "2026-06-17 23:15") == [
        ("06-17 23:05", 4),
        ("06-17 23:10", 4),
        ("06-17 23:15", 4),
    ]
    assert {(call.reason, call.everybody) for _, call in told} == {(Why.NOT_ON_SITE, True)}


def test_accepting_a_danger_to_life_does_not_silence_it_but_being_there_does() -> None:
    accepted = happened(an_order(E0, "2026-06-17 23:00"), E.ACCEPTED, "2026-06-17 23:02")
    there = happened(accepted, E.ON_SITE, "2026-06-17 23:12")

    assert next_escalation_at(accepted, RULES) == local("2026-06-17 23:05")
    assert next_escalation_at(there, RULES) == local("2026-06-18 01:00")
    assert times(there, "2026-06-18 01:59") == [("06-18 01:00", 1), ("06-18 01:30", 2)]


def test_an_emergency_repeats_even_where_the_table_does_not_say_how_often() -> None:
    tables = rules({E0: ("", "", "", "2 小时", (), None)})
    order = an_order(E0, "2026-06-17 23:00")
    assert next_escalation_at(order, tables) == local("2026-06-17 23:05")


# --- suspended -------------------------------------------------------------------------------


def suspended(until: str) -> WorkOrder:
    return happened(ACCEPTED_N, E.SUSPENDED, "2026-06-18 10:00", until=local(until))


def test_a_suspended_order_is_looked_at_when_it_was_to_go_on() -> None:
    order = suspended("2026-06-23 10:00")
    assert times(order, "2026-06-25 10:00") == [
        ("06-23 10:00", 1),
        ("06-24 09:00", 2),
        ("06-25 09:00", 3),
    ]
    assert next(calls(order, "2026-06-25 10:00"))[1].reason is Why.STILL_SUSPENDED


def test_a_suspension_without_an_end_in_sight_is_looked_at_after_thirty_days() -> None:
    undated = happened(ACCEPTED_N, E.SUSPENDED, "2026-06-18 10:00")
    assert next_escalation_at(undated, RULES) == local("2026-07-18 18:00")
    assert times(suspended("2026-09-01 10:00"), "2026-09-01 12:00") == [
        ("07-18 18:00", 1),
        ("08-17 18:00", 2),
        ("09-01 10:00", 3),
    ]


# --- who that is -----------------------------------------------------------------------------


def told(order: WorkOrder, rung: int, *, everybody: bool = False) -> tuple[Post, ...]:
    call = Escalation(clock=Clock.CLAIM, rung=rung, reason=Why.RAN_OUT, everybody=everybody)
    return posts_told(order, call, ORG)


def test_the_rungs_are_the_posts_above_the_owner() -> None:
    order = an_order(N, "2026-06-17 10:00")
    assert top_rung(order) == 4
    assert [told(order, rung) for rung in (1, 2, 3, 4)] == [(post,) for post in LADDER]


def test_in_a_danger_to_life_the_owner_hears_it_with_all_above() -> None:
    order = an_order(E0, "2026-06-17 10:00")
    assert told(order, 4, everybody=True) == (order.owner, *LADDER)


def test_what_nobody_owns_begins_at_the_desk() -> None:
    order = an_order(N, "2026-06-17 10:00", owner=None)
    assert top_rung(order) == 4
    assert [told(order, rung) for rung in (1, 4)] == [(LADDER[0],), (LADDER[3],)]
    assert told(order, 4, everybody=True) == LADDER


def test_a_complaint_about_staff_nobody_owns_begins_at_the_secretary() -> None:
    order = replace(an_order(N, "2026-06-17 10:00", owner=None), about_staff=True)
    assert top_rung(order) == 3
    assert told(order, 1) == (LADDER[1],)


def test_a_restricted_order_never_leaves_the_community() -> None:
    owner = Post(unit=3, role=Role.WOMEN_CONTACT)
    order = replace(an_order(E0, "2026-06-17 10:00", owner=owner), restricted=True)
    assert top_rung(order) == 2
    assert told(order, 2) == (LADDER[1],)
    assert told(order, 2, everybody=True) == (owner, *LADDER[:2])


def test_the_highest_there_is_hears_it_where_the_tree_is_short() -> None:
    """DIGIT skips an escalation silently when there is no supervisor."""
    community = Org([Unit(id=3, code="C", kind=UnitKind.COMMUNITY, name="梧桐社区")])
    order = an_order(N, "2026-06-17 10:00", owner=LADDER[0])
    call = Escalation(clock=Clock.CLAIM, rung=3, reason=Why.RAN_OUT)
    assert posts_told(order, call, community) == (LADDER[1],)


def test_an_owner_at_the_end_of_the_ladder_hears_it_himself() -> None:
    order = an_order(N, "2026-06-17 10:00", owner=LADDER[3])
    assert top_rung(order) == 1
    assert told(order, 1) == (LADDER[3],)


# --- nothing stays silent --------------------------------------------------------------------

MOVES = {
    Status.OPEN: (E.ASSIGNED, E.URGED),
    Status.ASSIGNED: (E.ACCEPTED, E.RETURNED, E.HANDED_ON, E.ON_SITE),
    Status.ACCEPTED: (E.SUSPENDED, E.RESOLVED, E.EXTENDED, E.ON_SITE, E.NOTED),
    Status.SUSPENDED: (E.RESUMED, E.URGED),
    Status.RESOLVED: (E.DISAGREED,),
}


@st.composite
def lives(draw: st.DrawFn) -> tuple[WorkOrder, datetime]:
    """A work order in the middle of its life, and the moment its last event happened."""
    order_class = draw(st.sampled_from(OrderClass))
    at = local("2026-01-20 10:00") + timedelta(minutes=draw(st.integers(0, 400_000)))
    order = an_order(order_class, at)
    for choice, minutes in draw(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20_000)), max_size=12)
    ):
        at += timedelta(minutes=minutes)
        kinds = MOVES[order.status]
        kind = kinds[choice % len(kinds)]
        if escalation_due(order, RULES, at) is not None:
            order = escalated(order, at)
        dated = kind in {E.EXTENDED, E.SUSPENDED}
        values = {"until": at + timedelta(days=choice)} if dated else {}
        order = happened(order, kind, at, **values)
    return order, at


@given(lives())
def test_whatever_happens_a_running_order_has_a_next_escalation(
    life: tuple[WorkOrder, datetime],
) -> None:
    order, _ = life
    assert (next_escalation_at(order, RULES) is not None) == order.is_running


def spoken_at(order: WorkOrder, at: datetime) -> datetime:
    """When the escalation is given by a clock that looks at it first at `at`."""
    due = next_escalation_at(order, RULES)
    assert due is not None
    moment = max(due, at)
    if escalation_due(order, RULES, moment) is not None:
        return moment
    today = CALENDAR.local_day(moment)
    mornings = (CALENDAR.moment(today + timedelta(days=n), time(8)) for n in (0, 1))
    return next(morning for morning in mornings if morning > moment)


@given(lives())
def test_an_escalation_given_is_not_due_again_and_climbs_by_one(
    life: tuple[WorkOrder, datetime],
) -> None:
    order, at = life
    for _ in range(8 if order.is_running else 0):
        at = spoken_at(order, at)
        order = escalated(order, at)
        following = next_escalation_at(order, RULES)

        assert escalation_due(order, RULES, at) is None
        assert following is not None
        assert at < following

    of_cycle = [event.values["rung"] for event in cycle_events(order) if event.kind is E.ESCALATED]
    if order.order_class is not E0:
        assert of_cycle == [min(n, 4) for n in range(1, len(of_cycle) + 1)]


@pytest.mark.parametrize("order_class", [E0, E1])
def test_a_danger_is_told_again_when_the_clock_was_set_back(order_class: OrderClass) -> None:
    """Once, and from then on as always: nothing waits for a moment that must come again."""
    order = an_order(order_class, "2026-06-17 10:00")
    order = happened(order, E.ESCALATED, local("2026-06-18 10:00"), clock=Clock.CLAIM, rung=1)
    set_back = local("2026-06-17 11:00")

    order = escalated(order, set_back)

    assert escalation_due(order, RULES, set_back + A_SECOND) is None
    every = timedelta(minutes=5 if order_class is E0 else 30)
    assert escalation_due(order, RULES, set_back + every) is not None
