"""Staff who send a notice to all groups of a grid, as the scenarios of broadcasts see them."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

from tests.rig.service import Service
from tests.rig.telegram import Telegram

AUTHOR, SECOND, NEIGHBOUR = 9_001, 9_002, 9_003
FIRST_GROUP = -50_001
ALONE = 50  # groups one person may write to
WORDS = "rig notice"
LOOK = 0.1


async def begun(service: Service, telegram: Telegram, folder: Path, groups: int) -> list[int]:
    """The service runs, and so many groups of its community have been talked in."""
    chats = [FIRST_GROUP - number for number in range(groups)]
    await _prepare(service, folder, chats)
    await telegram.say_all({"chat": chat, "user": NEIGHBOUR, "text": "大家好"} for chat in chats)
    await service.start()
    return chats


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


async def release(telegram: Telegram, groups: int) -> None:
    """Writes it, says why it may not wait, and lets it go; another agrees to a large one."""
    if groups > ALONE:
        await telegram.do("say", chat=SECOND, user=SECOND, text="你好")
    words = f"发通知 {WORDS}\n发给：第一网格的群"
    await telegram.do("say", chat=AUTHOR, user=AUTHOR, text=words)
    await press(telegram, AUTHOR, "紧急发送")
    await until(lambda: any("不能等" in text for text in said_to(telegram, AUTHOR)[-1:]))
    await telegram.do("say", chat=AUTHOR, user=AUTHOR, text="水漫进来了")
    await until(lambda: any("紧急：夜里也发" in text for text in said_to(telegram, AUTHOR)))
    await press(telegram, AUTHOR, "发送", after="紧急：夜里也发")
    if groups > ALONE:
        await press(telegram, SECOND, "同意")


async def press(telegram: Telegram, who: int, label: str, *, after: str = "") -> None:
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


def said_to(telegram: Telegram, who: int) -> list[str]:
    calls = telegram.events("call")
    return [call["text"] for call in calls if call["chat"] == who and call["text"]]


def reached(telegram: Telegram) -> list[int]:
    """The groups the platform took the notice for."""
    return [
        call["chat"]
        for call in telegram.events("call")
        if call["chat"] != AUTHOR
        and call["chat"] != SECOND
        and not call["error"]
        and WORDS in (call["text"] or "")
    ]


async def ended(
    telegram: Telegram, service: Service
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What became of it by the public command, once its author was told that it is done."""
    await until(lambda: any("已发完" in text for text in said_to(telegram, AUTHOR)))
    told = next(text for text in said_to(telegram, AUTHOR) if "已发完" in text)
    number = told.split()[0]
    lines = await service.command("broadcast", "status", number, "--json")
    status, *unwell = (json.loads(line) for line in lines.splitlines())
    return status, unwell


async def until(claim: Any) -> None:
    while True:
        if claim():
            return
        await asyncio.sleep(LOOK)
