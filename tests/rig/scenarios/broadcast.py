"""A broadcast is killed at random: every group hears it once, or is listed as doubtful."""

from __future__ import annotations

import asyncio
import csv
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.telegram import Telegram

AUTHOR, SECOND, NEIGHBOUR = 9_001, 9_002, 9_003
FIRST_GROUP = -50_001
ALONE = 50  # groups one person may write to
UNDER_WAY = 24  # messages of a broadcast at once
WORDS = "rig notice"
LOOK = 0.1


async def play(
    rig: Rig, *, database: str, processes: int, groups: int, kills: int, per_second: int
) -> Verdict:
    """Staff send an urgent notice to all groups; processes are killed while it goes out."""
    telegram = await rig.telegram()
    service = await rig.service(
        telegram,
        mode="webhook",
        processes=processes,
        database=database,
        settings={"TELEGRAM__PER_SECOND": str(per_second)},
    )
    chats = [FIRST_GROUP - number for number in range(groups)]
    await _prepare(service, rig.folder, chats)
    await telegram.say_all({"chat": chat, "user": NEIGHBOUR, "text": "大家好"} for chat in chats)
    await service.start()
    await _release(telegram, groups)
    step = max(groups // (kills + 1), 1)
    for count in range(kills):
        rig.show("killed", count, kills)
        await _until(lambda count=count: len(_heard(telegram)) >= step * (count + 1) - 1)
        number = rig.dice.randrange(processes)
        service.kill(number)
        service.launch(number)
    for number in range(processes):
        await service.ready(number)
    status, unwell = await _ended(telegram, service)
    heard = Counter(_heard(telegram))
    doubtful = {int(row["chat"]) for row in unwell if row["result"] == "unknown"}
    missed = [chat for chat in chats if not heard[chat] and chat not in doubtful]
    twice = [chat for chat in chats if heard[chat] > 1]
    accounted = sum(status.get(name, 0) for name in ("sent", "unknown", "failed", "blocked"))
    return verdict(
        {"groups": groups, "kills": kills, "heard": len(heard), "unknown": len(doubtful)},
        nobody_was_missed=not missed,
        nobody_heard_it_twice=not twice,
        every_group_has_its_result=accounted == groups,
        no_more_doubtful_than_were_under_way=len(doubtful) <= kills * UNDER_WAY,
    )


async def _prepare(service: Service, folder: Path, chats: list[int]) -> None:
    """The community's groups, and two at its desk, by the operator's own tables."""
    await service.command("export", "units", str(folder / "units.csv"), "--sample")
    staff = (("B1", "甲", "C01:secretary", AUTHOR), ("B2", "乙", "C01:duty", SECOND))
    tables: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]] = {
        "people": (
            ("code", "name", "roles", "channel", "account"),
            [(code, name, roles, "telegram", str(who)) for code, name, roles, who in staff],
        ),
        "chats": (
            ("channel", "chat", "title", "unit"),
            [("telegram", str(chat), f"群{chat}", "G01") for chat in chats],
        ),
    }
    for kind, (columns, rows) in tables.items():
        file = folder / f"{kind}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows((columns, *rows))
        await service.command("import", kind, str(file))


async def _release(telegram: Telegram, groups: int) -> None:
    """Writes it, says why it may not wait, and lets it go; another agrees to a large one."""
    if groups > ALONE:
        await telegram.do("say", chat=SECOND, user=SECOND, text="你好")
    words = f"发通知 {WORDS}\n发给：第一网格的群"
    await telegram.do("say", chat=AUTHOR, user=AUTHOR, text=words)
    await _press(telegram, AUTHOR, "紧急发送")
    await _until(lambda: any("不能等" in text for text in _said_to(telegram, AUTHOR)[-1:]))
    await telegram.do("say", chat=AUTHOR, user=AUTHOR, text="水漫进来了")
    await _until(lambda: any("紧急：夜里也发" in text for text in _said_to(telegram, AUTHOR)))
    await _press(telegram, AUTHOR, "发送", after="紧急：夜里也发")
    if groups > ALONE:
        await _press(telegram, SECOND, "同意")


async def _press(telegram: Telegram, who: int, label: str, *, after: str = "") -> None:
    """Presses the newest button so labelled, once there is one."""
    while True:
        for entry in reversed(await telegram.show("sent")):
            asked = entry["asked"]
            if asked.get("chat_id") != who or after not in str(asked.get("text", "")):
                continue
            rows = (asked.get("reply_markup") or {}).get("inline_keyboard", [])
            for button in (button for row in rows for button in row):
                if label in button["text"] and "result" in entry:
                    message = entry["result"]["message_id"]
                    data = button["callback_data"]
                    await telegram.do("press", chat=who, user=who, message=message, data=data)
                    return
        await asyncio.sleep(LOOK)


def _said_to(telegram: Telegram, who: int) -> list[str]:
    calls = telegram.events("call")
    return [call["text"] for call in calls if call["chat"] == who and call["text"]]


def _heard(telegram: Telegram) -> list[int]:
    """The groups the platform took the notice for."""
    return [
        call["chat"]
        for call in telegram.events("call")
        if call["chat"] != AUTHOR
        and call["chat"] != SECOND
        and not call["error"]
        and WORDS in (call["text"] or "")
    ]


async def _ended(
    telegram: Telegram, service: Service
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What became of it by the public command, once its author was told that it is done."""
    await _until(lambda: any("已发完" in text for text in _said_to(telegram, AUTHOR)))
    told = next(text for text in _said_to(telegram, AUTHOR) if "已发完" in text)
    number = told.split()[0]
    lines = await service.command("broadcast", "status", number, "--json")
    status, *unwell = (json.loads(line) for line in lines.splitlines())
    return status, unwell


async def _until(claim: Any) -> None:
    while True:
        if claim():
            return
        await asyncio.sleep(LOOK)


def _scenario(database: str, *, processes: int) -> Scenario:
    where = "SQLite" if database == "sqlite" else f"{processes} processes over one PostgreSQL"
    return Scenario(
        name=f"broadcast_{database}",
        promise=f"a broadcast killed at random, on {where}: nobody missed, nobody twice",
        play=partial(play, database=database, processes=processes),
        short={"groups": 30, "kills": 1, "per_second": 10},
        long={"groups": 5_000, "kills": 100, "per_second": 30},
        minutes=8,
    )


SCENARIOS = (_scenario("sqlite", processes=1), _scenario("postgres", processes=3))
