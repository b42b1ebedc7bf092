"""The clock of the sample, which anybody may move on: what would take days happens in a minute.

Only business time moves, for every process over one database (design.md §9, Two clocks), and only
where nothing but the sample is: everybody else is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot import sample
from bot.channels.web_reading import Refusal
from scheduler.clock import Clock, next_fire_time
from scheduler.job import Job
from scheduler.jobs import JOBS
from storage.database import Database
from storage.passed import done_since, mark, said_since
from storage.transaction import Transaction

NEXT = "next"
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
SPAN = re.compile(r"(?:\d{1,4}[dhm])+")
FURTHEST = timedelta(days=60)  # at once
STRIDE, STRIDES = timedelta(hours=1), 72  # as many looks on the way as show every step
OTHERS = 40, 0.1  # how often, and how many seconds apart, we look whether others have finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the clock stands, and when something is due next."""

    now: datetime
    ahead: timedelta
    following: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What happened on the way."""

    by: timedelta
    standing: Standing
    done: Mapping[str, int]  # by the name of the audit entry
    said: int  # messages


class FastForward:
    """Moves the clock and lets its jobs do what became due, hour after hour."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        is_sample: bool,
        jobs: tuple[Job, ...] = JOBS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_sample = is_sample
        self._jobs = jobs
        self._moving = asyncio.Lock()

    async def standing(self) -> Standing:
        """What the page shows beside its buttons. Raises Refusal."""
        await self.require_sample()
        return await self._database.read(self._look)

    async def advance(self, wanted: str) -> Passed:
        """Moves on by a span such as "26h" or "1d", or to the next deadline ("next"). Raises
        CannotMove.
        """
        await self.require_sample()
        async with self._moving:
            await self._database.refresh()
            by = span(wanted) if wanted != NEXT else await self._database.read(self._to_next)
            since = await self._database.read(mark)
            for stride in strides(by):
                await self._move(stride)
            await self._let_others_finish()
            return await self._database.read(
                lambda tx: Passed(
                    by=by,
                    standing=self._look(tx),
                    done=done_since(tx, since),
                    said=said_since(tx, since),
                )
            )

    async def require_sample(self) -> None:
        """Raises Refusal where there is anything but the sample."""
        known = sample.unit_codes()
        if not self._is_sample or not await self._database.read(
            lambda tx: tx.tables.codes("units").keys() <= known
        ):
            raise Refusal("web.clock_is_real", status=403)

    async def _move(self, stride: timedelta) -> None:
        await self._database.run(lambda tx: tx.tables.move_clock(stride))
        await self._database.refresh()
        await self._clock.tick()

    async def _let_others_finish(self) -> None:
        """Other processes may run what became due; what they do is told of too."""
        times, apart = OTHERS
        for _ in range(times):
            if not await self._database.read(partial(_any_runs, self._jobs)):
                return
            await asyncio.sleep(apart)

    def _look(self, tx: Transaction) -> Standing:
        return Standing(now=tx.now, ahead=tx.catalogue.ahead, following=following(self._jobs, tx))

    def _to_next(self, tx: Transaction) -> timedelta:
        found = following(self._jobs, tx)
        if found is None:
            raise Refusal("web.nothing_is_due", status=409)
        return found - tx.now


def span(text: str) -> timedelta:
    """The time a span such as "90m", "26h" or "1d12h" says. Raises Refusal."""
    if not SPAN.fullmatch(text):
        raise Refusal("web.span_unreadable")
    parts = re.findall(r"(\d+)([dhm])", text)
    by = sum((int(number) * UNITS[unit] for number, unit in parts), timedelta())
    if not timedelta() < by <= FURTHEST:
        raise Refusal("web.span_too_long", days=FURTHEST.days)
    return by


def strides(by: timedelta) -> Iterable[timedelta]:
    """The way in steps: an hour each, longer ones on a long way."""
    stride = max(STRIDE, by / STRIDES)
    while by > stride:
        yield stride
        by -= stride
    yield by


def following(jobs: Iterable[Job], tx: Transaction) -> datetime | None:
    """The fire time at which the next thing that is due will be done."""
    found = []
    for job in jobs:
        due = None if job.upcoming is None else job.upcoming(tx)
        if due is not None:
            before = max(due, tx.now) - timedelta(microseconds=1)
            fire_time = next_fire_time(job, tx.rules.zone, before)
            found += [] if fire_time is None else [fire_time]
    return min((at for at in found if at > tx.now), default=None)


def _any_runs(jobs: Iterable[Job], tx: Transaction) -> bool:
    return any(tx.jobs.unfinished(job.name) is not None for job in jobs)
