"""The platform says the same update many times, at once and again after a crash (F1)."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp

from tests.rig.checker import examine
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import SECRET, Service
from tests.rig.storm import reports_for
from tests.rig.telegram import Json
from tests.rig.telegram_server import SECRET_HEADER

MOST = 10  # times one update is posted, in each of two rounds
AT_ONCE = 40


async def play(rig: Rig, *, messages: int) -> Verdict:
    """Every update is posted 1 to 10 times at once; the process is killed meanwhile; all again."""
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode="webhook")
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=messages)
    updates = [await load.send_whole() for _ in range(messages)]
    statuses: Counter[int] = Counter()
    for last in (False, True):
        repeats = [update for update in updates for _ in range(rig.dice.randint(1, MOST))]
        posting = asyncio.create_task(_post_all(rig, service, repeats, statuses))
        if not last:
            await asyncio.sleep(rig.dice.uniform(0, messages / 500))
            service.kill()
            service.launch()
        await posting
        await service.ready()
    await load.all_answered(show=lambda done: rig.show("answered", done, messages))
    found = await examine(load, service, rig.folder)
    return verdict(
        {"posted": sum(statuses.values()), "answers": dict(statuses), **found.figures()},
        **found.claims(),
        every_repeat_hears_200=set(statuses) <= {200, 0, 503},
    )


async def _post_all(
    rig: Rig, service: Service, repeats: list[Json], statuses: Counter[int]
) -> None:
    """Each in its turn, many at once; what finds nobody there counts as 0."""
    waiting = iter(enumerate(repeats))
    headers = {SECRET_HEADER: SECRET}

    async def post() -> None:
        for number, update in waiting:
            rig.show("posted", number, len(repeats))
            try:
                url = f"{service.url()}/telegram/webhook"
                async with service.http.post(url, json=update, headers=headers) as answer:
                    statuses[answer.status] += 1
            except aiohttp.ClientError:
                statuses[0] += 1

    await asyncio.gather(*(post() for _ in range(AT_ONCE)))


SCENARIOS = (
    Scenario(
        name="repeats",
        promise="each update posted 1 to 10 times at once and again after a crash: one work order",
        play=play,
        short={"messages": 40},
        long={"messages": 10_000},
        minutes=5,
    ),
)
