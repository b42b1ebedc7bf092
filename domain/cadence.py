"""三会一课的频次: what a branch still owes for a month, a quarter and a year, and until when.

支部党员大会 every quarter; 支委会, 党小组会 and 主题党日 every month; 党课, 组织生活会 and
民主评议 every year (支部工作条例; domain.md §2.6). A branch without a committee owes no 支委会.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.activities import COMING, TOOK_PLACE, Activity, ActivityKind
from domain.branches import Branch
from domain.workdays import WorkCalendar

SOON = 7  # days


class Span(StrEnum):
    """How often something is owed."""

    MONTH = "month"  # 每月
    QUARTER = "quarter"  # 每季度
    YEAR = "year"  # 每年


OWED: tuple[tuple[ActivityKind, Span], ...] = (
    (ActivityKind.PARTY_DAY, Span.MONTH),
    (ActivityKind.COMMITTEE_MEETING, Span.MONTH),
    (ActivityKind.GROUP_MEETING, Span.MONTH),
    (ActivityKind.GENERAL_MEETING, Span.QUARTER),
    (ActivityKind.LECTURE, Span.YEAR),
    (ActivityKind.LIFE_MEETING, Span.YEAR),
    (ActivityKind.APPRAISAL, Span.YEAR),
)


class Standing(StrEnum):
    """How one thing that is owed stands."""

    DONE = "done"  # 已完成
    PLANNED = "planned"  # 已安排
    DUE_SOON = "due_soon"  # 七天内到期
    OPEN = "open"  # 还没安排


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing a branch, or one of its groups, owes in the running span."""

    kind: ActivityKind
    span: Span
    unit: int
    first: date
    last: date
    standing: Standing
    days_left: int

    @property
    def is_missing(self) -> bool:
        """Whether nothing is done or planned for it."""
        return self.standing in (Standing.DUE_SOON, Standing.OPEN)


def owed(
    branch: Branch,
    groups: Sequence[int],
    activities: Iterable[tuple[Activity, date]],
    today: date,
) -> Iterator[Owed]:
    """Everything owed now; the activities come with their local day."""
    known = list(activities)
    for kind, span in OWED:
        if kind is ActivityKind.COMMITTEE_MEETING and not branch.committee:
            continue
        first, last = bounds(span, today)
        for unit in groups if kind is ActivityKind.GROUP_MEETING else (branch.unit,):
            same = [
                one
                for one, day in known
                if one.kind is kind and one.unit == unit and first <= day <= last
            ]
            left = (last - today).days
            yield Owed(
                kind=kind,
                span=span,
                unit=unit,
                first=first,
                last=last,
                standing=_standing(same, left),
                days_left=left,
            )


def bounds(span: Span, today: date) -> tuple[date, date]:
    """The first and the last day of the month, quarter or year."""
    if span is Span.YEAR:
        return date(today.year, 1, 1), date(today.year, 12, 31)
    month = today.month
    begins = month if span is Span.MONTH else month - (month - 1) % 3
    ends = month if span is Span.MONTH else begins + 2
    last = monthrange(today.year, ends)[1]
    return date(today.year, begins, 1), date(today.year, ends, last)


def proposed_day(one: Owed, branch: Branch, calendar: WorkCalendar, today: date) -> date:
    """A day for it: the branch's own 主题党日 where that is still to come, else the next working
    day but one; never after the span.
    """
    if one.kind is ActivityKind.PARTY_DAY and branch.party_day is not None:
        fixed = one.first.replace(day=branch.party_day)
        if fixed > today:
            return fixed
    return min(calendar.working_day_after(today, 2), max(one.last, today + timedelta(days=1)))


def _standing(same: list[Activity], left: int) -> Standing:
    if any(one.state in TOOK_PLACE for one in same):
        return Standing.DONE
    if any(one.state in COMING for one in same):
        return Standing.PLANNED
    return Standing.DUE_SOON if left <= SOON else Standing.OPEN
