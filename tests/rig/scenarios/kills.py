"""kill -9 at random, under load: nothing is lost, no work order exists twice."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.rig.checker import examine
from tests.rig.load import Load, Reports
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service

STARTING = 0.2  # the share of kills that hit a process before it serves
LIFE = 1.5  # seconds; a process that serves is killed within so long, at any moment alike


async def play(
    rig: Rig,
    *,
    mode: str,
    database: str,
    processes: int,
    messages: int,
    kills: int,
    rate: float,
    people: int,
    wide: bool,
) -> Verdict:
    """Kills one process after the other while residents report at the rate."""
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode=mode, processes=processes, database=database)
    reports = Reports(people=people, wide=wide)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    nemesis = asyncio.create_task(_kill(rig, service, kills), name="nemesis")
    await load.run(
        messages, also_until=nemesis.done, show=lambda done: rig.show("said", done, messages)
    )
    await nemesis
    await load.all_answered(show=lambda done: rig.show("answered", done, len(load.said)))
    found = await examine(load, service, rig.folder)
    return verdict({"kills": kills, **found.figures()}, **found.claims())


async def _kill(rig: Rig, service: Service, kills: int) -> None:
    """Half of the kills leave the supervisor alone, which starts the next one by itself."""
    for _ in range(kills):
        number = rig.dice.randrange(len(service.processes))
        if rig.dice.random() >= STARTING:
            await service.ready(number)
        await asyncio.sleep(rig.dice.uniform(0, LIFE))
        if rig.dice.random() < 0.5 or not service.kill(number, child_only=True):
            service.kill(number)
            service.launch(number)
    for number in range(len(service.processes)):
        await service.ready(number)


def _scenario(mode: str, database: str, *, processes: int, minutes: float) -> Scenario:
    where = "SQLite" if database == "sqlite" else f"{processes} processes over one PostgreSQL"
    return Scenario(
        name=f"kill_{mode}_{database}",
        promise=f"killed at random, by {mode}, on {where}: nothing lost, no work order twice",
        play=partial(play, mode=mode, database=database, processes=processes),
        short={"messages": 60, "kills": 2, "rate": 20, "people": 19, "wide": False},
        long={"messages": 20_000, "kills": 200, "rate": 100, "people": 1999, "wide": True},
        minutes=minutes,
    )


SCENARIOS = (
    _scenario("polling", "sqlite", processes=1, minutes=10),
    _scenario("webhook", "sqlite", processes=1, minutes=10),
    _scenario("polling", "postgres", processes=3, minutes=6),
    _scenario("webhook", "postgres", processes=3, minutes=6),
)
