"""The calendar and deadline table the tests of the domain count with, and an order."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.deadlines import parse_budget
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import Post, Role
from domain.rules import DeadlinePolicy, Rules
from domain.workdays import Holiday, WorkCalendar

ROOT = Path(__file__).parent.parent.parent
SHANGHAI = ZoneInfo("Asia/Shanghai")

# 受理, 接单, 首次答复, 办结, warnings, repeat (domain.md §2.5).
Row = tuple[str, str, str, str, tuple[float, ...], timedelta | None]
TABLE: Mapping[OrderClass, Row] = {
    OrderClass.E0: ("0 分钟", "5 分钟", "5 分钟", "2 小时", (), timedelta(minutes=5)),
    OrderClass.E1: ("5 分钟", "30 分钟", "30 分钟", "24 小时", (0.5, 0.8), timedelta(minutes=30)),
    OrderClass.U: ("30 分钟", "2 工作时", "4 工作时", "8 工作时", (0.8,), None),
    OrderClass.N: ("2 小时(08-22)", "1 工作日", "1 工作日", "7 自然日", (0.8,), None),
    OrderClass.D: ("2 小时(08-22)", "1 工作日", "2 工作日", "15 自然日", (0.5, 0.8), None),
    OrderClass.Q: ("", "", "1 工作日", "3 工作日", (0.8,), None),
    OrderClass.S: ("2 小时(08-22)", "3 工作日", "3 工作日", "15 工作日", (0.8,), None),
}


def holidays() -> tuple[Holiday, ...]:
    """The holidays and make-up workdays of the sample community, 2024 to 2026."""
    with (ROOT / "bot/sample_tables/holidays.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Holiday(
                day=date.fromisoformat(row["day"]),
                name=row["name"],
                working=row["working"] == "true",
            )
            for row in csv.DictReader(file)
        )


CALENDAR = WorkCalendar(holidays(), SHANGHAI)
OWNER = Post(unit=4, role=Role.GRID_LEADER)


def local(text: str) -> datetime:
    """A moment in Shanghai: "2026-06-17 16:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def rules(table: Mapping[OrderClass, Row] = TABLE, calendar: WorkCalendar = CALENDAR) -> Rules:
    """Rules with this deadline table, or with the sample's."""
    return Rules(
        categories={},
        deadlines={
            order_class: DeadlinePolicy(
                order_class=order_class,
                accept=parse_budget(accept),
                claim=parse_budget(claim),
                answer=parse_budget(answer),
                resolve=parse_budget(resolve),
                warn_at=warn_at,
                escalate_every=every,
            )
            for order_class, (accept, claim, answer, resolve, warn_at, every) in table.items()
        },
        calendar=calendar,
    )


RULES = rules()

# The status an event leaves the order in; other events leave it where it is.
AFTER = {
    EventKind.OPENED: Status.OPEN,
    EventKind.ASSIGNED: Status.ASSIGNED,
    EventKind.HANDED_ON: Status.ASSIGNED,
    EventKind.OWNER_NAMED: Status.ASSIGNED,
    EventKind.RETURNED: Status.OPEN,
    EventKind.ACCEPTED: Status.ACCEPTED,
    EventKind.SUSPENDED: Status.SUSPENDED,
    EventKind.RESUMED: Status.ACCEPTED,
    EventKind.RESOLVED: Status.RESOLVED,
    EventKind.DISAGREED: Status.ACCEPTED,
    EventKind.REOPENED: Status.ACCEPTED,
    EventKind.CONFIRMED: Status.CLOSED,
    EventKind.MERGED: Status.MERGED,
    EventKind.DECLINED: Status.DECLINED,
    EventKind.WITHDRAWN: Status.WITHDRAWN,
}


def happened(order: WorkOrder, kind: EventKind, at: datetime | str, **values: Any) -> WorkOrder:
    """The order after one more event; moments among the values become ISO text, as in history."""
    moment = local(at) if isinstance(at, str) else at
    plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
    status = AFTER.get(kind, order.status)
    moved = order if status is order.status else order.moved_to(status)
    return moved.with_event(kind, moment, values=plain)


def an_order(
    order_class: OrderClass, opened: datetime | str, *, owner: Post | None = OWNER
) -> WorkOrder:
    """A work order opened and assigned at this moment, or only opened when there is no owner."""
    moment = local(opened) if isinstance(opened, str) else opened
    order = WorkOrder(
        number="0101005724", order_class=order_class, community=3, owner=owner, created_at=moment
    )
    order = happened(order, EventKind.OPENED, moment)
    return order if owner is None else happened(order, EventKind.ASSIGNED, moment)
