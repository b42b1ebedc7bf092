"""台账: links to the record book of a branch and year, for whoever leads it, in private."""

from __future__ import annotations

import re

from domain.changes import AuditEntry
from handlers.activity_hosts import hosts
from handlers.turn import Turn
from storage.activity_figures import record_book

_YEAR = re.compile(r"(20\d\d)")


def handle(turn: Turn) -> None:
    """Every branch the person leads; the links hold names, so they live two hours."""
    led = [host for host in hosts(turn) if host.is_branch]
    if not led:
        turn.say("refused.may_not_plan")
        return
    year = year_said(turn)
    links = turn.tx.activity_links
    rows = [
        {
            "branch": host.name,
            "count": sum(1 for _ in record_book(turn.tx, host.unit, year)),
            "xlsx": links.book(host.unit, year, "xlsx"),
            "docx": links.book(host.unit, year, "docx"),
        }
        for host in led[:3]
    ]
    for host in led[:3]:
        turn.tx.audit.add(
            AuditEntry(
                action="activity.book_linked",
                subject=f"unit:{host.unit}",
                person=turn.person.id,
                detail={"year": year},
            )
        )
    turn.say("record_book.links", private=True, year=year, rows=rows)


def year_said(turn: Turn) -> int:
    """The year in the words; else this one."""
    said = _YEAR.search(turn.heard.text)
    this: int = turn.rules.calendar.local_day(turn.now).year
    return int(said[1]) if said else this
