"""What each move allows in each status, what it asks for, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import moves
from domain.acts import Act, ReasonMissing, RuleBroken
from domain.changes import FOLLOWERS, OWNER, REPORTER, Audience, Change, above
from domain.deadlines import promise
from domain.extensions import (
    ExtensionAfterDue,
    ExtensionPending,
    ExtensionsUsedUp,
    ExtensionTooLong,
    OwnRequest,
)
from domain.handling import OwnerWasNamed, ResultMissing
from domain.orders import FINAL, EventKind, OrderClass, Status, WorkOrder
from domain.people import CLOCK, Actor, Post, Role
from domain.places import OrderPlace
from domain.resident import OthersRelyOnIt
from domain.rules import Category
from domain.units import Org, Unit, UnitKind
from domain.verdict import ReopenWindowOver
from tests.domain.tables import OWNER as LEADER
from tests.domain.tables import RULES as TABLES
from tests.domain.tables import local

S = Status
ORG = Org(
    [
        Unit(id=1, code="D", kind=UnitKind.DISTRICT, name="栖梧区"),
        Unit(id=2, code="S", kind=UnitKind.STREET, name="凤栖街道", parent=1),
        Unit(id=3, code="C", kind=UnitKind.COMMUNITY, name="梧桐社区", parent=2),
        Unit(id=4, code="G", kind=UnitKind.GRID, name="第一网格", parent=3),
        Unit(id=5, code="G2", kind=UnitKind.GRID, name="第二网格", parent=3),
        Unit(id=6, code="C2", kind=UnitKind.COMMUNITY, name="青桐社区", parent=2),
    ]
)
RULES = replace(
    TABLES,
    categories={
        code: Category(code=code, name=code, english=code, order_class=order_class, path="12345")
        for code, order_class in (
            ("0201", OrderClass.N),
            ("0301", OrderClass.U),
            ("0101", OrderClass.E0),
        )
    },
)
WORKER = Post(unit=4, role=Role.GRID_WORKER)
PROPERTY = Post(unit=3, role=Role.PROPERTY)
REPORTER_MAN = Actor(person=100)
NEIGHBOUR = Actor(person=101)
LEADER_MAN = Actor(person=1, posts=frozenset({LEADER}))
PROPERTY_MAN = Actor(person=2, posts=frozenset({PROPERTY}))
DUTY_MAN = Actor(person=3, posts=frozenset({Post(unit=3, role=Role.DUTY)}))
SECRETARY_MAN = Actor(person=4, posts=frozenset({Post(unit=3, role=Role.SECRETARY)}))
START = local("2026-06-17 10:00")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def act(actor: Actor, at: datetime = START + HOUR) -> Act:
    return Act(actor=actor, at=at, rules=RULES, org=ORG)


def a_draft(category: str = "0201", order_id: int = 1) -> WorkOrder:
    return WorkOrder(
        id=order_id,
        number=f"010100572{order_id}",
        category=category,
        order_class=(
            RULES.categories[category].order_class or OrderClass.N if category else OrderClass.N
        ),
        community=3,
        grid=4,
        place=OrderPlace(building="3"),
        text="路灯不亮",
        reporter=100,
        created_at=START,
    )


def opened(category: str = "0201", order_id: int = 1) -> WorkOrder:
    return moves.open_order(a_draft(category, order_id), act(REPORTER_MAN, START)).order


ASSIGNED = opened()
ACCEPTED = moves.accept(ASSIGNED, act(LEADER_MAN)).order
ASKED = moves.ask_extension(
    ACCEPTED, act(LEADER_MAN), until=START + 10 * DAY, reason="等配件"
).order
SUSPENDED = moves.suspend(ACCEPTED, act(LEADER_MAN), reason="等配件", until=START + 2 * DAY).order
RESOLVED = moves.resolve(ACCEPTED, act(LEADER_MAN), note="换了灯").order
PARENT = opened(order_id=2)
BY_STATUS: Mapping[Status, WorkOrder] = {
    S.DRAFT: a_draft(),
    S.OPEN: opened(""),
    S.ASSIGNED: ASSIGNED,
    S.ACCEPTED: ACCEPTED,
    S.SUSPENDED: SUSPENDED,
    S.RESOLVED: RESOLVED,
    S.CLOSED: moves.confirm(RESOLVED, act(REPORTER_MAN)).order,
    S.DECLINED: moves.decline(ASSIGNED, act(DUTY_MAN), reason="不归社区", path="12345").order,
    S.WITHDRAWN: moves.withdraw(ASSIGNED, act(REPORTER_MAN)).order,
    S.MERGED: moves.merge_into(ASSIGNED, PARENT, act(DUTY_MAN), reason="同一件").order,
    S.TRANSFERRED: moves.transfer(ASSIGNED, act(DUTY_MAN), to="城管", reason="市管").order,
}

RUNNING = {S.OPEN, S.ASSIGNED, S.ACCEPTED, S.SUSPENDED}
IN_HAND = {S.ASSIGNED, S.ACCEPTED}
UNFINISHED = RUNNING | {S.RESOLVED}
LATE = START + 60 * DAY
NOON = local("2026-08-20 12:00")


def asked(order: WorkOrder) -> WorkOrder:
    return order.with_event(
        EventKind.EXTENSION_ASKED,
        START + HOUR,
        person=1,
        values={"until": (START + 10 * DAY).isoformat()},
    )


def whistled(order: WorkOrder) -> WorkOrder:
    called = {"unit": 3, "role": "property"}
    order = replace(order, responders=(PROPERTY,))
    return order.with_event(EventKind.WHISTLED, START, values={"responders": [called]})


def with_followers(order: WorkOrder) -> WorkOrder:
    return replace(order, followers=(101,))


Move = Callable[[WorkOrder], Change]
# Every move done by somebody who may do it, and the statuses in which it can be done.
TABLE: Mapping[str, tuple[set[Status], Move]] = {
    "accept": ({S.ASSIGNED}, lambda o: moves.accept(o, act(DUTY_MAN))),
    "approve_extension": (
        {S.ACCEPTED, S.SUSPENDED},
        lambda o: moves.approve_extension(asked(o), act(DUTY_MAN)),
    ),
    "ask_extension": (
        IN_HAND,
        lambda o: moves.ask_extension(o, act(DUTY_MAN), until=START + 10 * DAY, reason="等"),
    ),
    "assign": ({S.OPEN, S.ASSIGNED}, lambda o: moves.assign(o, act(DUTY_MAN), post=PROPERTY)),
    "close_by_silence": ({S.RESOLVED}, lambda o: moves.close_by_silence(o, act(CLOCK, LATE))),
    "confirm": ({S.RESOLVED}, lambda o: moves.confirm(o, act(REPORTER_MAN))),
    "correct": (RUNNING, lambda o: moves.correct(o, act(REPORTER_MAN), text="灯坏了")),
    "decline": (
        {S.OPEN, S.ASSIGNED},
        lambda o: moves.decline(o, act(DUTY_MAN), reason="不归社区", path="12345"),
    ),
    "disagree": ({S.RESOLVED}, lambda o: moves.disagree(o, act(REPORTER_MAN), reason="还黑")),
    "escalate": (RUNNING, lambda o: moves.escalate(o, act(CLOCK, NOON))),
    "expire_draft": ({S.DRAFT}, lambda o: moves.expire_draft(o, act(CLOCK, LATE))),
    "follow": (UNFINISHED, lambda o: moves.follow(o, act(NEIGHBOUR), person=101)),
    "hand_on": (
        IN_HAND | {S.SUSPENDED},
        lambda o: moves.hand_on(o, act(DUTY_MAN), post=WORKER, reason="就近"),
    ),
    "merge_into": (
        RUNNING,
        lambda o: moves.merge_into(o, PARENT, act(DUTY_MAN), reason="同一件"),
    ),
    "name_owner": (
        {S.OPEN, S.ASSIGNED},
        lambda o: moves.name_owner(o, act(SECRETARY_MAN), post=PROPERTY),
    ),
    "note": (set(Status), lambda o: moves.note(o, act(DUTY_MAN), text="记一笔")),
    "on_site": (IN_HAND | {S.SUSPENDED}, lambda o: moves.on_site(o, act(DUTY_MAN))),
    "open_order": ({S.DRAFT}, lambda o: moves.open_order(o, act(REPORTER_MAN))),
    "rate": ({S.CLOSED}, lambda o: moves.rate(o, act(REPORTER_MAN), rating=5)),
    "recategorise": (
        RUNNING,
        lambda o: moves.recategorise(o, act(DUTY_MAN), category="0301"),
    ),
    "refuse_extension": (
        {S.ACCEPTED, S.SUSPENDED},
        lambda o: moves.refuse_extension(asked(o), act(DUTY_MAN), reason="不行"),
    ),
    "remind_to_confirm": (
        {S.RESOLVED},
        lambda o: moves.remind_to_confirm(o, act(CLOCK, LATE)),
    ),
    "reopen": (
        {S.CLOSED, S.WITHDRAWN},
        lambda o: moves.reopen(o, act(REPORTER_MAN), reason="又坏了"),
    ),
    "report_in": (
        IN_HAND | {S.SUSPENDED},
        lambda o: moves.report_in(whistled(o), act(PROPERTY_MAN), post=PROPERTY),
    ),
    "resolve": (RUNNING, lambda o: moves.resolve(o, act(DUTY_MAN), note="换了灯")),
    "resume": ({S.SUSPENDED}, lambda o: moves.resume(o, act(DUTY_MAN))),
    "resume_when_due": ({S.SUSPENDED}, lambda o: moves.resume_when_due(o, act(CLOCK, LATE))),
    "return_order": ({S.ASSIGNED}, lambda o: moves.return_order(o, act(DUTY_MAN), reason="错")),
    "settle_place": (
        RUNNING,
        lambda o: moves.settle_place(o, act(DUTY_MAN), place=OrderPlace(building="5"), grid=4),
    ),
    "split": (
        RUNNING,
        lambda o: moves.split(o, act(DUTY_MAN), parts=(a_draft(order_id=3),)),
    ),
    "supplement": (UNFINISHED, lambda o: moves.supplement(o, act(REPORTER_MAN), text="三楼")),
    "suspend": (
        IN_HAND,
        lambda o: moves.suspend(o, act(DUTY_MAN), reason="等", until=START + 3 * DAY),
    ),
    "transfer": (RUNNING, lambda o: moves.transfer(o, act(DUTY_MAN), to="城管", reason="市管")),
    "unfollow": (
        set(Status),
        lambda o: moves.unfollow(with_followers(o), act(NEIGHBOUR), person=101),
    ),
    "unmerge": (
        {S.MERGED},
        lambda o: moves.unmerge(o, act(DUTY_MAN), parent=PARENT, reason="两件事"),
    ),
    "urge": (RUNNING, lambda o: moves.urge(o, act(REPORTER_MAN))),
    # The clock of a suspended order stands still: there is no date to warn of.
    "warn": (
        RUNNING - {S.SUSPENDED},
        lambda o: moves.warn(o, act(CLOCK, local("2026-06-24 12:00"))),
    ),
    "whistle": (
        IN_HAND,
        lambda o: moves.whistle(
            o, act(DUTY_MAN), responders=(PROPERTY,), by=START + DAY, reason="来人"
        ),
    ),
    "withdraw": (UNFINISHED | {S.DRAFT}, lambda o: moves.withdraw(o, act(REPORTER_MAN))),
}


def told(change: Change) -> set[tuple[Audience, str]]:
    return {(notice.to.audience, notice.phrase) for notice in change.notices}


def test_every_move_has_a_row() -> None:
    assert set(TABLE) == set(moves.__all__)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("name", moves.__all__)
def test_a_move_can_be_done_in_these_statuses_only(name: str, status: Status) -> None:
    order = BY_STATUS[status]
    assert order.status is status
    legal, move = TABLE[name]
    if status not in legal:
        with pytest.raises(RuleBroken):
            move(order)
        return
    after = move(order).order
    assert after.history[: len(order.history)] == order.history
    assert [event.seq for event in after.history] == list(range(1, len(after.history) + 1))


@pytest.mark.parametrize(
    "move",
    [
        lambda: moves.return_order(ASSIGNED, act(LEADER_MAN), reason=" "),
        lambda: moves.suspend(ACCEPTED, act(LEADER_MAN), reason="", until=START + DAY),
        lambda: moves.ask_extension(ACCEPTED, act(LEADER_MAN), until=START + 9 * DAY, reason=""),
        lambda: moves.refuse_extension(ASKED, act(DUTY_MAN), reason=""),
        lambda: moves.hand_on(ACCEPTED, act(LEADER_MAN), post=WORKER, reason=""),
        lambda: moves.decline(ASSIGNED, act(DUTY_MAN), reason=""),
        lambda: moves.transfer(ASSIGNED, act(DUTY_MAN), to="城管", reason=""),
        lambda: moves.disagree(RESOLVED, act(REPORTER_MAN), reason=""),
        lambda: moves.merge_into(ASSIGNED, PARENT, act(DUTY_MAN), reason=""),
        lambda: moves.note(ASSIGNED, act(DUTY_MAN), text=" "),
    ],
)
def test_these_moves_ask_for_a_reason(move: Callable[[], Change]) -> None:
    with pytest.raises(ReasonMissing):
        move()


def test_the_third_return_asks_the_street_to_name_the_owner_who_cannot_return_it() -> None:
    order = ASSIGNED
    for _ in range(2):
        order = moves.return_order(order, act(LEADER_MAN), reason="不是我的").order
        order = moves.assign(order, act(DUTY_MAN), post=LEADER).order
    change = moves.return_order(order, act(LEADER_MAN), reason="不是我的")

    assert [notice.to.post for notice in change.notices] == [Post(unit=2, role=Role.STREET_DUTY)]
    with pytest.raises(RuleBroken):
        moves.assign(change.order, act(DUTY_MAN), post=LEADER)
    named = moves.name_owner(change.order, act(SECRETARY_MAN), post=LEADER).order
    with pytest.raises(OwnerWasNamed):
        moves.return_order(named, act(LEADER_MAN), reason="不是我的")


def test_an_extension_approved_is_promised_to_the_resident() -> None:
    change = moves.approve_extension(ASKED, act(DUTY_MAN))

    assert change.order.promised_at == START + 10 * DAY
    assert (Audience.REPORTER, "order.extended") in told(change)
    with pytest.raises(ExtensionsUsedUp):
        moves.ask_extension(change.order, act(LEADER_MAN), until=START + 11 * DAY, reason="还没到")


def test_an_extension_approved_while_suspended_is_promised_too() -> None:
    order = moves.suspend(ASKED, act(LEADER_MAN), reason="等", until=START + 2 * DAY).order

    approved = moves.approve_extension(order, act(DUTY_MAN)).order

    assert approved.promised_at == START + 10 * DAY


def test_a_new_category_while_suspended_leaves_a_date_promised() -> None:
    assert moves.recategorise(SUSPENDED, act(DUTY_MAN), category="0301").order.promised_at


def test_handing_on_a_suspended_order_promises_the_date_that_now_holds() -> None:
    later = act(LEADER_MAN, START + 2 * DAY)
    order = moves.hand_on(SUSPENDED, later, post=WORKER, reason="就近").order

    assert order.promised_at == promise(order, RULES) != SUSPENDED.promised_at


def test_an_extension_has_its_limits() -> None:
    def ask(order: WorkOrder, days: int, at: datetime = START + HOUR) -> Change:
        until = START + days * DAY
        return moves.ask_extension(order, act(LEADER_MAN, at), until=until, reason="等")

    with pytest.raises(ExtensionPending):
        ask(ASKED, 11)
    with pytest.raises(ExtensionTooLong):
        ask(ACCEPTED, 40)
    with pytest.raises(ExtensionAfterDue):
        ask(ACCEPTED, 12, START + 8 * DAY)
    by_duty = moves.ask_extension(
        ACCEPTED, act(DUTY_MAN), until=START + 10 * DAY, reason="等"
    ).order
    with pytest.raises(OwnRequest):
        moves.approve_extension(by_duty, act(DUTY_MAN))


def test_the_days_suspended_come_back_when_it_resumes() -> None:
    due = promise(ACCEPTED, RULES)
    assert due is not None
    assert promise(SUSPENDED, RULES) is None

    change = moves.resume(SUSPENDED, act(LEADER_MAN, START + 2 * DAY))

    assert change.order.promised_at == due + 2 * DAY
    assert (Audience.REPORTER, "order.resumed") in told(change)


def test_saying_done_implies_having_accepted_and_shows_a_result() -> None:
    order = moves.resolve(ASSIGNED, act(LEADER_MAN), photos=(7,)).order

    assert [event.kind for event in order.history[-2:]] == [
        EventKind.ACCEPTED,
        EventKind.RESOLVED,
    ]
    with pytest.raises(ResultMissing):
        moves.resolve(ASSIGNED, act(LEADER_MAN), note=" ")


def test_unsolved_goes_back_to_the_same_owner_and_one_level_up_knows() -> None:
    change = moves.disagree(RESOLVED, act(REPORTER_MAN), reason="还黑")

    assert (change.order.status, change.order.owner, change.order.cycle) == (
        S.ACCEPTED,
        LEADER,
        2,
    )
    assert [notice.to for notice in change.notices] == [OWNER, above()]


def test_silence_closes_flagged_after_five_days_and_the_window_to_reopen_ends() -> None:
    resolved_at = START + HOUR
    with pytest.raises(RuleBroken):
        moves.close_by_silence(RESOLVED, act(CLOCK, resolved_at + 5 * DAY - HOUR))
    closed_at = resolved_at + 5 * DAY
    closed = moves.close_by_silence(RESOLVED, act(CLOCK, closed_at)).order

    assert closed.history[-1].kind is EventKind.CLOSED_BY_SILENCE
    moves.reopen(closed, act(REPORTER_MAN, closed_at + 7 * DAY), reason="又坏了")
    with pytest.raises(ReopenWindowOver):
        moves.reopen(closed, act(REPORTER_MAN, closed_at + 7 * DAY + HOUR), reason="又坏了")


@pytest.mark.parametrize("name", ["urge", "note", "supplement", "correct", "settle_place"])
@pytest.mark.parametrize("status", [S.ASSIGNED, S.ACCEPTED])
def test_talking_about_it_moves_no_date(name: str, status: Status) -> None:
    before = BY_STATUS[status]
    after = TABLE[name][1](before).order

    assert promise(after, RULES) == promise(before, RULES)
    assert after.promised_at == before.promised_at


def test_who_is_merged_follows_and_comes_apart_again() -> None:
    order = replace(ASSIGNED, followers=(101,))
    change = moves.merge_into(order, PARENT, act(DUTY_MAN), reason="同一件")
    merged, parent = change.orders
    assert {REPORTER, FOLLOWERS} <= {notice.to for notice in change.notices}
    assert parent.followers == (101,)

    apart = moves.unmerge(merged, act(DUTY_MAN), parent=parent, reason="两件事").order

    assert (apart.status, apart.parent, apart.promised_at) == (
        S.ASSIGNED,
        None,
        ASSIGNED.promised_at,
    )


def test_what_neighbours_rely_on_is_not_withdrawn() -> None:
    with pytest.raises(OthersRelyOnIt):
        moves.withdraw(with_followers(ASSIGNED), act(REPORTER_MAN))


def test_a_low_rating_is_followed_up_by_a_desk_that_did_not_do_it() -> None:
    change = moves.rate(BY_STATUS[S.CLOSED], act(REPORTER_MAN), rating=1)

    assert [notice.to.post for notice in change.notices] == [Post(unit=3, role=Role.DUTY)]


@pytest.mark.parametrize("name", ["accept", "decline", "transfer", "resolve", "suspend"])
def test_of_a_restricted_order_only_a_neutral_line_leaves_us(name: str) -> None:
    duty = Post(unit=3, role=Role.DUTY)
    order = replace(ASSIGNED, restricted=True, owner=duty, followers=(101,))
    change = TABLE[name][1](order)
    outside = [n for n in change.notices if n.to in (REPORTER, FOLLOWERS)]

    assert [(n.to, n.phrase) for n in outside] == [(REPORTER, "order.neutral")]


def test_nothing_follows_a_final_status_but_a_reopening_or_coming_apart() -> None:
    for status in FINAL:
        for name, (legal, move) in TABLE.items():
            if status in legal:
                after = move(BY_STATUS[status]).order.status
                assert after is status or name in {"reopen", "unmerge"}
