"""通知、群发: what staff send to many, who may, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.acts import Act, RuleBroken, require_reason
from domain.audiences import AudienceQuery, lies_within
from domain.people import DESK_ROLES, Actor, Role
from domain.units import Org

WRITERS = DESK_ROLES | {Role.GRID_LEADER}


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"  # 草稿
    AWAITING = "awaiting"  # 待审批
    SCHEDULED = "scheduled"  # 待发送
    SENDING = "sending"  # 发送中
    PAUSED = "paused"  # 已暂停
    DONE = "done"  # 已发完
    CANCELLED = "cancelled"  # 已取消


NEXT: Mapping[BroadcastState, frozenset[BroadcastState]] = {
    BroadcastState.DRAFT: frozenset(
        {BroadcastState.AWAITING, BroadcastState.SCHEDULED, BroadcastState.CANCELLED}
    ),
    BroadcastState.AWAITING: frozenset(
        {BroadcastState.DRAFT, BroadcastState.SCHEDULED, BroadcastState.CANCELLED}
    ),
    BroadcastState.SCHEDULED: frozenset(
        {BroadcastState.SENDING, BroadcastState.PAUSED, BroadcastState.CANCELLED}
    ),
    BroadcastState.SENDING: frozenset(
        {BroadcastState.PAUSED, BroadcastState.DONE, BroadcastState.CANCELLED}
    ),
    BroadcastState.PAUSED: frozenset({BroadcastState.SCHEDULED, BroadcastState.CANCELLED}),
    BroadcastState.DONE: frozenset({BroadcastState.SCHEDULED}),
    BroadcastState.CANCELLED: frozenset(),
}
# Somebody or the clock still has something to do with it.
LIVE = frozenset(BroadcastState) - {BroadcastState.DONE, BroadcastState.CANCELLED}


class Delivery(StrEnum):
    """What became of it for one recipient."""

    WAITING = "waiting"  # 等待
    HELD = "held"  # 并入汇总
    QUEUED = "queued"  # 投递中
    SENT = "sent"  # 已送达
    FAILED = "failed"  # 失败
    BLOCKED = "blocked"  # 联系不上
    UNKNOWN = "unknown"  # 不确定
    CANCELLED = "cancelled"  # 已取消


OPEN = (Delivery.WAITING, Delivery.HELD, Delivery.QUEUED)
ENDED = tuple(one for one in Delivery if one not in OPEN)


class Action(StrEnum):
    """What a broadcast is to the one before it."""

    NOTICE = "notice"  # 通知
    CORRECTION = "correction"  # 更正
    RECALL = "recall"  # 撤回


class BroadcastMoved(RuleBroken):
    """It does not stand where this could be done to it any more: another was faster."""

    phrase = "refused.broadcast_moved"


class NotYourAudience(RuleBroken):
    """Somebody writes to units that are not theirs."""

    phrase = "refused.not_your_audience"


class NotApprover(RuleBroken):
    """Nobody agrees to a notice of their own, or of units that are not theirs."""

    phrase = "refused.not_approver"


class NoticeTooLong(RuleBroken):
    """Nobody reads a page in a chat, and it would not go out as one message."""

    phrase = "refused.notice_too_long"


class StartInPast(RuleBroken):
    """It was to begin before now."""

    phrase = "refused.start_in_past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """How many private chats and groups it goes to, on each channel, and who was left out."""

    people: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0

    @property
    def total(self) -> int:
        """All recipients."""
        return self.all_people + self.all_groups

    @property
    def all_people(self) -> int:
        """The private chats."""
        return sum(self.people.values())

    @property
    def all_groups(self) -> int:
        """The groups."""
        return sum(self.groups.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One notice on its way to many.

    `plan` is the cursor of the expansion of its audience, None once everybody has a row. `merges`:
    a group that has had a notice today hears of it in the digest. `overrides`: it goes out at
    night too, for the reason that was given.
    """

    id: int | None = None
    number: str
    unit: int
    author: int
    approver: int | None = None
    state: BroadcastState = BroadcastState.DRAFT
    action: Action = Action.NOTICE
    of: int | None = None  # the one it corrects, takes back or asks once more
    template: str
    title: str
    text: str
    reason: str = ""  # why it may not wait
    audience: AudienceQuery
    asks: bool = False
    merges: bool = True
    overrides: bool = False
    starts_at: datetime | None = None
    created_at: datetime
    planned_at: datetime
    ended_at: datetime | None = None
    plan: str | None = ""
    heads: Heads = field(default_factory=Heads)
    counts: Mapping[Delivery, int] = field(default_factory=dict)  # of those that ended, and held
    doubts: int = 0  # unknown ones in a row
    told: str = ""  # what its author was told last

    @property
    def is_planned(self) -> bool:
        """Whether everybody of its audience has a row."""
        return self.plan is None

    @property
    def ended(self) -> int:
        """How many recipients have their result."""
        return sum(self.counts.get(one, 0) for one in ENDED)

    @property
    def is_repeat(self) -> bool:
        """Whether it asks those once more who have not answered another."""
        return self.action is Action.NOTICE and self.of is not None

    @property
    def manner(self) -> str:
        """What it is to the one before it, in a word of the phrasebook."""
        return "repeat" if self.is_repeat else self.action.value

    @property
    def answered_as(self) -> int | None:
        """The broadcast to which answers count: a repeat has none of its own."""
        return self.of if self.is_repeat else self.id

    def moved_to(self, state: BroadcastState, **changes: Any) -> Broadcast:
        """The broadcast in another state; raises BroadcastMoved where the table has no such
        step.
        """
        if state not in NEXT[self.state]:
            raise BroadcastMoved(number=self.number, state=self.state.value)
        return replace(self, state=state, **changes)


def require_writer(act: Act, audience: AudienceQuery) -> None:
    """Raise NotYourAudience unless every unit it goes to is within the writer's."""
    if not lies_within(audience, scopes_of(act.actor), act.org):
        raise NotYourAudience


def scopes_of(actor: Actor) -> tuple[int, ...]:
    """The units whose people and groups this person may write to."""
    return tuple(sorted({post.unit for post in actor.posts if post.role in WRITERS}))


def may_follow(broadcast: Broadcast, actor: Actor, org: Org) -> bool:
    """Whether this person may see how far it is, stop it and go on with it."""
    return actor.person == broadcast.author or actor.is_desk(broadcast.unit, org)


def require_follower(broadcast: Broadcast, act: Act) -> None:
    """Raise NotYourAudience for everybody who has nothing to do with it."""
    if not may_follow(broadcast, act.actor, act.org):
        raise NotYourAudience


def needs_second(broadcast: Broadcast, act: Act) -> bool:
    """Whether another person must agree."""
    rules, heads = act.rules.limits.broadcasts, broadcast.heads
    return heads.all_people > rules.alone_people or heads.all_groups > rules.alone_groups


def submit(broadcast: Broadcast, act: Act) -> Broadcast:
    """送审: it waits for another person."""
    require_writer_of(broadcast, act)
    return broadcast.moved_to(BroadcastState.AWAITING)


def require_writer_of(broadcast: Broadcast, act: Act) -> None:
    """Raise NotYourAudience unless its author, who still may, asks for it."""
    if act.actor.person != broadcast.author:
        raise NotYourAudience
    if broadcast.action is Action.NOTICE:
        require_writer(act, broadcast.audience)


def send(broadcast: Broadcast, act: Act) -> Broadcast:
    """Its author lets it go out; raises NotApprover when another must agree first."""
    require_writer_of(broadcast, act)
    if needs_second(broadcast, act):
        raise NotApprover(number=broadcast.number)
    return released(broadcast, act)


def approve(broadcast: Broadcast, act: Act) -> Broadcast:
    """同意: another person of the desk over all of it lets it go out."""
    if broadcast.state is not BroadcastState.AWAITING:
        raise BroadcastMoved(number=broadcast.number, state=broadcast.state.value)
    require_approver(broadcast, act)
    return released(broadcast, act, approver=act.actor.person)


def refuse(broadcast: Broadcast, act: Act) -> Broadcast:
    """不同意: it is its author's draft again."""
    require_approver(broadcast, act)
    return broadcast.moved_to(BroadcastState.DRAFT, told="")


def require_approver(broadcast: Broadcast, act: Act) -> None:
    """Raise NotApprover unless somebody else who sits at a desk over all its units asks."""
    actor = act.actor
    one_person = broadcast.author in {actor.person, *actor.stands_in_for}
    units = broadcast.audience.units or {broadcast.unit}
    if one_person or not all(actor.is_desk(unit, act.org) for unit in units):
        raise NotApprover(number=broadcast.number)


def released(broadcast: Broadcast, act: Act, *, approver: int | None = None) -> Broadcast:
    """It goes out when it is time: at once for an emergency, else after a moment to think."""
    starts_at = _earliest(broadcast, act)
    return broadcast.moved_to(BroadcastState.SCHEDULED, starts_at=starts_at, approver=approver)


def put_off(broadcast: Broadcast, act: Act, at: datetime) -> Broadcast:
    """It begins at another time than the one it was released for; raises StartInPast."""
    if broadcast.state is not BroadcastState.SCHEDULED:
        raise BroadcastMoved(number=broadcast.number, state=broadcast.state.value)
    wished = wished_for(broadcast, act, at)
    return replace(wished, starts_at=_earliest(wished, act))


def _earliest(broadcast: Broadcast, act: Act) -> datetime:
    """When it may begin that is to begin now, or when it was wished for."""
    rules = act.rules.limits.broadcasts
    soonest = act.at if broadcast.overrides else act.at + rules.undo
    wished = max(broadcast.starts_at or soonest, soonest)
    return wished if broadcast.overrides else rules.opens_after(wished, act.rules.zone)


def wished_for(broadcast: Broadcast, act: Act, at: datetime) -> Broadcast:
    """定时: when it is to begin, once it may; raises StartInPast."""
    if at <= act.at:
        raise StartInPast(at=at)
    return replace(broadcast, starts_at=at)


def overriding(broadcast: Broadcast, act: Act, *, reason: str) -> Broadcast:
    """紧急: at night too, to everybody, and to groups that have had a notice today.

    Whoever wanted peace is one of its audience now, so that is asked for again.
    """
    require_writer_of(broadcast, act)
    if broadcast.state is not BroadcastState.DRAFT:
        raise BroadcastMoved(number=broadcast.number, state=broadcast.state.value)
    return replace(
        broadcast,
        overrides=True,
        merges=False,
        reason=require_reason("overriding", reason),
        audience=replace(broadcast.audience, disturbs=True),
        plan="",
    )


def pause(broadcast: Broadcast, act: Act) -> Broadcast:
    """暂停."""
    require_follower(broadcast, act)
    return broadcast.moved_to(BroadcastState.PAUSED)


def resume(broadcast: Broadcast, act: Act) -> Broadcast:
    """继续."""
    require_follower(broadcast, act)
    if broadcast.state is not BroadcastState.PAUSED:
        raise BroadcastMoved(number=broadcast.number, state=broadcast.state.value)
    return broadcast.moved_to(BroadcastState.SCHEDULED, doubts=0)


def cancel(broadcast: Broadcast, act: Act) -> Broadcast:
    """取消: what has not gone out does not."""
    require_follower(broadcast, act)
    return broadcast.moved_to(BroadcastState.CANCELLED, ended_at=act.at)


def again(broadcast: Broadcast, act: Act) -> Broadcast:
    """重发: to those it failed for, or of whom nobody knows; somebody chose to."""
    require_follower(broadcast, act)
    return broadcast.moved_to(BroadcastState.SCHEDULED, ended_at=None, doubts=0, told="")


def counts_left(
    counts: Mapping[Delivery, int], states: Sequence[Delivery], rescued: int
) -> dict[Delivery, int]:
    """The counts once so many of these states wait again; the rest still counts as the first."""
    left = {state: n for state, n in counts.items() if state not in states}
    over = sum(counts.values()) - sum(left.values()) - rescued
    return {**left, states[0]: over} if over > 0 else left


def following(
    broadcast: Broadcast, action: Action, text: str, *, author: int, at: datetime
) -> Broadcast:
    """Something more to those who have got the first one: to all of them, or, as a notice once
    more, to those of them who have not answered. Raises BroadcastMoved where nobody has got it.
    """
    if not is_sent(broadcast):
        raise BroadcastMoved(number=broadcast.number, state=broadcast.state.value)
    return Broadcast(
        number="",
        unit=broadcast.unit,
        author=author,
        action=action,
        of=broadcast.id,
        template=broadcast.template,
        title=broadcast.title,
        text=text,
        audience=broadcast.audience,
        asks=action is Action.NOTICE,
        merges=False,
        created_at=at,
        planned_at=at,
    )


def is_sent(broadcast: Broadcast) -> bool:
    """Whether anybody has got it, or may have."""
    return any(broadcast.counts.get(one) for one in (Delivery.SENT, Delivery.UNKNOWN))


def require_length(text: str, act: Act) -> None:
    """Raise NoticeTooLong."""
    most = act.rules.limits.broadcasts.longest
    if len(text) > most:
        raise NoticeTooLong(length=len(text), most=most)
