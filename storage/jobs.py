"""Which fire time of which job was run, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from storage.schema import job_runs, moment, stored
from storage.statements import Statement, Store, adding

# Who did what is done once and for all (scheduler/job.py, once); no run to go on from.
BY_CLOCK = "clock"
LEASE = 60.0  # seconds from chunk to chunk; a run left for longer is run again by another

_THIS = (job_runs.c.job == bindparam("of_job"), job_runs.c.fire_time == bindparam("fired"))
_insert = adding(job_runs, "job", "fire_time", "owner", "lease_until")
_CLAIM = Statement(
    _insert.on_conflict_do_update(
        index_elements=["job", "fire_time"],
        set_={"owner": _insert.excluded.owner, "lease_until": _insert.excluded.lease_until},
        where=job_runs.c.finished_at.is_(None) & (job_runs.c.lease_until <= bindparam("clock")),
    ).returning(job_runs.c.owner)
)
_UNFINISHED = job_runs.c.finished_at.is_(None)
_MINE = (job_runs.c.owner == bindparam("me"), _UNFINISHED)
_GO_ON = Statement(update(job_runs).where(*_THIS, *_MINE).values(lease_until=bindparam("until")))
_FINISHED = Statement(
    update(job_runs)
    .where(*_THIS, *_MINE)
    .values(finished_at=bindparam("now"), outcome=bindparam("ended"))
)
_RELEASE = Statement(update(job_runs).where(*_MINE).values(lease_until=0))
_OF_JOB = job_runs.c.job == bindparam("of_job")
_LAST = Statement(
    select(job_runs)
    .where(_OF_JOB, job_runs.c.fire_time <= bindparam("at"))
    .order_by(job_runs.c.fire_time.desc())
    .limit(1)
)
_OLDEST_UNFINISHED = Statement(
    select(job_runs).where(_OF_JOB, _UNFINISHED).order_by(job_runs.c.fire_time).limit(1)
)
_FORGET_AFTER = Statement(delete(job_runs).where(_OF_JOB, job_runs.c.fire_time > bindparam("at")))


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """A fire time of a job that somebody claimed; `left` when nobody is at it any more."""

    fire_time: datetime
    left: bool


class JobStore(Store):
    """One fire time of one job runs once, however many machines have a clock."""

    __slots__ = ()

    def claim(self, job: str, fire_time: datetime, owner: str, *, lease: float = LEASE) -> bool:
        """Whether this run is ours: nobody had it, or whoever had it did not finish in time."""
        claimed = self.db.value(
            _CLAIM,
            job=job,
            fire_time=stored(fire_time),
            owner=owner,
            lease_until=self.tx.clock_after(lease),
            clock=self.tx.clock_after(0),
        )
        return claimed is not None

    def go_on(self, job: str, fire_time: datetime, owner: str, *, lease: float = LEASE) -> bool:
        """Hold the run for as long again; False when another has taken it over or ended it.

        After False nothing of the run may be committed.
        """
        touched = self.db.run(
            _GO_ON,
            of_job=job,
            fired=stored(fire_time),
            me=owner,
            until=self.tx.clock_after(lease),
        )
        return touched == 1

    def finished(self, job: str, fire_time: datetime, owner: str, outcome: str) -> bool:
        """The run ended so; False when it is ours no more."""
        touched = self.db.run(
            _FINISHED,
            of_job=job,
            fired=stored(fire_time),
            me=owner,
            now=stored(self.tx.now),
            ended=outcome,
        )
        return touched == 1

    def release(self, owner: str) -> None:
        """Whatever runs this owner has begun are free at once: it stops."""
        self.db.run(_RELEASE, me=owner)

    def last(self, job: str, at: datetime) -> LastRun | None:
        """The latest run of the job by then, whoever has it."""
        return self._run(self.db.one(_LAST, of_job=job, at=stored(at)))

    def unfinished(self, job: str) -> LastRun | None:
        """The oldest run of the job that has not ended."""
        return self._run(self.db.one(_OLDEST_UNFINISHED, of_job=job))

    def forget_after(self, job: str, at: datetime) -> None:
        """Runs later than this were begun by a clock that has been set back; they come again."""
        self.db.run(_FORGET_AFTER, of_job=job, at=stored(at))

    def _run(self, found: Any) -> LastRun | None:
        if found is None:
            return None
        left = found.finished_at is None and found.lease_until <= self.tx.clock_after(0)
        return LastRun(fire_time=moment(found.fire_time), left=left)
