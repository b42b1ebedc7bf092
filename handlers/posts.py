"""Who is meant by 物业, 消防, 第二网格 or 小赵, and which posts a work order may go to."""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages import Choice
from domain.orders import WorkOrder
from domain.people import Post, Role
from domain.rights import is_fit
from domain.routing import SPEAKS_FOR, desk_of, post_for
from domain.units import Unit, UnitKind
from handlers.said import Said, post_code
from handlers.turn import Turn
from knowledge.post_names import role_called, roles_in

USUAL = (Role.GRID_LEADER, Role.GRID_WORKER, Role.PROPERTY, Role.DUTY, Role.WOMEN_CONTACT)
MOST_CHOICES = 8


def called(turn: Turn, order: WorkOrder, name: str) -> tuple[Post, ...]:
    """The posts a name may stand for: a post's own, a unit's, or a person's; none if unknown."""
    role = role_called(name)
    post = post_for(role, order, turn.org) if role is not None else None
    if post is not None:
        return (post,)
    units = [unit for unit in _units_around(turn, order) if name in unit.name]
    if units:
        return tuple(desk_of(unit) for unit in units)
    return tuple(
        post
        for person in turn.tx.people.staff_named(name, within=_street(turn, order))
        for post in sorted(turn.tx.people.posts_of(person.id, turn.now), key=post_code)
    )


def the_one(turn: Turn, order: WorkOrder, details: Said) -> Post | None:
    """The post chosen, or the only one the names may stand for; None when it must be asked."""
    if details.post is not None:
        return details.post
    found = {post for name in details.names for post in called(turn, order, name)}
    return found.pop() if len(found) == 1 else None


def proposed(turn: Turn, order: WorkOrder, reason: str) -> Post | None:
    """The owner a reason speaks of ("这是物业维保范围"), or the one the category table names."""
    category = turn.rules.categories.get(order.category)
    roles = (*roles_in(reason), category.owner if category else None)
    posts = (*spoken_of(turn, order, reason), *(_fit_post(turn, order, role) for role in roles))
    return next((post for post in posts if post is not None and post != order.owner), None)


def spoken_of(turn: Turn, order: WorkOrder, text: str) -> list[Post]:
    """The departments of the street that a sentence speaks of."""
    street = turn.org.unit(_street(turn, order))
    return [
        post
        for post in departments(turn, order)
        if _speaks_of(text, turn.org.unit(post.unit), street)
    ]


def choices(turn: Turn, order: WorkOrder, details: Said) -> tuple[Choice, ...]:
    """The posts to choose from: those the names may stand for, or else the usual ones."""
    named = [post for name in details.names for post in called(turn, order, name)]
    usual = [post for role in USUAL if (post := _fit_post(turn, order, role)) is not None]
    posts = dict.fromkeys(named or [*usual, *departments(turn, order)])
    return _labelled(turn, (post for post in posts if post != order.owner))


def department_choices(turn: Turn, order: WorkOrder) -> tuple[Choice, ...]:
    """The departments of the street to whistle for."""
    return _labelled(turn, departments(turn, order))


def departments(turn: Turn, order: WorkOrder) -> list[Post]:
    """The departments of the street this work order lies in."""
    return [
        Post(unit=unit.id, role=Role.DEPARTMENT)
        for unit in _units_around(turn, order)
        if unit.kind is UnitKind.DEPARTMENT
    ]


def name(turn: Turn, post: Post) -> str:
    """A post in words: 第一网格网格长, 凤栖消防所."""
    unit = turn.org.unit(post.unit).name
    words: str = turn.tx.wording.say(f"desk.post.{post.role}", {"unit": unit})
    return words


def _labelled(turn: Turn, posts: Iterable[Post]) -> tuple[Choice, ...]:
    found = [Choice(value=post_code(post), label=name(turn, post)) for post in posts]
    return tuple(found[:MOST_CHOICES])


def _fit_post(turn: Turn, order: WorkOrder, role: Role | None) -> Post | None:
    post = None if role is None else post_for(role, order, turn.org)
    return post if post is not None and is_fit(order, post) else None


def _units_around(turn: Turn, order: WorkOrder) -> list[Unit]:
    return [unit for unit in turn.org.below(_street(turn, order)) if unit.kind in SPEAKS_FOR]


def _street(turn: Turn, order: WorkOrder) -> int:
    street = turn.org.nearest(order.community, UnitKind.STREET)
    return street.id if street is not None else order.community


def _speaks_of(text: str, unit: Unit, street: Unit) -> bool:
    """Whether the text holds what people call a department: 消防 for 凤栖消防所 of 凤栖街道."""
    return bool((_pairs(unit.name) - _pairs(street.name)) & _pairs(text))


def _pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(len(text) - 1)}
