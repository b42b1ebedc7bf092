"""Fire times that nobody was there for, and clocks that jump: each job as it wants it, once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from scheduler.clock import BEFORE_US, COLLAPSED, DONE, TOO_LATE, Clock
from scheduler.job import Job, Missed
from scheduler.times import Times
from storage.schema import job_runs, moment
from storage.statements import Statement
from storage.transaction import Transaction
from tests.flow.means import run_out
from tests.town import MORNING, Town

HOURLY = Times(minute=0)
HOUR = timedelta(hours=1)
_RUNS = Statement(select(job_runs).order_by(job_runs.c.fire_time))


class Diary:
    """A job that writes down for which fire times it ran."""

    def __init__(self, **job: object) -> None:
        self.ran: list[datetime] = []
        self.job = Job(name="diary", run=self._run, **{"times": HOURLY, **job})  # type: ignore[arg-type]

    def _run(self, tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
        self.ran.append(fire_time)
        return None

    def clock(self, town: Town, owner: str = "town") -> Clock:
        return Clock(town.database, owner=owner, after_commit=lambda: None, jobs=(self.job,))


async def outcomes(town: Town) -> list[tuple[datetime, str | None]]:
    rows = await town.read(lambda tx: tx.session.all(_RUNS))
    return [(moment(row.fire_time), row.outcome) for row in rows if row.job == "diary"]


def hours(*numbers: float) -> list[datetime]:
    return [MORNING + number * HOUR for number in numbers]


async def test_the_latest_stands_for_all_that_was_missed(town: Town) -> None:
    diary = Diary()
    await diary.clock(town).tick()
    town.hands[0] += 5.5 * HOUR
    await diary.clock(town).tick()
    assert diary.ran == hours(0, 5)


async def test_each_comes_in_order_where_each_matters(town: Town) -> None:
    diary = Diary(missed=Missed.EACH)
    await diary.clock(town).tick()
    town.hands[0] += 5.5 * HOUR
    await diary.clock(town).tick()
    await diary.clock(town, "another").tick()
    assert diary.ran == hours(0, 1, 2, 3, 4, 5)


async def test_what_would_be_absurd_now_is_dropped_and_its_run_says_so(town: Town) -> None:
    diary = Diary(missed=Missed.EACH, good_for=2 * HOUR)
    await diary.clock(town).tick()
    town.hands[0] += 5.5 * HOUR
    await diary.clock(town).tick()
    assert diary.ran == hours(0, 4, 5)
    assert await outcomes(town) == [
        *zip(hours(0, 1, 2, 3), (DONE, TOO_LATE, TOO_LATE, TOO_LATE), strict=True),
        *((at, DONE) for at in hours(4, 5)),
    ]


async def test_the_latest_too_is_dropped_when_it_is_too_late(town: Town) -> None:
    diary = Diary(times=Times(hour=8, minute=30), good_for=11.5 * HOUR)
    await diary.clock(town).tick()
    town.hands[0] += 11 * HOUR  # 21:00
    await diary.clock(town).tick()
    town.hands[0] += 24 * HOUR
    await diary.clock(town).tick()
    assert diary.ran == hours(-1.5)
    assert [outcome for _, outcome in await outcomes(town)] == [DONE, TOO_LATE]


async def test_nothing_is_caught_up_from_before_the_first_start(town: Town) -> None:
    diary = Diary(from_now_on=True)
    await diary.clock(town).tick()
    town.hands[0] += HOUR
    await diary.clock(town).tick()
    assert diary.ran == hours(1)
    assert (await outcomes(town))[0] == (MORNING, BEFORE_US)


async def test_one_run_of_a_job_goes_on_at_a_time(town: Town) -> None:
    """The next fire time waits, on all machines, until the run before it ended or was left."""
    diary = Diary(missed=Missed.EACH)
    slow = diary.clock(town, "slow")
    claimed = await town.database.run(lambda tx: slow._claim(diary.job, tx))
    assert claimed is not None
    town.hands[0] += HOUR
    await diary.clock(town, "fast").tick()
    assert diary.ran == []
    await run_out(town.database)
    await diary.clock(town, "fast").tick()
    await slow._run(diary.job, claimed.fire_time)
    assert diary.ran == hours(0, 1)


async def test_a_later_run_stands_for_one_that_was_left(town: Town) -> None:
    diary = Diary()
    slow = diary.clock(town, "slow")
    assert await town.database.run(lambda tx: slow._claim(diary.job, tx))
    town.hands[0] += HOUR
    await run_out(town.database)
    await diary.clock(town, "fast").tick()
    assert diary.ran == hours(1)
    assert await outcomes(town) == list(zip(hours(0, 1), (COLLAPSED, DONE), strict=True))


async def test_many_clocks_run_each_fire_time_once(town: Town) -> None:
    diary = Diary(missed=Missed.EACH)
    clocks = [diary.clock(town, f"clock {number}") for number in range(4)]
    await clocks[0].tick()
    for _ in range(5):
        town.hands[0] += HOUR
        await asyncio.gather(*(clock.tick() for clock in clocks))
    await asyncio.gather(*(clock.tick() for clock in clocks))
    assert diary.ran == hours(0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("missed", Missed)
async def test_a_clock_that_was_a_day_ahead_stops_nothing(town: Town, missed: Missed) -> None:
    diary = Diary(missed=missed)
    await diary.clock(town).tick()
    town.hands[0] += 24 * HOUR
    await diary.clock(town).tick()
    town.hands[0] -= 23 * HOUR
    await diary.clock(town).tick()
    again = diary.ran.count(MORNING + HOUR)
    assert again == 1
    if missed is Missed.EACH:
        assert len(diary.ran) == len(set(diary.ran)) == 25


async def test_what_looks_at_now_goes_on_when_the_clock_is_set_back(town: Town) -> None:
    diary = Diary()
    await diary.clock(town).tick()
    town.hands[0] -= 24 * HOUR
    for _ in range(3):
        town.hands[0] += HOUR
        await diary.clock(town).tick()
    assert diary.ran[1:] == hours(-23, -22, -21)
