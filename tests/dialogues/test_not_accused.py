"""An ordinary report that speaks of somebody on the staff goes where a report of its kind goes."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

from tests.town import Town

CORPUS = Path(__file__).parents[1] / "data" / "ordinary_reports.toml"
REPORTS: list[str] = tomllib.loads(CORPUS.read_text(encoding="utf-8"))["said"]
MOST_FALSE_ALARMS = 0.02


async def test_ordinary_reports_are_no_complaints_about_staff(town: Town) -> None:
    mistaken: set[str] = set()
    for number, said in enumerate(REPORTS):
        await town.mutters(f"居民{number}", said)
        if any(order.about_staff for order in await town.orders(f"居民{number}")):
            mistaken.add(said)
        town.hands[0] += timedelta(minutes=1)
    assert len(mistaken) / len(REPORTS) <= MOST_FALSE_ALARMS, mistaken
