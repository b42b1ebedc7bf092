"""One problem told by many becomes one work order; many problems told in one become many."""

from __future__ import annotations

from dataclasses import replace

from domain import households
from domain.acts import Act, RuleBroken, require_reason, require_status
from domain.changes import Change, Notice
from domain.desk import RUNNING, taken_away
from domain.intake import arrival, opened, promised, routed
from domain.orders import EventKind, Status, WorkOrder
from domain.rights import require_desk
from domain.telling import card, tell_owner, tell_residents


class MergedWithItself(RuleBroken):
    """A work order is merged into another one."""

    phrase = "refused.merged_with_itself"


class MergeTargetEnded(RuleBroken):
    """Nothing is merged into a work order on which nobody works any more."""

    phrase = "refused.merge_target_ended"


class KeptApart(RuleBroken):
    """Restricted ones and complaints about staff stay alone: others would hear of them."""

    phrase = "refused.kept_apart"


class NotMergedThere(RuleBroken):
    """The work order was not merged into this one."""

    phrase = "refused.not_merged_there"


class NothingToSplit(RuleBroken):
    """A split names the parts."""

    phrase = "refused.nothing_to_split"


def merge_into(order: WorkOrder, parent: WorkOrder, act: Act, *, reason: str) -> Change:
    """并单: the reporter and all who follow now follow the other one, and hear its date."""
    require_desk(order, act, "merge")
    require_desk(parent, act, "merge")
    require_status(order, "merge", *RUNNING)
    reason = require_reason("merge", reason)
    _require_mergeable(order, parent)
    joining = [
        person
        for person in dict.fromkeys((order.reporter, *order.followers))
        if person is not None and person not in (parent.reporter, *parent.followers)
    ]
    parent = replace(parent, followers=(*parent.followers, *joining))
    homes = [households.building_of(order, person) for person in joining]
    parent = act.write(
        parent, EventKind.ABSORBED, number=order.number, followers=joining, buildings=homes
    )
    after = replace(order, parent=parent.id, promised_at=parent.promised_at)
    after = act.write(
        after.moved_to(Status.MERGED),
        EventKind.MERGED,
        reason=reason,
        into=parent.number,
        was=order.status.value,
    )
    values = {"into": parent.number}
    return act.done(
        "merged",
        after,
        parent,
        notices=(
            *tell_residents(after, "order.merged", values),
            *taken_away(after, act, "desk.merged_away", values),
            tell_owner(parent, "desk.absorbed", {"other": order.number}),
        ),
    )


def unmerge(order: WorkOrder, act: Act, *, parent: WorkOrder, reason: str) -> Change:
    """撤销并单: it stands where it stood, its clock never stopped, and its own date is told."""
    require_desk(order, act, "unmerge")
    require_status(order, "unmerge", Status.MERGED)
    reason = require_reason("unmerge", reason)
    merged = order.last(EventKind.MERGED)
    if merged is None or order.parent != parent.id:
        raise NotMergedThere(number=order.number, into=parent.number)
    after = replace(order, parent=None).moved_to(Status(merged.values["was"]))
    after = promised(act.write(after, EventKind.UNMERGED, reason=reason), act)
    parent = act.write(_left(parent, order), EventKind.UNMERGED, number=order.number)
    told = card(after) if after.status is Status.ASSIGNED else tell_owner(after, "desk.unmerged")
    return act.done(
        "unmerged",
        after,
        parent,
        notices=(
            *tell_residents(after, "order.unmerged"),
            told,
            tell_owner(parent, "desk.unmerged_from", {"other": order.number}),
        ),
    )


def split(order: WorkOrder, act: Act, *, parts: tuple[WorkOrder, ...]) -> Change:
    """拆单: each part is a work order of its own whose clock runs since the first one was opened.

    The parts take reporter, privacy, community and followers from the order that is split,
    whatever the drafts say.
    """
    require_desk(order, act, "split")
    require_status(order, "split", *RUNNING)
    if not parts:
        raise NothingToSplit(number=order.number)
    children = tuple(_part(order, part, act) for part in parts)
    numbers = [child.number for child in children]
    after = act.write(order, EventKind.SPLIT, numbers=numbers)
    arrivals: list[Notice] = []
    for child in children:
        arrivals += arrival(child, act.org)
    return act.done(
        "split",
        after,
        *children,
        notices=(
            *tell_residents(after, "order.split", {"numbers": numbers}),
            tell_owner(after, "desk.split", {"numbers": numbers}),
            *arrivals,
        ),
    )


def _require_mergeable(order: WorkOrder, parent: WorkOrder) -> None:
    values = {"number": order.number, "into": parent.number}
    if order.number == parent.number:
        raise MergedWithItself(**values)
    if not parent.is_running:
        raise MergeTargetEnded(**values, status=parent.status.value)
    if any(one.restricted or one.about_staff or one.accused for one in (order, parent)):
        raise KeptApart(**values)


def _left(parent: WorkOrder, order: WorkOrder) -> WorkOrder:
    """The parent without those who follow it only because of this order."""
    joined: set[int] = set()
    for event in parent.events(EventKind.ABSORBED, EventKind.FOLLOWED):
        if event.kind is EventKind.FOLLOWED:
            joined.discard(event.values["person"])
        elif event.values["number"] == order.number:
            joined |= set(event.values["followers"])
    staying = tuple(person for person in parent.followers if person not in joined)
    return replace(parent, followers=staying)


def _part(order: WorkOrder, part: WorkOrder, act: Act) -> WorkOrder:
    since = next(event.at for event in order.history if event.kind is EventKind.OPENED)
    draft = replace(
        part,
        parent=order.id,
        community=order.community,
        reporter=order.reporter,
        privacy=order.privacy,
        source=order.source,
        accused=order.accused,
        about_staff=order.about_staff,
        restricted=order.restricted,
        reported_in=order.reported_in,
        followers=order.followers,
    )
    child = opened(draft, act, since=since)
    if not order.accused and not order.about_staff:
        child = routed(child, act)
    return promised(child, act)
