"""The clock is set forward and back while residents write."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.rig.bent import CLOCK
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Bot, Service
from tests.rig.storm import reports_for, storm

HOUR, DAY = 3600, 86_400
STEPS = (HOUR, 0, -HOUR, 0, -DAY, 0)  # seconds away from the true time, one after the other
STAFF = ("leader", "secretary")
FAKETIME = "RIG_FAKETIME"  # where the library lies, if in an unusual place
USUAL_PLACES = ("lib/*/faketime/libfaketime.so.1", "lib*/faketime/libfaketime.so.1")


async def play(rig: Rig, *, messages: int, rate: float, calm: float, rounds: int) -> Verdict:
    """Steps the business clock; and the system's clock in a second life, where that can be had."""
    library = faketime()
    ways: dict[str, Callable[[Path], Bot]] = {"business clock": business_clock}
    if library is not None:
        ways["system clock (libfaketime)"] = lambda file: system_clock(library, file)
    figures: dict[str, object] = {}
    claims: dict[str, bool] = {}
    for way, bot_of in ways.items():
        file = rig.folder / f"clock-{len(figures)}"
        told = await _stepped(rig, bot_of(file), file, way, messages, rate, calm, rounds)
        figures[way] = told.figures
        claims |= {f"{way}: {failure}": False for failure in told.failures}
    figures["libfaketime"] = str(library) if library else "not installed"
    return Verdict(figures=figures, failures=tuple(claims))


async def _stepped(
    rig: Rig, bot: Bot, file: Path, way: str, messages: int, rate: float, calm: float, rounds: int
) -> Verdict:
    _set(file, 0)
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(telegram, mode="webhook", bot=bot)
    reports = reports_for(messages)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)

    async def nemesis() -> None:
        for _ in range(rounds):
            for step in STEPS:
                await asyncio.sleep(calm)
                _set(file, step)
        await asyncio.sleep(calm)

    found = await storm(rig, service, load, nemesis(), messages=messages, patience=30)
    again = await _said_again(service)
    claims = found.claims()
    # Orders do fall due when an hour or a day passes; the residents may be told, but once.
    del claims["nothing_said_that_nobody_asked_for"]
    residents = Counter(
        (event["chat"], event["text"])
        for event in telegram.events()
        if event["is"] == "call" and event["text"] and event["error"] is None
    )
    rig.show(way, 1, 1)
    return verdict(
        {
            "steps": rounds * len(STEPS),
            "said to staff more than once": len(again),
            **found.figures(),
        },
        **claims,
        no_notice_to_staff_said_twice=not again,
        nothing_said_to_a_resident_twice=max(residents.values()) == 1 or bool(found.doubted),
    )


async def _said_again(service: Service) -> list[str]:
    """What stands in a page of the staff more than once, word for word."""
    rows: list[tuple[str, str]] = []
    after, more = ",".join(f"{one}/me=0" for one in STAFF), True
    while more:
        url = f"{service.url()}/sample/transcript"
        async with service.http.get(url, params={"after": after}) as answer:
            told = await answer.json()
        rows += [(row["chat"], row["text"]) for row in told["rows"] if not row["from"]]
        after, more = told["after"], told["more"]
    return [text for (_, text), count in Counter(rows).items() if text and count > 1]


def business_clock(file: Path) -> Bot:
    """A service whose business clock is off by what stands in the file."""
    return Bot(command=("env", f"{CLOCK}={file}", sys.executable, "-m", "tests.rig.bent", "run"))


def system_clock(library: Path, file: Path) -> Bot:
    """The service as it is, for which every clock but the monotonic one is off."""
    variables = (
        f"LD_PRELOAD={library}",
        f"FAKETIME_TIMESTAMP_FILE={file}",
        "FAKETIME_CACHE_DURATION=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "DONT_FAKE_MONOTONIC=1",
    )
    return Bot(command=("env", *variables, sys.executable, "-m", "bot", "run"))


def faketime() -> Path | None:
    """The library that fakes the system's clock, where it is installed."""
    if (named := os.environ.get(FAKETIME)) is not None:
        return Path(named)
    found = [path for usual in USUAL_PLACES for path in Path("/usr").glob(usual)]
    return found[0] if found else None


def _set(file: Path, step: int) -> None:
    """In one move, so that nobody reads half a number."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{step:+d}", encoding="utf-8")
    fresh.replace(file)


SCENARIOS = (
    Scenario(
        name="clock_steps",
        promise="the clock set back and forth by hours and a day: nothing twice, nobody waits",
        play=play,
        short={"messages": 40, "rate": 15, "calm": 0.4, "rounds": 1},
        long={"messages": 2000, "rate": 20, "calm": 6, "rounds": 2},
        minutes=3.5,
    ),
)
