"""A broadcast into a platform that is out of order, while groups move and throw the bot out."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from tests.rig.noticing import AUTHOR, begun, ended, press, reached, release, said_to
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.scenarios.channel import OUTAGES
from tests.rig.service import Service
from tests.rig.telegram import Telegram

GARBAGE = {"code": 200, "body": "<!doctype html>"}
STOPPED, GOES_ON = "已先暂停", "继续发"
MOVED = -1_000_000_000_000  # a supergroup's number is the group's and this


async def play(
    rig: Rig, *, groups: int, per_second: int, each: float, kicked: int, moved: int
) -> Verdict:
    """One trouble after the other on nine of ten calls; the author goes on after each."""
    telegram = await rig.telegram()
    service = await rig.service(
        telegram, mode="webhook", settings={"TELEGRAM__PER_SECOND": str(per_second)}
    )
    chats = await begun(service, telegram, rig.folder, groups)
    unlucky = rig.dice.sample(chats, kicked + moved)
    leaving, moving = unlucky[:kicked], unlucky[kicked:]
    for chat in moving[::2]:
        await telegram.do("migrate", chat=chat, to=chat + MOVED)
    await release(telegram, groups)
    for chat in leaving:
        await telegram.do("kick", chat=chat, user=AUTHOR)
    for number, trouble in enumerate((*OUTAGES, GARBAGE)):
        rig.show("troubles", number, len(OUTAGES) + 1)
        await telegram.do("fault", method="sendMessage", times=1_000_000, chance=0.9, **trouble)
        for chat in moving[1::2][number :: len(OUTAGES) + 1]:
            await telegram.do("migrate", chat=chat, to=chat + MOVED)
        await asyncio.sleep(each)
        await telegram.do("heal")
        await _go_on(telegram, service)
    while not any("已发完" in text for text in said_to(telegram, AUTHOR)):
        await _go_on(telegram, service)
        await asyncio.sleep(1)
    status, unwell = await ended(telegram, service)
    homes = {chat + MOVED: chat for chat in moving}
    times = Counter(homes.get(chat, chat) for chat in reached(telegram))
    listed = {homes.get(int(row["chat"]), int(row["chat"])) for row in unwell}
    missed = [chat for chat in chats if not times[chat] and chat not in listed]
    accounted = sum(status.get(name, 0) for name in ("sent", "unknown", "failed", "blocked"))
    return verdict(
        {
            "groups": groups,
            "heard it": len(times),
            **{name: status.get(name, 0) for name in ("unknown", "failed", "blocked")},
        },
        nobody_was_missed_in_silence=not missed,
        nobody_heard_it_twice=max(times.values()) == 1,
        every_group_has_its_result=accounted == groups,
        groups_that_threw_us_out_are_named={one for one in leaving if not times[one]} <= listed,
        groups_that_moved_heard_it={one for one in moving if not times[one]} <= listed,
    )


async def _go_on(telegram: Telegram, service: Service) -> None:
    """Goes on where the broadcast was stopped because nobody answered.

    What its author heard last says nothing of it: in a disorder words are said again, late.
    """
    said = [text for text in said_to(telegram, AUTHOR) if STOPPED in text]
    if not said:
        return
    number = next(word for word in said[-1].replace("，", " ").split() if word.isdecimal())
    lines = await service.command("broadcast", "status", number, "--json")
    if json.loads(lines.splitlines()[0])["state"] == "paused":
        await press(telegram, AUTHOR, GOES_ON, after=STOPPED)


SCENARIOS = (
    Scenario(
        name="broadcast_trouble",
        promise="429, 5xx, resets, garbage, groups that move or throw us out: nobody hears a"
        " notice twice, and who has not heard it is named",
        play=play,
        short={"groups": 40, "per_second": 10, "each": 0.5, "kicked": 3, "moved": 4},
        long={"groups": 1_248, "per_second": 30, "each": 600, "kicked": 100, "moved": 50},
        minutes=65,
    ),
)
