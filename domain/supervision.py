"""督办: a work order watched from above, with a named person, a date and the evidence asked for.

It is struck off (销号) only by the reporter's own word or by a second person who looked at the
evidence, never by whoever did the work; silence closes the order and leaves the list as it is. A
day before the date the owner is reminded; once it has passed the post that put it up hears of it,
and each working day after that the next post above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from domain.acts import (
    Act,
    NotAllowed,
    RuleBroken,
    as_values,
    require_future,
    require_reason,
    require_status,
)
from domain.changes import Change, Notice, to_post
from domain.orders import RUNNING, EventKind, OrderClass, OrderEvent, Status, WorkOrder
from domain.people import DESK_ROLES, Post, Role
from domain.rights import may_see, require_clock
from domain.routing import RANK, ladder, stands_above
from domain.telling import asking, tell, tell_owner
from domain.workdays import END_OF_DAY, ONE_DAY

MORNING = time(9)


class Evidence(StrEnum):
    """What must be there before it is struck off."""

    PHOTO = "photo"  # 现场照片
    WORDS = "words"  # 办理说明


class AlreadySupervised(RuleBroken):
    """It is on the list already."""

    phrase = "refused.already_supervised"


class NotSupervised(RuleBroken):
    """It is not on the list."""

    phrase = "refused.not_supervised"


class NobodyNamed(RuleBroken):
    """A supervised work order has an owner and a person named for it."""

    phrase = "refused.nobody_named"


class EvidenceMissing(RuleBroken):
    """What was asked for as evidence is not there."""

    phrase = "refused.evidence_missing"


class OwnWork(RuleBroken):
    """Nobody strikes off what he or his own post did."""

    phrase = "refused.own_work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What is asked for: by which post, of whom, until when, with what evidence."""

    by: Post
    named: int | None  # person id; None once erased
    until: datetime
    evidence: Evidence
    reason: str
    since: datetime


def supervision(order: WorkOrder) -> Supervision | None:
    """The supervision that stands, or None: it ends with 销号 or with the reporter's own word."""
    last = order.last(EventKind.SUPERVISED, EventKind.SUPERVISION_ENDED, EventKind.CONFIRMED)
    if last is None or last.kind is not EventKind.SUPERVISED:
        return None
    return Supervision(
        by=Post(unit=last.values["unit"], role=Role(last.values["role"])),
        named=last.values["named"],
        until=datetime.fromisoformat(last.values["until"]),
        evidence=Evidence(last.values["evidence"]),
        reason=last.reason,
        since=last.at,
    )


def has_evidence(order: WorkOrder) -> bool:
    """Whether what was asked for is there since the work was last begun."""
    watched = supervision(order)
    done = order.last(EventKind.RESOLVED, EventKind.DISAGREED, EventKind.REOPENED)
    if watched is None or done is None or done.kind is not EventKind.RESOLVED:
        return False
    return bool(done.values.get("photos")) or (
        watched.evidence is Evidence.WORDS and bool(done.text)
    )


def may_supervise(order: WorkOrder, act: Act) -> bool:
    """Whether the actor sits high enough above the owner: secretary, street."""
    return _watching_post(order, act) is not None


def require_supervisor(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor may put it on the list, and strike it off."""
    if not may_supervise(order, act):
        raise NotAllowed(move, order.number)


def supervise(
    order: WorkOrder,
    act: Act,
    *,
    named: int | None,
    until: datetime,
    reason: str,
) -> Change:
    """挂牌督办: on the list, and the owner's post hears it."""
    post = _watching_post(order, act)
    if post is None:
        raise NotAllowed("supervise", order.number)
    require_status(order, "supervise", *RUNNING, Status.RESOLVED)
    require_future(act, until)
    if supervision(order) is not None:
        raise AlreadySupervised(number=order.number)
    if order.owner is None or named is None:
        raise NobodyNamed(number=order.number)
    after = act.write(
        order,
        EventKind.SUPERVISED,
        reason=require_reason("supervise", reason),
        **as_values(post),
        named=named,
        until=until,
        evidence=default_evidence(order).value,
    )
    values = _values(after)
    notices = (tell_owner(after, "supervision.put_up", values),)
    return act.done("supervised", after, notices=notices)


def strike_off(order: WorkOrder, act: Act, *, note: str = "") -> Change:
    """销号: a second person looked at the evidence."""
    watched = _require_supervised(order)
    require_supervisor(order, act, "strike_off")
    require_status(order, "strike_off", Status.RESOLVED, Status.CLOSED)
    done = order.last(EventKind.RESOLVED)
    is_own = done is not None and done.person == act.actor.person
    if is_own or order.owner in act.actor.posts:
        raise OwnWork(number=order.number)
    if not has_evidence(order):
        raise EvidenceMissing(number=order.number, evidence=watched.evidence.value)
    after = act.write(order, EventKind.SUPERVISION_ENDED, text=note.strip())
    notices = _all_who_know(order, "supervision.struck_off")
    return act.done("struck_off", after, notices=notices)


def to_be_checked(order: WorkOrder) -> tuple[Notice, ...]:
    """Who is asked to look at the evidence once a supervised work order is done."""
    watched = supervision(order)
    if watched is None:
        return ()
    post = to_post(watched.by.unit, watched.by.role)
    question = asking("desk.supervision", "strike_off")
    return (tell(post, "supervision.to_be_checked", order, _values(order), question=question),)


def struck_off_by_reporter(before: WorkOrder, after: WorkOrder) -> tuple[Notice, ...]:
    """Who hears that the reporter's word ended it."""
    if supervision(before) is None or supervision(after) is not None:
        return ()
    return _all_who_know(before, "supervision.confirmed")


def call_supervision(order: WorkOrder, act: Act) -> Change:
    """督办提醒: the owner before the date, then rung after rung above."""
    require_clock(order, act, "call_supervision")
    rung = rung_due(order, act)
    if rung is None:
        raise NotSupervised(number=order.number)
    after = act.write(order, EventKind.SUPERVISION_CALLED, rung=rung)
    values = _values(order)
    if rung == 0:
        reminder = tell_owner(order, "supervision.nears", values)
        return act.done("supervision_called", after, notices=(reminder,))
    posts = list(_line(order, act))
    post = posts[min(rung, len(posts)) - 1]
    to = to_post(post.unit, post.role)
    question = None if order.is_running else asking("desk.supervision", "strike_off")
    told = (
        tell(to, "supervision.overdue", order, values, question=question),
        tell_owner(order, "supervision.overdue", values),
    )
    return act.done("supervision_called", after, notices=told)


def rung_due(order: WorkOrder, act: Act) -> int | None:
    """0: remind who owes it; 1: the post that put it up; then the posts above it, one a day."""
    at = next_call_at(order, act)
    if at is None or act.at < at:
        return None
    watched = _require_supervised(order)
    if act.at < watched.until:
        return 0
    return 1 + len([event for event in _calls(order) if event.values["rung"] > 0])


def next_call_at(order: WorkOrder, act: Act) -> datetime | None:
    """When it is next told of, or None once nobody owes anything or nobody watches."""
    watched, calendar = supervision(order), act.rules.calendar
    if watched is None:
        return None
    calls = _calls(order)
    if not calls and order.is_running and watched.since < watched.until - ONE_DAY:
        return watched.until - ONE_DAY
    late = [event.at for event in calls if event.values["rung"] > 0]
    if not late:
        return watched.until
    return calendar.moment(calendar.next_working_day(calendar.local_day(late[-1])), MORNING)


def is_overdue(order: WorkOrder, at: datetime) -> bool:
    """Whether the date has passed and it is still on the list."""
    watched = supervision(order)
    return watched is not None and at >= watched.until


def default_until(act: Act) -> datetime:
    """The date when none was said: the end of the fifth working day from now."""
    calendar = act.rules.calendar
    return calendar.moment(calendar.working_day_after(calendar.local_day(act.at), 5), END_OF_DAY)


def default_evidence(order: WorkOrder) -> Evidence:
    """A photo, but of a question and of a proposal there is none to take."""
    answered = order.order_class in (OrderClass.Q, OrderClass.S, OrderClass.X)
    return Evidence.WORDS if answered else Evidence.PHOTO


def _calls(order: WorkOrder) -> tuple[OrderEvent, ...]:
    since = order.last(EventKind.SUPERVISED)
    calls = order.events(EventKind.SUPERVISION_CALLED)
    return tuple(one for one in calls if since is not None and one.seq > since.seq)


def _line(order: WorkOrder, act: Act) -> Iterator[Post]:
    by = _require_supervised(order).by
    yield by
    yield from ladder(by, act.org)


def _require_supervised(order: WorkOrder) -> Supervision:
    watched = supervision(order)
    if watched is None:
        raise NotSupervised(number=order.number)
    return watched


def _watching_post(order: WorkOrder, act: Act) -> Post | None:
    """The highest of the actor's posts from which this order may be watched."""
    if not may_see(order, act.actor, act.org):
        return None
    unit = order.grid or order.community
    fit = [
        post
        for post in act.actor.posts
        if post.role in DESK_ROLES
        and RANK[post.role] >= RANK[Role.SECRETARY]
        and act.org.within(unit, post.unit)
        and (order.owner is None or stands_above(post, order.owner, act.org))
    ]
    return max(fit, key=lambda post: RANK[post.role], default=None)


def _values(order: WorkOrder) -> dict[str, Any]:
    watched = _require_supervised(order)
    return {
        "until": watched.until,
        "reason": watched.reason,
        "evidence": watched.evidence.value,
    }


def _all_who_know(order: WorkOrder, phrase: str) -> tuple[Notice, ...]:
    by = _require_supervised(order).by
    return (tell_owner(order, phrase), tell(to_post(by.unit, by.role), phrase, order))
