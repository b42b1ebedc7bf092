"""Canaries: numbered reports of many residents, each of which must be answered in its own chat.

A report names a building and a trouble that no other report names, so that its answer is known by
the place in it, and its work order by grid, building and category. A bot that only echoes answers
it as well.
"""

from __future__ import annotations

import asyncio
import csv
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.rig.service import Service
from tests.rig.telegram import Json, Tail, Telegram

# What is reported, and the category it is put under; none is urgent, so nobody is reminded of it
# while the rig runs.
TROUBLES = {
    "楼道灯不亮了": "0402",
    "单元门坏了": "0403",
    "健身器材坏了": "0405",
    "监控坏了": "0406",
    "屋顶漏水": "0404",
    "楼道堆满杂物": "0302",
    "楼道里有蟑螂": "0306",
    "路面坏了": "0505",
    "装修太吵了": "0603",
    "网络断了": "0206",
    "有宠物粪便没人清": "0304",
    "楼下广场舞太吵": "0604",
    "饭店油烟太大": "0606",
    "草坪没人修剪": "0407",
    "有人养狗天天叫": "0703",
    "有僵尸车": "0504",
}
FIRST_PERSON = 10_001
TICK = 0.02
AFTERWARDS = 0.1  # the part of the rate that goes on when all were said that were asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One report: what its answer must contain, and which work order must come of it."""

    number: int
    chat: int
    text: str
    mark: str
    order: tuple[str, str, str]  # grid, building, category

    def said(self) -> Json:
        """As the fake Telegram is told."""
        return {"chat": self.chat, "user": self.chat, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Which canary has which number; each person reports every building at most once.

    The sample community has room for few; a `wide` one has estates of its own that `prepare`
    imports, 999 buildings each.
    """

    people: int = 41
    wide: bool = False
    no_more_than: int | None = None

    @property
    def most(self) -> int:
        """How many canaries there can be."""
        there = len(self._buildings) * len(TROUBLES)
        return there if self.no_more_than is None else min(there, self.no_more_than)

    def canary(self, number: int) -> Canary:
        """The canary of this number, from 0."""
        if number >= self.most:
            raise ValueError(f"there are only {self.most} canaries")
        buildings, troubles = self._buildings, tuple(TROUBLES)
        estate, building, grid = buildings[number % len(buildings)]
        trouble = troubles[number // len(buildings)]
        mark = f"{estate}{building}栋2单元"
        return Canary(
            number=number,
            chat=FIRST_PERSON + number % self.people,
            text=f"{mark}{trouble}",
            mark=mark,
            order=(grid, building, TROUBLES[trouble]),
        )

    async def prepare(self, service: Service, folder: Path) -> None:
        """Brings the places into the service, where the sample has too few."""
        if not (self.wide and service.bot.is_xiaoqi):
            return
        await service.command("export", "units", str(folder / "units.csv"), "--sample")
        file = folder / "places.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("code", "kind", "name", "parent", "unit", "entrances"))
            for number, (estate, grid) in enumerate(WIDE.items()):
                writer.writerow((f"W{number}", "estate", estate, "", "C01", ""))
                for building in range(1, BUILDINGS + 1):
                    code = f"W{number}-{building}"
                    writer.writerow((code, "building", building, f"W{number}", grid, 3))
        await service.command("import", "places", str(file))

    @property
    def _buildings(self) -> list[tuple[str, str, str]]:
        return WIDE_BUILDINGS if self.wide else SAMPLE_BUILDINGS


WIDE = {"春晓苑": "G01", "和平里": "G02", "东风新村": "G03", "望江花园": "G04"}
BUILDINGS = 999
WIDE_BUILDINGS = [
    (estate, str(building), grid)
    for building in range(1, BUILDINGS + 1)
    for estate, grid in WIDE.items()
]
SAMPLE_BUILDINGS = [
    ("梧桐苑", str(number), "G01" if number <= 7 else "G02") for number in range(1, 15)
] + [("锦绣园", str(number), "G03" if number <= 19 else "G04") for number in range(15, 25)]


_MARK = re.compile(f"(?:梧桐苑|锦绣园|{'|'.join(WIDE)})[0-9]+栋2单元")


class Load:
    """Sends canaries at a rate, whether or not anybody answers, and sees which were answered."""

    def __init__(self, telegram: Telegram, reports: Reports, *, rate: float) -> None:
        self.telegram = telegram
        self.reports = reports
        self.rate = rate
        self.said: list[Canary] = []
        self.updates: dict[int, int] = {}  # of an update: its canary
        self.answered: set[int] = set()
        self._marks: dict[tuple[int, str], Canary] = {}
        self._tail = Tail(telegram.history)

    async def send(self, count: int = 1) -> None:
        """The next canaries, at once."""
        first = len(self.said)
        fresh = [self.reports.canary(first + step) for step in range(count)]
        numbers = await self.telegram.say_all(canary.said() for canary in fresh)
        for number, canary in zip(numbers, fresh, strict=True):
            self._remember(canary, number)

    async def send_whole(self) -> Json:
        """The next canary; the update as the platform makes it."""
        canary = self.reports.canary(len(self.said))
        update: Json = await self.telegram.do("say", **canary.said())
        self._remember(canary, update["update_id"])
        return update

    def _remember(self, canary: Canary, update: int) -> None:
        if (canary.chat, canary.mark) in self._marks:
            raise ValueError(
                "one person reports one building twice; choose another number of people"
            )
        self.said.append(canary)
        self.updates[update] = canary.number
        self._marks[canary.chat, canary.mark] = canary

    async def run(
        self,
        count: int,
        *,
        also_until: Callable[[], bool] = lambda: True,
        show: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Sends so many at the rate; then, at a tenth of it and as long as there are more, until
        the claim is true.
        """
        began, first = time.monotonic(), len(self.said)
        whole = count / self.rate  # seconds
        while (done := len(self.said) - first) < count or not also_until():
            passed = time.monotonic() - began
            late = max(passed - whole, 0.0)
            due = int(min(passed, whole) * self.rate) + 1
            due = min(due, count) + int(late * self.rate * AFTERWARDS) - done
            due = min(due, self.reports.most - len(self.said))
            if due > 0:
                await self.send(due)
            show(len(self.said))
            await asyncio.sleep(TICK)

    async def all_answered(
        self, *, patience: float = 120.0, show: Callable[[int], None] = lambda _: None
    ) -> bool:
        """True once every canary has its answer, False when no more came for so many seconds."""
        last = time.monotonic()
        while True:
            before = len(self.answered)
            self.look()
            show(len(self.answered))
            if len(self.answered) == len(self.said):
                return True
            if len(self.answered) > before:
                last = time.monotonic()
            elif time.monotonic() - last > patience:
                return False
            await asyncio.sleep(0.1)

    def look(self) -> None:
        """Reads on in what the fake wrote down."""
        for event in self._tail.new("call"):
            canary = self.answered_by(event)
            if canary is not None:
                self.answered.add(canary.number)

    def answered_by(self, call: Json) -> Canary | None:
        """The canary that a call of the bot answers, in its own chat."""
        if call["error"] is not None or not call["text"]:
            return None
        found = _MARK.search(call["text"])
        return self._marks.get((call["chat"], found[0])) if found else None
