"""Cards by the clock: what every post and every desk has on its hands."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from domain.cards import desk_card, evening_card, leader_card, rows_of
from domain.joint import overdue_responders
from domain.orders import RUNNING, Status, WorkOrder
from domain.people import Post, Role
from domain.routing import ladder
from domain.units import UnitKind
from scheduler.job import (
    MANY,
    POSTS_AT_ONCE,
    WAKING_HOURS,
    Job,
    may_be_listed,
    once,
    part_of,
    tell_post,
)
from scheduler.times import Times
from storage.transaction import Transaction

MORNING, EVENING = time(8, 30), time(17, 30)
MOST_RUNNING = 500  # of a street, looked through for whistles
TILL_NIGHT = timedelta(hours=11, minutes=30)  # a card later than that would come at night


def morning_cards(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The card of every post that has something on its hands, on working days."""
    if not tx.rules.calendar.is_working(tx.rules.calendar.local_day(tx.now)):
        return None
    posts, following = part_of(tx.orders.owners(), cursor, POSTS_AT_ONCE)
    for post in posts:
        if once(tx, f"card:{post.unit}:{post.role}", fire_time):
            _send_card(tx, post)
    return following


def evening_cards(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Before going home, on working days: what is late or due by tomorrow; the street's leader
    hears who was whistled for and has not come.
    """
    if not tx.rules.calendar.is_working(tx.rules.calendar.local_day(tx.now)):
        return None
    streets = (
        Post(unit=unit.id, role=Role.STREET_LEADER)
        for unit in tx.org
        if unit.kind is UnitKind.STREET
    )
    readers = tuple(dict.fromkeys((*tx.orders.owners(), *streets)))
    posts, following = part_of(readers, cursor, POSTS_AT_ONCE)
    for post in posts:
        if once(tx, f"evening:{post.unit}:{post.role}", fire_time):
            _send_evening_card(tx, post)
    return following


def hand_up(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What is owned by a post that its last holder left is told once to the post above."""
    posts, following = part_of(tx.orders.owners(), cursor, POSTS_AT_ONCE)
    for post in posts:
        left = tx.people.vacant_since(post, tx.now)
        if left is not None and once(tx, f"vacant:{post.unit}:{post.role}", left):
            _tell_of_vacancy(tx, post)
    return following


def desk_cards(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The card of every duty desk at which something waits, every day."""
    desks = [unit.id for unit in tx.org if unit.kind is UnitKind.COMMUNITY]
    communities, following = part_of(desks, cursor, POSTS_AT_ONCE)
    for community in communities:
        if once(tx, f"desk_card:{community}", fire_time):
            _send_desk_card(tx, community)
    return following


JOBS = (
    Job(
        name="morning_cards",
        times=Times(hour=MORNING.hour, minute=MORNING.minute),
        run=morning_cards,
        good_for=TILL_NIGHT,
        from_now_on=True,
    ),
    Job(
        name="evening_cards",
        times=Times(hour=EVENING.hour, minute=EVENING.minute),
        run=evening_cards,
        good_for=timedelta(hours=2, minutes=30),
        from_now_on=True,
    ),
    Job(
        name="hand_up",
        times=Times(hour=WAKING_HOURS),
        run=hand_up,
        good_for=timedelta(minutes=1),
    ),
    Job(
        name="desk_cards",
        times=Times(hour=MORNING.hour, minute=MORNING.minute),
        run=desk_cards,
        good_for=TILL_NIGHT,
        from_now_on=True,
    ),
)


def _send_card(tx: Transaction, post: Post) -> None:
    orders = [order for order in _owned(tx, post) if may_be_listed(tx, order, post)]
    values = leader_card(rows_of(orders, tx.rules, tx.now), tx.rules)
    if values is not None:
        tell_post(tx, post, "clock.morning_card", {**values, "at": tx.now})


def _send_evening_card(tx: Transaction, post: Post) -> None:
    orders = [order for order in _owned(tx, post) if may_be_listed(tx, order, post)]
    awaited: list[WorkOrder] = []
    if post.role is Role.STREET_LEADER:
        communities = [unit.id for unit in tx.org.below(post.unit, UnitKind.COMMUNITY)]
        running = tx.orders.running_in(communities, MOST_RUNNING)
        awaited = [
            order
            for order in running
            if overdue_responders(order, tx.now) and may_be_listed(tx, order, post)
        ]
    values = evening_card(rows_of(orders, tx.rules, tx.now), awaited, tx.rules, tx.now)
    if values is not None:
        tell_post(tx, post, "clock.evening_card", {**values, "at": tx.now})


def _owned(tx: Transaction, post: Post) -> tuple[WorkOrder, ...]:
    return tx.orders.owned_by((post,), MANY, (*RUNNING, Status.RESOLVED))


def _send_desk_card(tx: Transaction, community: int) -> None:
    post = Post(unit=community, role=Role.DUTY)
    waiting = tx.orders.waiting_at_desk((community,), MANY)
    extensions = tx.orders.asked_extension((community,))
    values = desk_card(
        waiting=[order for order in waiting if may_be_listed(tx, order, post)],
        extensions=[order for order in extensions if may_be_listed(tx, order, post)],
        hand_overs=len(tx.hand_overs.waiting((community,))),
        rules=tx.rules,
        at=tx.now,
    )
    if values is not None:
        tell_post(tx, post, "clock.desk_card", {**values, "at": tx.now})


def _tell_of_vacancy(tx: Transaction, post: Post) -> None:
    above = next(iter(ladder(post, tx.org)), None)
    if above is None:
        return
    orders = [order for order in _owned(tx, post) if may_be_listed(tx, order, above)]
    values = leader_card(rows_of(orders, tx.rules, tx.now), tx.rules)
    if values is not None:
        unit = tx.org.unit(post.unit).name
        name = tx.wording.say(f"desk.post.{post.role}", {"unit": unit})
        tell_post(tx, above, "clock.post_vacant", {**values, "at": tx.now, "post": name})
