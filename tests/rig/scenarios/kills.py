"""kill -9 at random, under load: nothing is lost, no work order exists twice."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.storm import reports_for, storm

STARTING = 0.3  # the share of kills that hit a process before it serves
LIFE = 1.0  # seconds; a process that serves is killed within so long, at any moment alike
AT_ONCE = 32  # sends of one process under way


async def play(
    rig: Rig,
    *,
    mode: str,
    database: str,
    processes: int,
    messages: int,
    kills: int,
    rate: float,
) -> Verdict:
    """Kills one process after the other while residents report at the rate.

    They go on, less often, until there were as many kills as asked for.
    """
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode=mode, processes=processes, database=database)
    reports = reports_for(messages, rate=rate)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    found = await storm(rig, service, load, kill(rig, service, kills), messages=messages)
    return verdict(
        {"kills": kills, **found.figures()},
        **found.claims(),
        no_more_doubtful_sends_than_were_under_way=found.doubted <= kills * AT_ONCE,
    )


async def kill(rig: Rig, service: Service, kills: int) -> None:
    """kill -9 so many times, each followed by an immediate start.

    Half of the kills leave the supervisor alone, which starts the next one by itself.
    """
    for count in range(kills):
        rig.show("killed", count, kills)
        number = rig.dice.randrange(len(service.processes))
        if rig.dice.random() >= STARTING:
            await service.ready(number)
        await asyncio.sleep(rig.dice.uniform(0, LIFE))
        supervised = rig.dice.random() < 0.5 and service.bot.is_xiaoqi
        if not (supervised and service.kill(number, child_only=True)):
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
        short={"messages": 40, "kills": 1, "rate": 20},
        long={"messages": 20_000, "kills": 200, "rate": 100},
        minutes=minutes,
    )


SCENARIOS = (
    _scenario("polling", "sqlite", processes=1, minutes=8),
    _scenario("webhook", "sqlite", processes=1, minutes=8),
    _scenario("polling", "postgres", processes=3, minutes=5),
    _scenario("webhook", "postgres", processes=3, minutes=5),
)
