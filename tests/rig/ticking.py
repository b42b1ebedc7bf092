"""A process that is nothing but a clock: many schedules, each fire time written down once.

    python -m tests.rig.ticking URL KEYFILE OWNER START SPEED SCHEDULES

Business time runs SPEED times as fast as the real one since START (seconds since the epoch).
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from domain.changes import AuditEntry
from knowledge.phrasebook import Phrasebook
from scheduler.clock import Clock
from scheduler.job import Job, Missed
from scheduler.times import Times
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction

ACTION = "rig.ticked"
MONDAY = datetime(2026, 6, 8, tzinfo=UTC)


def jobs(schedules: int) -> tuple[Job, ...]:
    """So many, each once in an hour, and each for every hour."""
    return tuple(
        Job(
            name=f"schedule-{number}",
            times=Times(minute=number % 60),
            run=partial(_write_down, f"schedule-{number}"),
            missed=Missed.EACH,
        )
        for number in range(schedules)
    )


def business_now(start: float, speed: float) -> datetime:
    """What the fast clock shows."""
    return MONDAY + timedelta(seconds=(time.time() - start) * speed)


def opened(url: str, key_file: Path, start: float, speed: float) -> Database:
    """The database by the fast clock."""
    return Database.open(
        url,
        keyring=Keyring.from_file(key_file, create=True),
        wording=Phrasebook.load(),
        now=partial(business_now, start, speed),
    )


def _write_down(name: str, tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """In two chunks, so that a run can be broken off between them."""
    if cursor:
        subject = f"{name} {fire_time.isoformat()}"
        tx.audit.add(AuditEntry(action=ACTION, subject=subject))
        return None
    return 1


async def _tick(database: Database, owner: str, schedules: int) -> None:
    await database.run(lambda tx: tx.jobs.release(owner))  # as a new life of the same name does
    clock = Clock(database, owner=owner, after_commit=lambda: None, jobs=jobs(schedules))
    while True:
        await clock.tick()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    url, key_file, owner, start, speed, schedules = sys.argv[1:]
    house = opened(url, Path(key_file), float(start), float(speed))
    asyncio.run(_tick(house, owner, int(schedules)))
