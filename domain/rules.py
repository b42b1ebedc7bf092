"""The operator's tables that decisions need: categories, deadlines, phones and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.activity_rules import ActivityRules
from domain.broadcast_rules import BroadcastRules
from domain.flooding import Paces
from domain.orders import OrderClass
from domain.people import Role
from domain.retention import Retention
from domain.workdays import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


class TimeUnit(StrEnum):
    """What a deadline counts in (design.md §9, "Deadlines, exactly")."""

    MINUTES = "minutes"  # 分钟, day and night
    HOURS = "hours"  # 小时, day and night
    DAYTIME_HOURS = "daytime_hours"  # 只在 08:00–22:00 走
    WORKING_HOURS = "working_hours"  # 工作时
    WORKING_DAYS = "working_days"  # 工作日, ends 18:00
    CALENDAR_DAYS = "calendar_days"  # 自然日, ends 18:00


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long a step may take."""

    amount: int
    unit: TimeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePolicy:
    """A row of the deadline table: the budgets of one class; None where no clock runs."""

    order_class: OrderClass
    accept: Budget | None  # 受理
    claim: Budget | None  # 接单
    answer: Budget | None  # 首次答复
    resolve: Budget | None  # 办结
    warn_at: tuple[float, ...] = (0.8,)  # fractions of the resolve budget
    # E0 5 min, E1 30 min; None: once per rung as each clock runs out
    escalate_every: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A row of the category table."""

    code: str
    name: str
    english: str
    order_class: OrderClass | None  # None for a heading such as 01
    words: tuple[str, ...] = ()
    owner: Role = Role.GRID_LEADER  # who handles it first
    done_when: str = ""  # 结案条件
    path: str = ""  # the lawful path shown when it is not ours (class X)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A row of the local phone table, such as gas repair or lift rescue."""

    key: str  # gas, water, power, heating, lift, property, psychology, police…
    name: str
    number: str
    unit: int | None = None  # None: everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Numbers that an operator may change: of the work-order life, and how much is heard."""

    max_returns: int = 3
    max_extensions: int = 1
    max_extension_days: int = 15
    silence: timedelta = timedelta(days=5)
    remind_before_close: timedelta = timedelta(days=1)
    reopen_window: timedelta = timedelta(days=7)
    draft_life: timedelta = timedelta(hours=24)
    duplicate_window: timedelta = timedelta(days=30)
    wakes_staff: bool = False  # also at night for what is no danger: in the sample
    paces: Paces = field(default_factory=Paces)
    retention: Retention = field(default_factory=Retention)
    broadcasts: BroadcastRules = field(default_factory=BroadcastRules)
    activities: ActivityRules = field(default_factory=ActivityRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything a decision reads that an operator imported."""

    categories: Mapping[str, Category]
    deadlines: Mapping[OrderClass, DeadlinePolicy]
    calendar: WorkCalendar
    phones: tuple[Phone, ...] = ()
    limits: Limits = field(default_factory=Limits)
    zone: ZoneInfo = SHANGHAI
    office_opens: time = time(9)
    office_closes: time = time(18)
