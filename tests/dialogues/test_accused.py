"""Whoever is complained about never learns of it (信访工作条例, article 30)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.numbers import make_number
from domain.orders import WorkOrder
from domain.people import Role
from domain.rights import may_see
from storage.transaction import Transaction
from tests.town import STAFF, Town

CORPUS = Path(__file__).parents[1] / "data" / "complaints_about_staff.toml"
COMPLAINTS = [
    (tuple(entry["who"]), said)
    for entry in tomllib.loads(CORPUS.read_text(encoding="utf-8"))["about"]
    for said in entry["said"]
]
NAMES = {code: name for name, (code, _) in STAFF.items()} | {"P06": "周婷"}
OF_ROLE = {
    Role.GRID_LEADER: ("P03", "P04", "P05", "P06"),
    Role.GRID_WORKER: ("P07",),
    Role.DUTY: ("P01", "P02"),
}
NOBODYS = make_number(date(2026, 1, 1), 1)
LAWFUL_PATH = "12388"  # what is for the discipline inspection is not written down here at all
NOT_YOURS = "只能由报事的本人查"  # what is said of any number that does not concern somebody
TAKEN_UP = 0.98  # of the complaints become a work order of somebody above; the rest is told nobody


def _with_phones(tx: Transaction) -> None:
    """Every member of staff has a phone; 周婷 came in like the others, 李明 is away."""
    for code in NAMES:
        person = tx.people.coded(code)
        assert person is not None
        known = tx.people.get(person)
        assert known is not None
        tx.people.imported(code, name=known.name, phone=f"1390555{100 + int(code[1:]):04d}")
    zhou = tx.people.coded("P06")
    assert zhou is not None
    tx.people.reached_by(zhou, "web", "zhou")


@pytest.fixture
async def staffed(town: Town) -> Town:
    """The town with phones, everybody reachable."""
    town.move_in("周婷", channel="web", account="zhou")
    await town.database.run(_with_phones)
    return town


def _accused(who: Iterable[str]) -> Iterator[str]:
    for one in who:
        yield from OF_ROLE[Role(one)] if one in set(Role) else (one,)


async def test_no_complaint_reaches_whom_it_is_about(staffed: Town) -> None:
    town = staffed
    for name in NAMES.values():
        await town.heard(name)
    reached: list[tuple[str, str]] = []
    missed: list[str] = []
    asked: set[str] = set()
    for number, (who, said) in enumerate(COMPLAINTS):
        resident = f"居民{number}"
        answers = await town.says(resident, said)
        order = await _opened(town, answers)
        accused = [NAMES[code] for code in _accused(who)]
        reached += [(name, said) for name in accused if await _knows(town, name, order)]
        if order is not None and accused[0] not in asked:
            asked.add(accused[0])
            shown = await town.says(accused[0], f"查进度 {order.number}")
            assert all(NOT_YOURS in line for line in shown)
        elsewhere = any(LAWFUL_PATH in answer for answer in answers)
        if not (elsewhere or (order and await _is_with_somebody_above(town, order))):
            missed.append(said)
        town.hands[0] += timedelta(minutes=1)
        for name in NAMES.values():
            await town.heard(name)
    assert reached == []
    taken_up = 1 - len(missed) / len(COMPLAINTS)
    assert taken_up >= TAKEN_UP, (taken_up, missed)


async def _opened(town: Town, answers: list[str]) -> WorkOrder | None:
    numbers = re.findall(r"编号 (\d{10})", "".join(answers))
    return await town.order(numbers[0]) if numbers else None


async def _knows(town: Town, name: str, order: WorkOrder | None) -> bool:
    """Whether anything arrived, or would be shown when they ask for it."""
    arrived = await town.heard(name)

    def is_shown(tx: Transaction) -> bool:
        known = tx.people.of_account(*town.accounts[name])
        assert known is not None
        return order is not None and may_see(order, tx.people.actor(known[0].id, tx.now), tx.org)

    return bool(arrived) or await town.read(is_shown)


async def _is_with_somebody_above(town: Town, order: WorkOrder) -> bool:
    def holds(tx: Transaction) -> bool:
        if order.owner is None:
            return False
        holders = {person.id for person in tx.people.holders(order.owner, tx.now)}
        return bool(holders) and not holders & order.accused

    above = {Role.SECRETARY, Role.STREET_DUTY, Role.STREET_LEADER}
    higher = order.owner is not None and (order.owner.role in above or order.restricted)
    return higher and await town.read(holds)


async def test_what_was_said_about_a_running_order_does_not_reach_its_owner(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    await town.press("小李", "办结")
    await town.heard("小李")
    await town.says("王阿姨", "没解决，网格长李明根本没来，还骂我")
    (complaint, lamp) = await town.orders("王阿姨")
    assert complaint.about_staff
    assert not lamp.about_staff
    assert not any("骂" in line for line in await town.heard("小李"))
    await town.says("王阿姨", "补充一下，小李还收了我的钱，态度也差")
    assert not any("收了" in line for line in await town.heard("小李"))


async def test_nobody_who_stands_in_for_the_accused_learns_of_it(town: Town) -> None:
    await town.says("刘书记", "6月9日到6月20日休假，陈静替我")
    assert await town.read(_deputy_of_the_secretary) == "陈静"
    await town.heard("陈静")
    await town.says("王阿姨", "刘书记态度恶劣，骂我是刁民")
    (order,) = await town.orders("王阿姨")
    assert not any(order.number in line for line in await town.heard("陈静"))
    shown = await town.says("陈静", f"查进度 {order.number}")
    assert "骂" not in "".join(shown)
    assert shown == [
        line.replace(NOBODYS, order.number)
        for line in await town.says("陈静", f"查进度 {NOBODYS}")
    ]
    assert not any(order.number in line for line in await town.says("陈静", "待办"))
    await town.pass_time(days=1)
    assert not any(order.number in line for line in await town.heard("陈静"))


def _deputy_of_the_secretary(tx: Transaction) -> str:
    secretary = tx.people.coded("P01")
    assert secretary is not None
    (one,) = tx.people.delegations_of(secretary, tx.now)
    deputy = tx.people.get(one.deputy)
    assert deputy is not None
    return deputy.name


async def test_no_morning_card_lists_a_complaint_for_whom_it_is_about(town: Town) -> None:
    await town.says("王阿姨", "社区值班的陈静骂我，态度恶劣")
    (order,) = await town.orders("王阿姨")
    for name in ("陈静", "刘书记"):
        await town.heard(name)
    await town.pass_time(hours=22, minutes=45)
    assert not any(order.number in line for line in await town.heard("陈静"))
