"""Which fire time of which job was run, and by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update

from storage.schema import job_runs, moment, stored
from storage.statements import Statement, Store, adding

LEASE = 300.0  # seconds; a run that is not finished by then is run again by another

_THIS = (job_runs.c.job == bindparam("of_job"), job_runs.c.fire_time == bindparam("fired"))
_insert = adding(job_runs, "job", "fire_time", "owner", "lease_until")
_CLAIM = Statement(
    _insert.on_conflict_do_update(
        index_elements=["job", "fire_time"],
        set_={"owner": _insert.excluded.owner, "lease_until": _insert.excluded.lease_until},
        where=job_runs.c.finished_at.is_(None) & (job_runs.c.lease_until <= bindparam("clock")),
    ).returning(job_runs.c.owner)
)
_FINISHED = Statement(
    update(job_runs)
    .where(*_THIS, job_runs.c.finished_at.is_(None))
    .values(finished_at=bindparam("now"), outcome=bindparam("ended"))
)
_FORGET = Statement(delete(job_runs).where(job_runs.c.fire_time < bindparam("before")))
_LAST = Statement(
    select(func.max(job_runs.c.fire_time)).where(job_runs.c.job == bindparam("of_job"))
)


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

    def finished(self, job: str, fire_time: datetime, outcome: str) -> None:
        """The run ended so."""
        self.db.run(
            _FINISHED,
            of_job=job,
            fired=stored(fire_time),
            now=stored(self.tx.now),
            ended=outcome,
        )

    def last(self, job: str) -> datetime | None:
        """The latest fire time anybody claimed."""
        found = self.db.value(_LAST, of_job=job)
        return None if found is None else moment(found)

    def forget(self, before: datetime) -> None:
        """Drop the runs of fire times before then."""
        self.db.run(_FORGET, before=stored(before))
