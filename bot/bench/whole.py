"""Whole messages in one process: accepted, read, handled, the answer in the outbox.

python -m bot.bench.whole URL KEY_FILE SECONDS PREFIX START
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bot import app, logs
from bot.bench.load import PROBLEMS
from bot.bench.report import Timing
from bot.intake import Intake
from bot.settings import CoreSettings, DatabaseSettings, SecuritySettings
from domain.messages import Inbound

CALLERS = 64


@dataclass(slots=True)
class Caller:
    """A resident: reports, asks, urges, thanks; then another one comes."""

    name: str
    number: int = 0

    def says(self) -> Inbound:
        """The next message."""
        turn, step = divmod(self.number, 4)
        place = hash((self.name, turn))
        building, entrance = place % 24 + 1, place // 24 % 3 + 1
        problem = PROBLEMS[place // 72 % len(PROBLEMS)]
        report = f"{building}栋{entrance}单元{problem}"
        text = (report, "查进度", "催一下", "谢谢")[step]
        self.number += 1
        who = f"{self.name}-{turn}"
        return Inbound(
            channel="bench",
            key=f"{who}-{step}",
            chat=who,
            account=who,
            name="王",
            text=text,
            addressed=True,
            order=self.number,
        )


def settings_for(url: str, key_file: Path) -> CoreSettings:
    """The sample community on this database."""
    return CoreSettings(
        database=DatabaseSettings(url=url),
        security=SecuritySettings(key_file=key_file),
        sample=True,
    )


async def measure(
    url: str, key_file: Path, *, seconds: float, prefix: str, callers: int = CALLERS,
    start: float = 0.0,
) -> Timing:  # fmt: skip
    """Callers who each say the next thing as soon as the last was handled."""
    timing = Timing()
    async with app.assembled(settings_for(url, key_file), channels={}) as service:
        await asyncio.sleep(max(start - time.monotonic(), 0))
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for number in range(callers):
                caller = Caller(f"{prefix}-{number}")
                tasks.create_task(_call(service.intake, caller, until, timing))
    return timing


async def _call(intake: Intake, caller: Caller, until: float, timing: Timing) -> None:
    while time.monotonic() < until:
        inbound = caller.says()
        started = time.perf_counter()
        await intake.accept(inbound)
        await intake.handle_next()
        timing.took(time.perf_counter() - started)


if __name__ == "__main__":
    url, key_file, seconds, prefix, start = sys.argv[1:]
    logs.begin("warning")
    measured = asyncio.run(
        measure(url, Path(key_file), seconds=float(seconds), prefix=prefix, start=float(start))
    )
    sys.stdout.write(measured.as_json(float(seconds)))
