"""Whether it is solved, as the reporter says: confirm, disagree, reopen, rate."""

from __future__ import annotations

from dataclasses import replace

from domain.acts import Act, RuleBroken, WrongStatus, require_reason, require_status
from domain.changes import Change, Notice, to_post
from domain.correcting import DECIDED_BY_PEOPLE
from domain.intake import arrival, promised, routed
from domain.orders import EventKind, OrderEvent, Status, WorkOrder
from domain.people import Post, Role
from domain.rights import is_fit, is_reporter, require_desk, require_reporter
from domain.routing import ladder
from domain.supervision import struck_off_by_reporter
from domain.telling import (
    asking,
    tell,
    tell_above,
    tell_followers,
    tell_owner,
    tell_reporter,
    tell_residents,
)

ENDINGS = (
    EventKind.CONFIRMED,
    EventKind.CLOSED_BY_SILENCE,
    EventKind.DECLINED,
    EventKind.WITHDRAWN,
    EventKind.TRANSFERRED,
)
AGAIN = (EventKind.DISAGREED, EventKind.REOPENED)
LOW_RATING = 2


class ReopenWindowOver(RuleBroken):
    """It ended too long ago; a new one is opened instead."""

    phrase = "refused.reopen_window_over"


class RatingOutOfRange(RuleBroken):
    """A rating is 1 to 5."""

    phrase = "refused.rating_out_of_range"


class AlreadyRated(RuleBroken):
    """This handling has its rating, and nobody asks to change it."""

    phrase = "refused.already_rated"


def confirm(order: WorkOrder, act: Act) -> Change:
    """确认办结: the reporter says it is solved."""
    require_reporter(order, act, "confirm")
    require_status(order, "confirm", Status.RESOLVED)
    after = act.write(order.moved_to(Status.CLOSED), EventKind.CONFIRMED)
    return act.done(
        "closed",
        after,
        notices=(
            *tell_followers(after, "order.closed"),
            tell_owner(after, "desk.confirmed"),
            *struck_off_by_reporter(order, after),
        ),
    )


def disagree(order: WorkOrder, act: Act, *, reason: str) -> Change:
    """不认可: the same owner handles it again in a new cycle, and the level above knows."""
    require_reporter(order, act, "disagree")
    require_status(order, "disagree", Status.RESOLVED)
    reason = require_reason("disagree", reason)
    after = act.write(order.moved_to(Status.ACCEPTED), EventKind.DISAGREED, reason=reason)
    return _handled_again("disagreed", after, act, reason)


def reopen(order: WorkOrder, act: Act, *, reason: str) -> Change:
    """重办: the reporter within the window, or a desk that covers it at any time.

    A closed one goes back to its owner. A withdrawn one, and by the desk a declined or transferred
    one, comes in anew and keeps the time it was first opened.
    """
    _require_reopenable(order, act)
    reason = require_reason("reopen", reason)
    if order.status is Status.CLOSED:
        after = act.write(order.moved_to(Status.ACCEPTED), EventKind.REOPENED, reason=reason)
        return _handled_again("reopened", after, act, reason)
    after = replace(order, owner=None, responders=()).moved_to(Status.OPEN)
    after = act.write(after, EventKind.REOPENED, reason=reason)
    if not (after.accused or after.about_staff or after.events(*DECIDED_BY_PEOPLE)):
        after = routed(after, act)
    after = promised(after, act)
    told = () if is_reporter(order, act.actor) else tell_residents(after, "order.reopened")
    return act.done("reopened", after, notices=(*told, *arrival(after, act.org)))


def rate(order: WorkOrder, act: Act, *, rating: int, text: str = "") -> Change:
    """评价: once per handling; a low one is followed up by another post, never the owner's."""
    require_reporter(order, act, "rate")
    require_status(order, "rate", Status.CLOSED)
    if rating not in range(1, 6):
        raise RatingOutOfRange(number=order.number, rating=rating)
    if _rated(order):
        raise AlreadyRated(number=order.number)
    after = act.write(order, EventKind.RATED, text=text.strip(), rating=rating)
    notices = (_follow_up(after, act, rating, text.strip()),) if rating <= LOW_RATING else ()
    return act.done("rated", after, notices=notices)


def _require_reopenable(order: WorkOrder, act: Act) -> None:
    if not order.events(EventKind.OPENED):
        raise WrongStatus("reopen", order)
    if not is_reporter(order, act.actor):
        require_desk(order, act, "reopen")
        require_status(order, "reopen", Status.CLOSED, Status.DECLINED, Status.TRANSFERRED)
        return
    require_status(order, "reopen", Status.CLOSED, Status.WITHDRAWN)
    ended = order.last(*ENDINGS)
    window = act.rules.limits.reopen_window
    if ended is not None and act.at > ended.at + window:
        raise ReopenWindowOver(number=order.number, ended_at=ended.at, days=window.days)


def _handled_again(move: str, order: WorkOrder, act: Act, reason: str) -> Change:
    order = promised(order, act)
    values = {"reason": reason, "cycle": order.cycle}
    told = (
        ()
        if is_reporter(order, act.actor)
        else tell_reporter(order, "order.handled_again", values)
    )
    return act.done(
        move,
        order,
        notices=(
            *told,
            *tell_followers(order, "order.handled_again", values),
            tell_owner(order, "desk.handled_again", values),
            *tell_above(order, act.org, "desk.handled_again_above", values),
        ),
    )


def _rated(order: WorkOrder) -> bool:
    last: OrderEvent | None = order.last(EventKind.RATED, *AGAIN)
    return last is not None and last.kind is EventKind.RATED


def _follow_up(order: WorkOrder, act: Act, rating: int, text: str) -> Notice:
    """回访 by the duty desk, or by the first post above it that did not do the work itself."""
    duty = Post(unit=order.community, role=Role.DUTY)
    able = (post for post in (duty, *ladder(duty, act.org)) if is_fit(order, post))
    post = next((post for post in able if post != order.owner), duty)
    values = {"rating": rating, "text": text}
    question = asking("desk.follow_up", "called_back")
    return tell(to_post(post.unit, post.role), "desk.follow_up", order, values, question=question)
