"""Whatever is done to work orders in whatever order: what must always hold of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain import moves
from domain.acts import Act, RuleBroken
from domain.changes import Change
from domain.deadlines import Clock, clock_due
from domain.escalation import next_escalation_at
from domain.orders import NEXT, EventKind, Status, WorkOrder
from domain.people import CLOCK
from domain.places import OrderPlace
from tests.domain.tables import OWNER as LEADER
from tests.domain.test_moves_by_status import (
    DUTY_MAN,
    LEADER_MAN,
    NEIGHBOUR,
    ORG,
    PROPERTY,
    PROPERTY_MAN,
    REPORTER_MAN,
    RULES,
    SECRETARY_MAN,
    START,
    WORKER,
    a_draft,
)

ACTORS = st.sampled_from(
    [CLOCK, DUTY_MAN, LEADER_MAN, NEIGHBOUR, PROPERTY_MAN, REPORTER_MAN, SECRETARY_MAN]
)
POSTS = st.sampled_from([LEADER, PROPERTY, WORKER])
WHICH = st.integers(0, 1)
# What alone may change when it is to be done.
MOVES_THE_DATE = {
    EventKind.EXTENDED,
    EventKind.RESUMED,
    EventKind.DISAGREED,
    EventKind.REOPENED,
    EventKind.CORRECTED,
}


def passes(before: Status, after: Status) -> bool:
    """Whether one move may lead from the one status to the other, by two steps at most."""
    return (
        before is after
        or after in NEXT[before]
        or any(after in NEXT[between] for between in NEXT[before])
    )


class OrderLife(RuleBasedStateMachine):
    """Two work orders, everybody who may have to do with them, and time that only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START.astimezone(UTC)
        act = Act(actor=REPORTER_MAN, at=self.now, rules=RULES, org=ORG)
        self.orders = [
            moves.open_order(a_draft(category, order_id), act).order
            for order_id, category in ((1, "0201"), (2, "0301"))
        ]

    def does(self, name: str, which: int, actor: object, **values: object) -> None:
        """One move tried; a rule that forbids it leaves everything as it was."""
        act = Act(actor=actor, at=self.now, rules=RULES, org=ORG)  # type: ignore[arg-type]
        before = self.orders[which]
        try:
            change: Change = getattr(moves, name)(before, act=act, **values)
        except RuleBroken:
            return
        for after in change.orders:
            for index, known in enumerate(self.orders):
                if known.number == after.number:
                    self.grown(known, after)
                    self.orders[index] = after

    def grown(self, before: WorkOrder, after: WorkOrder) -> None:
        assert passes(before.status, after.status)
        assert after.history[: len(before.history)] == before.history
        added = {event.kind for event in after.history[len(before.history) :]}
        assert added
        if before.status is Status.MERGED and after.status is not Status.MERGED:
            assert EventKind.UNMERGED in added
        due = [clock_due(order, Clock.RESOLVE, RULES) for order in (before, after)]
        if None not in due and due[0] != due[1]:
            assert added & MOVES_THE_DATE

    @rule(minutes=st.sampled_from([1, 60, 600, 1440, 7 * 1440]))
    def time_goes_on(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        which=WHICH,
        actor=ACTORS,
        name=st.sampled_from(
            [
                "accept",
                "approve_extension",
                "close_by_silence",
                "confirm",
                "escalate",
                "on_site",
                "remind_to_confirm",
                "resume",
                "resume_when_due",
                "urge",
                "warn",
                "withdraw",
            ]
        ),
    )
    def plain(self, which: int, actor: object, name: str) -> None:
        self.does(name, which, actor)

    @rule(
        which=WHICH,
        actor=ACTORS,
        name=st.sampled_from(
            ["decline", "disagree", "refuse_extension", "reopen", "return_order"]
        ),
    )
    def for_a_reason(self, which: int, actor: object, name: str) -> None:
        self.does(name, which, actor, reason="有原因")

    @rule(which=WHICH, actor=ACTORS, post=POSTS, name=st.sampled_from(["assign", "name_owner"]))
    def given(self, which: int, actor: object, post: object, name: str) -> None:
        self.does(name, which, actor, post=post)

    @rule(which=WHICH, actor=ACTORS, post=POSTS)
    def hand_on(self, which: int, actor: object, post: object) -> None:
        self.does("hand_on", which, actor, post=post, reason="就近")

    @rule(
        which=WHICH,
        actor=ACTORS,
        days=st.integers(1, 15),
        name=st.sampled_from(["ask_extension", "suspend"]),
    )
    def until(self, which: int, actor: object, days: int, name: str) -> None:
        self.does(name, which, actor, until=self.now + timedelta(days=days), reason="等配件")

    @rule(which=WHICH, actor=ACTORS)
    def whistle(self, which: int, actor: object) -> None:
        by = self.now + timedelta(hours=2)
        self.does("whistle", which, actor, responders=(PROPERTY,), by=by, reason="来人")
        self.does("report_in", which, PROPERTY_MAN, post=PROPERTY)

    @rule(which=WHICH, actor=ACTORS)
    def resolve(self, which: int, actor: object) -> None:
        self.does("resolve", which, actor, note="换了灯")

    @rule(which=WHICH, actor=ACTORS)
    def talk(self, which: int, actor: object) -> None:
        self.does("note", which, actor, text="记一笔")
        self.does("supplement", which, actor, text="三楼")
        self.does("correct", which, actor, text="灯坏了")
        self.does("settle_place", which, actor, place=OrderPlace(building="5"), grid=4)

    @rule(which=WHICH, actor=ACTORS, category=st.sampled_from(["0201", "0301", "0101"]))
    def recategorise(self, which: int, actor: object, category: str) -> None:
        self.does("recategorise", which, actor, category=category)

    @rule(which=WHICH, actor=ACTORS, name=st.sampled_from(["follow", "unfollow"]))
    def neighbours(self, which: int, actor: object, name: str) -> None:
        self.does(name, which, actor, person=101)

    @rule(which=WHICH, actor=ACTORS)
    def merge(self, which: int, actor: object) -> None:
        self.does("merge_into", which, actor, parent=self.orders[1 - which], reason="同一件")

    @rule(which=WHICH, actor=ACTORS)
    def unmerge(self, which: int, actor: object) -> None:
        self.does("unmerge", which, actor, parent=self.orders[1 - which], reason="两件事")

    @rule(which=WHICH, actor=ACTORS)
    def split(self, which: int, actor: object) -> None:
        part = replace(a_draft(order_id=3), created_at=self.now)
        self.does("split", which, actor, parts=(part,))

    @rule(which=WHICH, actor=ACTORS)
    def transfer(self, which: int, actor: object) -> None:
        self.does("transfer", which, actor, to="城管", reason="市管")

    @rule(which=WHICH, actor=ACTORS, rating=st.integers(0, 6))
    def rate(self, which: int, actor: object, rating: int) -> None:
        self.does("rate", which, actor, rating=rating)

    @invariant()
    def history_is_whole(self) -> None:
        for order in self.orders:
            assert [event.seq for event in order.history] == list(range(1, len(order.history) + 1))
            assert order.history[0].kind is EventKind.OPENED
            times = [event.at for event in order.history]
            assert times == sorted(times)

    @invariant()
    def nothing_running_is_forgotten(self) -> None:
        for order in self.orders:
            if order.is_running:
                assert order.owner is not None or order.status is Status.OPEN
                next_at: datetime | None = next_escalation_at(order, RULES)
                assert next_at is not None

    @invariant()
    def what_was_promised_is_what_holds(self) -> None:
        for order in self.orders:
            if order.is_running:
                assert order.promised_at is not None
                due = clock_due(order, Clock.RESOLVE, RULES)
                assert due in (None, order.promised_at)


OrderLife.TestCase.settings = settings(max_examples=300, stateful_step_count=50)
TestOrderLife = OrderLife.TestCase
