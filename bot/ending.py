"""Ends what is past its time when an operator asks, or tells first what that would be."""

from __future__ import annotations

from domain.retention import TERMS, Kept, Retention
from scheduler.keeping import end_some
from storage import retention_report
from storage.database import Database
from storage.retention_report import Due


async def report(database: Database) -> list[Due]:
    """What a run of now would end, class by class."""
    return [
        await database.read(lambda tx, kept=kept: retention_report.due(tx, kept))  # type: ignore[misc]
        for kept in Kept
    ]


async def end_all(database: Database) -> list[Due]:
    """The same, ended: what was due before."""
    found = await report(database)
    cursor: int | None = 0
    while cursor is not None:
        cursor = await database.run(lambda tx, cursor=cursor: end_some(tx, tuple(Kept), cursor))  # type: ignore[misc]
    return found


def told(due: Due, terms: Retention) -> str:
    """A line of the report."""
    term = TERMS[due.kept]
    days = terms.days.get(due.kept, term.days)
    oldest = "" if due.oldest is None else f", the oldest of {due.oldest:%Y-%m-%d}"
    return f"{due.kept:<14} {days:>5} days  {due.count:>8} due{oldest}; then: {term.then}"
