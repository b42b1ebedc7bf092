"""Every scheduled job, found once: the `JOBS` of every module of this package that has some."""

from __future__ import annotations

import importlib
import pkgutil

import scheduler
from scheduler.job import Job

# Modules of this package that look for jobs themselves.
_MACHINERY = frozenset({"clock", "jobs"})


def _found() -> tuple[Job, ...]:
    found: list[Job] = []
    for module in pkgutil.iter_modules(scheduler.__path__):
        if module.name not in _MACHINERY:
            topic = importlib.import_module(f"scheduler.{module.name}")
            found += getattr(topic, "JOBS", ())
    return tuple(sorted(found, key=lambda job: (not job.urgent, job.name)))


JOBS = _found()
