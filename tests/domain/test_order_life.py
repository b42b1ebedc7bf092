"""Whatever anybody does: no history lost, no clock reset, nothing owed by nobody.

Two work orders live side by side. Everybody tries every move at any moment, the clock too; what a
rule forbids changes nothing, and after each move the promises below hold of every order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain import moves
from domain.acts import Act, RuleBroken
from domain.changes import Audience, Change
from domain.deadlines import Clock, clock_due, cycle_events, date_held, paused_remaining
from domain.escalation import escalation_due, next_escalation_at, top_rung, warnings_due
from domain.orders import NEXT, EventKind, OrderClass, Status, WorkOrder
from domain.people import CLOCK, Actor
from domain.places import OrderPlace
from domain.rights import is_fit, may_see
from tests.domain.acting import (
    DUTY,
    EVERYBODY,
    FENCES,
    GAS,
    GRID,
    GRID_ELSEWHERE,
    LIFT,
    LIGHTS,
    MONDAY,
    NEIGHBOUR,
    OTHER_GRID,
    PETITION,
    PLACE,
    POLICY,
    POSTS,
    RESIDENT,
    RUBBISH,
    SECRETARY,
    STAFF,
    STREET_DUTY,
    VIOLENCE,
    WORKER,
    a_draft,
    act,
)

CATEGORIES = (LIGHTS, LIFT, GAS, VIOLENCE, FENCES, POLICY, PETITION, RUBBISH, "04", "")
GRIDS = (GRID, OTHER_GRID, GRID_ELSEWHERE, None)
# What may change the day it is to be done by.
MOVES_THE_DATE = frozenset(
    {
        EventKind.OPENED,
        EventKind.EXTENDED,
        EventKind.SUSPENDED,
        EventKind.RESUMED,
        EventKind.DISAGREED,
        EventKind.REOPENED,
        EventKind.CORRECTED,
    }
)


# After these the resident is told the date that holds now.
TELLS_THE_DATE = frozenset(
    {EventKind.EXTENDED, EventKind.RESUMED, EventKind.DISAGREED, EventKind.REOPENED}
)
# What may be done to a merged order: nothing moves it but the unmerge.
WHILE_MERGED = frozenset({"unmerge", "note", "unfollow"})


class Chances:
    """What a move is made with, drawn as it is needed."""

    def __init__(self, data: st.DataObject, other: WorkOrder, at: datetime) -> None:
        self._data = data
        self.other = other
        self.at = at

    def of(self, values: tuple[Any, ...]) -> Any:
        """One of these."""
        return self._data.draw(st.sampled_from(values))

    @property
    def reason(self) -> str:
        """A reason, seldom an empty one."""
        return str(self.of(("等配件",) * 9 + (" ",)))

    @property
    def until(self) -> datetime:
        """A date around the ones that matter."""
        return self.at + timedelta(days=self.of((-1, 1, 9, 9, 14, 40)))


Try = Callable[[WorkOrder, Act, Chances], Change]
TRIES: Mapping[str, Try] = {
    "accept": lambda o, a, _: moves.accept(o, a),
    "return": lambda o, a, c: moves.return_order(
        o, a, reason=c.reason, proposed=c.of((None, *POSTS))
    ),
    "hand_on": lambda o, a, c: moves.hand_on(o, a, post=c.of((WORKER, *POSTS)), reason=c.reason),
    "suspend": lambda o, a, c: moves.suspend(o, a, reason=c.reason, until=c.until),
    "resume": lambda o, a, _: moves.resume(o, a),
    "resolve": lambda o, a, c: moves.resolve(o, a, note=c.reason),
    "note": lambda o, a, c: moves.note(o, a, text=c.reason),
    "extend": lambda o, a, c: moves.ask_extension(o, a, until=c.until, reason=c.reason),
    "approve": lambda o, a, _: moves.approve_extension(o, a),
    "refuse": lambda o, a, c: moves.refuse_extension(o, a, reason=c.reason),
    "whistle": lambda o, a, c: moves.whistle(
        o, a, responders=(c.of(POSTS), c.of(POSTS)), by=c.until, reason=c.reason
    ),
    "report_in": lambda o, a, c: moves.report_in(o, a, post=c.of((*a.actor.posts, *POSTS[:1]))),
    "on_site": lambda o, a, _: moves.on_site(o, a),
    "assign": lambda o, a, c: moves.assign(o, a, post=c.of(POSTS)),
    "name_owner": lambda o, a, c: moves.name_owner(o, a, post=c.of(POSTS)),
    "decline": lambda o, a, c: moves.decline(o, a, reason=c.reason, path="找法院"),
    "transfer": lambda o, a, c: moves.transfer(o, a, to="供电所", reason=c.reason),
    "merge": lambda o, a, c: moves.merge_into(o, c.other, a, reason=c.reason),
    "unmerge": lambda o, a, c: moves.unmerge(o, a, parent=c.other, reason=c.reason),
    "correct": lambda o, a, c: moves.correct(
        o, a, place=c.of((None, PLACE)), grid=c.of(GRIDS), category=c.of(CATEGORIES)
    ),
    "settle_place": lambda o, a, c: moves.settle_place(o, a, place=PLACE, grid=c.of(GRIDS)),
    "recategorise": lambda o, a, c: moves.recategorise(
        o, a, category=c.of(CATEGORIES), order_class=c.of((None, *OrderClass))
    ),
    "urge": lambda o, a, _: moves.urge(o, a),
    "supplement": lambda o, a, c: moves.supplement(o, a, text=c.reason),
    "say_over": lambda o, a, c: moves.say_over(o, a, text=c.reason),
    "keep_name": lambda o, a, c: moves.keep_name(o, a, text=c.reason),
    "withdraw": lambda o, a, _: moves.withdraw(o, a),
    "follow": lambda o, a, c: moves.follow(o, a, person=c.of((1, 2, 3))),
    "unfollow": lambda o, a, c: moves.unfollow(o, a, person=c.of((1, 2, 3))),
    "confirm": lambda o, a, _: moves.confirm(o, a),
    "disagree": lambda o, a, c: moves.disagree(o, a, reason=c.reason),
    "reopen": lambda o, a, c: moves.reopen(o, a, reason=c.reason),
    "rate": lambda o, a, c: moves.rate(o, a, rating=c.of((0, 1, 3, 5))),
}
# What people mostly do with an order as it stands; without it few lives would get far.
USUAL: Mapping[Status, tuple[str, ...]] = {
    Status.OPEN: ("assign", "name_owner", "settle_place", "recategorise", "merge", "decline"),
    Status.ASSIGNED: (
        "accept",
        "return",
        "return",
        "hand_on",
        "suspend",
        "extend",
        "whistle",
        "correct",
        "merge",
        "assign",
    ),
    Status.ACCEPTED: (
        "suspend",
        "extend",
        "approve",
        "approve",
        "refuse",
        "whistle",
        "report_in",
        "hand_on",
        "resolve",
        "recategorise",
        "merge",
    ),
    Status.SUSPENDED: ("resume", "resume", "approve", "hand_on", "recategorise", "merge"),
    Status.RESOLVED: ("disagree", "disagree", "confirm", "withdraw"),
    Status.CLOSED: ("reopen", "rate"),
    Status.DECLINED: ("reopen",),
    Status.WITHDRAWN: ("reopen",),
    Status.MERGED: ("unmerge",),
    Status.TRANSFERRED: ("reopen",),
}
OF_THE_OWNER = frozenset(
    {"accept", "return", "hand_on", "suspend", "resume", "extend", "whistle", "resolve"}
)
OF_THE_REPORTER = frozenset({"confirm", "disagree", "rate", "withdraw", "correct"})
# In the order of scheduler/orders.py: what wakes may be late already.
OF_THE_CLOCK: tuple[Callable[[WorkOrder, Act], Change], ...] = (
    moves.resume_when_due,
    moves.warn,
    moves.escalate,
    moves.remind_to_confirm,
    moves.close_by_silence,
)


class OrderLife(RuleBasedStateMachine):
    """Two work orders, everybody, and time."""

    @initialize(
        category=st.sampled_from(CATEGORIES),
        grid=st.sampled_from((GRID, GRID, None)),
        about_staff=st.sampled_from((False, False, False, True)),
        accused=st.sampled_from((None, None, *STAFF.values())),
    )
    def come_in(
        self, category: str, grid: int | None, about_staff: bool, accused: Actor | None
    ) -> None:
        """One work order of any kind, and another about the same thing by a neighbour."""
        self.at = MONDAY
        self.accused = None if accused is None or not about_staff else accused
        people = frozenset() if self.accused is None else frozenset({self.accused.person})
        place = PLACE if grid is not None else OrderPlace()
        first = a_draft(category, grid=grid, place=place, about_staff=about_staff, accused=people)
        second = a_draft(id=2, number="0615000022", reporter=2)
        posts = frozenset() if self.accused is None else self.accused.posts
        by_resident = act(RESIDENT, self.at)
        self.orders: dict[str, WorkOrder] = {}
        self._record(moves.open_order(first, by_resident, accused_posts=posts), by_resident)
        self._record(moves.open_order(second, by_resident), by_resident)
        self.born = {number: order.history[0] for number, order in self.orders.items()}

    @rule(minutes=st.sampled_from((1, 20, 90, 400, 1440, 4320, 12000)))
    def time_passes(self, minutes: int) -> None:
        """Time passes, whether or not the clock looks."""
        self.at += timedelta(minutes=minutes)

    @rule(data=st.data(), name=st.sampled_from(tuple(TRIES)), actor=st.sampled_from(EVERYBODY))
    def somebody_tries(self, data: st.DataObject, name: str, actor: Actor) -> None:
        """Anybody tries anything."""
        self._try(data, name, actor, self._pick(data))

    @rule(data=st.data(), steps=st.integers(1, 4))
    def the_usual_happens(self, data: st.DataObject, steps: int) -> None:
        """The ones it falls to do what is usually done."""
        for _ in range(steps):
            order = self._pick(data)
            name = data.draw(st.sampled_from(USUAL[order.status]))
            self._try(data, name, self._usual_actor(data, name, order), order)

    @rule()
    def the_clock_looks(self) -> None:
        """The clock makes every move that is due, once."""
        for number in tuple(self.orders):
            for move in OF_THE_CLOCK:
                try:
                    change = move(self.orders[number], act(CLOCK, self.at))
                except RuleBroken:
                    continue
                self._record(change, act(CLOCK, self.at))
        for order in self.orders.values():
            assert escalation_due(order, act(CLOCK).rules, self.at) is None
            assert warnings_due(order, act(CLOCK).rules, self.at) == ()

    @invariant()
    def what_is_owed_is_owed_by_somebody(self) -> None:
        """A running order has an owner or is at the desk, and a next time somebody hears of it."""
        for order in self.orders.values():
            in_hand = order.is_running and order.status is not Status.OPEN
            assert (order.owner is not None) or not in_hand
            assert (order.owner is None) or order.status is not Status.OPEN
            if order.is_running:
                still = paused_remaining(order, act(CLOCK).rules) is not None
                assert not still or order.status is Status.SUSPENDED
                assert next_escalation_at(order, act(CLOCK).rules) is not None

    @invariant()
    def no_history_is_lost(self) -> None:
        """Events are numbered without a gap and the first opening is what it was."""
        for number, order in self.orders.items():
            assert [event.seq for event in order.history] == [*range(1, len(order.history) + 1)]
            assert order.history[0] == self.born[number]

    @invariant()
    def nothing_reaches_who_it_is_kept_from(self) -> None:
        """The accused sees nothing and did nothing; a restricted order stays with its posts."""
        for order in self.orders.values():
            assert order.owner is None or is_fit(order, order.owner)
            assert all(is_fit(order, post) for post in order.responders)
            if self.accused is not None and order.accused:
                assert not may_see(order, self.accused, act(CLOCK).org)
                assert self.accused.person not in {event.person for event in order.history}

    @invariant()
    def each_warning_and_reminder_is_given_once_in_a_cycle(self) -> None:
        """Nobody is told the same thing twice."""
        for order in self.orders.values():
            told = [
                (event.kind, event.values.get("stage"))
                for event in cycle_events(order)
                if event.kind in (EventKind.WARNED, EventKind.REMINDED)
            ]
            assert len(told) == len(set(told))

    def _pick(self, data: st.DataObject) -> WorkOrder:
        return self.orders[data.draw(st.sampled_from(tuple(self.orders)))]

    def _usual_actor(self, data: st.DataObject, name: str, order: WorkOrder) -> Actor:
        if name in OF_THE_REPORTER or order.status is Status.WITHDRAWN:
            return RESIDENT if order.reporter == RESIDENT.person else NEIGHBOUR
        if name in OF_THE_OWNER and order.owner is not None:
            return STAFF[order.owner]
        if name == "report_in" and order.responders:
            return STAFF[order.responders[-1]]
        return STAFF[data.draw(st.sampled_from((DUTY, SECRETARY, STREET_DUTY)))]

    def _try(self, data: st.DataObject, name: str, actor: Actor, order: WorkOrder) -> None:
        other = next(one for one in self.orders.values() if one.number != order.number)
        doing = act(actor, self.at)
        try:
            change = TRIES[name](order, doing, Chances(data, other, self.at))
        except RuleBroken:
            return
        assert order.status is not Status.MERGED or name in WHILE_MERGED
        self._record(change, doing)

    def _record(self, change: Change, doing: Act) -> None:
        for after in change.orders:
            before = self.orders.get(after.number)
            if before is not None:
                _check_step(before, after, change, doing)
            self.orders[after.number] = after


def _check_step(before: WorkOrder, after: WorkOrder, change: Change, doing: Act) -> None:
    """What one move may do to one order."""
    known = len(before.history)
    assert after.history[:known] == before.history
    added = after.history[known:]
    assert added
    assert all(event.at == doing.at for event in added)
    assert all(event.person == doing.actor.person or event.person is None for event in added)
    assert after.status is before.status or _reaches(before.status, after.status, len(added))
    assert after.created_at == before.created_at
    kinds = {event.kind for event in added}
    if before.is_running and after.is_running and not kinds & MOVES_THE_DATE:
        assert _due(after, doing) == _due(before, doing)
    if EventKind.CORRECTED in kinds and after.order_class is before.order_class:
        assert _due(after, doing) == _due(before, doing) or EventKind.RESUMED in kinds
    if after.is_running and kinds & TELLS_THE_DATE:
        assert after.promised_at == date_held(after, doing.rules)
    if after.promised_at != before.promised_at:
        assert _hears(after, change, doing)
    if EventKind.ESCALATED in kinds:
        _check_rung(before, after)


def _check_rung(before: WorkOrder, after: WorkOrder) -> None:
    """Each rung hears once in a cycle; only the top hears again."""
    rungs = [
        event.values["rung"] for event in cycle_events(before) if event.kind is EventKind.ESCALATED
    ]
    rung = after.history[-1].values["rung"]
    assert rung not in rungs or rung == top_rung(before)


def _hears(order: WorkOrder, change: Change, doing: Act) -> bool:
    """Whether the reporter hears the new date: by a notice, or in answer to what he just did."""
    told = any(
        notice.number == order.number and notice.to.audience is Audience.REPORTER
        for notice in change.notices
    )
    return told or doing.actor.person == order.reporter


def _reaches(before: Status, after: Status, steps: int) -> bool:
    """Whether so many events can lead from the one status to the other."""
    found = {before}
    for _ in range(steps):
        found |= {status for one in found for status in NEXT[one]}
    return after in found


def _due(order: WorkOrder, doing: Act) -> datetime | None:
    return clock_due(order, Clock.RESOLVE, doing.rules)


OrderLife.TestCase.settings = settings(max_examples=200, stateful_step_count=50)
TestOrderLife = OrderLife.TestCase
