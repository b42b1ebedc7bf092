"""Each clock of a work order runs out when the table and the calendar say, whatever happens."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets import UnreadableBudget
from domain.deadlines import (
    Clock,
    clock_due,
    counted_out,
    due_after,
    is_overdue,
    moment_of_share,
    parse_budget,
    paused_remaining,
    promise,
    share_used,
    time_left,
)
from domain.orders import EventKind, OrderClass, WorkOrder
from domain.rules import Budget, TimeUnit
from domain.workdays import WorkCalendar
from tests.domain.tables import (
    AFTER,
    CALENDAR,
    OWNER,
    ROOT,
    RULES,
    an_order,
    happened,
    local,
    rules,
)

E0, E1, U, N, D, Q = (OrderClass(name) for name in ("E0", "E1", "U", "N", "D", "Q"))
E = EventKind


def due_of(budget: str, start: datetime, calendar: WorkCalendar = CALENDAR) -> datetime:
    parsed = parse_budget(budget)
    assert parsed is not None
    return due_after(start, parsed, calendar)


def told(order: WorkOrder, *events: tuple[EventKind, str]) -> WorkOrder:
    for kind, at in events:
        order = happened(order, kind, at)
    return order


# --- docs/deadlines.md -----------------------------------------------------------------------

DOCUMENT = (ROOT / "docs/deadlines.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\| (\d+) \| (\w+) \| (.+?) \| (\w+) \| (.+?) \| .* \|$", DOCUMENT, re.M)


def test_the_document_has_ten_examples() -> None:
    assert [number for number, *_ in EXAMPLES] == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize(("number", "order_class", "story", "clock", "due"), EXAMPLES)
def test_the_document_is_right(
    number: str, order_class: str, story: str, clock: str, due: str
) -> None:
    (_, opened), *events = [part.split(" ", 1) for part in story.split("; ")]
    owner = None if clock == Clock.ACCEPT else OWNER
    order = an_order(OrderClass(order_class), opened, owner=owner)
    for name, at in events:
        moment, _, until = at.partition(" until ")
        values = {"until": local(until)} if until else {}
        order = happened(order, E(name), moment, **values)

    assert clock_due(order, Clock(clock), RULES) == local(due), number


# --- reading the table -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("5 分钟", 5, TimeUnit.MINUTES),
        ("0 分钟", 0, TimeUnit.MINUTES),
        ("24 小时", 24, TimeUnit.HOURS),
        ("2 小时(08-22)", 2, TimeUnit.DAYTIME_HOURS),
        ("２小时（08–22）", 2, TimeUnit.DAYTIME_HOURS),
        (" 4工作时 ", 4, TimeUnit.WORKING_HOURS),
        ("1 工作日", 1, TimeUnit.WORKING_DAYS),
        ("15 自然日", 15, TimeUnit.CALENDAR_DAYS),
    ],
)
def test_a_budget_is_read_as_written(text: str, amount: int, unit: TimeUnit) -> None:
    assert parse_budget(text) == Budget(amount=amount, unit=unit)


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_an_empty_cell_is_no_budget(text: str) -> None:
    assert parse_budget(text) is None


@pytest.mark.parametrize("text", ["7", "自然日", "7 天", "-1 小时", "1.5 小时", "2 小时(09-17)"])
def test_an_unreadable_budget_is_named(text: str) -> None:
    with pytest.raises(UnreadableBudget, match=re.escape(repr(text))):
        parse_budget(text)


# --- one budget ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "start", "due"),
    [
        ("30 分钟", "2026-06-17 10:00:20", "2026-06-17 10:30:20"),
        ("4 工作时", "2026-06-17 10:00:20", "2026-06-17 16:00:20"),
        ("4 工作时", "2026-06-17 12:30:20", "2026-06-17 18:00"),
        ("4 工作时", "2026-06-17 20:00", "2026-06-18 15:00"),
        ("8 工作时", "2026-06-18 14:00", "2026-06-22 15:00"),
        ("2 小时(08-22)", "2026-06-17 20:00", "2026-06-17 22:00"),
        ("2 小时(08-22)", "2026-06-17 21:30", "2026-06-18 09:30"),
        ("2 小时(08-22)", "2026-06-20 23:00", "2026-06-21 10:00"),
        ("1 工作日", "2026-06-17 00:00", "2026-06-18 18:00"),
        ("1 工作日", "2026-06-17 23:59:59", "2026-06-18 18:00"),
        ("7 自然日", "2026-06-17 23:59:59", "2026-06-24 18:00"),
        ("7 自然日", "2028-02-25 10:00", "2028-03-03 18:00"),
        ("1 自然日", "2026-12-31 23:59:59", "2027-01-01 18:00"),
        ("1 工作日", "2026-12-31 10:00", "2027-01-01 18:00"),
        ("0 分钟", "2026-06-17 10:00:20", "2026-06-17 10:00:20"),
    ],
)
def test_a_budget_runs_out(budget: str, start: str, due: str) -> None:
    assert due_of(budget, local(start)) == local(due)


def test_hours_day_and_night_lose_no_minute_at_midnight() -> None:
    """Zammad #3180: a 24/7 calendar was closed for a minute at each midnight."""
    assert due_of("24 小时", local("2026-06-17 23:59:30")) == local("2026-06-18 23:59:30")
    assert due_of("72 小时", local("2026-06-17 12:00")) == local("2026-06-20 12:00")


def test_an_hour_of_a_working_day_is_not_an_hour_of_a_day() -> None:
    """Zammad #390: 48 h at 12 h a day over two holidays were read as two days, and doubted."""
    assert due_of("14 工作时", local("2026-06-17 23:00")) == local("2026-06-22 18:00")


def test_a_part_of_the_budget_is_reached_in_working_hours() -> None:
    """GLPI #22678: an alert before the deadline fell on 00:00 once it crossed an evening."""
    table = {U: ("", "", "", "4 工作时", (), None)}
    order = an_order(U, "2026-06-15 17:00")

    assert moment_of_share(order, Clock.RESOLVE, rules(table), 0.75) == local("2026-06-16 11:00")


def test_days_spent_waiting_over_a_weekend_are_counted_in_working_days() -> None:
    """GLPI #10594: waiting over a weekend moved a deadline in working days by the weekend too."""
    order = told(
        an_order(Q, "2026-06-12 10:00"),
        (E.SUSPENDED, "2026-06-12 15:00"),
        (E.RESUMED, "2026-06-15 09:00"),
    )
    assert promise(order, RULES) == local("2026-06-18 18:00")


# --- zones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "hours", "due"),
    [
        ("Europe/Berlin", "2026-03-28T20:00+01:00", 24, "2026-03-29T21:00+02:00"),
        ("Europe/Berlin", "2026-10-24T20:00+02:00", 24, "2026-10-25T19:00+01:00"),
        ("America/New_York", "2026-03-07T22:00-05:00", 8, "2026-03-08T07:00-04:00"),
    ],
)
def test_hours_stay_hours_when_the_clocks_change(
    zone: str, start: str, hours: int, due: str
) -> None:
    calendar = WorkCalendar((), ZoneInfo(zone))
    begun = datetime.fromisoformat(start).astimezone(calendar.zone)
    found = due_of(f"{hours} 小时", begun, calendar)
    assert found == datetime.fromisoformat(due)
    assert found - begun.astimezone(UTC) == timedelta(hours=hours)


def test_six_in_the_evening_is_local_before_and_after_the_clocks_change() -> None:
    calendar = WorkCalendar((), ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 3, 26, 10, tzinfo=calendar.zone)

    dues = [due_of(f"{n} 工作日", start, calendar) for n in (1, 2)]

    assert dues == [
        datetime(2026, 3, 27, 17, tzinfo=UTC),
        datetime(2026, 3, 30, 16, tzinfo=UTC),
    ]


def test_a_day_that_never_was_is_not_worked_twice() -> None:
    """Samoa went from Thursday 29 to Saturday 31 December 2011."""
    calendar = WorkCalendar((), ZoneInfo("Pacific/Apia"))
    start = datetime(2011, 12, 29, 17, tzinfo=calendar.zone)

    due = due_of("15 小时(08-22)", start, calendar)

    assert due.astimezone(calendar.zone) == datetime(2011, 12, 31, 18, tzinfo=calendar.zone)


@given(st.integers(0, 10**8), st.timezones())
def test_the_zone_a_moment_is_written_in_changes_nothing(seconds: int, zone: ZoneInfo) -> None:
    start = (local("2023-12-31 00:00") + timedelta(seconds=seconds)).astimezone(zone)
    for budget in ("2 小时", "4 工作时", "2 小时(08-22)", "1 工作日", "7 自然日"):
        assert due_of(budget, start) == due_of(budget, start.astimezone(UTC))


# --- the clocks of a work order --------------------------------------------------------------


def test_an_order_nobody_was_given_runs_the_clock_of_the_desk() -> None:
    order = an_order(U, "2026-06-17 10:00", owner=None)
    assert clock_due(order, Clock.ACCEPT, RULES) == local("2026-06-17 10:30")
    assert clock_due(order, Clock.CLAIM, RULES) is None


def test_a_return_starts_the_desk_again_and_nothing_else() -> None:
    order = an_order(U, "2026-06-17 10:00")
    returned = told(order, (E.RETURNED, "2026-06-17 11:00"))

    assert clock_due(returned, Clock.ACCEPT, RULES) == local("2026-06-17 11:30")
    assert promise(returned, RULES) == promise(order, RULES)
    assert clock_due(returned, Clock.ANSWER, RULES) == clock_due(order, Clock.ANSWER, RULES)


@pytest.mark.parametrize("kind", [E.ASSIGNED, E.HANDED_ON])
def test_a_new_owner_has_his_own_time_to_accept_and_no_more(kind: EventKind) -> None:
    order = an_order(U, "2026-06-17 09:00")
    given_on = told(order, (kind, "2026-06-17 14:00"))

    assert clock_due(order, Clock.CLAIM, RULES) == local("2026-06-17 11:00")
    assert clock_due(given_on, Clock.CLAIM, RULES) == local("2026-06-17 16:00")
    assert promise(given_on, RULES) == promise(order, RULES)


def test_accepting_meets_the_claim_and_the_first_answer() -> None:
    order = told(an_order(N, "2026-06-17 10:00"), (E.ACCEPTED, "2026-06-17 10:05"))
    assert clock_due(order, Clock.CLAIM, RULES) is None
    assert clock_due(order, Clock.ANSWER, RULES) is None
    assert promise(order, RULES) == local("2026-06-24 18:00")


def test_an_internal_note_is_no_answer() -> None:
    order = told(an_order(N, "2026-06-17 10:00"), (E.NOTED, "2026-06-17 10:05"))
    assert clock_due(order, Clock.ANSWER, RULES) == local("2026-06-18 18:00")


ACCEPTED = told(an_order(N, "2026-06-17 10:00"), (E.ACCEPTED, "2026-06-17 11:00"))
CHANGES_NOTHING = [
    E.URGED,
    E.NOTED,
    E.SUPPLEMENTED,
    E.CORRECTED,
    E.FOLLOWED,
    E.ABSORBED,
    E.WARNED,
    E.ESCALATED,
    E.WHISTLED,
    E.REPORTED_IN,
    E.ON_SITE,
    E.EXTENSION_ASKED,
    E.EXTENSION_REFUSED,
    E.HANDED_ON,
    E.RATED,
]


@pytest.mark.parametrize("kind", CHANGES_NOTHING)
def test_only_extension_suspension_and_redoing_move_the_promise(kind: EventKind) -> None:
    assert promise(told(ACCEPTED, (kind, "2026-06-20 10:00")), RULES) == local("2026-06-24 18:00")


def test_a_merge_undone_leaves_the_promise_where_it_was() -> None:
    merged = told(ACCEPTED, (E.MERGED, "2026-06-18 10:00"))
    back = merged.moved_to(AFTER[E.ACCEPTED]).with_event(E.UNMERGED, local("2026-06-19 10:00"))

    assert promise(merged, RULES) is None
    assert promise(back, RULES) == promise(ACCEPTED, RULES)


def test_no_clock_runs_once_it_is_done_or_nobody_owes_it() -> None:
    resolved = told(ACCEPTED, (E.RESOLVED, "2026-06-18 10:00"))
    declined = told(an_order(N, "2026-06-17 10:00"), (E.DECLINED, "2026-06-17 11:00"))
    for order in (resolved, declined, told(resolved, (E.CONFIRMED, "2026-06-18 11:00"))):
        assert [clock_due(order, clock, RULES) for clock in Clock] == [None] * 4
        assert not is_overdue(order, RULES, local("2027-01-01 00:00"))


def test_a_class_without_a_row_has_no_clock() -> None:
    order = an_order(OrderClass.X, "2026-06-17 10:00")
    assert [clock_due(order, clock, RULES) for clock in Clock] == [None] * 4
    assert time_left(order, RULES, local("2026-06-17 10:00")) is None
    assert share_used(order, Clock.RESOLVE, RULES, local("2027-06-17 10:00")) == 0.0
    assert counted_out(order, RULES) == ()


@pytest.mark.parametrize("kind", [E.DISAGREED, E.REOPENED])
def test_doing_it_again_has_a_full_budget_of_its_own(kind: EventKind) -> None:
    order = told(ACCEPTED, (E.RESOLVED, "2026-06-24 17:00"))
    if kind is E.REOPENED:
        order = told(order, (E.CONFIRMED, "2026-06-24 17:30"))
    again = told(order, (kind, "2026-06-25 09:00"))

    assert promise(again, RULES) == local("2026-07-02 18:00")
    assert clock_due(again, Clock.ANSWER, RULES) is None


def test_an_extension_of_the_last_handling_does_not_lengthen_the_next() -> None:
    extended = happened(ACCEPTED, E.EXTENDED, "2026-06-20 10:00", until=local("2026-09-01 18:00"))
    again = told(extended, (E.RESOLVED, "2026-06-22 10:00"), (E.DISAGREED, "2026-06-23 10:00"))
    assert promise(again, RULES) == local("2026-06-30 18:00")


def test_an_extension_counts_only_when_it_is_later() -> None:
    later = happened(ACCEPTED, E.EXTENDED, "2026-06-20 10:00", until=local("2026-06-30 12:00"))
    earlier = happened(ACCEPTED, E.EXTENDED, "2026-06-20 10:00", until=local("2026-06-22 12:00"))
    assert promise(later, RULES) == local("2026-06-30 12:00")
    assert promise(earlier, RULES) == local("2026-06-24 18:00")


def test_a_corrected_class_counts_again_from_the_same_start() -> None:
    order = told(an_order(U, "2026-06-17 10:00"), (E.CORRECTED, "2026-06-18 10:00"))
    assert promise(order, RULES) == local("2026-06-18 11:00")
    assert promise(replace(order, order_class=D), RULES) == local("2026-07-02 18:00")


# --- standing still --------------------------------------------------------------------------


def test_a_suspended_order_has_no_deadline_but_time_left() -> None:
    order = told(
        an_order(U, "2026-06-17 09:00"),
        (E.ACCEPTED, "2026-06-17 09:30"),
        (E.SUSPENDED, "2026-06-17 11:00"),
    )
    much_later = local("2026-08-01 10:00")

    assert promise(order, RULES) is None
    assert not is_overdue(order, RULES, much_later)
    assert paused_remaining(order, RULES) == timedelta(hours=6)
    assert share_used(order, Clock.RESOLVE, RULES, much_later) == 0.25
    assert paused_remaining(ACCEPTED, RULES) is None


def test_hours_keep_what_was_left_of_them() -> None:
    order = told(
        an_order(E1, "2026-06-17 09:00"),
        (E.SUSPENDED, "2026-06-17 13:00"),
        (E.RESUMED, "2026-06-19 01:23:45"),
    )
    assert promise(order, RULES) == local("2026-06-19 21:23:45")


@pytest.mark.parametrize(
    ("stopped", "went_on", "due"),
    [
        ("2026-06-18 10:00", "2026-06-18 17:00", "2026-06-24 18:00"),
        ("2026-06-18 23:59", "2026-06-19 00:01", "2026-06-25 18:00"),
        ("2026-06-18 10:00", "2026-06-22 09:00", "2026-06-28 18:00"),
    ],
)
def test_days_move_by_the_nights_stood_still(stopped: str, went_on: str, due: str) -> None:
    order = told(ACCEPTED, (E.SUSPENDED, stopped), (E.RESUMED, went_on))
    assert promise(order, RULES) == local(due)


@pytest.mark.parametrize("stopped", ["2026-06-18 17:00", "2026-06-18 19:00"])
def test_what_was_overdue_stays_overdue_through_a_suspension(stopped: str) -> None:
    """The first case stops at the very moment the eight working hours are used up."""
    order = told(
        an_order(U, "2026-06-17 16:00"), (E.SUSPENDED, stopped), (E.RESUMED, "2026-06-25 09:00")
    )
    assert promise(order, RULES) == local("2026-06-18 17:00")


def test_an_extended_date_is_never_brought_forward_by_a_suspension() -> None:
    order = told(an_order(U, "2026-06-17 16:00"), (E.ACCEPTED, "2026-06-17 16:05"))
    order = happened(order, E.EXTENDED, "2026-06-18 10:00", until=local("2026-06-21 20:00"))
    order = told(order, (E.SUSPENDED, "2026-06-18 18:30"), (E.RESUMED, "2026-06-19 10:00"))
    assert promise(order, RULES) == local("2026-06-21 20:00")


# --- what people are shown -------------------------------------------------------------------


def test_the_deadline_is_passed_at_its_very_moment() -> None:
    due = local("2026-06-24 18:00")
    assert not is_overdue(ACCEPTED, RULES, due - timedelta(seconds=1))
    assert is_overdue(ACCEPTED, RULES, due)
    assert time_left(ACCEPTED, RULES, due - timedelta(hours=2)) == timedelta(hours=2)
    assert time_left(ACCEPTED, RULES, due + timedelta(hours=2)) == timedelta(hours=-2)


def test_the_dragon_boat_days_are_said_not_to_count_where_they_do_not() -> None:
    question = an_order(Q, "2026-06-17 10:00")

    assert promise(question, RULES) == local("2026-06-23 18:00")
    assert [row.day.day for row in counted_out(question, RULES)] == [19, 20, 21]
    assert counted_out(ACCEPTED, RULES) == ()


@pytest.mark.parametrize("order_class", [E0, E1, U, N, D, Q, OrderClass.S])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.8, 1.0])
def test_the_moment_of_a_share_is_when_that_share_is_used(
    order_class: OrderClass, share: float
) -> None:
    order = told(
        an_order(order_class, "2026-06-17 10:00"),
        (E.SUSPENDED, "2026-06-17 10:30"),
        (E.RESUMED, "2026-06-22 15:00"),
    )
    moment = moment_of_share(order, Clock.RESOLVE, RULES, share)
    assert moment is not None
    assert share_used(order, Clock.RESOLVE, RULES, moment) == pytest.approx(share)


def test_a_budget_of_nothing_is_used_up_at_once() -> None:
    order = an_order(E0, "2026-06-17 10:00", owner=None)
    assert clock_due(order, Clock.ACCEPT, RULES) == local("2026-06-17 10:00")
    assert share_used(order, Clock.ACCEPT, RULES, local("2026-06-17 10:00")) == 1.0
