"""Pages of the web chat whose connections drop all the time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.rig.checker import milliseconds
from tests.rig.load import Canary
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.storm import reports_for
from tests.rig.web_clients import Visitor, resident, wrong_in

SHOWN_WITHIN = 5.0  # seconds after the last message was answered (F24)


async def play(
    rig: Rig, *, visitors: int, each: int, drops: float, database: str, processes: int
) -> Verdict:
    """Everybody says their messages one after the other; their pages resume by cursor."""
    telegram = await rig.telegram()
    service = await rig.service(telegram, mode="polling", processes=processes, database=database)
    reports = reports_for(visitors * each)
    await reports.prepare(service, rig.folder)
    await service.start()
    urls = [service.url(number) for number in range(processes)]
    async with AsyncExitStack() as pages:
        people = [
            await pages.enter_async_context(
                resident(
                    urls,
                    dice=random.Random(rig.dice.random()),
                    drops=drops,
                    name=f"visitor-{number}",
                )
            )
            for number in range(visitors)
        ]
        theirs = [
            [reports.canary(number + visitors * step) for step in range(each)]
            for number in range(visitors)
        ]
        await asyncio.gather(*(_says(*one) for one in zip(people, theirs, strict=True)))
        for done, (person, canaries) in enumerate(zip(people, theirs, strict=True)):
            rig.show("answered", done, visitors)
            await _until_answered(person, canaries)
        late = [await _until_shown(person) for person in people]
        wrong = [fault for person in people for fault in wrong_in(*await _both(person))]
        heard = [row.get("key") for person in people for row in await person.whole()]
    said = [done for person in people for done in person.acknowledged]
    acks = [done.ended - done.began for done in said]
    return verdict(
        {
            "said": len(said),
            "connections dropped": sum(person.dropped for person in people),
            "said again until acknowledged": sum(done.attempts - 1 for done in said),
            "wrong in a page": len(wrong),
            "lost": sum(done.key not in heard for done in said),
            "twice": sum(heard.count(done.key) > 1 for done in said),
            "ack p50 ms": milliseconds(acks, 50),
            "ack p99 ms": milliseconds(acks, 99),
            "page complete after s": round(max(late), 2),
        },
        every_page_shows_everything_once_and_in_order=not wrong,
        no_message_lost=all(done.key in heard for done in said),
        no_message_twice=all(heard.count(done.key) <= 1 for done in said),
        connections_were_dropped=any(person.dropped for person in people),
        complete_soon_after_the_last_answer=max(late) <= SHOWN_WITHIN,
    )


async def _says(person: Visitor, canaries: list[Canary]) -> None:
    for canary in canaries:
        await person.say(canary.text)


async def _until_answered(person: Visitor, canaries: list[Canary]) -> None:
    """Every message of theirs has its answer in the transcript."""

    async def answered() -> bool:
        told = "\n".join(row["text"] for row in await person.whole() if not row["from"])
        return all(canary.mark in told for canary in canaries)

    await _until(answered)


async def _until_shown(person: Visitor) -> float:
    """Seconds until the page has shown all that stands in the transcript."""
    began = time.monotonic()

    async def shown() -> bool:
        seen, whole = await _both(person)
        return len(seen) >= len(whole) or time.monotonic() - began > SHOWN_WITHIN

    await _until(shown)
    return time.monotonic() - began


async def _both(person: Visitor) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    whole = await person.whole()
    return list(person.transcript), whole


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    while not await is_so():  # noqa: ASYNC110 - what is looked at is another process
        await asyncio.sleep(0.1)


SCENARIOS = (
    Scenario(
        name="dropped_web_clients",
        promise="pages that lose their connection 3 times in 10 show everything once, in order",
        play=play,
        short={"visitors": 4, "each": 5, "drops": 0.3, "database": "sqlite", "processes": 1},
        long={"visitors": 100, "each": 10, "drops": 0.3, "database": "postgres", "processes": 3},
        minutes=1.5,
    ),
)
