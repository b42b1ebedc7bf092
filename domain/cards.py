"""晨报: what somebody has on their hands, in at most ten lines; nothing when there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain import deadlines
from domain.extensions import pending_extension
from domain.orders import EventKind, Status, WorkOrder
from domain.rules import Rules
from domain.workdays import ONE_DAY

MOST_ROWS = 7  # with a heading, a line for what is left out and one for what to reply: ten lines


class Mark(StrEnum):
    """Why a work order is on the card, the most pressing first."""

    LATE = "late"  # 已超期
    TODAY = "today"  # 今天到期
    NEW = "new"  # 待接单
    WAITING = "waiting"  # 等居民确认
    GOING = "going"  # 办理中
    PAUSED = "paused"  # 挂起
    AWAITED = "awaited"  # 吹哨未报到


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One work order on a card."""

    mark: Mark
    order: WorkOrder


def rows_of(orders: Iterable[WorkOrder], rules: Rules, at: datetime) -> tuple[Row, ...]:
    """What the owner of these work orders owes, the most pressing first."""
    rows = [Row(mark=_mark(order, rules, at), order=order) for order in orders]
    order_of_marks = list(Mark)
    return tuple(
        sorted(rows, key=lambda row: (order_of_marks.index(row.mark), _due(row.order, at)))
    )


def leader_card(
    rows: Sequence[Row], rules: Rules, *, most: int = MOST_ROWS
) -> Mapping[str, Any] | None:
    """The values of an owner's card, or None when nothing is owed."""
    if not rows:
        return None
    counts = {mark.value: sum(row.mark is mark for row in rows) for mark in Mark}
    return {
        **counts,
        "total": len(rows),
        "rows": [_line(row, rules) for row in rows[:most]],
        "more": max(len(rows) - most, 0),
    }


def evening_card(
    rows: Sequence[Row],
    awaited: Sequence[WorkOrder],
    rules: Rules,
    at: datetime,
    *,
    most: int = MOST_ROWS,
) -> Mapping[str, Any] | None:
    """The values of the card before going home: what is late, new or due until tomorrow's evening,
    and who was whistled for and has not reported in; None when there is nothing of it.
    """
    calendar = rules.calendar
    tomorrow = calendar.local_day(at) + ONE_DAY
    pressing = [
        row
        for row in rows
        if row.mark in (Mark.LATE, Mark.TODAY, Mark.NEW)
        or (
            row.mark is Mark.GOING
            and row.order.promised_at is not None
            and calendar.local_day(row.order.promised_at) <= tomorrow
        )
    ]
    if not pressing and not awaited:
        return None
    counts = {mark.value: sum(row.mark is mark for row in pressing) for mark in Mark}
    lines = [
        *(_line(Row(mark=Mark.AWAITED, order=order), rules) for order in awaited),
        *(_line(row, rules) for row in pressing),
    ]
    return {
        **counts,
        "tomorrow": counts[Mark.GOING.value],
        "awaited": len(awaited),
        "rows": lines[:most],
        "more": max(len(lines) - most, 0),
    }


def desk_card(
    *,
    waiting: Sequence[WorkOrder],
    extensions: Sequence[WorkOrder],
    hand_overs: int,
    dead_letters: int = 0,
    rules: Rules,
    at: datetime,
    most: int = MOST_ROWS,
) -> Mapping[str, Any] | None:
    """The values of a desk's card, or None when nothing waits for it."""
    limit = rules.limits.max_returns
    settled = [order for order in waiting if len(order.events(EventKind.RETURNED)) >= limit]
    extensions = [order for order in extensions if pending_extension(order) is not None]
    if not (waiting or extensions or hand_overs or dead_letters):
        return None
    rows = [*rows_of(waiting, rules, at), *(Row(mark=Mark.GOING, order=one) for one in extensions)]
    return {
        "waiting": len(waiting),
        "to_name": len(settled),
        "extensions": len(extensions),
        "hand_overs": hand_overs,
        "dead_letters": dead_letters,
        "rows": [_line(row, rules, asked=row.mark is Mark.GOING) for row in rows[:most]],
        "more": max(len(rows) - most, 0),
    }


def _mark(order: WorkOrder, rules: Rules, at: datetime) -> Mark:
    if order.status is Status.RESOLVED:
        return Mark.WAITING
    if order.status is Status.SUSPENDED:
        return Mark.PAUSED
    due = deadlines.promise(order, rules)
    if due is not None and at >= due:
        return Mark.LATE
    calendar = rules.calendar
    if due is not None and calendar.local_day(due) == calendar.local_day(at):
        return Mark.TODAY
    return Mark.NEW if order.status in (Status.OPEN, Status.ASSIGNED) else Mark.GOING


def _due(order: WorkOrder, at: datetime) -> datetime:
    return order.promised_at or at


def _line(row: Row, rules: Rules, *, asked: bool = False) -> dict[str, Any]:
    order = row.order
    category = rules.categories.get(order.category)
    return {
        "mark": "extension" if asked else row.mark.value,
        "number": order.number,
        "category": category.name if category else "",
        "place": order.place.shown(private=False),
        "due": order.promised_at if order.is_running else None,
    }
