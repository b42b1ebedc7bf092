"""Intake at a steady rate for minutes: acknowledged fast, memory flat."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.rig.checker import milliseconds
from tests.rig.load import Load, Reports
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import HOME, Service, free_port
from tests.rig.storm import reports_for, storm

MEGABYTE = 1 << 20
WARM = 0.3  # the part of the run after which memory must be flat
FLOOR = 10.0  # seconds for which the empty server is asked


async def play(
    rig: Rig, *, rate: float, minutes: float, ack: float, growth: float, floor: float = FLOOR
) -> Verdict:
    """`ack` is the most milliseconds 99 of 100 may take, `growth` the most memory may grow by
    after the first third; 0 is no limit.
    """
    messages = int(rate * minutes * 60)
    empty = await _empty_server(rig, rate=rate, seconds=floor)
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode="webhook")
    reports = reports_for(messages, rate=rate)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    watch = asyncio.create_task(_memory(service, every=minutes * 60 / 60), name="memory")
    found = await storm(rig, service, load, asyncio.sleep(0), messages=messages)
    watch.cancel()
    sizes = await watch
    warm = sizes[int(len(sizes) * WARM) :]
    grown = (max(warm[-3:]) - warm[0]) / warm[0]
    slowest = milliseconds(found.acks, 99) or 0.0
    return verdict(
        {
            "minutes": round(minutes, 2),
            "a second": rate,
            "empty server p50 ms": milliseconds(empty, 50),
            "empty server p99 ms": milliseconds(empty, 99),
            "memory MB": round(warm[0] / MEGABYTE),
            "memory at the end MB": round(warm[-1] / MEGABYTE),
            **found.figures(),
        },
        **found.claims(),
        nothing_answered_twice=not found.twice,
        acknowledged_fast_enough=not ack or slowest <= ack,
        memory_flat=not growth or grown <= growth,
    )


async def _memory(service: Service, *, every: float) -> list[int]:
    """The resident memory of the process from time to time, until cancelled."""
    sizes = [service.resident()]
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(every)
            sizes.append(service.resident())
    return sizes


async def _empty_server(rig: Rig, *, rate: float, seconds: float) -> list[float]:
    """What the same calls take at a server that answers and stores nothing: the machine's own."""
    telegram = await rig.telegram()
    async with _plain_server() as url:
        await telegram.call("setWebhook", url=f"{url}/telegram/webhook")
        load = Load(telegram, Reports(), rate=rate)
        await load.run(min(int(rate * seconds), load.reports.most))
        await asyncio.sleep(0.5)
    return [event["took"] for event in telegram.events("post") if event["status"] == 200]


@asynccontextmanager
async def _plain_server() -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.bench.stand_ins", "plain", str(port), cwd=HOME
    )
    try:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


SCENARIOS = (
    Scenario(
        name="intake",
        promise="100 a second for 10 minutes on SQLite: 99 of 100 taken within 50 ms, memory flat",
        play=play,
        short={"rate": 30, "minutes": 0.05, "ack": 0, "growth": 0, "floor": 0.5},
        long={"rate": 100, "minutes": 10, "ack": 50, "growth": 0.1},
        minutes=12,
    ),
)
