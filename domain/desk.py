"""What the desk decides: whose a work order is, and what is not ours to do."""

from __future__ import annotations

from domain.acts import Act, NotAllowed, RuleBroken, as_values, require_reason, require_status
from domain.changes import Change, Notice
from domain.handling import new_owner
from domain.intake import assigned
from domain.orders import EventKind, Status, WorkOrder
from domain.people import DESK_ROLES, Actor, Post, Role
from domain.rights import require_desk
from domain.routing import RANK
from domain.telling import tell_owner, tell_residents
from domain.units import Org

RUNNING = (Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)


class OutOfScope(RuleBroken):
    """The desk gives work to posts inside its own units only."""

    phrase = "refused.out_of_scope"


class OwnerMustBeNamed(RuleBroken):
    """It came back too often: now the unit above names the owner, once and for all."""

    phrase = "refused.owner_must_be_named"


class PathMissing(RuleBroken):
    """Whoever is turned away is told where to go instead."""

    phrase = "refused.path_missing"


class DestinationMissing(RuleBroken):
    """A work order is handed out to somebody."""

    phrase = "refused.destination_missing"


def assign(order: WorkOrder, act: Act, *, post: Post) -> Change:
    """派单: the desk gives it to a post within its units."""
    require_desk(order, act, "assign")
    require_status(order, "assign", Status.OPEN, Status.ASSIGNED)
    _require_scope(act.actor, post, act.org)
    limit = act.rules.limits.max_returns
    if len(order.events(EventKind.RETURNED)) >= limit:
        raise OwnerMustBeNamed(number=order.number, limit=limit)
    after = assigned(order, act, post)
    return act.done("assigned", after, notices=new_owner(after, act, order.owner))


def name_owner(order: WorkOrder, act: Act, *, post: Post) -> Change:
    """指定承办: the secretary or the street settles whose it is; no return from there."""
    require_desk(order, act, "name_owner")
    require_status(order, "name_owner", Status.OPEN, Status.ASSIGNED)
    if not any(_may_name(giver) for giver in act.actor.posts):
        raise NotAllowed("name_owner", order.number)
    _require_scope(act.actor, post, act.org)
    after = assigned(order, act, post, EventKind.OWNER_NAMED)
    return act.done("owner_named", after, notices=new_owner(after, act, order.owner))


def decline(order: WorkOrder, act: Act, *, reason: str, path: str = "") -> Change:
    """不予受理: with the reason and the lawful path, by default the one in the category table."""
    require_desk(order, act, "decline")
    require_status(order, "decline", Status.OPEN, Status.ASSIGNED)
    reason = require_reason("decline", reason)
    category = act.rules.categories.get(order.category)
    path = path.strip() or (category.path if category is not None else "")
    if not path:
        raise PathMissing(number=order.number)
    after = act.write(
        order.moved_to(Status.DECLINED), EventKind.DECLINED, reason=reason, path=path
    )
    values = {"reason": reason, "path": path}
    return act.done(
        "declined",
        after,
        notices=(
            *tell_residents(after, "order.declined", values),
            *taken_away(after, act, "desk.declined", values),
        ),
    )


def transfer(order: WorkOrder, act: Act, *, to: str, reason: str, reference: str = "") -> Change:
    """转出: to another body, with its own number where it gave one."""
    require_desk(order, act, "transfer")
    require_status(order, "transfer", *RUNNING)
    reason = require_reason("transfer", reason)
    if not (to := to.strip()):
        raise DestinationMissing(number=order.number)
    values = {"to": to, "reference": reference.strip()}
    after = act.write(
        order.moved_to(Status.TRANSFERRED), EventKind.TRANSFERRED, reason=reason, **values
    )
    told = {**values, "reason": reason}
    return act.done(
        "transferred",
        after,
        notices=(
            *tell_residents(after, "order.transferred", told),
            *taken_away(after, act, "desk.transferred", told),
        ),
    )


def taken_away(
    order: WorkOrder, act: Act, phrase: str, values: dict[str, str]
) -> tuple[Notice, ...]:
    """A line to the owner that the work order is off his hands, unless he did it himself."""
    if order.owner is None or order.owner in act.actor.posts:
        return ()
    return (tell_owner(order, phrase, values),)


def _may_name(giver: Post) -> bool:
    return giver.role in DESK_ROLES and RANK[giver.role] >= RANK[Role.SECRETARY]


def _require_scope(actor: Actor, post: Post, org: Org) -> None:
    if not actor.is_desk(post.unit, org):
        raise OutOfScope(**as_values(post), name=org.unit(post.unit).name)
