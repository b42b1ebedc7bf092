"""The database dies, drops connections, or commits without being able to say so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.rig.load import Load
from tests.rig.proxy import Proxy
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.storm import reports_for, statuses, storm, taken_again_after, until

CALM = 1.0  # seconds of ordinary service before each blow
RECOVERS_WITHIN = 10.0  # seconds after the database is back (F34)
TAKEN_OR_ASKED_TO_COME_AGAIN = {200, 503}


async def kills(
    rig: Rig, *, messages: int, rate: float, kills: int, longest_outage: float, processes: int
) -> Verdict:
    """The postmaster is killed, and started again after a while."""
    telegram = await rig.telegram(retry_scale=0.2)
    url = rig.database("postgres")
    service = await rig.service(telegram, mode="webhook", processes=processes, database=url)
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    back_at: list[float] = []

    async def nemesis() -> None:
        for blow in range(kills):
            await asyncio.sleep(CALM)
            await asyncio.to_thread(rig.postgres.kill)
            # The first outage is the longest: long enough that nobody waits for its end.
            await asyncio.sleep(longest_outage * (rig.dice.random() if blow else 1))
            await asyncio.to_thread(rig.postgres.start)
            back_at.append(time.time())

    found = await storm(rig, service, load, nemesis(), messages=messages)
    seen = statuses(load)
    recovery = max(taken_again_after(load, at) for at in back_at)
    return verdict(
        {
            "postmaster killed": kills,
            "webhook answers": seen,
            "longest recovery s": round(recovery, 2),
            **found.figures(),
        },
        **found.claims(),
        never_another_answer_than_200_or_503=seen.keys() <= TAKEN_OR_ASKED_TO_COME_AGAIN,
        takes_messages_soon_after_the_database_is_back=recovery <= RECOVERS_WITHIN,
    )


async def terminations(
    rig: Rig, *, messages: int, rate: float, seconds: float, processes: int
) -> Verdict:
    """Each second some of the service's connections are ended by the database."""
    telegram = await rig.telegram(retry_scale=0.2)
    url = rig.database("postgres")
    service = await rig.service(telegram, mode="webhook", processes=processes, database=url)
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    ended = 0

    async def nemesis() -> None:
        nonlocal ended
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(rig.dice.uniform(0.2, 1.8))
            ended += await asyncio.to_thread(
                rig.postgres.terminate_some, url.rpartition("/")[2], rig.dice, 0.5
            )

    found = await storm(rig, service, load, nemesis(), messages=messages)
    seen = statuses(load)
    return verdict(
        {"connections ended": ended, "webhook answers": seen, **found.figures()},
        **found.claims(),
        some_connection_was_ended=ended > 0,
        never_another_answer_than_200_or_503=seen.keys() <= TAKEN_OR_ASKED_TO_COME_AGAIN,
    )


async def commits(rig: Rig, *, messages: int, rate: float, lost: int, chance: float) -> Verdict:
    """The database commits, but the connection breaks before it can say so."""
    async with Proxy("127.0.0.1", rig.postgres.port) as proxy:
        telegram = await rig.telegram(retry_scale=0.2)
        name = rig.database("postgres").rpartition("/")[2]
        url = rig.postgres.url(name, port=proxy.port)
        service = await rig.service(telegram, mode="webhook", database=url)
        reports = reports_for(messages)
        await reports.prepare(service, rig.folder)
        await service.start()
        load = Load(telegram, reports, rate=rate)

        async def nemesis() -> None:
            proxy.loses = _some_commits(rig, chance)
            await until(lambda: proxy.lost >= lost)
            proxy.loses = lambda _: False

        found = await storm(rig, service, load, nemesis(), messages=messages)
        seen = statuses(load)
        return verdict(
            {"answers to COMMIT lost": proxy.lost, "webhook answers": seen, **found.figures()},
            **found.claims(),
            never_another_answer_than_200_or_503=seen.keys() <= TAKEN_OR_ASKED_TO_COME_AGAIN,
        )


def _some_commits(rig: Rig, chance: float) -> Callable[[bytes], bool]:
    return lambda piece: b"COMMIT" in piece and rig.dice.random() < chance


SCENARIOS = (
    Scenario(
        name="postgres_kills",
        promise="PostgreSQL killed under load: nothing lost, nothing twice, 503 meanwhile",
        play=kills,
        short={"messages": 40, "rate": 20, "kills": 1, "longest_outage": 0.5, "processes": 1},
        long={"messages": 3000, "rate": 30, "kills": 20, "longest_outage": 8, "processes": 3},
        minutes=2.5,
    ),
    Scenario(
        name="postgres_terminations",
        promise="connections ended by the database at random: nothing lost, nothing twice",
        play=terminations,
        short={"messages": 40, "rate": 20, "seconds": 2, "processes": 1},
        long={"messages": 3000, "rate": 40, "seconds": 90, "processes": 3},
        minutes=2.0,
    ),
    Scenario(
        name="lost_commits",
        promise="the answer to COMMIT lost: nothing lost, nothing twice",
        play=commits,
        short={"messages": 40, "rate": 20, "lost": 10, "chance": 0.1},
        long={"messages": 3000, "rate": 40, "lost": 1000, "chance": 0.08},
        minutes=2.0,
    ),
)
