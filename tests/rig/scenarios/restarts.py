"""A restart storm: started and killed over and over while messages wait (F5)."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.rig.checker import examine
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.storm import reports_for


async def play(rig: Rig, *, mode: str, restarts: int, waiting: int, life: float) -> Verdict:
    """Lives of random length, `life` seconds on average: most end before they serve, some do not.

    The messages are there before the first one begins.
    """
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode=mode)
    reports = reports_for(waiting)
    await reports.prepare(service, rig.folder)
    load = Load(telegram, reports, rate=waiting)
    await load.send(waiting)
    for count in range(restarts):
        rig.show("restarted", count, restarts)
        service.launch()
        await asyncio.sleep(rig.dice.expovariate(1 / life))
        service.kill()
    service.launch()
    await load.all_answered(show=lambda done: rig.show("answered", done, waiting))
    found = await examine(load, service, rig.folder)
    return verdict(
        {"restarts": restarts, **found.figures()},
        **found.claims(),
        each_answered_once=not found.twice,
    )


def _scenario(mode: str) -> Scenario:
    return Scenario(
        name=f"restart_storm_{mode}",
        promise=f"restarted 100 times in 100 s with 50 waiting, by {mode}: each is answered once",
        play=partial(play, mode=mode),
        short={"restarts": 4, "waiting": 10, "life": 0.5},
        long={"restarts": 100, "waiting": 50, "life": 1.0},
        minutes=3,
    )


SCENARIOS = (_scenario("polling"), _scenario("webhook"))
