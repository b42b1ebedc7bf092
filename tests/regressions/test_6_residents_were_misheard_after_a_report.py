"""What residents said after a report, or around it, went wrong."""

from __future__ import annotations

import pytest

from domain.orders import EventKind, OrderClass, Privacy, Status
from tests.town import Town

DOOR = "6栋1单元门禁坏了"


async def resolved(town: Town) -> str:
    await town.says("王阿姨", DOOR)
    (order,) = await town.orders("王阿姨")
    await town.says("小李", "修好了", photo=True)
    return order.number


@pytest.mark.parametrize(
    "said",
    [
        "楼上老往下泼水 16栋1单元 千万别让他们晓得是我讲的",
        "16栋1单元楼上扔烟头，不要跟他们说是我",
        "16栋1单元楼上扔烟头 别暴露我身份",
        "building 16 unit 1, upstairs throws rubbish down, please don't tell them it was me",
    ],
)
async def test_a_name_to_be_kept_was_not_kept(town: Town, said: str) -> None:
    await town.says("周姐", said)
    (order,) = await town.orders("周姐")
    assert order.privacy is Privacy.CONFIDENTIAL


async def test_what_is_still_broken_was_asked_for_its_building(town: Town) -> None:
    number = await resolved(town)
    await town.says("王阿姨", "骗人的吧 刚去刷还是刷不开")
    (order,) = await town.orders("王阿姨")
    assert (order.number, order.status, order.cycle) == (number, Status.ACCEPTED, 2)


async def test_the_same_trouble_elsewhere_is_another_one(town: Town) -> None:
    number = await resolved(town)
    await town.says("王阿姨", "5栋1单元门禁也坏了")
    assert len(await town.orders("王阿姨")) == 2
    assert (await town.order(number)).status is Status.RESOLVED


async def test_thanks_for_something_else_asked_about_what_was_done(town: Town) -> None:
    await town.says("王阿姨", "6栋垃圾没人收")
    await resolved_beside(town)
    (answer,) = await town.says("王阿姨", "垃圾倒是收了 谢谢")
    assert "办结" not in answer


async def resolved_beside(town: Town) -> None:
    await town.says("王阿姨", DOOR)
    order = (await town.orders("王阿姨"))[0]
    await town.says("小李", f"{order.number} 修好了", photo=True)


@pytest.mark.parametrize(
    ("said", "score"),
    [("解决了，5分", 5), ("可以了 给个好评", 5), ("好了 给4分吧", 4), ("5分", 5)],
)
async def test_a_score_said_with_the_confirmation_was_lost(
    town: Town, said: str, score: int
) -> None:
    number = await resolved(town)
    await town.says("王阿姨", said)
    order = await town.order(number)
    (rated,) = order.events(EventKind.RATED)
    assert (order.status, rated.values["rating"]) == (Status.CLOSED, score)
    assert len(await town.orders("王阿姨")) == 1


async def test_a_bad_score_asks_first_whether_it_is_solved(town: Town) -> None:
    number = await resolved(town)
    assert "解决了吗" in (await town.says("王阿姨", "2分"))[0]
    assert (await town.order(number)).status is Status.RESOLVED


async def test_a_thing_named_tells_which_order_is_meant(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    await town.says("王阿姨", "4栋垃圾没人收")
    rubbish, light = await town.orders("王阿姨")
    assert light.number in (await town.says("王阿姨", "我前面说的灯阿修啊"))[0]
    assert rubbish.number in (await town.says("王阿姨", "那垃圾呢"))[0]


async def test_rows_of_the_list_are_corrected_and_taken_back(town: Town) -> None:
    said = "5栋一单元楼道的灯不亮，单元门关不上，还有一楼下水道返水臭死了"
    await town.says("李叔", said)
    drain, door, _ = await town.orders("李叔")
    assert door.number in (await town.says("李叔", "错2 是门禁刷不开"))[0]
    assert drain.number in (await town.says("李叔", "第三个不用了已经通了"))[0]
    await town.says("李叔", "1")
    assert (await town.order(drain.number)).status is Status.WITHDRAWN
    assert len(await town.orders("李叔")) == 3


async def test_a_photo_asked_about_and_its_words_are_one_order(town: Town) -> None:
    await town.says("李叔", photo=True, group=True, at=True)
    await town.says("李叔", "2", group=True, at=True)
    await town.says("李叔", "8栋2单元门把手掉了", group=True, at=True)
    (order,) = await town.orders("李叔")
    assert (order.category, order.text) == ("0403", "8栋2单元门把手掉了")
    assert len(order.photos) == 1


async def test_a_danger_lost_the_position_sent_before(town: Town) -> None:
    await town.says("李叔", location=(32.1098, 118.899))
    await town.says("李叔", "这儿路面塌下去一块")
    orders = [one for one in await town.orders("李叔") if one.status is not Status.WITHDRAWN]
    assert [order.place.building for order in orders] == ["3"]


async def test_a_place_asked_in_the_group_may_be_told_in_private(town: Town) -> None:
    await town.says("周姐", "楼道里堆的全是纸箱子", group=True)
    await town.says("周姐", "17栋1单元")
    (order,) = await town.orders("周姐")
    assert (order.place.building, order.status) == ("17", Status.ASSIGNED)


async def test_an_identity_number_with_a_slip_was_shown(town: Town) -> None:
    answers = await town.says("周姐", "帮我看下社保 320102198803124417", group=True, at=True)
    assert any("撤回" in answer for answer in answers)
    assert not any("320102" in card for card in await town.heard("陈静"))


async def test_hearsay_passed_on_was_asked_for_its_building(town: Town) -> None:
    said = "注意啦!! 听说明天开始全市停水三天 大家赶紧存水 转给家人"
    assert await town.says("赵哥", said, group=True) == []
    assert not await town.orders()


async def test_who_looks_for_a_child_and_finds_it_is_heard(town: Town) -> None:
    said = "有没有人看到一个五岁男孩 黄衣服 我家娃不见了 刚才还在小广场"
    assert any("110" in answer for answer in await town.says("李叔", said, group=True))
    await town.heard("小李")
    assert "赶过去" in (await town.says("李叔", "找到了 在菜场"))[0]
    assert any("找到了" in card for card in await town.heard("小李"))


async def test_a_weak_guess_made_singing_an_urgent_danger(town: Town) -> None:
    await town.says("周姐", "楼下那帮人K歌到现在还没停 9栋这边", group=True)
    (order,) = await town.orders("周姐")
    assert (order.category, order.order_class) == ("0604", OrderClass.N)


async def test_what_is_added_about_others_hid_the_trouble(town: Town) -> None:
    await town.says("周姐", "17栋1单元楼上漏水都滴到床上了，物业电话没人接，物业费倒是收得快")
    (order,) = await town.orders("周姐")
    assert order.category == "0701"


@pytest.mark.parametrize(
    ("said", "place"), [("三号搂二丹元", ("3", "2")), ("13动", ("13", "")), ("13懂", ("13", ""))]
)
async def test_a_place_typed_by_its_sound_is_read_back(
    town: Town, said: str, place: tuple[str, str]
) -> None:
    await town.says("周姐", "楼道里堆了一堆破烂")
    await town.says("周姐", said)
    await town.says("周姐", "对")
    (order,) = await town.orders("周姐")
    assert (order.place.building, order.place.entrance) == place


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("别老@我烦死了", "恢复通知"),
        ("我不同意你们用我的信息了", "已撤回同意"),
        ("都给我删了吧", "确定删除"),
        ("有没有活人啊", "值班"),
    ],
)
async def test_rights_in_other_words(town: Town, said: str, answered: str) -> None:
    assert answered in (await town.says("周姐", said))[0]


async def test_a_member_far_away_was_told_to_need_no_leave(town: Town) -> None:
    said = "我现在人在上海带孙子 大概七八个月了 支部开会老去不了"
    assert "流动党员" in (await town.says("王阿姨", said))[0]


async def test_no_call_is_promised_to_whoever_asked_for_none(town: Town) -> None:
    await town.says("周姐", "他又动手了 我跟孩子锁在房间里 他在砸门")
    assert "联系您" not in (await town.says("周姐", "别打电话来 他会听见"))[0]
