"""Many schedules on several processes over one PostgreSQL, killed at random points."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, select

from storage.database import Database, migrate
from storage.schema import audit
from storage.statements import Statement
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.ticking import ACTION, opened

ROOT = Path(__file__).parents[3]
PATIENCE = 120.0  # seconds until all are caught up
_TICKED = Statement(select(audit.c.subject).where(audit.c.action == bindparam("done")))


async def play(
    rig: Rig, *, schedules: int, processes: int, kills: int, calm: float, speed: float
) -> Verdict:
    """Kills one after the other, each begun anew at once; then lets them catch up."""
    url, key = rig.database("postgres"), rig.folder / "clock.key"
    await asyncio.to_thread(migrate, url)
    start = time.time()
    house = opened(url, key, start, speed)
    values = [str(start), str(speed), str(schedules)]
    command = [sys.executable, "-m", "tests.rig.ticking", url, str(key)]

    def begun(number: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*command, f"clock-{number}", *values], cwd=ROOT)

    running = [begun(number) for number in range(processes)]
    try:
        await _until(house, lambda counts: len(counts) > 0)
        for done in range(kills):
            await asyncio.sleep(calm * rig.dice.uniform(0.5, 1.5))
            victim = rig.dice.randrange(processes)
            running[victim].kill()
            running[victim].wait()
            running[victim] = begun(victim)
            rig.show("kills", done + 1, kills)
        last = (await house.read(lambda tx: tx.now)).replace(minute=0, second=0, microsecond=0)
        await _until(house, lambda counts: _missing(counts, schedules, last) == [])
    finally:
        for process in running:
            process.kill()
            process.wait()
    counts = await _counts(house)
    await house.close()
    twice = {subject: times for subject, times in counts.items() if times > 1}
    missing = _missing(counts, schedules, last)
    figures = {"fire times": len(counts), "kills": kills, "twice": twice, "missing": missing[:5]}
    return verdict(
        figures,
        no_fire_time_is_handled_twice=not twice,
        no_fire_time_is_left_out=not missing,
        every_schedule_fired=len({one.split()[0] for one in counts}) == schedules,
    )


def _missing(counts: Counter[str], schedules: int, last: datetime) -> list[str]:
    """The hours between the first of each schedule and the last whole one that are not there."""
    times: dict[str, set[datetime]] = defaultdict(set)
    for subject in counts:
        name, _, at = subject.partition(" ")
        times[name].add(datetime.fromisoformat(at))
    names = [f"schedule-{number}" for number in range(schedules)]
    found = [name for name in names if not times[name]]
    for name in times.keys() - set(found):
        at = min(times[name])
        while at < last:
            found += [] if at in times[name] else [f"{name} {at.isoformat()}"]
            at += timedelta(hours=1)
    return found


async def _counts(house: Database) -> Counter[str]:
    rows = await house.read(lambda tx: tx.session.all(_TICKED, done=ACTION))
    return Counter(row.subject for row in rows)


async def _until(house: Database, holds: Callable[[Counter[str]], bool]) -> None:
    """Looks five times a second; what never holds is told by the figures."""
    for _ in range(round(PATIENCE * 5)):
        if holds(await _counts(house)):
            return
        await asyncio.sleep(0.2)


SCENARIOS = (
    Scenario(
        name="schedules",
        promise="200 schedules on three processes, one of them killed again and again: every fire "
        "time is handled exactly once",
        play=play,
        short={"schedules": 200, "processes": 3, "kills": 5, "calm": 1.0, "speed": 720.0},
        long={"schedules": 200, "processes": 3, "kills": 200, "calm": 1.5, "speed": 360.0},
        minutes=8.0,
    ),
)
