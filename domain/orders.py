"""The work order: its status, its history, and which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.messages import Address
from domain.people import Post
from domain.places import OrderPlace


class Status(StrEnum):
    """Where a work order stands (design.md §5)."""

    DRAFT = "draft"  # 待补充
    OPEN = "open"  # 待受理
    ASSIGNED = "assigned"  # 已派单
    ACCEPTED = "accepted"  # 办理中
    SUSPENDED = "suspended"  # 挂起
    RESOLVED = "resolved"  # 已处理待确认
    CLOSED = "closed"  # 已办结(销号)
    DECLINED = "declined"  # 不予受理
    WITHDRAWN = "withdrawn"  # 已撤回
    MERGED = "merged"  # 已并单
    TRANSFERRED = "transferred"  # 已转出


FINAL = frozenset(
    {Status.CLOSED, Status.DECLINED, Status.WITHDRAWN, Status.MERGED, Status.TRANSFERRED}
)
# Somebody owes the resident the next step.
RUNNING = frozenset({Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED})


class OrderClass(StrEnum):
    """How urgent a category is (domain.md §2.5)."""

    E0 = "E0"  # 生命危险
    E1 = "E1"  # 紧急
    U = "U"  # 快办
    N = "N"  # 一般
    D = "D"  # 疑难
    Q = "Q"  # 咨询
    S = "S"  # 建议表扬
    X = "X"  # 另有法定途径


URGENT = frozenset({OrderClass.E0, OrderClass.E1})  # told and handled by day and by night


class Privacy(StrEnum):
    """Who may know who reported."""

    OPEN = "open"  # 公开
    CONFIDENTIAL = "confidential"  # 保密：承办人看不到姓名
    ANONYMOUS = "anonymous"  # 匿名：不留姓名


class Source(StrEnum):
    """How the work order came in."""

    RESIDENT = "resident"  # 居民反映
    PATROL = "patrol"  # 巡查走访
    STAFF = "staff"  # 工作人员代报


class EventKind(StrEnum):
    """What happened to a work order; an event is never changed or removed."""

    OPENED = "opened"  # 受理
    ASSIGNED = "assigned"  # 派单 values: unit, role
    ACCEPTED = "accepted"  # 接单 values: expected (iso datetime, optional)
    RETURNED = "returned"  # 退单 reason; values: unit, role of the owner who returned
    OWNER_NAMED = "owner_named"  # 指定承办 values: unit, role
    HANDED_ON = "handed_on"  # 转派 values: unit, role
    EXTENSION_ASKED = "extension_asked"  # 申请延期 reason; values: until
    EXTENDED = "extended"  # 批准延期 values: until
    EXTENSION_REFUSED = "extension_refused"  # 不准延期 reason
    SUSPENDED = "suspended"  # 挂起 reason
    RESUMED = "resumed"  # 恢复
    WHISTLED = "whistled"  # 吹哨 values: responders [{unit, role}], by
    REPORTED_IN = "reported_in"  # 报到 values: unit, role
    ON_SITE = "on_site"  # 到场
    RESOLVED = "resolved"  # 办结 text note; values: photos [attachment ids]
    CONFIRMED = "confirmed"  # 确认办结
    DISAGREED = "disagreed"  # 不认可, 重办 reason
    CLOSED_BY_SILENCE = "closed_by_silence"  # 默认办结
    REOPENED = "reopened"  # 重办 reason
    RATED = "rated"  # 评价 values: rating
    URGED = "urged"  # 催办
    SUPPLEMENTED = "supplemented"  # 补充 text; values: photos, latitude, longitude
    CORRECTED = "corrected"  # 更正 values: field names
    FOLLOWED = "followed"  # 关注 values: person
    UNFOLLOWED = "unfollowed"  # 取消关注
    DECLINED = "declined"  # 不予受理 reason; values: path
    WITHDRAWN = "withdrawn"  # 撤回
    MERGED = "merged"  # 并单 values: into (number)
    UNMERGED = "unmerged"  # 撤销并单
    ABSORBED = "absorbed"  # 并入一单 values: number (on the one merged into)
    SPLIT = "split"  # 拆单 values: numbers (on the one split)
    TRANSFERRED = "transferred"  # 转出 values: to, reference
    WARNED = "warned"  # 预警 values: stage
    ESCALATED = "escalated"  # 升级 values: clock, rung, unit
    REMINDED = "reminded"  # 提醒确认
    NOTED = "noted"  # 内部备注 text
    TOLD_LATE = "told_late"  # 告知延误 values: due, expected
    SUPERVISED = "supervised"  # 挂牌督办 reason; values: unit, role, named, until, evidence
    SUPERVISION_CALLED = "supervision_called"  # 督办提醒 values: rung (0: before the date)
    SUPERVISION_ENDED = "supervision_ended"  # 销号 text
    SPOT_CHECKED = "spot_checked"  # 抽查 text; values: good


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One thing that happened to a work order; `text` is free text (sealed at rest), `values` are
    codes and numbers.
    """

    seq: int  # 1, 2, 3… inside the order
    kind: EventKind
    at: datetime
    person: int | None = None  # who did it; None: the clock, or somebody erased
    reason: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


# Which status may follow which. Moves check it through `moved_to`; nothing else changes a status.
NEXT: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.OPEN, Status.WITHDRAWN}),
    Status.OPEN: frozenset(
        {
            Status.ASSIGNED,
            Status.DECLINED,
            Status.MERGED,
            Status.TRANSFERRED,
            Status.WITHDRAWN,
            Status.RESOLVED,
        }
    ),
    Status.ASSIGNED: frozenset(
        {
            Status.OPEN,
            Status.ASSIGNED,
            Status.ACCEPTED,
            Status.SUSPENDED,
            Status.RESOLVED,
            Status.MERGED,
            Status.TRANSFERRED,
            Status.WITHDRAWN,
            Status.DECLINED,
        }
    ),
    Status.ACCEPTED: frozenset(
        {
            Status.OPEN,
            Status.ASSIGNED,
            Status.SUSPENDED,
            Status.RESOLVED,
            Status.MERGED,
            Status.TRANSFERRED,
            Status.WITHDRAWN,
        }
    ),
    Status.SUSPENDED: frozenset(
        {
            Status.ACCEPTED,
            Status.ASSIGNED,
            Status.RESOLVED,
            Status.MERGED,
            Status.TRANSFERRED,
            Status.WITHDRAWN,
        }
    ),
    Status.RESOLVED: frozenset({Status.CLOSED, Status.ACCEPTED, Status.WITHDRAWN}),
    Status.CLOSED: frozenset({Status.ACCEPTED}),
    Status.DECLINED: frozenset({Status.OPEN}),
    Status.WITHDRAWN: frozenset({Status.OPEN}),
    Status.MERGED: frozenset({Status.OPEN, Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED}),
    Status.TRANSFERRED: frozenset({Status.OPEN}),
}


class IllegalTransition(Exception):
    """The work order cannot go from the one status to the other."""

    def __init__(self, number: str, before: Status, after: Status) -> None:
        super().__init__(f"{number}: {before} cannot become {after}")
        self.number = number
        self.before = before
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """工单: what one or more residents asked, who owes it, and all that happened to it."""

    id: int | None = None
    number: str  # public: MMDD + 5 random digits + check digit
    version: int = 0
    status: Status = Status.DRAFT
    category: str = ""
    order_class: OrderClass = OrderClass.N
    community: int  # unit id
    grid: int | None = None  # unit id; None while the place is not settled
    owner: Post | None = None
    place: OrderPlace = field(default_factory=OrderPlace)
    text: str = ""  # the reporter's own words (sealed at rest)
    reporter: int | None = None  # person id; None once erased or when anonymous
    privacy: Privacy = Privacy.OPEN
    source: Source = Source.RESIDENT
    accused: frozenset[int] = frozenset()  # people complained about: never told, never owners
    about_staff: bool = False
    restricted: bool = False  # self-harm, violence at home: duty and secretary only
    reported_in: Address | None = None  # the chat it was said in
    created_at: datetime
    promised_at: datetime | None = None  # the date the resident was last told
    parent: int | None = None  # id of the order merged into or split from
    responders: tuple[Post, ...] = ()
    followers: tuple[int, ...] = ()
    photos: tuple[int, ...] = ()  # attachment ids the reporter sent
    history: tuple[OrderEvent, ...] = ()

    def moved_to(self, status: Status) -> WorkOrder:
        """The same order in another status; raises IllegalTransition."""
        if status not in NEXT[self.status]:
            raise IllegalTransition(self.number, self.status, status)
        return replace(self, status=status)

    def with_event(self, kind: EventKind, at: datetime, **event: Any) -> WorkOrder:
        """The same order with one more event; fields of OrderEvent by name."""
        added = OrderEvent(seq=len(self.history) + 1, kind=kind, at=at, **event)
        return replace(self, history=(*self.history, added))

    def events(self, *kinds: EventKind) -> tuple[OrderEvent, ...]:
        """The events of these kinds, oldest first."""
        return tuple(event for event in self.history if event.kind in kinds)

    def last(self, *kinds: EventKind) -> OrderEvent | None:
        """The newest event of these kinds, or None."""
        return next((event for event in reversed(self.history) if event.kind in kinds), None)

    @property
    def is_running(self) -> bool:
        """Whether somebody owes the next step."""
        return self.status in RUNNING

    @property
    def is_final(self) -> bool:
        """Whether nothing more is owed."""
        return self.status in FINAL

    @property
    def cycle(self) -> int:
        """1 for the first handling, one more for each 重办."""
        return 1 + len(self.events(EventKind.DISAGREED, EventKind.REOPENED))
