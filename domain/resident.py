"""What residents do while a work order is under way: urge, add to it, withdraw it, follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain import deadlines, households
from domain.acts import Act, NotAllowed, RuleBroken, require_status
from domain.changes import Change, Notice
from domain.messages import Location
from domain.orders import EventKind, OrderClass, OrderEvent, Privacy, Status, WorkOrder
from domain.rights import is_at_desk, may_be_followed, require_involved, require_reporter
from domain.telling import everybody_above, tell_desk, tell_owner

UNFINISHED = (
    Status.OPEN,
    Status.ASSIGNED,
    Status.ACCEPTED,
    Status.SUSPENDED,
    Status.RESOLVED,
)


class NothingAdded(RuleBroken):
    """A supplement brings words, a photo or a position."""

    phrase = "refused.nothing_added"


class OthersRelyOnIt(RuleBroken):
    """Neighbours follow it, so it is not taken back for one of them."""

    phrase = "refused.others_rely_on_it"


class AlreadyFollowing(RuleBroken):
    """The person hears of it already."""

    phrase = "refused.already_following"


class NotFollowing(RuleBroken):
    """The person does not follow it."""

    phrase = "refused.not_following"


def urge(order: WorkOrder, act: Act) -> Change:
    """催办: counted and told to the owner; it never touches a clock or a class."""
    require_involved(order, act, "urge")
    require_status(order, "urge", Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)
    after = act.write(order, EventKind.URGED)
    values = {
        "times": len(after.events(EventKind.URGED)),
        "overdue": deadlines.is_overdue(after, act.rules, act.at),
    }
    return act.done("urged", after, notices=(tell_owner(after, "desk.urged", values),))


def levels_told(order: WorkOrder) -> tuple[OrderEvent, ...]:
    """The escalations of this handling, oldest first: an answer to whoever urges."""
    start = order.last(EventKind.DISAGREED, EventKind.REOPENED)
    since = start.seq if start is not None else 0
    return tuple(event for event in order.events(EventKind.ESCALATED) if event.seq > since)


def supplement(
    order: WorkOrder,
    act: Act,
    *,
    text: str = "",
    photos: tuple[int, ...] = (),
    location: Location | None = None,
) -> Change:
    """补充: more words, photos or a position, shown to whoever works on it."""
    require_involved(order, act, "supplement")
    require_status(order, "supplement", *UNFINISHED)
    text = text.strip()
    if not (text or photos or location):
        raise NothingAdded(number=order.number)
    values: dict[str, Any] = {"photos": list(photos)}
    if location is not None:
        values |= {"latitude": location.latitude, "longitude": location.longitude}
    after = replace(order, photos=(*order.photos, *photos))
    after = act.write(after, EventKind.SUPPLEMENTED, text=text, **values)
    notice = tell_owner(after, "desk.supplemented", {"text": text}, photos=photos)
    return act.done("supplemented", after, notices=(notice,))


def keep_name(order: WorkOrder, act: Act, *, text: str) -> Change:
    """保密 after all: who works on it is told, and no longer learns who they are."""
    require_reporter(order, act, "keep_name")
    kept = replace(
        order, privacy=Privacy.CONFIDENTIAL, reported_in=None, place=replace(order.place, room="")
    )
    return supplement(kept, act, text=text)


def say_over(order: WorkOrder, act: Act, *, text: str, photos: tuple[int, ...] = ()) -> Change:
    """险情解除: whoever called for help says that it is over, and all who were alarmed hear it."""
    change = supplement(order, act, text=text, photos=photos)
    if order.order_class is not OrderClass.E0:
        return change
    told = everybody_above(change.order, act.org, "desk.supplemented", {"text": text.strip()})
    return replace(change, notices=(*change.notices, *told))


def withdraw(order: WorkOrder, act: Act, *, reason: str = "") -> Change:
    """撤回: by the reporter, as long as no neighbour relies on it."""
    require_reporter(order, act, "withdraw")
    require_status(order, "withdraw", Status.DRAFT, *UNFINISHED)
    if order.followers:
        raise OthersRelyOnIt(number=order.number, followers=len(order.followers))
    told = order.status is not Status.DRAFT
    after = act.write(order.moved_to(Status.WITHDRAWN), EventKind.WITHDRAWN, reason=reason.strip())
    values = {"reason": reason.strip()}
    notices = (tell_owner(after, "desk.withdrawn", values),) if told else ()
    return act.done("withdrawn", after, notices=notices)


def follow(order: WorkOrder, act: Act, *, person: int, building: str = "") -> Change:
    """关注: from now on this person is told at each step, and their household is counted.

    Owner and desk hear how many there are by now, at some numbers and not at each one.
    """
    require_status(order, "follow", *UNFINISHED)
    if not may_be_followed(order) or not _speaks_for(order, act, person):
        raise NotAllowed("follow", order.number)
    if person == order.reporter or person in order.followers:
        raise AlreadyFollowing(number=order.number)
    after = replace(order, followers=(*order.followers, person))
    home = {"building": building} if building else {}
    after = act.write(after, EventKind.FOLLOWED, person=person, **home)
    return act.done("followed", after, notices=_many_say_so(after))


def unfollow(order: WorkOrder, act: Act, *, person: int) -> Change:
    """取消关注: this person hears of it no more."""
    if not _speaks_for(order, act, person):
        raise NotAllowed("unfollow", order.number)
    if person not in order.followers:
        raise NotFollowing(number=order.number)
    staying = tuple(follower for follower in order.followers if follower != person)
    after = act.write(replace(order, followers=staying), EventKind.UNFOLLOWED, person=person)
    return act.done("unfollowed", after)


def _many_say_so(order: WorkOrder) -> tuple[Notice, ...]:
    total = households.count(order)
    if total not in households.WORTH_TELLING or not order.is_running:
        return ()
    told = tell_owner(order, "desk.households", {"total": total})
    if order.owner is None:
        return (told,)
    return (told, tell_desk(order, "desk.households", {"total": total}))


def _speaks_for(order: WorkOrder, act: Act, person: int) -> bool:
    return person == act.actor.person or is_at_desk(order, act.actor, act.org)
