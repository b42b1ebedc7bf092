"""The bench of broadcasts measures what it says, at a small size."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bot.bench.broadcast import Size, measured


async def test_everybody_is_planned_for_and_every_group_hears_it_once(tmp_path: Path) -> None:
    size = Size(groups=30, people=300, sent_to=8)
    figures = await measured(tmp_path, size, Console(quiet=True))
    assert (figures.lost, figures.twice, figures.sent_to) == (0, 0, 8)
    assert figures.talks > 0
