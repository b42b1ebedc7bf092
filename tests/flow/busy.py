"""A busy day full of canaries: names, phones, ID numbers, rooms, words and accounts that are found
again wherever they leak.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from domain.messages import InboundKind
from tests.town import Town

PEOPLE = int(os.environ.get("XIAOQI_TEST_CANARIES", "60")) // 6  # six about each of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One resident, everything about whom is unlike anything else in the world."""

    number: int

    @property
    def name(self) -> str:
        return f"欧阳雀{self.number:03d}"

    @property
    def phone(self) -> str:
        return f"139{self.number * 7919 + 10_000_000:08d}"

    @property
    def id_card(self) -> str:
        return f"110101199003{self.number * 7 + 100_000:06d}"

    @property
    def room(self) -> str:
        return f"9{self.number:03d}室"

    @property
    def words(self) -> str:
        return f"金丝雀第{self.number:03d}只飞过"

    @property
    def account(self) -> str:
        return f"canary-account-{self.number:03d}-of-nobody"

    def __iter__(self) -> Iterator[str]:
        return iter((self.name, self.phone, self.id_card, self.room, self.words, self.account))


CANARIES = tuple(Canary(number=number) for number in range(PEOPLE))
WATCHED = tuple(dict.fromkeys(part for canary in CANARIES for part in canary))


def leaks(text: str) -> list[str]:
    """The canaries in this text, also as JSON or a hex dump writes them."""
    found = []
    for watched in WATCHED:
        forms = (watched, json.dumps(watched)[1:-1], watched.encode().hex())
        found += [watched] if any(form in text for form in forms) else []
    return found


def leaks_of(data: bytes) -> list[str]:
    """The same for bytes."""
    escaped = {watched: json.dumps(watched)[1:-1].encode() for watched in WATCHED}
    return [one for one in WATCHED if one.encode() in data or escaped[one] in data]


async def busy_day(town: Town) -> None:
    """Everybody reports, asks, urges, changes their words, shows pictures and talks in the group;
    staff handle some of it.
    """
    for canary in CANARIES:
        town.move_in(canary.name, channel="web", account=canary.account)
    for canary in CANARIES:
        who, house = canary.name, canary.number % 20 + 1
        problem = f"{house}栋2单元{canary.room}漏水了，{canary.words}"
        await town.says(who, f"{problem}，电话{canary.phone}，身份证{canary.id_card}")
        await town.edits(who, f"{problem}，一直没人管")
        await town.says(who, f"补充：{canary.words}，我叫{who}", photo=True)
        await town.mutters(who, f"{canary.words}那个")
        await town.says(who, "查进度")
        await town.says(who, f"小栖 {canary.words} {house}栋灯坏了", group=True, at=True)
        await town.says(who, "转人工" if canary.number % 5 == 0 else "催办")
        await town.says(who, f"{canary.words} {canary.phone}")
        await town.says(who, kind=InboundKind.START, text="/start")
        if canary.number % 7 == 0:
            await town.says(who, "我的数据")
    for staff in ("小李", "陈静"):
        await town.says(staff, "接")
        await town.says(staff, "我手上的")
        await town.says(staff, f"弄好了 {CANARIES[0].words}", photo=True)
    await town.pass_time(hours=23)
