"""A post is taken from somebody between the showing of a button and its press."""

from __future__ import annotations

import pytest

from domain.orders import Status, WorkOrder
from domain.people import Post, Role
from storage.transaction import Transaction
from tests.town import STAFF, Town

LAMP = "3栋2单元楼道灯不亮了"


async def _moved_out(town: Town, name: str, unit: str, role: Role) -> None:
    """The post is theirs no longer."""

    def end(tx: Transaction) -> None:
        person = tx.people.coded(STAFF[name][0])
        assert person is not None
        assert tx.people.end_grant(person, Post(unit=tx.org.coded(unit).id, role=role), tx.now)

    await town.database.run(end)


async def _moved_in(town: Town, name: str, unit: str, role: Role) -> None:
    def begin(tx: Transaction) -> None:
        person = tx.people.coded(STAFF[name][0])
        assert person is not None
        tx.people.grant(person, Post(unit=tx.org.coded(unit).id, role=role))

    await town.database.run(begin)


async def _reported(town: Town, said: str = LAMP) -> WorkOrder:
    await town.says("王阿姨", said)
    return (await town.orders("王阿姨"))[0]


@pytest.mark.parametrize("button", ["接单", "退单", "延期", "办结"])
async def test_the_leaders_buttons_do_nothing_without_the_post(town: Town, button: str) -> None:
    order = await _reported(town)
    await town.heard("小李")
    await _moved_out(town, "小李", "G01", Role.GRID_LEADER)
    answer, *_ = await town.press("小李", button)
    assert "办不了" in answer
    assert await town.order(order.number) == order


@pytest.mark.parametrize("button", ["同意", "不同意"])
async def test_the_desks_buttons_do_nothing_without_the_post(town: Town, button: str) -> None:
    order = await _reported(town)
    await town.says("小李", "接单")
    await town.says("小李", "延3天 等配件")
    order = await town.order(order.number)
    await town.heard("陈静")
    await _moved_out(town, "陈静", "C01", Role.DUTY)
    answer, *_ = await town.press("陈静", button)
    assert "办不了" in answer
    assert await town.order(order.number) == order


async def test_a_question_half_answered_is_not_gone_on_with(town: Town) -> None:
    order = await _reported(town)
    await town.press("小李", "退单")
    await _moved_out(town, "小李", "G01", Role.GRID_LEADER)
    answer, *_ = await town.press("小李", "物业")
    assert "办不了" in answer
    assert await town.order(order.number) == order


async def test_nobody_takes_a_talk_from_a_desk_they_left(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.heard("陈静")
    await town.heard("王阿姨")
    await _moved_out(town, "陈静", "C01", Role.DUTY)
    answer, *_ = await town.press("陈静", "我来接")
    assert "办不了" in answer
    assert await town.heard("王阿姨") == []


async def test_a_talk_goes_back_to_the_desk_when_its_clerk_leaves(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.heard("陈静")
    await town.press("陈静", "我来接")
    await town.heard("陈静")
    await town.heard("刘书记")
    await _moved_out(town, "陈静", "C01", Role.DUTY)
    await town.says("王阿姨", "我家老人的事想跟你们说说")
    assert await town.heard("陈静") == []
    assert any("老人" in line for line in await town.heard("刘书记"))
    await town.press("刘书记", "我来接")
    assert any("来了" in line for line in await town.heard("王阿姨"))
    await town.says("陈静", "我还能说话吗")
    assert await town.heard("王阿姨") == []


async def test_who_holds_the_post_next_goes_on_with_what_it_owns(town: Town) -> None:
    order = await _reported(town)
    await _moved_out(town, "小李", "G01", Role.GRID_LEADER)
    assert not any(order.number in line for line in await town.says("小李", "我的单"))
    await _moved_in(town, "吴磊", "G01", Role.GRID_LEADER)
    assert any(order.number in line for line in await town.says("吴磊", "我的单"))
    await town.says("吴磊", "接单")
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_of_a_post_left_empty_the_one_above_hears_within_a_minute(town: Town) -> None:
    order = await _reported(town)
    await town.pass_time(minutes=1)
    await town.heard("陈静")
    await _moved_out(town, "小李", "G01", Role.GRID_LEADER)
    await town.pass_time(minutes=1)
    assert any(order.number in line for line in await town.heard("陈静"))
    await town.pass_time(minutes=2)
    assert await town.heard("陈静") == []


async def test_of_a_post_given_on_at_once_nobody_is_told(town: Town) -> None:
    await _reported(town)
    await town.pass_time(minutes=1)
    await town.heard("陈静")
    await _moved_out(town, "小李", "G01", Role.GRID_LEADER)
    await _moved_in(town, "吴磊", "G01", Role.GRID_LEADER)
    await town.pass_time(minutes=1)
    assert await town.heard("陈静") == []
