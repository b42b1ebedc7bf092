"""The duty desk: assign, decline, settle the place, merge, split, groups, dead letters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.conversations import GroupMode
from domain.messages import Address
from domain.orders import EventKind, Status, WorkOrder
from domain.people import Role
from storage.transaction import Transaction
from tests.town import GROUP, Town

LAMP = "3栋2单元楼道灯不亮了"
GATE = "3栋2单元门禁刷不开"


async def reported(town: Town, said: str = LAMP, who: str = "王阿姨") -> WorkOrder:
    """A work order whose owner has heard of it."""
    await town.says(who, said)
    order = (await town.orders(who))[0]
    for person in (who, "小李", "陈静"):
        await town.heard(person)
    return order


async def unplaced(town: Town) -> WorkOrder:
    """A work order whose place nobody could say."""
    await town.says("王阿姨", "路灯不亮了")
    for _ in range(3):
        await town.says("王阿姨", "说不清在哪")
    order = (await town.orders("王阿姨"))[0]
    assert order.status is Status.OPEN
    return order


async def test_a_place_to_be_settled_is_a_button_away(town: Town) -> None:
    order = await unplaced(town)
    assert any("地点待核实" in line for line in await town.heard("陈静"))
    await town.press("陈静", "核实地点")
    await town.says("陈静", "3栋2单元门口")
    settled = await town.order(order.number)
    assert settled.status is Status.ASSIGNED
    assert settled.owner is not None
    assert settled.owner.role is Role.GRID_LEADER
    assert any(order.number in line for line in await town.heard("小李"))


async def test_a_place_is_settled_in_words(town: Town) -> None:
    order = await unplaced(town)
    await town.says("陈静", f"地点核实 {order.number} 3栋2单元")
    assert (await town.order(order.number)).place.building == "3"


async def test_a_place_no_book_knows_is_given_to_a_grid(town: Town) -> None:
    order = await unplaced(town)
    await town.says("陈静", f"地点核实 {order.number} 88栋")
    await town.press("陈静", "第二网格")
    grid = (await town.order(order.number)).grid
    assert grid is not None
    assert any(order.number in line for line in await town.heard("小赵"))


async def test_what_waits_is_assigned_by_name(town: Town) -> None:
    order = await unplaced(town)
    await town.says("陈静", f"派 {order.number} 小赵")
    owner = (await town.order(order.number)).owner
    assert owner is not None
    assert owner.role is Role.GRID_LEADER
    assert any(order.number in line for line in await town.heard("小赵"))


async def test_who_is_asked_when_nobody_is_named(town: Town) -> None:
    order = await unplaced(town)
    (question, *_) = await town.says("陈静", "派单")
    assert order.number in question
    await town.press("陈静", "物业")
    owner = (await town.order(order.number)).owner
    assert owner is not None
    assert owner.role is Role.PROPERTY


async def test_somebody_who_is_to_come_is_who_is_asked(town: Town) -> None:
    order = await unplaced(town)
    await town.says("陈静", "派单")
    await town.says("陈静", "让小赵来")
    assert any(order.number in line for line in await town.heard("小赵"))


async def test_what_nobody_is_given_is_told_upwards(town: Town) -> None:
    order = await unplaced(town)
    await town.heard("刘书记")
    await town.pass_time(days=2)
    told = await town.heard("刘书记")
    assert any("超时" in line and order.number in line for line in told)


async def test_it_is_declined_with_the_lawful_path(town: Town) -> None:
    order = await unplaced(town)
    await town.heard("王阿姨")
    await town.says("陈静", f"不予受理 {order.number} 属于个人之间的约定")
    await town.press("陈静", "起诉")
    assert (await town.order(order.number)).status is Status.DECLINED
    told = await town.heard("王阿姨")
    assert any("个人之间的约定" in line and "法院" in line for line in told)


async def test_a_leader_declines_nothing(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", f"不予受理 {order.number} 太远了")
    assert (await town.order(order.number)).status is Status.ASSIGNED


async def test_nobody_approves_his_own_request(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "延3天 等配件")
    await town.says("小李", f"同意 {order.number}")
    assert not (await town.order(order.number)).events(EventKind.EXTENDED)


async def test_a_refusal_asks_for_its_reason(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "延3天 等配件")
    await town.press("陈静", "不同意")
    await town.press("陈静", "理由不充分")
    event = (await town.order(order.number)).last(EventKind.EXTENSION_REFUSED)
    assert event is not None
    assert event.reason == "理由不充分"


async def test_two_are_merged_and_parted_again(town: Town) -> None:
    lamp, gate = await reported(town), await reported(town, GATE, "李叔")
    await town.says("陈静", f"并单 {gate.number} 到 {lamp.number}")
    assert (await town.order(gate.number)).status is Status.MERGED
    assert any(lamp.number in line for line in await town.heard("李叔"))
    await town.says("陈静", f"撤销并单 {gate.number}")
    assert (await town.order(gate.number)).status is Status.ASSIGNED


async def test_into_which_is_asked_when_only_one_is_named(town: Town) -> None:
    lamp, gate = await reported(town), await reported(town, GATE, "李叔")
    await town.says("陈静", f"并单 {gate.number}")
    await town.says("陈静", f"并到 {lamp.number}")
    assert (await town.order(gate.number)).status is Status.MERGED


async def test_one_is_split_into_its_parts(town: Town) -> None:
    order = await reported(town)
    await town.says("陈静", f"拆单 {order.number} 楼下垃圾没人收")
    split = await town.order(order.number)
    event = split.last(EventKind.SPLIT)
    assert event is not None
    (number,) = event.values["numbers"]
    part = await town.order(number)
    assert part.place.building == "3"
    assert part.category == "0301"
    assert any(number in line for line in await town.heard("王阿姨"))


async def test_one_is_handed_to_another_body(town: Town) -> None:
    order = await reported(town)
    await town.says("陈静", f"转出 {order.number} 12345 热线 单号 88123")
    moved = await town.order(order.number)
    assert moved.status is Status.TRANSFERRED
    event = moved.last(EventKind.TRANSFERRED)
    assert event is not None
    assert event.values == {"to": "12345", "reference": "88123"}
    assert any("12345" in line for line in await town.heard("王阿姨"))


async def test_one_is_put_into_another_category(town: Town) -> None:
    order = await reported(town)
    await town.says("陈静", f"改类别 {order.number} 门禁")
    assert (await town.order(order.number)).category == "0403"


async def test_a_category_nobody_knows_is_asked_again(town: Town) -> None:
    order = await reported(town)
    await town.says("陈静", f"改类别 {order.number} 天上的云")
    await town.says("陈静", "0403")
    assert (await town.order(order.number)).category == "0403"


async def test_the_desk_of_another_community_finds_nothing_here(town: Town) -> None:
    order = await reported(town)
    await moved_in_next_door(town, "隔壁老周")
    for said in ("派 {} 物业", "接 {}", "不予受理 {} 不归我们", "备注 {} 看看", "{}"):
        answers = await town.says("隔壁老周", said.format(order.number))
        assert not any("照明" in line or "3栋" in line for line in answers)
    assert (await town.order(order.number)).version == order.version
    assert await town.heard("隔壁老周") == []


async def moved_in_next_door(town: Town, name: str) -> None:
    """The duty officer of a second community of the same street."""
    unit = {"code": "C02", "kind": "community", "name": "银杏社区", "parent": "S01"}
    person = {
        "code": "P90",
        "name": name,
        "phone": "",
        "roles": [("C02", "duty")],
        "channel": "web",
        "account": "zhou",
    }
    await town.database.run(lambda tx: tx.tables.replace("units", [unit]))
    await town.database.run(lambda tx: tx.tables.replace("people", [person]))
    await town.database.refresh()
    town.move_in(name, channel="web", account="zhou")


@pytest.mark.parametrize(
    "said", ["派 {} 物业", "转出 {} 12345 不归我们", "并单 {}", "拆单 {} 灯坏了"]
)
async def test_a_department_touches_nothing_of_a_grid(town: Town, said: str) -> None:
    order = await reported(town)
    (answer, *_) = await town.says("消防郑浩", said.format(order.number))
    assert "不归您" in answer
    assert (await town.order(order.number)).version == order.version


async def test_the_desk_sees_what_waits_for_it(town: Town) -> None:
    order = await unplaced(town)
    (card, *_) = await town.says("陈静", "待办")
    assert order.number in card
    assert "待派 1" in card


async def test_a_low_rating_is_followed_up_by_the_desk(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "弄好了", photo=True)
    await town.press("王阿姨", "解决了")
    await town.says("王阿姨", "2分 太慢")
    assert any("回访" in line for line in await town.heard("陈静"))
    await town.press("陈静", "已回访")
    await town.says("陈静", "已电话致歉，居民接受")
    assert (await town.order(order.number)).last(EventKind.NOTED)


async def test_whoever_waits_longest_is_taken_over_by_a_word(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.says("陈静", "接管会话")
    assert any("来了" in line for line in await town.heard("王阿姨"))


async def test_nobody_waits(town: Town) -> None:
    assert "没有居民" in (await town.says("陈静", "接管会话"))[0]


async def test_staff_bind_a_group_to_their_community(town: Town) -> None:
    where = Address(channel="web", chat="group:new")
    (answer, *_) = await town.says("陈静", "绑定社区 梧桐社区", chat="group:new", at=True)
    assert "梧桐社区" in answer
    chat = await town.read(lambda tx: tx.chats.get(where))
    assert chat.unit is not None


async def test_others_bind_no_group(town: Town) -> None:
    where = Address(channel="web", chat="group:new")
    for who in ("小李", "消防郑浩", "王阿姨"):
        await town.says(who, "绑定社区 梧桐社区", chat="group:new", at=True)
    chat = await town.read(lambda tx: tx.chats.get(where))
    assert chat is None or chat.unit is None


async def test_staff_say_when_we_speak_in_a_group(town: Town) -> None:
    where = Address(channel="web", chat=GROUP)
    await town.says("陈静", "只在@时说话", group=True, at=True)
    assert (await town.read(lambda tx: tx.chats.get(where))).mode is GroupMode.ADDRESSED_ONLY
    assert await town.says("王阿姨", LAMP, group=True) == []
    await town.says("陈静", "正常说话", group=True, at=True)
    assert (await town.read(lambda tx: tx.chats.get(where))).mode is GroupMode.CLEAR_REPORTS


async def given_up(town: Town, who: str, text: str) -> None:
    """A message that failed every time it was tried."""
    inbound = town.inbound(who, text)
    await town.database.run(lambda tx: tx.inbox.accept(inbound, owner="town"))

    def fail(tx: Transaction) -> None:
        rows = tx.inbox.begin(inbound.conversation, owner="town", alone=True)
        tx.inbox.failed(rows, "ZeroDivisionError")

    while not await town.read(lambda tx: tx.inbox.dead_letters()):
        await town.database.run(fail)
        town.hands[0] += timedelta(hours=1)


async def test_a_dead_letter_is_seen_and_tried_again(town: Town) -> None:
    await town.says("王阿姨", "你好")
    await given_up(town, "王阿姨", LAMP)
    (listed, *_) = await town.says("陈静", "死信")
    assert "ZeroDivisionError" in listed
    await town.says("陈静", "重放")
    await town.settle()
    assert len(await town.orders("王阿姨")) == 1
    assert "没有处理失败" in (await town.says("陈静", "死信"))[0]


async def test_dead_letters_are_not_for_leaders(town: Town) -> None:
    await given_up(town, "王阿姨", LAMP)
    (answer, *_) = await town.says("小李", "死信")
    assert "没有处理失败" in answer
