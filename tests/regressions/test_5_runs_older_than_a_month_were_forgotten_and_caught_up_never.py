"""What nobody ran for longer than runs are kept was taken for never started."""

from __future__ import annotations

from datetime import datetime, timedelta

from scheduler.clock import Clock
from scheduler.job import Job, Missed
from scheduler.jobs import JOBS
from scheduler.times import Times
from storage.transaction import Transaction
from tests.town import MORNING, Town

FORGET = next(job for job in JOBS if job.name == "forget")


async def test_a_stop_of_three_months_is_caught_up_fire_time_by_fire_time(town: Town) -> None:
    ran: list[datetime] = []

    def note(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
        ran.append(fire_time)
        return None

    monthly = Job(
        name="monthly", times=Times(day=1, hour=9, minute=0), run=note, missed=Missed.EACH
    )
    clock = Clock(town.database, owner="town", after_commit=lambda: None, jobs=(FORGET, monthly))
    await clock.tick()  # of the first of June
    ran.clear()
    town.hands[0] += timedelta(days=100)  # until September 17
    await clock.tick()
    await clock.tick()
    assert [(at + timedelta(hours=8)).month for at in ran] == [7, 8, 9]


async def test_what_is_rare_is_caught_up_after_a_year(town: Town) -> None:
    ran: list[datetime] = []

    def note(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
        ran.append(fire_time)
        return None

    yearly = Job(name="yearly", times=Times(month=6, day=9, hour=9, minute=0), run=note)
    clock = Clock(town.database, owner="town", after_commit=lambda: None, jobs=(FORGET, yearly))
    await clock.tick()
    ran.clear()
    town.hands[0] = MORNING + timedelta(days=365 + 100)
    await clock.tick()
    assert len(ran) == 1
    await clock.tick()
    assert len(ran) == 1


async def test_runs_of_an_old_time_are_dropped_but_for_the_newest(town: Town) -> None:
    clock = Clock(town.database, owner="town", after_commit=lambda: None, jobs=(FORGET,))
    for _ in range(3):
        await clock.tick()
        town.hands[0] += timedelta(days=1)
    town.hands[0] += timedelta(days=100)
    await clock.tick()
    last = await town.read(lambda tx: tx.jobs.last("forget", town.now))
    assert last.fire_time > town.now - timedelta(days=1)
    before = town.now - timedelta(days=50)
    older = await town.read(lambda tx: tx.jobs.last("forget", before))
    assert older is None
