"""The local phone table, as the values of a phrase."""

from __future__ import annotations

from typing import Any

from handlers.turn import Turn
from handlers.where import community_here


def phones(turn: Turn) -> dict[str, Any]:
    """The local phone table by key; the row nearest to the community wins."""
    above = reversed(turn.org.line(community_here(turn)))
    known: dict[int | None, int] = {unit.id: row for row, unit in enumerate(above, start=1)}
    known[None] = 0
    rows = [phone for phone in turn.rules.phones if phone.unit in known]
    return {phone.key: phone.number for phone in sorted(rows, key=lambda p: known[p.unit])}
