"""One account that never stops and many that say a few things all alike: others notice nothing."""

from __future__ import annotations

import asyncio
import csv
import time
from dataclasses import replace
from pathlib import Path

from tests.rig.checker import milliseconds
from tests.rig.load import TICK, Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.storm import reports_for, storm
from tests.rig.telegram import Telegram

FLOODER = 80_001
SWARM = range(81_001, 81_501)
TOO_FAST = "您发得有点快"
ADVERTS = ("免费领鸡蛋", "低价装修加微信", "贷款秒到账", "高价回收旧家电", "扫码领红包")
BYTES_A_MESSAGE = 4096  # that a flood may cost at most


async def play(
    rig: Rig, *, rate: float, minutes: float, neighbours: float, swarm: int, ack: float
) -> Verdict:
    """`rate` and `neighbours` a second; `ack` as in the scenario intake, 0 is no limit."""
    seconds = minutes * 60
    messages = max(int(neighbours * seconds), 20)
    telegram = await rig.telegram()
    database = rig.folder / "flooded.db"
    service = await rig.service(
        telegram,
        mode="webhook",
        database=f"sqlite:///{database}",
        settings={"LIMITS__ENABLED": "true"},
    )
    reports = replace(reports_for(messages, rate=neighbours), wide=True, no_more_than=None)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=neighbours)
    before = _size(database)
    said = 0

    async def flood() -> None:
        nonlocal said
        alike = [
            {"chat": one, "user": one, "text": text} for text in ADVERTS for one in SWARM[:swarm]
        ]
        await telegram.say_all(alike)
        said = await _shout(telegram, rate=rate, seconds=seconds)

    found = await storm(rig, service, load, flood(), messages=messages)
    opened = await _orders(service, rig.folder) - found.said
    told = [
        event["text"] or ""
        for event in telegram.events("call")
        if event["chat"] == FLOODER and event["error"] is None
    ]
    grown = (_size(database) - before) / (said + found.said + swarm * len(ADVERTS))
    slowest = milliseconds(found.acks, 99) or 0.0
    return verdict(
        {
            "said by the flood": said,
            "alike by others": swarm * len(ADVERTS),
            "orders of the flood": opened,
            "notices to the flood": sum(text.startswith(TOO_FAST) for text in told),
            "bytes kept a message": round(grown),
            **found.figures(),
        },
        **found.claims(),
        nothing_answered_twice=not found.twice,
        at_most_ten_orders_of_a_flood=opened <= 10,
        one_notice_to_a_flood=sum(text.startswith(TOO_FAST) for text in told) <= 1,
        growth_bounded=grown <= BYTES_A_MESSAGE,
        neighbours_are_acknowledged_fast_enough=not ack or slowest <= ack,
    )


async def _shout(telegram: Telegram, *, rate: float, seconds: float) -> int:
    """One account says so many different things a second, of buildings nobody else speaks of; how
    many it were.
    """
    began, said = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        due = int(passed * rate) + 1 - said
        await telegram.say_all(
            {
                "chat": FLOODER,
                "user": FLOODER,
                "text": f"望江花园{990 + number % 10}栋{number // 10 % 3 + 1}单元楼道灯不亮了",
            }
            for number in range(said, said + due)
        )
        said += due
        await asyncio.sleep(TICK)
    return said


async def _orders(service: Service, folder: Path) -> int:
    """How many work orders there are."""
    file = folder / "orders.csv"
    await service.command("export", "orders", str(file))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return sum(1 for _ in csv.DictReader(lines))


def _size(database: Path) -> int:
    """Bytes of the database with what waits to be written into it."""
    return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))


SCENARIOS = (
    Scenario(
        name="flood",
        promise="one account says 100 a second for 10 minutes, 500 others five things alike:"
        " ten orders and one notice at most, neighbours notice nothing, growth is bounded",
        play=play,
        short={"rate": 30, "minutes": 0.1, "neighbours": 3, "swarm": 20, "ack": 0},
        long={"rate": 100, "minutes": 10, "neighbours": 5, "swarm": 500, "ack": 1000},
        minutes=12,
    ),
)
