"""A street with one community, its people, and work orders brought to every status by moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain import moves
from domain.acts import Act
from domain.changes import Audience, Change, Notice
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import CLOCK, Actor, Post, Role
from domain.places import OrderPlace
from domain.rules import Category
from domain.units import Org, Unit, UnitKind
from tests.domain.tables import RULES as DEADLINES
from tests.domain.tables import local

STREET, COMMUNITY, GRID, OTHER_GRID, ELSEWHERE, GRID_ELSEWHERE = 2, 3, 4, 5, 6, 7
ORG = Org(
    [
        Unit(id=1, code="D", kind=UnitKind.DISTRICT, name="栖梧区"),
        Unit(id=STREET, code="S", kind=UnitKind.STREET, name="凤栖街道", parent=1),
        Unit(id=COMMUNITY, code="C1", kind=UnitKind.COMMUNITY, name="梧桐社区", parent=2),
        Unit(id=GRID, code="G1", kind=UnitKind.GRID, name="第一网格", parent=3),
        Unit(id=OTHER_GRID, code="G2", kind=UnitKind.GRID, name="第二网格", parent=3),
        Unit(id=ELSEWHERE, code="C2", kind=UnitKind.COMMUNITY, name="银杏社区", parent=2),
        Unit(id=GRID_ELSEWHERE, code="G3", kind=UnitKind.GRID, name="第三网格", parent=6),
    ]
)

LEADER = Post(unit=GRID, role=Role.GRID_LEADER)
OTHER_LEADER = Post(unit=OTHER_GRID, role=Role.GRID_LEADER)
WORKER = Post(unit=GRID, role=Role.GRID_WORKER)
PROPERTY = Post(unit=COMMUNITY, role=Role.PROPERTY)
WOMEN = Post(unit=COMMUNITY, role=Role.WOMEN_CONTACT)
DUTY = Post(unit=COMMUNITY, role=Role.DUTY)
SECRETARY = Post(unit=COMMUNITY, role=Role.SECRETARY)
STREET_DUTY = Post(unit=STREET, role=Role.STREET_DUTY)
STREET_LEADER = Post(unit=STREET, role=Role.STREET_LEADER)
FIRE_STATION = Post(unit=STREET, role=Role.DEPARTMENT)
DUTY_ELSEWHERE = Post(unit=ELSEWHERE, role=Role.DUTY)
POSTS = (
    LEADER,
    OTHER_LEADER,
    WORKER,
    PROPERTY,
    WOMEN,
    DUTY,
    SECRETARY,
    STREET_DUTY,
    STREET_LEADER,
    FIRE_STATION,
    DUTY_ELSEWHERE,
)

RESIDENT, NEIGHBOUR, STRANGER = Actor(person=1), Actor(person=2), Actor(person=3)
STAFF: Mapping[Post, Actor] = {
    post: Actor(person=10 + n, posts=frozenset({post})) for n, post in enumerate(POSTS)
}
EVERYBODY = (RESIDENT, NEIGHBOUR, STRANGER, *STAFF.values(), CLOCK)

LIGHTS, LIFT, GAS, VIOLENCE, FENCES, POLICY, PETITION, RUBBISH = (
    "0402",
    "0401",
    "0101",
    "0107",
    "0601",
    "09",
    "13",
    "0301",
)
RULES = replace(
    DEADLINES,
    categories={
        category.code: category
        for category in (
            Category(code="04", name="物业设施", english="Facilities", order_class=None),
            Category(code=LIGHTS, name="照明", english="Lighting", order_class=OrderClass.N),
            Category(
                code=LIFT,
                name="电梯故障",
                english="Lift",
                order_class=OrderClass.E1,
                owner=Role.PROPERTY,
            ),
            Category(code=GAS, name="燃气泄漏", english="Gas", order_class=OrderClass.E0),
            Category(
                code=VIOLENCE,
                name="自伤家暴",
                english="Violence",
                order_class=OrderClass.E0,
                owner=Role.WOMEN_CONTACT,
            ),
            Category(code=FENCES, name="违章搭建", english="Fences", order_class=OrderClass.D),
            Category(code=POLICY, name="政策咨询", english="Policy", order_class=OrderClass.Q),
            Category(
                code=PETITION,
                name="信访",
                english="Petition",
                order_class=OrderClass.X,
                path="拨打 12388",
            ),
            Category(code=RUBBISH, name="垃圾清运", english="Rubbish", order_class=OrderClass.U),
        )
    },
)

MONDAY = local("2026-06-15 10:00")
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
PLACE = OrderPlace(estate="梧桐苑", building="3", entrance="2")


def act(actor: Actor | Post, at: datetime = MONDAY + AN_HOUR, **changed: Any) -> Act:
    """An act by this person, or by whoever holds this post."""
    doer = STAFF[actor] if isinstance(actor, Post) else actor
    return Act(actor=doer, at=at, rules=replace(RULES, **changed), org=ORG)


def a_draft(category: str = LIGHTS, **facts: Any) -> WorkOrder:
    """What the resident said, with its place in the first grid, unless told otherwise."""
    found = RULES.categories.get(category)
    order_class = found.order_class if found is not None else None
    usual: dict[str, Any] = {
        "id": 1,
        "number": "0615000011",
        "community": COMMUNITY,
        "grid": GRID,
        "place": PLACE,
        "text": "楼道灯不亮",
        "reporter": RESIDENT.person,
        "category": category,
        "order_class": order_class or OrderClass.N,
        "created_at": MONDAY,
    }
    return WorkOrder(**(usual | facts))


def an_open_order(category: str = LIGHTS, **facts: Any) -> WorkOrder:
    """A work order as it comes in: with its owner, where it finds one."""
    return moves.open_order(a_draft(category, **facts), act(RESIDENT, MONDAY)).order


def _unplaced() -> WorkOrder:
    return an_open_order(grid=None, place=OrderPlace())


def _accepted() -> WorkOrder:
    return moves.accept(an_open_order(), act(LEADER)).order


def _suspended() -> WorkOrder:
    return moves.suspend(_accepted(), act(LEADER), reason="等配件", until=MONDAY + A_DAY).order


def _resolved() -> WorkOrder:
    return moves.resolve(_accepted(), act(LEADER), note="灯换好了").order


def _merged() -> WorkOrder:
    return moves.merge_into(_accepted(), a_parent(), act(DUTY), reason="同一件事").order


def a_parent() -> WorkOrder:
    """Another resident's work order about the same thing, with its owner."""
    draft = a_draft(id=2, number="0615000022", reporter=NEIGHBOUR.person)
    return moves.open_order(draft, act(NEIGHBOUR, MONDAY)).order


LATER, NEXT_MONTH = MONDAY + 2 * AN_HOUR, MONDAY + 30 * A_DAY
TO_EXTEND = MONDAY + 10 * A_DAY  # the lights are promised for 22 June
Move = Callable[[WorkOrder], Change]


def asked(order: WorkOrder) -> WorkOrder:
    """The order as if its owner had just asked for an extension."""
    return order.with_event(
        EventKind.EXTENSION_ASKED, LATER, person=9, values={"until": TO_EXTEND.isoformat()}
    )


def called(order: WorkOrder) -> WorkOrder:
    """The order as if its owner had just whistled for the fire station."""
    values = {
        "responders": [{"unit": FIRE_STATION.unit, "role": FIRE_STATION.role.value}],
        "by": TO_EXTEND.isoformat(),
    }
    whistled = replace(order, responders=(FIRE_STATION,))
    return whistled.with_event(EventKind.WHISTLED, LATER, person=9, values=values)


def a_part() -> WorkOrder:
    """The draft of a part to be split off."""
    return a_draft(LIFT, id=3, number="0615000033", reporter=None)


BROUGHT: Mapping[Status, Callable[[], WorkOrder]] = {
    Status.DRAFT: a_draft,
    Status.OPEN: _unplaced,
    Status.ASSIGNED: an_open_order,
    Status.ACCEPTED: _accepted,
    Status.SUSPENDED: _suspended,
    Status.RESOLVED: _resolved,
    Status.CLOSED: lambda: moves.confirm(_resolved(), act(RESIDENT)).order,
    Status.DECLINED: lambda: (
        moves.decline(an_open_order(), act(DUTY), reason="不归我们管", path="找法院").order
    ),
    Status.WITHDRAWN: lambda: moves.withdraw(an_open_order(), act(RESIDENT)).order,
    Status.MERGED: _merged,
    Status.TRANSFERRED: lambda: (
        moves.transfer(an_open_order(), act(DUTY), to="供电所", reason="路灯归他们").order
    ),
}


def an_order(status: Status) -> WorkOrder:
    """A work order that came to this status by moves."""
    return BROUGHT[status]()


def phrases(change: Change, audience: Audience | None = None) -> list[str]:
    """The phrases told, to this audience or to all."""
    return [notice.phrase for notice in told(change, audience)]


def told(change: Change, audience: Audience | None = None) -> list[Notice]:
    """The notices to this audience, or to all."""
    return [
        notice for notice in change.notices if audience is None or notice.to.audience is audience
    ]
