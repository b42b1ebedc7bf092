"""Messages whose handling raises, hangs, crashes the process or eats its memory."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.rig.bent import ANTIDOTE, CLOCK, POISONS
from tests.rig.checker import milliseconds
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Bot, Service
from tests.rig.storm import delays, reports_for, storm

FIRST = 90_001  # the first chat that poison comes from
ATTEMPTS = 5
TROUBLES = ("电梯按钮不亮", "门禁刷不开", "垃圾没人收")
RAISES, HANGS, CRASHES, GORGES = POISONS


async def play(
    rig: Rig, *, messages: int, rate: float, poisons: Sequence[tuple[str, int]], hurry: float
) -> Verdict:
    """Poison among ordinary messages; then the cause is mended and what is dead is replayed.

    `hurry` moves the business clock on by so many seconds a second, so that back-offs pass soon.
    """
    clock, antidote = rig.folder / "clock", rig.folder / "antidote"
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(
        telegram, mode="webhook", bot=_poisoned(clock, antidote),
        settings={"PROCESS__MEMORY": "900"},
    )  # fmt: skip
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    brew = [words for words, count in poisons for _ in range(count)]
    dead: list[dict[str, Any]] = []

    async def nemesis() -> None:
        began = time.monotonic()
        for number, words in enumerate(brew):
            chat = FIRST + number
            await telegram.do("say", chat=chat, user=chat, text=f"{_place(number)}{words}")
        while len(dead) < len(brew):
            clock.write_text(str((time.monotonic() - began) * hurry), encoding="utf-8")
            dead[:] = await _dead(service)
            rig.show("dead", len(dead), len(brew))
            await asyncio.sleep(0.5)

    found = await storm(rig, service, load, nemesis(), messages=messages)
    antidote.touch()
    await service.command("replay-dead", "--all")
    answered = await _answered(load, len(brew))
    took = list(delays(load).values())
    return verdict(
        {
            "poison": dict(poisons),
            "dead letters": len(dead),
            "attempts at each": sorted({one["attempts"] for one in dead}),
            "answered after replay": answered,
            "neighbours' answer p99 ms": milliseconds(took, 99),
            **found.figures(),
        },
        **{name: true for name, true in found.claims().items() if "unlisted" not in name},
        every_poison_is_a_dead_letter=len(dead) == len(brew),
        none_was_tried_more_than_five_times=all(one["attempts"] <= ATTEMPTS for one in dead),
        replayed_once_mended=answered == len(brew),
        nothing_left_dead=not await _dead(service),
    )


def _place(number: int) -> str:
    """A place and a trouble that no canary and no other poison reports."""
    return f"锦绣园{15 + number % 10}栋1单元{TROUBLES[number // 10]}"


async def _dead(service: Service) -> list[dict[str, Any]]:
    listing = await service.command("dead-letters", "--json")
    return [json.loads(line) for line in listing.splitlines()]


async def _answered(load: Load, count: int, *, patience: float = 30.0) -> int:
    """How many of those who sent poison have an answer that names their work order."""
    until = time.monotonic() + patience
    while True:
        chats = {
            event["chat"]
            for event in load.telegram.events()
            if event["is"] == "call" and event["text"] and "编号" in event["text"]
            if event["chat"] is not None and event["chat"] >= FIRST
        }
        if len(chats) >= count or time.monotonic() > until:
            return len(chats)
        await asyncio.sleep(0.2)


def _poisoned(clock: Path, antidote: Path) -> Bot:
    variables = (f"{CLOCK}={clock}", f"{ANTIDOTE}={antidote}")
    return Bot(command=("env", *variables, sys.executable, "-m", "tests.rig.bent", "run"))


SCENARIOS = (
    Scenario(
        name="poison",
        promise="what raises, hangs, crashes or gorges ends as a dead letter, and harms nobody",
        play=play,
        short={
            "messages": 30, "rate": 10, "hurry": 30,
            "poisons": ((RAISES, 2), (GORGES, 1)),
        },
        long={
            "messages": 1000, "rate": 10, "hurry": 5,
            "poisons": ((RAISES, 20), (HANGS, 2), (CRASHES, 2), (GORGES, 3)),
        },
        minutes=4.0,
    ),
)  # fmt: skip
