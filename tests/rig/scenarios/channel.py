"""The platform is slow in one chat, or out of order as a whole."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from tests.rig.checker import doubted, milliseconds
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.storm import delays, reports_for, storm, under_load

SLOW_GROUP = -1_001_000_000_001
FLAT = 1.1  # times the memory at the beginning of the outage (F36)
# What a platform that is out of order does, as faults of the fake.
OUTAGES: tuple[dict[str, Any], ...] = (
    {
        "code": 429,
        "description": "Too Many Requests: retry after 2",
        "parameters": {"retry_after": 2},
    },
    {"code": 502, "body": "<html>Bad Gateway</html>"},
    {"code": 503, "body": "<html>Service Unavailable</html>"},
    {"cut": True},
    {"cut": True, "deliver": True},
)
SLOWER_THAN_WE_WAIT = {"slow": 20.0}


async def slow_group(
    rig: Rig, *, messages: int, rate: float, slow: float, slack: float
) -> Verdict:
    """The same load four times: to get warm, alone, beside a group on which each call takes very
    long, and alone again.
    """
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode="webhook")
    reports = reports_for(messages * 4)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    until = [await _said_and_answered(load, messages) for _ in ("warm", "alone")]
    await telegram.do("fault", method="sendMessage", chat=SLOW_GROUP, slow=slow, times=1_000_000)

    async def the_group_talks() -> None:
        for number in range(int(messages / rate)):
            await telegram.do(
                "say", chat=SLOW_GROUP, user=77, text=f"@xiaoqi_bot 第{number}次问好"
            )
            await asyncio.sleep(1)

    before = await telegram.show("calls")
    await under_load(rig, load, the_group_talks(), messages=messages)
    until.append(await _said_and_answered(load, 0))
    after = await telegram.show("calls")
    found = await storm(rig, service, load, asyncio.sleep(0), messages=messages)
    took = delays(load)
    alone, beside, again = (
        milliseconds((at for one, at in took.items() if first <= one < last), 95) or 0.0
        for first, last in pairwise((*until, len(load.said)))
    )
    return verdict(
        {
            "answer p95 ms before, beside a slow group, after": (alone, beside, again),
            "calls meanwhile": after["sendMessage"] - before["sendMessage"],
            **found.figures(),
        },
        **found.claims(),
        the_others_are_served_as_ever=beside <= max(alone, again) * 1.1 + slack * 1000,
    )


async def _said_and_answered(load: Load, messages: int) -> int:
    """How many canaries there were once these had their answers."""
    if messages:
        await load.run(messages)
    await load.all_answered()
    return len(load.said)


async def outage(
    rig: Rig, *, messages: int, rate: float, each: float, drains: float, timeouts: bool
) -> Verdict:
    """One kind of trouble after the other, each on most calls, while residents go on writing."""
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode="webhook")
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    memory: list[int] = []
    troubles = (*OUTAGES, SLOWER_THAN_WE_WAIT) if timeouts else OUTAGES

    async def nemesis() -> None:
        await asyncio.sleep(1)
        for trouble in troubles:
            await telegram.do(
                "fault", method="sendMessage", times=1_000_000, chance=0.9, **trouble
            )
            await asyncio.sleep(each)
            memory.append(service.resident())
            await telegram.do("heal")

    found = await storm(rig, service, load, nemesis(), messages=messages, patience=drains)
    named = {
        canary.number
        for one in await doubted(service)
        if (canary := load.answered_by({**one, "error": None, "chat": int(one["chat"])}))
    }
    unaccounted = [number for number in found.lost if number not in named]
    claims = found.claims()
    del claims["no_message_lost"]  # nobody knows of some; those are listed
    return verdict(
        {
            "troubles": len(troubles),
            "given up as unknown, listed": len(found.lost) - len(unaccounted),
            "memory MiB": [size >> 20 for size in memory],
            **found.figures(),
        },
        **claims,
        each_message_answered_or_listed_as_unknown=not unaccounted,
        memory_stays_flat=max(memory) <= memory[0] * FLAT,
    )


SCENARIOS = (
    Scenario(
        name="slow_group",
        promise="calls on one group take half a minute: the other chats are served as ever",
        play=slow_group,
        short={"messages": 30, "rate": 20, "slow": 5, "slack": 3.0},
        long={"messages": 1000, "rate": 25, "slow": 30, "slack": 0.0},
        minutes=2.5,
    ),
    Scenario(
        name="channel_outage",
        promise="429, 5xx, resets, timeouts: memory flat, drains by itself, each doubt is listed",
        play=outage,
        short={"messages": 40, "rate": 10, "each": 0.4, "drains": 15, "timeouts": False},
        long={"messages": 3000, "rate": 20, "each": 25, "drains": 120, "timeouts": True},
        minutes=4.0,
    ),
)
