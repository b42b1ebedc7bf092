"""The platform is slow in one chat, or out of order as a whole."""

from __future__ import annotations

import asyncio
from itertools import chain, pairwise
from typing import Any

from tests.rig.checker import doubted, examine, milliseconds
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
    rig: Rig, *, messages: int, rounds: int, rate: float, slow: float, slack: float
) -> Verdict:
    """The same load once to get warm, and then by turns beside a group that is as quick as all and
    beside one on which each call takes very long, so that what changes with time changes both
    alike and nothing but the slowness is compared.
    """
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode="webhook")
    turns = 1 + 2 * rounds
    reports = reports_for(messages * turns)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)

    async def the_group_talks(*, is_slow: bool) -> None:
        if is_slow:
            await telegram.do(
                "fault", method="sendMessage", chat=SLOW_GROUP, slow=slow, times=1_000_000
            )
        for number in range(int(messages / rate)):
            await telegram.do(
                "say", chat=SLOW_GROUP, user=77, text=f"@xiaoqi_bot 第{number}次问好"
            )
            await asyncio.sleep(1)
        await telegram.do("heal")

    ends = []
    for turn in range(turns):
        rig.show("turns", turn, turns)
        is_slow = turn > 0 and turn % 2 == 0
        await under_load(rig, load, the_group_talks(is_slow=is_slow), messages=messages)
        await load.all_answered()
        ends.append(len(load.said))
    found = await examine(load, service, rig.folder)
    took = delays(load)
    phases = [
        [at for one, at in took.items() if first <= one < last] for first, last in pairwise(ends)
    ]
    quick, beside = (
        milliseconds(chain.from_iterable(phases[place::2]), 95) or 0.0 for place in (0, 1)
    )
    return verdict(
        {
            "answer p95 ms beside a quick group, beside a slow one": (quick, beside),
            "by turns": [milliseconds(phase, 95) for phase in phases],
            **found.figures(),
        },
        **found.claims(),
        the_others_are_served_as_ever=beside <= quick * 1.1 + slack * 1000,
    )


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
        short={"messages": 30, "rounds": 1, "rate": 20, "slow": 5, "slack": 3.0},
        long={"messages": 500, "rounds": 5, "rate": 25, "slow": 30, "slack": 0.0},
        minutes=5.0,
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
