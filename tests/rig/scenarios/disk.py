"""The disk is full, and later it is not."""

from __future__ import annotations

import asyncio
import sqlite3
import time

import aiohttp

from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.small_disk import SmallDisk, small_disk
from tests.rig.storm import reports_for, statuses, storm, taken_again_after

RECOVERS_WITHIN = 30.0  # seconds after there is room again (F32)


async def play(
    rig: Rig, *, messages: int, rate: float, times: int, outage: float, megabytes: int
) -> Verdict:
    """Takes all room away under load, several times, and gives it back."""
    folder = rig.folder / "disk"
    folder.mkdir()
    disk: SmallDisk = await rig.enter(small_disk(folder, megabytes=megabytes))
    database = disk.folder / "xiaoqi.db"
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode="webhook", database=f"sqlite:///{database}")
    # Where data has no room, logs have none.
    service.processes[0].log = disk.folder / "log"
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    refusals: list[tuple[int, str]] = []
    room_at: list[float] = []

    async def nemesis() -> None:
        for _ in range(times):
            await asyncio.sleep(rig.dice.uniform(0.5, 1.5))
            writers = [service.processes[0].serving() or 0]
            disk.fill(writers)
            refusals.append(await _refusal(service, outage))
            await asyncio.sleep(outage)
            disk.empty(writers)
            room_at.append(time.time())
            await asyncio.sleep(outage / 2)

    found = await storm(rig, service, load, nemesis(), messages=messages)
    with sqlite3.connect(database) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    recovery = max(taken_again_after(load, at) for at in room_at)
    seen = statuses(load)
    return verdict(
        {
            "filled": times,
            "by": disk.how,
            "webhook answers": seen,
            "page answers": refusals,
            "longest recovery s": round(recovery, 2),
            "integrity": sound,
            **found.figures(),
        },
        **found.claims(),
        never_another_answer_than_200_or_503=seen.keys() <= {200, 503},
        pages_are_told_when_to_come_again=all(
            status == 503 and again.isdecimal() for status, again in refusals
        ),
        goes_on_by_itself=recovery <= RECOVERS_WITHIN,
        the_file_is_sound=sound == "ok",
    )


async def _refusal(service: Service, patience: float) -> tuple[int, str]:
    """The first refusal a page hears, and what it is told of coming again."""
    jar = aiohttp.CookieJar(unsafe=True)
    status, again = 0, ""
    async with aiohttp.ClientSession(service.url(), cookie_jar=jar) as page:
        async with page.get("/chat/transcript"):
            pass  # for the cookie
        until = time.monotonic() + patience
        number = 0
        while status != 503 and time.monotonic() < until:
            number += 1
            body = {"key": f"message-{number}", "text": "说" * 4000}
            async with page.post("/chat/messages", json=body) as answer:
                status, again = answer.status, answer.headers.get("Retry-After", "")
    return status, again


SCENARIOS = (
    Scenario(
        name="disk_full",
        promise="a full disk: 503 and when to come again; goes on by itself, nothing lost",
        play=play,
        short={"messages": 30, "rate": 15, "times": 1, "outage": 2, "megabytes": 16},
        long={"messages": 3000, "rate": 50, "times": 8, "outage": 8, "megabytes": 64},
        minutes=2.0,
    ),
)
