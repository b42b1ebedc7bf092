"""Many leaders take the same work order at the same instant: exactly one has it (F45).

Each grid has leaders of its own and its rounds one after the other; grids go on side by side.
"""

from __future__ import annotations

import asyncio
import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.storm import until
from tests.rig.telegram import Json, Tail, Telegram

FIRST_LEADER = 200_001
FIRST_RESIDENT = 500_001
REGISTERED = re.compile("编号 ([0-9]+)：")
ACCEPTED = re.compile("已接单 ([0-9]+)")
TAKEN = re.compile("([0-9]+) 已由.*接单")


@dataclass(slots=True)
class Heard:
    """What the bot said, as far as it is about taking orders."""

    tail: Tail
    registered: dict[int, str] = field(default_factory=dict)  # by the resident's chat
    won: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    greeted: set[int] = field(default_factory=set)

    def look(self) -> None:
        """Reads on."""
        for call in self.tail.new("call"):
            if call["error"] is None and call["text"]:
                self._hear(call)

    def _hear(self, call: Json) -> None:
        text, chat = call["text"], call["chat"]
        self.greeted.add(chat)
        if (found := REGISTERED.search(text)) and chat >= FIRST_RESIDENT:
            self.registered[chat] = found[1]
        elif found := ACCEPTED.search(text):
            self.won[found[1]] += 1
        elif found := TAKEN.search(text):
            self.lost[found[1]] += 1


async def play(rig: Rig, *, leaders: int, rounds: int, grids: int, processes: int) -> Verdict:
    """So many rounds in all, in each so many leaders."""
    telegram = await rig.telegram()
    where = "postgres" if processes > 1 else "sqlite"
    service = await rig.service(telegram, mode="webhook", processes=processes, database=where)
    await _prepare(service, rig.folder, leaders=leaders, grids=grids, rounds=rounds)
    await service.start()
    heard = Heard(Tail(telegram.history))
    everybody = [person for grid in range(grids) for person in _leaders(grid, leaders)]
    for person in everybody:
        await telegram.say_all([{"chat": person, "user": person, "text": "帮助"}])
    watch = asyncio.create_task(_watch(heard), name="watch")
    await until(lambda: heard.greeted >= set(everybody))
    each = [rounds // grids + (grid < rounds % grids) for grid in range(grids)]
    async with asyncio.TaskGroup() as tasks:
        for grid in range(grids):
            tasks.create_task(
                _rounds(rig, telegram, heard, grid, leaders=leaders, rounds=each[grid])
            )
    watch.cancel()
    orders = list(heard.registered.values())
    statuses = await _statuses(service, rig.folder)
    return verdict(
        {
            "leaders": leaders,
            "rounds": len(orders),
            "won": sum(heard.won.values()),
            "told who has it": sum(heard.lost.values()),
        },
        one_winner_each=all(heard.won[number] == 1 for number in orders),
        everybody_else_told=all(heard.lost[number] == leaders - 1 for number in orders),
        every_order_accepted=all(statuses[number] == "accepted" for number in orders),
        as_many_rounds_as_asked_for=len(orders) == rounds,
    )


async def _rounds(
    rig: Rig, telegram: Telegram, heard: Heard, grid: int, *, leaders: int, rounds: int
) -> None:
    for turn in range(rounds):
        resident = FIRST_RESIDENT + grid * 10_000 + turn
        text = f"{_estate(grid)}{turn + 1}栋楼道灯不亮了"
        await telegram.say_all([{"chat": resident, "user": resident, "text": text}])
        await until(lambda: resident in heard.registered)  # noqa: B023
        number = heard.registered[resident]
        crowd = _leaders(grid, leaders)
        rig.dice.shuffle(crowd)
        await telegram.say_all(
            {"chat": person, "user": person, "text": f"接 {number}"} for person in crowd
        )
        await until(lambda: heard.won[number] + heard.lost[number] >= leaders)  # noqa: B023
        rig.show("rounds", len(heard.won), rounds)


async def _watch(heard: Heard) -> None:
    while True:
        heard.look()
        await asyncio.sleep(0.02)


async def _prepare(
    service: Service, folder: Path, *, leaders: int, grids: int, rounds: int
) -> None:
    """Grids, their buildings and their leaders, by the operator's own tables."""
    await service.command("export", "units", str(folder / "units.csv"), "--sample")
    units, places, people = [], [], []
    for grid in range(grids):
        units.append((f"R{grid}", "grid", f"演练{grid + 1}网格", "C01"))
        places.append((f"R{grid}", "estate", _estate(grid), "", "C01", ""))
        for building in range(1, rounds // grids + 2):
            code = f"R{grid}-{building}"
            places.append((code, "building", str(building), f"R{grid}", f"R{grid}", "3"))
        for person in _leaders(grid, leaders):
            roles = f"R{grid}:grid_leader"
            people.append((f"L{person}", f"组长{person}", roles, "telegram", str(person)))
    columns = {
        "units": ("code", "kind", "name", "parent"),
        "places": ("code", "kind", "name", "parent", "unit", "entrances"),
        "people": ("code", "name", "roles", "channel", "account"),
    }
    for kind, rows in (("units", units), ("places", places), ("people", people)):
        file = folder / f"{kind}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows((columns[kind], *rows))
        await service.command("import", kind, str(file))


async def _statuses(service: Service, folder: Path) -> dict[str, str]:
    file = folder / "orders.csv"
    await service.command("export", "orders", str(file))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["number"]: row["status"] for row in csv.DictReader(lines)}


def _leaders(grid: int, leaders: int) -> list[int]:
    first = FIRST_LEADER + grid * 1000
    return list(range(first, first + leaders))


def _estate(grid: int) -> str:
    return f"{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉'[grid]}字苑"


SCENARIOS = (
    Scenario(
        name="leaders",
        promise="50 leaders take one work order at once, 1,000 times: exactly one has it",
        play=play,
        short={"leaders": 6, "rounds": 2, "grids": 1, "processes": 1},
        long={"leaders": 50, "rounds": 1000, "grids": 20, "processes": 1},
        minutes=8,
    ),
)
