"""The clock: a tick asks which jobs are due, and each fire time runs once, whoever asks first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.job import Job, Missed
from scheduler.jobs import JOBS
from storage.database import Database
from storage.transaction import Transaction

TICK = 5  # seconds
# How far back to look for the latest fire time: the nearest that holds one is enough.
WINDOWS = (timedelta(minutes=2), timedelta(hours=2), timedelta(days=2), timedelta(days=40))
# A run that lies further ahead than this was begun before the clock was set back.
SET_BACK = timedelta(minutes=5)

DONE, TOO_LATE, COLLAPSED = "done", "dropped: too late", "dropped: a later one stands for it"
BEFORE_US = "before the first start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A fire time that is ours; with an outcome it has ended already."""

    fire_time: datetime
    outcome: str = ""


class Clock:
    """Runs what is due by business time; any number of machines may have one.

    Fire times that were missed are caught up as each job wants it (scheduler/job.py). A run that
    was not finished is taken over when its lease is over, and until then no other run of that job
    begins, so that what must come in order does.
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
        self._urgent = tuple(job for job in jobs if job.urgent)
        self._others = tuple(job for job in jobs if not job.urgent)

    async def run(self) -> None:
        """Ticks until cancelled; a tick that fails is logged and the next one tries again.

        Urgent jobs tick by themselves, so that no long work keeps a danger waiting.
        """
        scheduler = AsyncIOScheduler(timezone=UTC)
        for jobs in (self._urgent, self._others):
            scheduler.add_job(
                self._catch_up,
                "interval",
                args=(jobs,),
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
        await self._catch_up((*self._urgent, *self._others))

    async def _catch_up(self, jobs: Iterable[Job]) -> None:
        """Fire time after fire time, one of each job in turn."""
        failures: list[Exception] = []
        due = await self._database.read(partial(_all_due, jobs))
        while due:
            going_on: list[Job] = []
            for job in due:
                try:
                    if await self._step(job):
                        going_on.append(job)
                except Exception as failure:
                    failures.append(failure)
            due = going_on
        if failures:
            raise failures[0]

    async def _step(self, job: Job) -> bool:
        """One fire time of the job; whether there may be another."""
        claimed = await self._database.run(partial(self._claim, job))
        if claimed is None:
            return False
        if not claimed.outcome:
            await self._run(job, claimed.fire_time)
        return True

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
            tx.jobs.finished(job.name, fire_time, self._owner, DONE)
        return following

    def _claim(self, job: Job, tx: Transaction) -> Claimed | None:
        """The next fire time of the job, when it is ours to run or to drop."""
        if job.missed is Missed.LATEST:
            tx.jobs.forget_after(job.name, tx.now + SET_BACK)
        fire_time = next_due(job, tx)
        if fire_time is None:
            return None
        is_first = tx.jobs.last(job.name, tx.now) is None
        left = tx.jobs.unfinished(job.name)
        if not tx.jobs.claim(job.name, fire_time, self._owner):
            return None
        if left is not None and left.fire_time != fire_time:
            tx.jobs.claim(job.name, left.fire_time, self._owner)
            tx.jobs.finished(job.name, left.fire_time, self._owner, COLLAPSED)
        outcome = BEFORE_US if is_first and job.from_now_on else ""
        if job.good_for is not None and tx.now >= fire_time + job.good_for:
            outcome = outcome or TOO_LATE
        if outcome:
            tx.jobs.finished(job.name, fire_time, self._owner, outcome)
        return Claimed(fire_time=fire_time, outcome=outcome)


def _all_due(jobs: Iterable[Job], tx: Transaction) -> list[Job]:
    return [job for job in jobs if next_due(job, tx) is not None]


def next_due(job: Job, tx: Transaction) -> datetime | None:
    """The fire time to run now: none while one is being run, and what was left unfinished again
    unless a later one stands for it.
    """
    begun = tx.jobs.unfinished(job.name)
    if begun is not None and not begun.left:
        return None
    zone, last = tx.rules.zone, tx.jobs.last(job.name, tx.now)
    since = None if last is None else last.fire_time
    if job.missed is Missed.LATEST or since is None:
        missed = latest_fire_time(job, since, tx.now, zone)
        return missed if missed is not None or begun is None else begun.fire_time
    if begun is not None:
        return begun.fire_time
    following = next_fire_time(job, zone, since)
    return following if following is not None and following <= tx.now else None


def next_fire_time(job: Job, zone: ZoneInfo, last: datetime) -> datetime | None:
    """When the job should run after it ran then."""
    return next(job.times.after(last, zone), None)


def latest_fire_time(
    job: Job, last: datetime | None, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The latest time the job should have run since `last`, or None when none has passed."""
    for window in WINDOWS:
        since = now - window if last is None else max(last, now - window)
        found = _latest_between(job, since, now, zone)
        if found is not None or since == last:
            return found
    return None if last is None else _latest_between(job, last, now, zone)


def _latest_between(job: Job, since: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
    return max(takewhile(lambda at: at <= now, job.times.after(since, zone)), default=None)
