"""Every scheduled job: when it fires, and what it does in one small transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from domain import moves
from domain.acts import Act
from domain.cards import desk_card, leader_card, rows_of
from domain.changes import Change, Notice, to_post
from domain.clockwork import happened_in_cycle, silent_until, wakes_at
from domain.escalation import URGENT, escalation_due, warnings_due
from domain.orders import RUNNING, EventKind, Status, WorkOrder
from domain.people import CLOCK, Post, Role
from domain.rights import is_fit
from domain.routing import ladder
from domain.units import UnitKind
from scheduler import keeping
from storage.transaction import Transaction

ZONE = ZoneInfo("Asia/Shanghai")
CHUNK = 50
POSTS_AT_ONCE = 20
MANY = 200
WAKING_HOURS = "8-19"  # nobody is told anything at night but of a danger
CARD_TIME = time(8, 30)


class Run(Protocol):
    """One chunk of a job, from a cursor; where the next one begins, or None after the last."""

    def __call__(self, tx: Transaction, fire_time: datetime, cursor: int) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done by the clock, chunk by chunk; a chunk may be run twice.

    With `from_now_on` fire times before the first start of the service are not caught up.
    """

    name: str
    trigger: CronTrigger
    run: Run
    from_now_on: bool = False


def watch_urgent(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Warns and escalates what is a danger, day and night."""
    return _watch(tx, tx.orders.to_check(cursor, CHUNK, classes=URGENT))


def watch_all(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Warns and escalates everything else, and wakes what was suspended until now."""
    return _watch(tx, tx.orders.to_check(cursor, CHUNK))


def expire_drafts(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What was half said a day ago opens to the community, or ends if it said nothing."""
    drafts = tx.orders.drafts_before(tx.now - tx.rules.limits.draft_life, CHUNK)
    for draft in drafts:
        tx.record(moves.expire_draft(draft, _act(tx)), by=None)
    return cursor + 1 if len(drafts) == CHUNK else None


def await_confirmation(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Reminds a reporter who has not said whether it is solved; closes after lasting silence."""
    limits, act = tx.rules.limits, _act(tx)
    since = tx.now - limits.silence + limits.remind_before_close
    orders = tx.orders.resolved_before(since, CHUNK, after_id=cursor)
    for order in orders:
        if silent_until(order, act) <= tx.now:
            tx.record(moves.close_by_silence(order, act), by=None)
        elif not happened_in_cycle(order, EventKind.REMINDED):
            tx.record(moves.remind_to_confirm(order, act), by=None)
    return _next(orders, CHUNK)


def morning_cards(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The card of every post that has something on its hands, on working days."""
    if not tx.rules.calendar.is_working(tx.rules.calendar.local_day(tx.now)) or _is_night(tx):
        return None
    posts = tx.orders.owners()
    for post in posts[cursor : cursor + POSTS_AT_ONCE]:
        if tx.jobs.claim(f"card:{post.unit}:{post.role}", fire_time, "clock"):
            _send_card(tx, post)
            tx.jobs.finished(f"card:{post.unit}:{post.role}", fire_time, "clock", "done")
    following = cursor + POSTS_AT_ONCE
    return following if following < len(posts) else None


def hand_up(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What is owned by a post that its last holder left is told once to the post above."""
    posts = tx.orders.owners()
    for post in posts[cursor : cursor + POSTS_AT_ONCE]:
        left = tx.people.vacant_since(post, tx.now)
        name = f"vacant:{post.unit}:{post.role}"
        if left is not None and tx.jobs.claim(name, left, "clock"):
            _tell_of_vacancy(tx, post)
            tx.jobs.finished(name, left, "clock", "done")
    following = cursor + POSTS_AT_ONCE
    return following if following < len(posts) else None


def desk_cards(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The card of every duty desk at which something waits, every day."""
    if _is_night(tx):
        return None
    communities = [unit.id for unit in tx.org if unit.kind is UnitKind.COMMUNITY]
    for community in communities[cursor : cursor + POSTS_AT_ONCE]:
        if tx.jobs.claim(f"desk_card:{community}", fire_time, "clock"):
            _send_desk_card(tx, community)
            tx.jobs.finished(f"desk_card:{community}", fire_time, "clock", "done")
    following = cursor + POSTS_AT_ONCE
    return following if following < len(communities) else None


def train_categories(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """Asks for a model of what staff confirmed; it is trained outside of any transaction."""
    tx.models.ask()
    return None


def _every(**fields: str | int) -> CronTrigger:
    return CronTrigger(second=0, timezone=ZONE, **fields)


JOBS = (
    Job(name="watch_urgent", trigger=_every(), run=watch_urgent),
    Job(name="watch_all", trigger=_every(minute="*/10"), run=watch_all),
    Job(
        name="expire_drafts",
        trigger=_every(minute="*/10", hour=WAKING_HOURS),
        run=expire_drafts,
    ),
    Job(
        name="await_confirmation",
        trigger=_every(minute="*/10", hour=WAKING_HOURS),
        run=await_confirmation,
    ),
    Job(
        name="morning_cards",
        trigger=_every(minute=CARD_TIME.minute, hour=CARD_TIME.hour),
        run=morning_cards,
        from_now_on=True,
    ),
    Job(name="hand_up", trigger=_every(minute="*", hour=WAKING_HOURS), run=hand_up),
    Job(
        name="desk_cards",
        trigger=_every(minute=CARD_TIME.minute, hour=CARD_TIME.hour),
        run=desk_cards,
        from_now_on=True,
    ),
    Job(name="forget", trigger=_every(minute=30, hour=3), run=keeping.forget),
    Job(
        name="train_categories",
        trigger=_every(minute=40, hour=2),
        run=train_categories,
        from_now_on=True,
    ),
    Job(name="say_farewell", trigger=_every(minute=20, hour=10), run=keeping.say_farewell),
)


def _watch(tx: Transaction, orders: tuple[WorkOrder, ...]) -> int | None:
    act = _act(tx)
    for order in orders:
        wakes = wakes_at(order)
        if wakes is not None and wakes <= tx.now:
            order = _recorded(tx, moves.resume_when_due(order, act))
        if warnings_due(order, tx.rules, tx.now):
            order = _recorded(tx, moves.warn(order, act))
        if escalation_due(order, tx.rules, tx.now) is not None:
            _recorded(tx, moves.escalate(order, act))
    return _next(orders, CHUNK)


def _recorded(tx: Transaction, change: Change) -> WorkOrder:
    return tx.record(change, by=None)[change.order.number]


def _send_card(tx: Transaction, post: Post) -> None:
    owned = tx.orders.owned_by((post,), MANY, (*RUNNING, Status.RESOLVED))
    orders = [order for order in owned if _may_be_listed(tx, order, post)]
    values = leader_card(rows_of(orders, tx.rules, tx.now), tx.rules)
    if values is not None:
        _tell(tx, post, "clock.morning_card", {**values, "at": tx.now})


def _send_desk_card(tx: Transaction, community: int) -> None:
    post = Post(unit=community, role=Role.DUTY)
    waiting = tx.orders.waiting_at_desk((community,), MANY)
    extensions = tx.orders.asked_extension((community,))
    values = desk_card(
        waiting=[order for order in waiting if _may_be_listed(tx, order, post)],
        extensions=[order for order in extensions if _may_be_listed(tx, order, post)],
        hand_overs=len(tx.hand_overs.waiting((community,))),
        rules=tx.rules,
        at=tx.now,
    )
    if values is not None:
        _tell(tx, post, "clock.desk_card", {**values, "at": tx.now})


def _tell_of_vacancy(tx: Transaction, post: Post) -> None:
    above = next(iter(ladder(post, tx.org)), None)
    if above is None:
        return
    owned = tx.orders.owned_by((post,), MANY, (*RUNNING, Status.RESOLVED))
    orders = [order for order in owned if _may_be_listed(tx, order, above)]
    values = leader_card(rows_of(orders, tx.rules, tx.now), tx.rules)
    if values is not None:
        unit = tx.org.unit(post.unit).name
        name = tx.wording.say(f"desk.post.{post.role}", {"unit": unit})
        _tell(tx, above, "clock.post_vacant", {**values, "at": tx.now, "post": name})


def _may_be_listed(tx: Transaction, order: WorkOrder, post: Post) -> bool:
    """Whether nobody who would read the card of this post is kept from the work order."""
    readers = {person.id for person in tx.people.holders(post, tx.now)}
    kept_from = order.accused | tx.people.deputies(order.accused, tx.now)
    return (post == order.owner or is_fit(order, post)) and not readers & kept_from


def _tell(tx: Transaction, post: Post, phrase: str, values: dict[str, object]) -> None:
    notice = Notice(to=to_post(post.unit, post.role), phrase=phrase, values=values)
    tx.record(Change(notices=(notice,)), by=None)


def _act(tx: Transaction) -> Act:
    return Act(actor=CLOCK, at=tx.now, rules=tx.rules, org=tx.org)


def _is_night(tx: Transaction) -> bool:
    """Whether a card that comes late would come in the evening; tomorrow's will do."""
    opens, closes = (int(hour) for hour in WAKING_HOURS.split("-"))
    return not opens <= tx.now.astimezone(tx.rules.zone).hour <= closes


def _next(orders: tuple[WorkOrder, ...], chunk: int) -> int | None:
    """Where the next chunk begins, or None after the last."""
    return orders[-1].id if len(orders) == chunk else None
