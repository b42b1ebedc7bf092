"""The bench of the clock tells every reminder, at a small size."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bot.bench.clock import Size, limit, measured


async def test_every_reminder_is_told(tmp_path: Path) -> None:
    size = Size(people=30, activities=2)
    console = Console(quiet=True)

    assert await measured(tmp_path, size, console) > 0
    assert await limit(tmp_path, size, console) > 0
