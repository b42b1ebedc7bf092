"""What most scenarios have in common: a load, and somebody who breaks things meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from tests.rig.checker import Findings, examine
from tests.rig.load import Load, Reports
from tests.rig.scenario import Rig
from tests.rig.service import Service

SAMPLE_HAS_ROOM_FOR = 240  # canaries
EACH = 8  # canaries of one person; nobody who says so many at once is a flood


def reports_for(messages: int, *, rate: float = 0.0) -> Reports:
    """Enough people, and a place for each report: the sample's where they suffice.

    At that rate nobody speaks more than once in ten seconds, so that nobody is a flood however
    long it goes on. A small load is never more than doubled, however long the nemesis takes.
    """
    small = messages <= SAMPLE_HAS_ROOM_FOR / 2
    no_more_than = max(messages, 1) * 2 if small else None
    people = max(messages // EACH, int(rate * 10), 41)
    return Reports(people=people, wide=not small, no_more_than=no_more_than)


async def storm(
    rig: Rig,
    service: Service,
    load: Load,
    nemesis: Coroutine[Any, Any, object],
    *,
    messages: int,
    patience: float = 120.0,
) -> Findings:
    """Says at least so many messages while the nemesis is at it, waits for the answers, looks."""
    await under_load(rig, load, nemesis, messages=messages)
    await load.all_answered(
        patience=patience, show=lambda done: rig.show("answered", done, len(load.said))
    )
    return await examine(load, service, rig.folder)


async def under_load(
    rig: Rig, load: Load, nemesis: Coroutine[Any, Any, object], *, messages: int
) -> None:
    """The load, until the nemesis has ended."""
    task = asyncio.create_task(nemesis, name="nemesis")
    try:
        await load.run(
            messages, also_until=task.done, show=lambda done: rig.show("said", done, messages)
        )
        await task
    finally:
        task.cancel()


def statuses(load: Load) -> dict[int, int]:
    """How often the webhook answered what; 0 is no answer."""
    posts = (event for event in load.telegram.events() if event["is"] == "post")
    return dict(sorted(Counter(event["status"] for event in posts).items()))


def delays(load: Load) -> dict[int, float]:
    """Seconds from each canary to its first answer."""
    said: dict[int, float] = {}
    took: dict[int, float] = {}
    for event in load.telegram.events():
        if event["is"] == "update" and event["id"] in load.updates:
            said[load.updates[event["id"]]] = event["at"]
        elif event["is"] == "call" and (canary := load.answered_by(event)) is not None:
            took.setdefault(canary.number, event["at"] - said[canary.number])
    return took


def taken_again_after(load: Load, at: float) -> float:
    """Seconds from then until the webhook took a message again."""
    taken = (
        event["at"] - at
        for event in load.telegram.events()
        if event["is"] == "post" and event["status"] == 200 and event["at"] >= at
    )
    return min(taken, default=float("inf"))


async def until(is_so: Callable[[], bool], *, look: float = 0.05) -> None:
    """Returns once it is so."""
    while not is_so():  # noqa: ASYNC110 - what is looked at is another process
        await asyncio.sleep(look)
