"""In a group: when the service speaks, and what never appears there."""

from __future__ import annotations

import pytest

from domain.messages import InboundKind
from domain.orders import EventKind
from tests.town import GROUP, Town


@pytest.mark.parametrize(
    "said",
    ["今天天气真好，中午吃小龙虾去", "哈哈哈", "有人一起跳舞吗", "谢谢大家", "好的", "收到", "👍"],
)
async def test_small_talk_is_left_alone(town: Town, said: str) -> None:
    assert await town.says("李叔", said, group=True) == []


@pytest.mark.parametrize(
    "said", ["低价出二手电瓶车，加微信详聊", "开业大吉，扫码进群领优惠券", "有房屋出租两室一厅"]
)
async def test_advertising_is_left_alone(town: Town, said: str) -> None:
    assert await town.says("李叔", said, group=True) == []


async def test_a_clear_report_is_one_line_without_the_room(town: Town) -> None:
    answers = await town.says("李叔", "3栋2单元501门口声控灯坏了", group=True)
    (order,) = await town.orders("李叔")
    assert len(answers) == 1
    assert order.number in answers[0]
    assert "501" not in answers[0]
    assert order.place.room == "501"


async def test_a_photo_nobody_addressed_to_us_is_left_alone(town: Town) -> None:
    assert await town.says("李叔", photo=True, group=True) == []
    assert await town.orders() == []


async def test_talk_after_a_question_is_no_answer(town: Town) -> None:
    asked = await town.says("李叔", "小栖，楼道灯坏了没人修", group=True, at=True)
    assert asked
    assert await town.says("李叔", "晚上去遛弯吗", group=True) == []
    await town.says("李叔", "6-2", group=True)
    (order,) = await town.orders("李叔")
    assert order.place.building == "6"


async def test_a_neighbour_joins_with_plus_one(town: Town) -> None:
    await town.says("王阿姨", "12栋停水了，正洗头呢", group=True)
    (order,) = await town.orders("王阿姨")
    first = await town.says("李叔", "+1", group=True)
    assert order.number in first[0]
    assert await town.says("赵大爷", "我家也是", group=True) == []  # one line is enough
    assert len((await town.order(order.number)).followers) == 2


async def test_fourteen_neighbours_get_one_answer(town: Town) -> None:
    await town.says("王阿姨", "12栋停水了", group=True)
    answers = [
        line
        for number in range(14)
        for line in await town.says(f"邻居{number}", "12栋也停水了", group=True)
    ]
    (order,) = await town.orders("王阿姨")
    assert len(answers) == 1
    assert len((await town.order(order.number)).followers) == 14


async def test_plus_one_without_anything_to_join_is_small_talk(town: Town) -> None:
    assert await town.says("李叔", "+1", group=True) == []


async def test_accusations_are_moved_out_of_the_group(town: Town) -> None:
    answers = await town.says("新邻居", "我要举报张主任收钱", group=True)
    assert "12388" not in "".join(answers)
    assert "张" not in "".join(answers)


async def test_an_identity_number_is_never_repeated(town: Town) -> None:
    number = "32010219580312002X"
    answers = await town.says("李叔", f"我身份证{number}帮我查医保", group=True, at=True)
    assert all(number not in line for line in answers)
    assert "撤回" in answers[-1]


async def test_staff_can_restrict_the_group_to_being_addressed(town: Town) -> None:
    from domain.conversations import GroupMode
    from domain.messages import Address

    await town.says("李叔", "大家好", group=True)
    address = Address(channel="web", chat=GROUP)
    await town.database.run(lambda tx: tx.chats.set_mode(address, GroupMode.ADDRESSED_ONLY))
    assert await town.says("李叔", "3栋2单元声控灯坏了", group=True) == []
    assert await town.says("李叔", "小栖 3栋2单元声控灯坏了", group=True, at=True)


async def test_it_greets_when_it_comes_into_a_group(town: Town) -> None:
    answers = await town.says("李叔", kind=InboundKind.BOT_ADDED, chat="group:new")
    assert "小栖" in answers[0]
    told = await town.says("刘书记", kind=InboundKind.BOT_ADDED, chat="group:newer")
    assert "绑定" in told[0]


async def test_a_progress_question_in_a_group_shows_no_secret(town: Town) -> None:
    await town.says("王阿姨", "能不能别让楼上知道是我说的，5栋楼上天天往下扔烟头")
    (order,) = await town.orders("王阿姨")
    answers = await town.says("王阿姨", "查进度", group=True, at=True)
    assert all(order.number not in line for line in answers)


async def test_plus_one_in_reply_to_our_line_joins_that_one(town: Town) -> None:
    await town.says("王阿姨", "12栋停水了", group=True)
    water = town.channels["web"].sent[-1]
    await town.says("赵大爷", "3栋2单元声控灯坏了", group=True)
    await town.says("李叔", "我家也是", group=True, reply_to=water)
    (order,) = await town.orders("王阿姨")
    assert len((await town.order(order.number)).followers) == 1


async def test_which_one_is_asked_where_nothing_was_spoken_of_yet(town: Town) -> None:
    await town.says("王阿姨", "12栋停水了", group=True)
    await town.says("王阿姨", "12栋垃圾没人收", group=True)
    asked = await town.says("王阿姨", "催一下")
    assert "哪一件" in asked[0]
    await town.says("王阿姨", "1")
    urged = [order for order in await town.orders("王阿姨") if order.last(EventKind.URGED)]
    assert len(urged) == 1


async def test_the_promise_is_said_in_the_group_too(town: Town) -> None:
    answers = await town.says("王阿姨", "12栋垃圾没人收", group=True)
    assert "月" in answers[0]
