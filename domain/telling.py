"""Who is told what about a work order: the notices that moves hand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.changes import (
    DESK,
    FOLLOWERS,
    OWNER,
    REPORTER,
    Asking,
    Notice,
    Recipient,
    above,
    to_post,
)
from domain.messages import Choice, Lane
from domain.orders import URGENT, OrderClass, WorkOrder
from domain.people import Post, Role
from domain.routing import RESTRICTED_ROLES, ladder
from domain.units import Org

CARD_CHOICES = ("accept", "return", "extend", "resolve")
EMERGENCY_CHOICES = ("accept", "on_site", "resolve")
CONFIRM_CHOICES = ("solved", "unsolved")


def asking(step: str, *choices: str, **context: Any) -> Asking:
    """A question with these choices, worded by the phrasebook."""
    return Asking(
        step=step, choices=tuple(Choice(value=choice) for choice in choices), context=context
    )


def tell(
    to: Recipient,
    phrase: str,
    order: WorkOrder,
    values: Mapping[str, Any] | None = None,
    *,
    question: Asking | None = None,
    photos: tuple[int, ...] = (),
) -> Notice:
    """A notice about this work order, in the lane its urgency gives it."""
    return Notice(
        to=to,
        phrase=phrase,
        values=dict(values or {}),
        number=order.number,
        lane=Lane.EMERGENCY if order.order_class in URGENT else Lane.STAFF,
        asking=question,
        photos=photos,
    )


def tell_reporter(
    order: WorkOrder,
    phrase: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Asking | None = None,
    photos: tuple[int, ...] = (),
) -> tuple[Notice, ...]:
    """What the reporter is told, if there is one.

    Of a restricted work order only a neutral line leaves us: somebody violent may read the lock
    screen.
    """
    if order.reporter is None:
        return ()
    if order.restricted:
        return (tell(REPORTER, "order.neutral", order),)
    return (tell(REPORTER, phrase, order, values, question=question, photos=photos),)


def tell_followers(
    order: WorkOrder, phrase: str, values: Mapping[str, Any] | None = None
) -> tuple[Notice, ...]:
    """What those who follow are told, if anybody does."""
    if not order.followers or order.restricted:
        return ()
    return (tell(FOLLOWERS, phrase, order, values),)


def tell_residents(
    order: WorkOrder, phrase: str, values: Mapping[str, Any] | None = None
) -> tuple[Notice, ...]:
    """The same line to the reporter and to those who follow."""
    return (*tell_reporter(order, phrase, values), *tell_followers(order, phrase, values))


def tell_owner(
    order: WorkOrder,
    phrase: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Asking | None = None,
    photos: tuple[int, ...] = (),
) -> Notice:
    """What the owner is told, or the desk while there is no owner."""
    to = OWNER if order.owner is not None else desk_of(order)
    return tell(to, phrase, order, values, question=question, photos=photos)


def tell_desk(
    order: WorkOrder,
    phrase: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Asking | None = None,
) -> Notice:
    """What the desk of the community is told; the secretary instead when it is about staff."""
    return tell(desk_of(order), phrase, order, values, question=question)


def tell_above(
    order: WorkOrder,
    org: Org,
    phrase: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Asking | None = None,
) -> tuple[Notice, ...]:
    """What the post above the owner is told; nobody when it stands at the end of the ladder."""
    if not posts_above(order, org):
        return ()
    return (tell(above(), phrase, order, values, question=question),)


def card(order: WorkOrder) -> Notice:
    """The work order put before its owner, with what can be done about it."""
    urgent = order.order_class is OrderClass.E0
    choices = EMERGENCY_CHOICES if urgent else CARD_CHOICES
    return tell_owner(
        order,
        "desk.new_order",
        {"times": order.cycle, "attached": len(order.photos) or None},
        question=asking("desk.card", *choices),
        photos=order.photos,
    )


def everybody_above(
    order: WorkOrder,
    org: Org,
    phrase: str = "desk.emergency",
    values: Mapping[str, Any] | None = None,
) -> tuple[Notice, ...]:
    """An alarm, or its end, to every level above the owner at once."""
    return tuple(
        tell(to_post(post.unit, post.role), phrase, order, values)
        for post in posts_above(order, org)
    )


def posts_above(order: WorkOrder, org: Org) -> tuple[Post, ...]:
    """The posts above the owner that may know of the work order, nearest first."""
    if order.owner is None:
        return ()
    posts = tuple(ladder(order.owner, org))
    if not order.restricted:
        return posts
    return tuple(post for post in posts if post.role in RESTRICTED_ROLES)


def desk_of(order: WorkOrder) -> Recipient:
    """The duty desk, or the secretary when the complaint may be about the desk itself."""
    if order.about_staff or order.accused:
        return to_post(order.community, Role.SECRETARY)
    return DESK
