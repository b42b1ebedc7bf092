"""吹哨报到: the owner whistles for other posts, and they report in and come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.acts import Act, NotAllowed, RuleBroken, as_values, require_future, require_reason
from domain.acts import require_status as require_in
from domain.changes import Change, to_post
from domain.handling import IN_HAND, accepted, by_desk
from domain.orders import EventKind, OrderEvent, Status, WorkOrder
from domain.people import Post, Role
from domain.rights import require_fit, require_owner, require_worker
from domain.telling import asking, tell, tell_owner, tell_residents


class NobodyWhistledFor(RuleBroken):
    """A whistle names at least one post other than the owner's."""

    phrase = "refused.nobody_whistled_for"


class NotWhistledFor(RuleBroken):
    """This post was not asked to come."""

    phrase = "refused.not_whistled_for"


class AlreadyReportedIn(RuleBroken):
    """This post has reported in since the last whistle."""

    phrase = "refused.already_reported_in"


def whistle(
    order: WorkOrder, act: Act, *, responders: tuple[Post, ...], by: datetime, reason: str
) -> Change:
    """吹哨: these posts are to report in by then; the owner stays the owner."""
    require_owner(order, act, "whistle")
    require_in(order, "whistle", *IN_HAND)
    reason = require_reason("whistle", reason)
    require_future(act, by)
    called = tuple(dict.fromkeys(post for post in responders if post != order.owner))
    if not called:
        raise NobodyWhistledFor(number=order.number)
    for post in called:
        require_fit(order, post)
    told = tell_residents(order, "order.accepted") if order.status is Status.ASSIGNED else ()
    order = accepted(order, act)
    order = replace(order, responders=tuple(dict.fromkeys((*order.responders, *called))))
    posts = [as_values(post) for post in called]
    order = act.write(order, EventKind.WHISTLED, reason=reason, responders=posts, by=by)
    question = asking("desk.report_in", "report_in")
    values = {"by": by, "reason": reason}
    calls = tuple(
        tell(to_post(post.unit, post.role), "desk.whistled", order, values, question=question)
        for post in called
    )
    return act.done("whistled", order, notices=(*told, *calls, *by_desk(order, act, "whistle")))


def report_in(order: WorkOrder, act: Act, *, post: Post) -> Change:
    """报到: a post whistled for says it is coming; the owner hears it."""
    require_in(order, "report_in", *IN_HAND, Status.SUSPENDED)
    if post not in order.responders:
        raise NotWhistledFor(number=order.number, **as_values(post))
    require_worker(order, act, "report_in")
    if post not in act.actor.posts:
        raise NotAllowed("report_in", order.number)
    if post not in awaited(order):
        raise AlreadyReportedIn(number=order.number, **as_values(post))
    order = act.write(order, EventKind.REPORTED_IN, **as_values(post))
    values = {**as_values(post), "name": act.org.unit(post.unit).name}
    return act.done("reported_in", order, notices=(tell_owner(order, "desk.reported_in", values),))


def on_site(order: WorkOrder, act: Act) -> Change:
    """到场: somebody is there; an owner who is there has accepted."""
    require_worker(order, act, "on_site")
    require_in(order, "on_site", *IN_HAND, Status.SUSPENDED)
    if order.owner in act.actor.posts:
        order = accepted(order, act)
    order = act.write(order, EventKind.ON_SITE)
    return act.done(
        "on_site",
        order,
        notices=(*tell_residents(order, "order.on_site"), *by_desk(order, act, "on_site")),
    )


def awaited(order: WorkOrder) -> tuple[Post, ...]:
    """The posts whistled for that have not reported in since they were last called."""
    waiting: dict[Post, None] = {}
    for event in order.events(EventKind.WHISTLED, EventKind.REPORTED_IN):
        if event.kind is EventKind.WHISTLED:
            waiting.update(dict.fromkeys(_called(event)))
        else:
            waiting.pop(_post(event.values), None)
    return tuple(waiting)


def overdue_responders(order: WorkOrder, at: datetime) -> tuple[Post, ...]:
    """Those of them whose time to report in has passed."""
    last = order.last(EventKind.WHISTLED)
    if last is None or datetime.fromisoformat(last.values["by"]) > at:
        return ()
    return awaited(order)


def _called(event: OrderEvent) -> tuple[Post, ...]:
    return tuple(_post(values) for values in event.values["responders"])


def _post(values: object) -> Post:
    if not isinstance(values, dict):
        raise TypeError(values)
    return Post(unit=values["unit"], role=Role(values["role"]))
