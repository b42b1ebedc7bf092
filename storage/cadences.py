"""What each branch owes now, from its activities of the year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.branches import Branch
from domain.cadence import Owed, owed
from storage.activity_figures import year_of

if TYPE_CHECKING:
    from storage.transaction import Transaction


def groups_of(tx: Transaction, branch: int) -> tuple[int, ...]:
    """The 党小组 of a branch: the units its members are grouped by."""
    members = tx.branches.members(branch)
    return tuple(sorted({one.group for one in members if one.group is not None}))


def owed_by(tx: Transaction, branch: Branch) -> tuple[Owed, ...]:
    """Everything the branch and its groups owe in the running month, quarter and year."""
    calendar = tx.rules.calendar
    today = calendar.local_day(tx.now)
    groups = groups_of(tx, branch.unit)
    first, last = year_of(tx, today.year)
    found = tx.activities.of_units((branch.unit, *groups), first, last)
    dated = [(one, calendar.local_day(one.starts_at)) for one in found]
    return tuple(owed(branch, groups, dated, today))


def owed_values(tx: Transaction, one: Owed, *, row: int) -> dict[str, Any]:
    """What a phrase may say about it."""
    return {
        "row": row,
        "kind": one.kind.value,
        "span": one.span.value,
        "standing": one.standing.value,
        "group": tx.org.unit(one.unit).name if one.kind.value == "group_meeting" else "",
        "left": one.days_left,
        "soon": one.standing.value == "due_soon",
    }
