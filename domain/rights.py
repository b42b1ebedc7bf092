"""Who may see a work order, act on it, and know who reported it; asked anew at every act."""

from __future__ import annotations

from collections.abc import Sequence

from domain.acts import Act, ConflictOfInterest, NotAllowed
from domain.orders import URGENT, Privacy, WorkOrder
from domain.people import DESK_ROLES, Actor, Post, Role
from domain.routing import RANK, RESTRICTED_ROLES, stands_above
from domain.units import Org


def may_see(order: WorkOrder, actor: Actor, org: Org) -> bool:
    """Whether the work order may be shown to this person.

    Whoever is complained about never sees it (信访工作条例, article 30), nor does their deputy.
    A restricted one is shown to its reporter and to three posts of its community only; a complaint
    about staff to nobody below the secretary but the owner.
    """
    if _is_accused(order, actor):
        return False
    if is_reporter(order, actor):
        return True
    if order.restricted:
        return any(_may_hold(order, post) and post.unit == order.community for post in actor.posts)
    if actor.person is not None and actor.person in order.followers:
        return True
    return any(
        _may_hold(order, post) and (_works_on(order, post) or _is_desk_over(order, post, org))
        for post in actor.posts
    )


def may_know_reporter(order: WorkOrder, actor: Actor, org: Org) -> bool:
    """Whether the reporter's name may be shown to this person.

    Neighbours who follow and helpers who were whistled for never learn it; of a confidential one
    the owner does not either, only the desks above the owner.
    """
    if not may_see(order, actor, org):
        return False
    if is_reporter(order, actor):
        return True
    owns = order.owner is not None and order.owner in actor.posts
    if order.privacy is Privacy.OPEN:
        return owns or any(_is_desk_over(order, post, org) for post in actor.posts)
    if order.privacy is Privacy.ANONYMOUS or owns:
        return False
    return any(_is_desk_over(order, post, org) for post in actor.posts)


def may_erase(reported: Sequence[WorkOrder], homes: Sequence[int], actor: Actor, org: Org) -> bool:
    """Whether this person may have the data of a resident removed who asked for it elsewhere.

    That is a desk over a community the resident wrote to or belongs to, if it may know of
    everything that they reported.
    """
    desks = [post.unit for post in actor.posts if post.role in DESK_ROLES]
    if not all(may_know_reporter(order, actor, org) for order in reported):
        return False
    places = (*(order.community for order in reported), *homes)
    return any(org.within(place, desk) for place in places for desk in desks)


def may_act_as_owner(order: WorkOrder, actor: Actor, org: Org) -> bool:
    """Whether this person holds the owner's post, or sits at a desk above it."""
    if order.owner is None:
        return is_at_desk(order, actor, org)
    return may_see(order, actor, org) and (
        order.owner in actor.posts or is_above_owner(order, actor, org)
    )


def is_above_owner(order: WorkOrder, actor: Actor, org: Org) -> bool:
    """Whether this person holds a desk post above the owner, and so approves what he asks."""
    owner = order.owner
    return (
        owner is not None
        and may_see(order, actor, org)
        and any(
            post.role in DESK_ROLES and _may_hold(order, post) and stands_above(post, owner, org)
            for post in actor.posts
        )
    )


def is_reporter(order: WorkOrder, actor: Actor) -> bool:
    """Whether this person reported it; the clock and an erased reporter are nobody."""
    return actor.person is not None and actor.person == order.reporter


def is_at_desk(order: WorkOrder, actor: Actor, org: Org) -> bool:
    """Whether this person sits at a desk that covers the work order and is not below its owner."""
    owner = order.owner
    return may_see(order, actor, org) and any(
        _may_hold(order, post)
        and _is_desk_over(order, post, org)
        and (owner is None or post == owner or stands_above(post, owner, org))
        for post in actor.posts
    )


def may_be_followed(order: WorkOrder) -> bool:
    """Whether neighbours may be told of it at each step."""
    return not (order.restricted or order.about_staff or order.accused)


def require_owner(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor may do what the owner may."""
    if not may_act_as_owner(order, act.actor, act.org):
        raise NotAllowed(move, order.number)


def require_above_owner(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor stands above the owner."""
    if not is_above_owner(order, act.actor, act.org):
        raise NotAllowed(move, order.number)


def require_desk(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor sits at a desk that covers the work order."""
    if not is_at_desk(order, act.actor, act.org):
        raise NotAllowed(move, order.number)


def require_reporter(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor reported it."""
    if not is_reporter(order, act.actor):
        raise NotAllowed(move, order.number)


def require_involved(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor reported it, follows it or works on it."""
    if not may_see(order, act.actor, act.org):
        raise NotAllowed(move, order.number)


def require_clock(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the clock acts."""
    if act.actor.person is not None:
        raise NotAllowed(move, order.number)


def require_worker(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor is its owner, whistled for, or at a desk over it."""
    works = any(_works_on(order, post) for post in act.actor.posts)
    if not may_see(order, act.actor, act.org) or not (
        works or is_at_desk(order, act.actor, act.org)
    ):
        raise NotAllowed(move, order.number)


def require_contact(order: WorkOrder, act: Act, move: str) -> None:
    """Raise NotAllowed unless the actor may be told how to reach who reported it.

    That is the owner, and the desk over it; of a confidential one the desk alone, of an anonymous
    one nobody, and never whoever only helps or follows.
    """
    works = order.owner in act.actor.posts or is_at_desk(order, act.actor, act.org)
    if not (works and may_know_reporter(order, act.actor, act.org)):
        raise NotAllowed(move, order.number)


def must_go(order: WorkOrder, post: Post) -> bool:
    """Whether this post needs the room and the words: who does the work, the desk while nobody
    does, and in a danger everybody who is told.
    """
    if order.owner is None and post.role in DESK_ROLES:
        return True
    return _works_on(order, post) or order.order_class in URGENT


def require_fit(order: WorkOrder, post: Post) -> None:
    """Raise ConflictOfInterest when the work order must be kept from this post."""
    if not is_fit(order, post):
        raise ConflictOfInterest(post)


def is_fit(order: WorkOrder, post: Post) -> bool:
    """Whether the work order may be given to this post."""
    if order.restricted:
        return post.role in RESTRICTED_ROLES and post.unit == order.community
    if order.about_staff or order.accused:
        return RANK[post.role] >= RANK[Role.SECRETARY]
    return True


def _is_accused(order: WorkOrder, actor: Actor) -> bool:
    """Themselves, and whoever stands in for them while they do."""
    return actor.person in order.accused or bool(actor.stands_in_for & order.accused)


def _works_on(order: WorkOrder, post: Post) -> bool:
    return post == order.owner or post in order.responders


def _is_desk_over(order: WorkOrder, post: Post, org: Org) -> bool:
    return post.role in DESK_ROLES and org.within(order.grid or order.community, post.unit)


def _may_hold(order: WorkOrder, post: Post) -> bool:
    return is_fit(order, post) or (post == order.owner and not order.restricted)
