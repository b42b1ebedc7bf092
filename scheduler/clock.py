"""The clock: one tick asks which jobs are due, and each due job runs once, whoever asks first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.job import Job
from scheduler.jobs import JOBS
from storage.database import Database
from storage.transaction import Transaction

TICK = 5  # seconds
# How far back to look for the latest fire time: the nearest that holds one is enough.
WINDOWS = (timedelta(minutes=2), timedelta(hours=2), timedelta(days=2), timedelta(days=40))

Due = tuple[Job, datetime]


class Clock:
    """Runs what is due by business time; any number of machines may have one.

    Fire times that were missed are caught up once, with the latest of them: every job looks at
    what is so now, and none is about its own moment. A run that was not finished is taken over
    when its lease is over.
    """

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        after_commit: Callable[[], None],
        jobs: tuple[Job, ...] = JOBS,
    ) -> None:
        self._database = database
        self._owner = owner
        self._after_commit = after_commit
        self._jobs = jobs

    async def run(self) -> None:
        """Ticks until cancelled; a tick that fails is logged and the next one tries again."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self.tick,
            "interval",
            seconds=TICK,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """Does everything that is due now; a job that fails keeps no other from running."""
        failures: list[Exception] = []
        due = await self._database.read(self._due)
        for job, fire_time in await self._database.run(partial(self._claim, due)) if due else ():
            try:
                await self._run(job, fire_time)
            except Exception as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    async def _run(self, job: Job, fire_time: datetime) -> None:
        """The job in small transactions, each from where the last one stopped.

        Every one of them holds the run anew, so that whoever slept through its lease does no more
        of it beside the one who took it over.
        """
        cursor: int | None = 0
        while cursor is not None:
            cursor = await self._database.run(partial(self._chunk, job, fire_time, cursor))
            self._after_commit()

    def _chunk(self, job: Job, fire_time: datetime, cursor: int, tx: Transaction) -> int | None:
        if not tx.jobs.go_on(job.name, fire_time, self._owner):
            return None
        following = job.run(tx, fire_time=fire_time, cursor=cursor)
        if following is None:
            tx.jobs.finished(job.name, fire_time, self._owner, "done")
        return following

    def _due(self, tx: Transaction) -> list[Due]:
        """What nobody is at yet, and what somebody left unfinished."""
        due: list[Due] = []
        for job in self._jobs:
            last = tx.jobs.last(job.name)
            fire_time = latest_fire_time(
                job, last.fire_time if last else None, tx.now, tx.rules.zone
            )
            if fire_time is None and last is not None and last.left:
                fire_time = last.fire_time
            if fire_time is not None:
                due.append((job, fire_time))
        return due

    def _claim(self, due: list[Due], tx: Transaction) -> list[Due]:
        """Those of them that are ours now."""
        ours: list[Due] = []
        for job, fire_time in due:
            is_first = tx.jobs.last(job.name) is None
            if not tx.jobs.claim(job.name, fire_time, self._owner):
                continue
            if is_first and job.from_now_on:
                tx.jobs.finished(job.name, fire_time, self._owner, "before the first start")
            else:
                ours.append((job, fire_time))
        return ours


def next_fire_time(job: Job, zone: ZoneInfo, last: datetime) -> datetime | None:
    """When the job should run after it ran then."""
    return next(job.times.after(last, zone), None)


def latest_fire_time(
    job: Job, last: datetime | None, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The latest time the job should have run since `last`, or None when none has passed."""
    for window in WINDOWS:
        since = now - window if last is None else max(last, now - window)
        passed = takewhile(lambda at: at <= now, job.times.after(since, zone))
        found = max(passed, default=None)
        if found is not None or since == last:
            return found
    return None
