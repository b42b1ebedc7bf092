"""Several machines: one is restarted after the other, or stands still while it holds leases."""

from __future__ import annotations

import asyncio
import re
import time

from tests.rig.checker import milliseconds
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.storm import reports_for, statuses, storm

DRAINS_WITHIN = 30.0  # seconds from SIGTERM to the end (F6)
TAKEN_OVER_WITHIN = 60.0  # seconds
HOLDS_THE_RELAY = re.compile(r'^xiaoqi_lease_held\{name="relay:telegram"\} 1', re.MULTILINE)


async def rolling_restart(
    rig: Rig, *, messages: int, rate: float, rounds: int, processes: int, ack: float
) -> Verdict:
    """SIGTERM to one process after the other, each started again before the next one goes.

    99 of 100 messages are acknowledged within `ack` milliseconds.
    """
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode="webhook", processes=processes, database="postgres")
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    took: list[float] = []

    async def nemesis() -> None:
        for _ in range(rounds):
            for number in range(processes):
                took.append(await service.terminate(number))
                service.launch(number)
                await service.ready(number)

    found = await storm(rig, service, load, nemesis(), messages=messages)
    slowest = milliseconds(found.acks, 99) or 0.0
    return verdict(
        {
            "restarts": len(took),
            "longest exit s": round(max(took), 2),
            "webhook answers": statuses(load),
            **found.figures(),
        },
        **found.claims(),
        nothing_answered_twice=not found.twice,
        drains_in_time=max(took) <= DRAINS_WITHIN,
        acknowledges_in_time=slowest <= ack,
    )


async def stopped_holder(
    rig: Rig, *, messages: int, rate: float, pause: float, times: int
) -> Verdict:
    """Whoever delivers is stopped as a whole, thought dead by the others, and wakes up again."""
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode="webhook", processes=2, database="postgres")
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    taken_over = 0

    async def nemesis() -> None:
        nonlocal taken_over
        for _ in range(times):
            holder = await _holder(service)
            await asyncio.sleep(rig.dice.uniform(0.5, 1.5))
            service.pause(holder)
            stopped = time.monotonic()
            await asyncio.sleep(pause)
            taken_over += await _takes_over(service, 1 - holder, stopped)
            service.resume(holder)

    found = await storm(rig, service, load, nemesis(), messages=messages)
    return verdict(
        {"stopped": times, "taken over": taken_over, **found.figures()},
        **found.claims(),
        somebody_else_took_over_each_time=taken_over == times,
    )


async def _holder(service: Service) -> int:
    """The process that delivers to Telegram now."""
    while True:
        for number in range(len(service.processes)):
            if await _holds(service, number):
                return number
        await asyncio.sleep(0.1)


async def _holds(service: Service, number: int) -> bool:
    return HOLDS_THE_RELAY.search(await service.metrics(number)) is not None


async def _takes_over(service: Service, number: int, since: float) -> bool:
    """Whether the process comes to hold it in time."""
    while not await _holds(service, number):
        if time.monotonic() - since > TAKEN_OVER_WITHIN:
            return False
        await asyncio.sleep(0.1)
    return True


SCENARIOS = (
    Scenario(
        name="rolling_restart",
        promise="three machines restarted one after the other: nothing lost, nothing twice",
        play=rolling_restart,
        short={"messages": 60, "rate": 15, "rounds": 1, "processes": 2, "ack": 5000},
        long={"messages": 10_000, "rate": 50, "rounds": 20, "processes": 3, "ack": 1000},
        minutes=5,
    ),
    Scenario(
        name="stopped_holder",
        promise="whoever holds the leases stands still and wakes: no late write, nothing twice",
        play=stopped_holder,
        short={"messages": 40, "rate": 10, "pause": 7, "times": 1},
        long={"messages": 2000, "rate": 20, "pause": 60, "times": 2},
        minutes=3.5,
    ),
)
