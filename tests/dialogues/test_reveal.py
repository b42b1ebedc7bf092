"""看电话: the reporter's contact, for who works on it, for a reason, in private, and audited."""

from __future__ import annotations

import pytest

from domain.changes import AuditEntry
from domain.orders import WorkOrder
from domain.people import Post, Role
from storage.transaction import Transaction
from tests.town import STAFF, Town

PHONE = "13812345678"
SAID = f"3栋2单元707楼道灯不亮了，电话{PHONE}"


async def _reported(town: Town, said: str = SAID) -> WorkOrder:
    await town.says("王阿姨", said)
    (order, *_) = await town.orders()
    return order


async def _reveals(town: Town, number: str) -> list[AuditEntry]:
    rows = await town.read(lambda tx: tx.audit.of(f"order:{number}"))
    return [row.entry for row in rows if row.entry.action == "contact.revealed"]


async def test_the_owner_sees_it_for_a_reason_and_it_is_kept(town: Town) -> None:
    order = await _reported(town)
    assert not any(PHONE in line for line in await town.heard("小李"))
    asked = await town.says("小李", f"看电话 {order.number}")
    assert not any(PHONE in line for line in asked)
    assert await _reveals(town, order.number) == []
    answer, *_ = await town.press("小李", "核实情况")
    assert PHONE in answer
    (entry,) = await _reveals(town, order.number)
    assert entry.person == await town.read(lambda tx: tx.people.coded(STAFF["小李"][0]))
    assert entry.detail["reason"] == "reveal_check"
    assert "phones" in entry.detail["shown"]


async def test_own_words_are_a_reason_and_stay_sealed(town: Town) -> None:
    order = await _reported(town)
    answer, *_ = await town.says("小李", f"看电话 {order.number} 王阿姨家没人开门")
    assert PHONE in answer
    (entry,) = await _reveals(town, order.number)
    assert entry.detail["reason"] == "own_words"
    assert "没人开门" not in str(entry.detail)
    assert any("没人开门" in event.text for event in (await town.order(order.number)).history)


async def test_the_desk_sees_it_too(town: Town) -> None:
    order = await _reported(town)
    assert PHONE in (await town.says("陈静", f"看电话 {order.number} 核实情况"))[0]


async def test_who_left_no_number_is_named_without_one(town: Town) -> None:
    order = await _reported(town, "3栋2单元楼道灯不亮了")
    answer, *_ = await town.says("小李", f"联系方式 {order.number} 要上门")
    assert "没有留过电话" in answer


@pytest.mark.parametrize("who", ["小赵", "消防郑浩", "钱师傅", "李叔"])
async def test_nobody_else_does(town: Town, who: str) -> None:
    order = await _reported(town)
    answers = await town.says(who, f"看电话 {order.number} 要上门")
    assert not any(PHONE in line or "707室" in line for line in answers)
    assert await _reveals(town, order.number) == []


@pytest.mark.parametrize("wish", ["，别告诉别人是我说的", "，我想匿名反映"])
async def test_of_who_asked_for_it_the_owner_learns_nothing(town: Town, wish: str) -> None:
    order = await _reported(town, SAID + wish)
    assert order.privacy != "open"
    answers = await town.says("小李", f"看电话 {order.number} 要上门")
    assert not any(PHONE in line for line in answers)
    assert await _reveals(town, order.number) == []


async def test_in_a_group_it_is_said_in_private(town: Town) -> None:
    order = await _reported(town)
    await town.heard("小李")
    said = await town.says("小李", f"看电话 {order.number} 要上门", group=True, at=True)
    assert not any(PHONE in line for line in said)
    assert any(PHONE in line for line in await town.heard("小李"))


async def test_who_lost_the_post_while_the_reason_was_asked_sees_nothing(town: Town) -> None:
    order = await _reported(town)
    await town.says("小李", f"看电话 {order.number}")

    def leave(tx: Transaction) -> None:
        person = tx.people.coded(STAFF["小李"][0])
        assert person is not None
        post = Post(unit=tx.org.coded("G01").id, role=Role.GRID_LEADER)
        assert tx.people.end_grant(person, post, tx.now)

    await town.database.run(leave)
    answer, *_ = await town.press("小李", "核实情况")
    assert "办不了" in answer
    assert await _reveals(town, order.number) == []
