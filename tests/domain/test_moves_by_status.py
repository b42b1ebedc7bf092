"""Where each move may be made: in the statuses of one table, and with a reason where it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain import moves
from domain.acts import ReasonMissing, RuleBroken
from domain.changes import Audience
from domain.deadlines import promise
from domain.orders import FINAL, NEXT, EventKind, IllegalTransition, Status, WorkOrder
from domain.people import CLOCK
from tests.domain.acting import (
    A_DAY,
    DUTY,
    FENCES,
    FIRE_STATION,
    GRID,
    LEADER,
    MONDAY,
    NEXT_MONTH,
    PLACE,
    PROPERTY,
    RESIDENT,
    RULES,
    SECRETARY,
    STRANGER,
    STREET_DUTY,
    TO_EXTEND,
    WORKER,
    Move,
    a_parent,
    a_part,
    act,
    an_open_order,
    an_order,
    asked,
    called,
)

S = Status
IN_HAND = {S.ASSIGNED, S.ACCEPTED}
RUNNING = {S.OPEN, S.ASSIGNED, S.ACCEPTED, S.SUSPENDED}
UNFINISHED = RUNNING | {S.RESOLVED}
EVERY = set(Status)


def put_up(order: WorkOrder) -> WorkOrder:
    """The order, watched from the street since before it was resolved."""
    values = {"unit": 2, "role": "street_duty", "named": 10, "evidence": "words"}
    until = (MONDAY + A_DAY).isoformat()
    return order.with_event(
        EventKind.SUPERVISED, MONDAY + A_DAY / 24, values={**values, "until": until}
    )


# Each move by somebody who may make it, and every status it can be made in.
TABLE: Mapping[str, tuple[Move, set[Status]]] = {
    "open": (lambda o: moves.open_order(o, act(RESIDENT)), {S.DRAFT}),
    "accept": (lambda o: moves.accept(o, act(DUTY)), {S.ASSIGNED}),
    "return": (lambda o: moves.return_order(o, act(DUTY), reason="不归我"), {S.ASSIGNED}),
    "hand_on": (
        lambda o: moves.hand_on(o, act(DUTY), post=PROPERTY, reason="维保"),
        IN_HAND | {S.SUSPENDED},
    ),
    "suspend": (lambda o: moves.suspend(o, act(DUTY), reason="等", until=NEXT_MONTH), IN_HAND),
    "resume": (lambda o: moves.resume(o, act(DUTY)), {S.SUSPENDED}),
    "resolve": (lambda o: moves.resolve(o, act(DUTY), note="好了"), RUNNING),
    "note": (lambda o: moves.note(o, act(SECRETARY), text="去看过"), EVERY),
    "extend": (
        lambda o: moves.ask_extension(o, act(DUTY), until=TO_EXTEND, reason="等配件"),
        IN_HAND,
    ),
    "approve_extension": (
        lambda o: moves.approve_extension(asked(o), act(DUTY)),
        {S.ACCEPTED, S.SUSPENDED},
    ),
    "refuse_extension": (
        lambda o: moves.refuse_extension(asked(o), act(DUTY), reason="不行"),
        {S.ACCEPTED, S.SUSPENDED},
    ),
    "whistle": (
        lambda o: moves.whistle(
            o, act(DUTY), responders=(FIRE_STATION,), by=TO_EXTEND, reason="要消防"
        ),
        IN_HAND,
    ),
    "report_in": (
        lambda o: moves.report_in(called(o), act(FIRE_STATION), post=FIRE_STATION),
        IN_HAND | {S.SUSPENDED},
    ),
    "on_site": (lambda o: moves.on_site(o, act(DUTY)), IN_HAND | {S.SUSPENDED}),
    "assign": (lambda o: moves.assign(o, act(DUTY), post=PROPERTY), {S.OPEN, S.ASSIGNED}),
    "name_owner": (
        lambda o: moves.name_owner(o, act(STREET_DUTY), post=PROPERTY),
        {S.OPEN, S.ASSIGNED},
    ),
    "decline": (
        lambda o: moves.decline(o, act(DUTY), reason="不归我们", path="找法院"),
        {S.OPEN, S.ASSIGNED},
    ),
    "transfer": (lambda o: moves.transfer(o, act(DUTY), to="供电所", reason="归他们"), RUNNING),
    "merge": (lambda o: moves.merge_into(o, a_parent(), act(DUTY), reason="同一件"), RUNNING),
    "unmerge": (
        lambda o: moves.unmerge(o, act(DUTY), parent=a_parent(), reason="不是同一件"),
        {S.MERGED},
    ),
    "split": (lambda o: moves.split(o, act(DUTY), parts=(a_part(),)), RUNNING),
    "correct": (lambda o: moves.correct(o, act(RESIDENT), text="是五栋"), RUNNING),
    "settle_place": (
        lambda o: moves.settle_place(o, act(DUTY), place=PLACE, grid=GRID),
        RUNNING,
    ),
    "recategorise": (lambda o: moves.recategorise(o, act(DUTY), category=FENCES), RUNNING),
    "urge": (lambda o: moves.urge(o, act(RESIDENT)), RUNNING),
    "keep_name": (lambda o: moves.keep_name(o, act(RESIDENT), text="别说是我"), UNFINISHED),
    "supplement": (lambda o: moves.supplement(o, act(RESIDENT), text="还在漏"), UNFINISHED),
    "say_over": (lambda o: moves.say_over(o, act(RESIDENT), text="没事了"), UNFINISHED),
    "withdraw": (lambda o: moves.withdraw(o, act(RESIDENT)), UNFINISHED | {S.DRAFT}),
    "follow": (lambda o: moves.follow(o, act(STRANGER), person=3), UNFINISHED),
    "confirm": (lambda o: moves.confirm(o, act(RESIDENT)), {S.RESOLVED}),
    "disagree": (lambda o: moves.disagree(o, act(RESIDENT), reason="还不亮"), {S.RESOLVED}),
    "reopen by the reporter": (
        lambda o: moves.reopen(o, act(RESIDENT), reason="又坏了"),
        {S.CLOSED, S.WITHDRAWN},
    ),
    "reopen by the desk": (
        lambda o: moves.reopen(o, act(SECRETARY), reason="复核"),
        {S.CLOSED, S.DECLINED, S.TRANSFERRED},
    ),
    "rate": (lambda o: moves.rate(o, act(RESIDENT), rating=5), {S.CLOSED}),
    "remind": (lambda o: moves.remind_to_confirm(o, act(CLOCK, NEXT_MONTH)), {S.RESOLVED}),
    "close_by_silence": (
        lambda o: moves.close_by_silence(o, act(CLOCK, NEXT_MONTH)),
        {S.RESOLVED},
    ),
    "resume_when_due": (
        lambda o: moves.resume_when_due(o, act(CLOCK, NEXT_MONTH)),
        {S.SUSPENDED},
    ),
    "expire": (lambda o: moves.expire_draft(o, act(CLOCK, NEXT_MONTH)), {S.DRAFT}),
    "escalate": (lambda o: moves.escalate(o, act(CLOCK, NEXT_MONTH)), RUNNING),
    "supervise": (
        lambda o: moves.supervise(
            o, act(STREET_DUTY), named=10, until=NEXT_MONTH, reason="超期未办结"
        ),
        UNFINISHED - {S.OPEN},
    ),
    "strike_off": (
        lambda o: moves.strike_off(put_up(o), act(STREET_DUTY)),
        {S.RESOLVED, S.CLOSED},
    ),
    "call_supervision": (
        lambda o: moves.call_supervision(put_up(o), act(CLOCK, NEXT_MONTH)),
        EVERY,
    ),
    "tell_late": (
        lambda o: moves.tell_late(o, act(CLOCK, NEXT_MONTH)),
        {S.OPEN, S.ASSIGNED, S.ACCEPTED},
    ),
    "warn": (
        lambda o: moves.warn(o, act(CLOCK, MONDAY + 6 * A_DAY)),
        RUNNING - {S.SUSPENDED},
    ),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", TABLE)
def test_a_move_is_made_where_the_table_says_and_nowhere_else(name: str, status: Status) -> None:
    move, legal = TABLE[name]
    order = an_order(status)
    if status not in legal:
        with pytest.raises(RuleBroken):
            move(order)
        return
    after = move(order).order
    before, added = after.history[: len(order.history)], after.history[len(order.history) :]
    assert before == order.history
    assert added
    assert [event.seq for event in after.history] == list(range(1, len(after.history) + 1))
    assert all(event.at > MONDAY for event in added)
    assert after.status is status or after.status in reachable(status)


def reachable(status: Status) -> set[Status]:
    """What a status may become in the two or three steps of one move."""
    found = {status}
    for _ in range(3):
        found |= {after for before in found for after in NEXT[before]}
    return found


def test_the_table_names_every_move() -> None:
    named = {name.split()[0] for name in TABLE} | {"unfollow"}
    longer = {
        "open_order": "open",
        "return_order": "return",
        "ask_extension": "extend",
        "merge_into": "merge",
        "remind_to_confirm": "remind",
        "expire_draft": "expire",
    }
    assert {longer.get(name, name) for name in moves.__all__} == named


def test_a_status_that_may_not_follow_is_refused_by_the_order_itself() -> None:
    with pytest.raises(IllegalTransition, match="closed cannot become open"):
        an_order(S.CLOSED).moved_to(S.OPEN)


@pytest.mark.parametrize(
    "move",
    [
        lambda o: moves.return_order(o, act(LEADER), reason=" "),
        lambda o: moves.hand_on(o, act(LEADER), post=WORKER, reason=""),
        lambda o: moves.suspend(o, act(LEADER), reason="", until=NEXT_MONTH),
        lambda o: moves.ask_extension(o, act(LEADER), until=TO_EXTEND, reason=""),
        lambda o: moves.decline(o, act(DUTY), reason="", path="找法院"),
        lambda o: moves.transfer(o, act(DUTY), to="供电所", reason=""),
        lambda o: moves.merge_into(o, a_parent(), act(DUTY), reason=""),
        lambda o: moves.whistle(o, act(LEADER), responders=(WORKER,), by=TO_EXTEND, reason=""),
        lambda _: moves.disagree(an_order(S.RESOLVED), act(RESIDENT), reason=""),
        lambda _: moves.reopen(an_order(S.CLOSED), act(RESIDENT), reason=""),
        lambda _: moves.unmerge(an_order(S.MERGED), act(DUTY), parent=a_parent(), reason=""),
    ],
)
def test_what_asks_for_a_reason_is_not_done_without(move: Move) -> None:
    with pytest.raises(ReasonMissing):
        move(an_open_order())


@pytest.mark.parametrize("name", ["urge", "note", "supplement", "correct", "settle_place"])
@pytest.mark.parametrize("status", [S.ASSIGNED, S.ACCEPTED])
def test_talking_about_it_moves_no_date(name: str, status: Status) -> None:
    before = an_order(status)
    after = TABLE[name][0](before).order
    assert promise(after, RULES) == promise(before, RULES)
    assert after.promised_at == before.promised_at


@pytest.mark.parametrize("name", ["accept", "decline", "transfer", "resolve", "suspend"])
def test_of_a_restricted_order_only_a_neutral_line_leaves_us(name: str) -> None:
    order = replace(an_open_order(), restricted=True, owner=DUTY, followers=(2,))
    change = TABLE[name][0](order)
    outside = (Audience.REPORTER, Audience.FOLLOWERS)
    heard = [(n.to.audience, n.phrase) for n in change.notices if n.to.audience in outside]
    assert heard == [(Audience.REPORTER, "order.neutral")]


@pytest.mark.parametrize("name", TABLE)
def test_nothing_follows_a_final_status_but_a_reopening_or_coming_apart(name: str) -> None:
    move, legal = TABLE[name]
    for status in legal & FINAL:
        after = move(an_order(status)).order.status
        assert after is status or name.split()[0] in {"reopen", "unmerge"}
