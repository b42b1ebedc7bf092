"""Which post owes a work order first, and which post stands above which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.orders import OrderClass, WorkOrder
from domain.people import Post, Role
from domain.rules import Rules
from domain.units import Org, Unit, UnitKind

# Self-harm and violence at home: the owner must not be a neighbour or a relative by chance.
RESTRICTED_CATEGORIES = frozenset({"0107"})
RESTRICTED_ROLES = frozenset({Role.WOMEN_CONTACT, Role.DUTY, Role.SECRETARY})
# Nothing is done at a place: no place has to be known before somebody owes an answer.
PLACELESS = frozenset({OrderClass.Q, OrderClass.S, OrderClass.X})

# How high a role stands where units are equal.
RANK: Mapping[Role, int] = {
    Role.GRID_WORKER: 0,
    Role.GRID_LEADER: 1,
    Role.PROPERTY: 1,
    Role.WOMEN_CONTACT: 1,
    Role.DEPARTMENT: 1,
    Role.DUTY: 2,
    Role.SECRETARY: 3,
    Role.STREET_DUTY: 4,
    Role.STREET_LEADER: 5,
    Role.ADMIN: 6,
}

# The level of the tree at which a role is held.
LEVEL: Mapping[Role, UnitKind] = {
    Role.GRID_WORKER: UnitKind.GRID,
    Role.GRID_LEADER: UnitKind.GRID,
    Role.PROPERTY: UnitKind.COMMUNITY,
    Role.WOMEN_CONTACT: UnitKind.COMMUNITY,
    Role.DUTY: UnitKind.COMMUNITY,
    Role.SECRETARY: UnitKind.COMMUNITY,
    Role.DEPARTMENT: UnitKind.STREET,
    Role.STREET_DUTY: UnitKind.STREET,
    Role.STREET_LEADER: UnitKind.STREET,
}

# The post that speaks for a unit when only the unit is named, and the one that looks at its words.
SPEAKS_FOR: Mapping[UnitKind, Role] = {
    UnitKind.GRID: Role.GRID_LEADER,
    UnitKind.DEPARTMENT: Role.DEPARTMENT,
    UnitKind.COMMUNITY: Role.DUTY,
    UnitKind.STREET: Role.STREET_DUTY,
}
REVIEWERS: Mapping[UnitKind, Role] = {
    UnitKind.COMMUNITY: Role.SECRETARY,
    UnitKind.STREET: Role.STREET_LEADER,
}

# 网格员 → 网格长 → 社区 → 街道: 小事不出网格，大事不出社区，难事不出街道.
ABOVE: Mapping[Role, Role] = {
    Role.GRID_WORKER: Role.GRID_LEADER,
    Role.GRID_LEADER: Role.DUTY,
    Role.PROPERTY: Role.DUTY,
    Role.WOMEN_CONTACT: Role.DUTY,
    Role.DUTY: Role.SECRETARY,
    Role.SECRETARY: Role.STREET_DUTY,
    Role.DEPARTMENT: Role.STREET_DUTY,
    Role.STREET_DUTY: Role.STREET_LEADER,
}


def desk_of(unit: Unit) -> Post:
    """The desk that answers for what a unit publishes; an administrator's where it has none."""
    return Post(unit=unit.id, role=SPEAKS_FOR.get(unit.kind, Role.ADMIN))


def reviewer_of(unit: Unit) -> Post:
    """Who looks at what the desk of a unit wrote; an administrator where nobody does."""
    return Post(unit=unit.id, role=REVIEWERS.get(unit.kind, Role.ADMIN))


def owner_post(
    order: WorkOrder, rules: Rules, org: Org, *, accused_posts: frozenset[Post] = frozenset()
) -> Post | None:
    """The post that owes this work order first, or None when a person at the desk must decide.

    None also when a grid would own it and the grid is not known. `accused_posts` are the posts
    held by the people complained about: such a complaint starts at the secretary and climbs past
    every one of them (信访工作条例, article 30).
    """
    category = rules.categories.get(order.category)
    if order.restricted:
        named = category is not None and category.owner in RESTRICTED_ROLES
        role = category.owner if category is not None and named else Role.DUTY
        post = _past(Post(unit=order.community, role=role), accused_posts, org)
        return post if post is not None and post.role in RESTRICTED_ROLES else None
    if order.about_staff or order.accused:
        return _past(Post(unit=order.community, role=Role.SECRETARY), accused_posts, org)
    if order.order_class is OrderClass.X:
        return None
    if category is None:
        return None
    role = Role.DUTY if order.order_class is OrderClass.Q else category.owner
    return post_for(role, order, org)


def post_for(role: Role, order: WorkOrder, org: Org) -> Post | None:
    """The post of this role that covers the order, or None where its unit is not known."""
    unit = org.nearest(order.grid or order.community, LEVEL[role])
    return None if unit is None else Post(unit=unit.id, role=role)


def is_placed(order: WorkOrder) -> bool:
    """Whether enough is known of the place for somebody to go there, or no place is needed."""
    placeless = order.order_class in PLACELESS or order.restricted or order.about_staff
    return placeless or order.grid is not None or bool(order.place)


def next_above(post: Post, org: Org) -> Post | None:
    """The post one step up the ladder, or None at its end."""
    role = ABOVE.get(post.role)
    unit = None if role is None else org.nearest(post.unit, LEVEL[role])
    return None if role is None or unit is None else Post(unit=unit.id, role=role)


def ladder(post: Post, org: Org) -> Iterator[Post]:
    """Every post above this one, nearest first."""
    above = next_above(post, org)
    while above is not None:
        yield above
        above = next_above(above, org)


def stands_above(upper: Post, lower: Post, org: Org) -> bool:
    """Whether the first post covers the second's unit and stands higher."""
    return org.within(lower.unit, upper.unit) and RANK[upper.role] > RANK[lower.role]


def naming_post(order: WorkOrder, org: Org) -> Post:
    """Who names the owner of what came back too often: the street, the secretary if restricted."""
    secretary = Post(unit=order.community, role=Role.SECRETARY)
    return secretary if order.restricted else next_above(secretary, org) or secretary


def _past(post: Post, accused: frozenset[Post], org: Org) -> Post | None:
    if post not in accused:
        return post
    return next((above for above in ladder(post, org) if above not in accused), None)
