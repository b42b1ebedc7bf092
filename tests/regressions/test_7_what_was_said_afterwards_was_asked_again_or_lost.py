"""What residents said after a report or an answer was asked again, went elsewhere, or was lost."""

from __future__ import annotations

import pytest

from domain.orders import EventKind, Privacy, Status
from tests.town import Town

LIGHT = "3栋2单元楼道灯不亮了"
BUTTS = "16栋1单元楼上天天往下扔烟头"


@pytest.mark.parametrize(
    "said", ["千万别跟他说是我讲的啊", "我不想让他们知道是我", "别暴露我身份啊", "保密"]
)
async def test_a_name_to_be_kept_after_all_was_not_kept(town: Town, said: str) -> None:
    await town.says("周姐", BUTTS)
    await town.heard("孙强")
    assert "保密" in (await town.says("周姐", said))[0]
    (order,) = await town.orders("周姐")
    assert order.privacy is Privacy.CONFIDENTIAL
    assert any("要求保密" in line for line in await town.heard("孙强"))
    await town.says("孙强", "看电话 上门前约时间")
    assert not any("周姐" in line for line in await town.heard("孙强"))


@pytest.mark.parametrize("said", ["他会不会知道是我反映的", "能保密吗", "谁看得到我名字"])
async def test_who_learns_of_it_was_sent_to_the_desk(town: Town, said: str) -> None:
    await town.says("周姐", BUTTS)
    assert "要对他也保密吗" in (await town.says("周姐", said))[0]
    await town.says("周姐", "1")
    (order,) = await town.orders("周姐")
    assert order.privacy is Privacy.CONFIDENTIAL


async def test_what_is_kept_already_is_said_so(town: Town) -> None:
    await town.says("钱姐", "网格员上门态度差得很 吼我妈 3栋的")
    assert "看不到您是谁" in (await town.says("钱姐", "会不会让他知道是我说的"))[0]
    assert len(await town.orders("钱姐")) == 1


async def test_a_name_to_be_kept_said_with_the_place(town: Town) -> None:
    await town.says("周姐", "楼上天天往下扔烟头")
    await town.says("周姐", "16栋1单元 别说是我讲的")
    (order,) = await town.orders("周姐")
    assert order.privacy is Privacy.CONFIDENTIAL


@pytest.mark.parametrize(
    "said", ["都一个礼拜了 灯还没人来修 你们是不是不管了", "灯根本没亮啊", "楼道灯到现在还黑着"]
)
async def test_a_trouble_that_is_still_there_was_asked_for_its_place(
    town: Town, said: str
) -> None:
    await town.says("王阿姨", LIGHT)
    assert "催" in (await town.says("王阿姨", said))[0]
    (order,) = await town.orders("王阿姨")
    assert len(order.events(EventKind.URGED)) == 1


async def test_the_same_trouble_with_a_place_of_its_own_is_another_one(town: Town) -> None:
    await town.says("王阿姨", LIGHT)
    await town.says("王阿姨", "5栋1单元的灯也还没人来修")
    assert len(await town.orders("王阿姨")) == 2


@pytest.mark.parametrize("said", ["大概什么时候来人", "师傅大概几点过来", "那什么时候有人来"])
async def test_when_somebody_comes_called_a_human(town: Town, said: str) -> None:
    await town.says("李叔", LIGHT)
    (order,) = await town.orders("李叔")
    await town.heard("陈静")
    assert order.number in (await town.says("李叔", said))[0]
    assert not any("找人工" in line for line in await town.heard("陈静"))


async def test_how_long_it_takes_in_english(town: Town) -> None:
    await town.says("Tom", "light broken, building 18 unit 2")
    (order,) = await town.orders("Tom")
    assert order.number in (await town.says("Tom", "how long will it take?"))[0]


@pytest.mark.parametrize("said", ["哎呀其实是对面13栋", "应该是13栋", "原来是13号楼"])
async def test_a_place_put_right_opened_another_order(town: Town, said: str) -> None:
    await town.says("李叔", "4栋垃圾没人收")
    await town.says("李叔", said)
    (order,) = await town.orders("李叔")
    assert order.place.building == "13"


@pytest.mark.parametrize("said", ["7栋那个飞线咋还在啊 都说几回了", "7栋的飞线还没拆呢"])
async def test_what_a_neighbour_says_is_still_there_was_not_heard(town: Town, said: str) -> None:
    await town.says("王阿姨", "7栋楼下飞线充电")
    await town.says("李叔", said, group=True)
    (order,) = await town.orders("王阿姨")
    assert len(order.followers) == 1


@pytest.mark.parametrize(
    ("said", "categories"),
    [
        ("那个健身的 转盘坏了 小广场的", ["0405"]),
        ("22栋楼下那帮打牌的 嗓门贼大 几点了都", ["0604"]),
        ("9栋3单元 电梯里灯忽明忽暗 门口共享单车堆成山 你们管不管", ["0501", "0402"]),
    ],
)
async def test_clear_reports_in_the_group_were_lost(
    town: Town, said: str, categories: list[str]
) -> None:
    await town.says("周姐", said, group=True)
    assert sorted(one.category for one in await town.orders("周姐")) == sorted(categories)


@pytest.mark.parametrize(
    "said",
    [
        "我身份证320105194808071234 电话13951234567 帮我看看老年卡办好没",
        "身份证32010219580312xxxx帮我查医保",
    ],
)
async def test_an_identity_number_in_the_group_was_left_there(town: Town, said: str) -> None:
    answers = await town.says("孙姨", said, group=True)
    assert ["撤回" in answer for answer in answers] == [True]


async def test_a_telephone_number_among_neighbours_is_theirs_to_give(town: Town) -> None:
    assert await town.says("孙姨", "加我电话13951234567", group=True) == []


@pytest.mark.parametrize("said", ["听说要拆迁了 真的假的", "停车要收费了 有这回事吗"])
async def test_whether_it_is_true_was_left_unanswered(town: Town, said: str) -> None:
    assert await town.says("周姐", f"小栖 {said}", group=True, at=True)


@pytest.mark.parametrize("said", ["你们不会把我电话卖给别人吧", "哪些人看得到我的信息"])
async def test_who_sees_what_is_kept_was_not_understood(town: Town, said: str) -> None:
    assert any("只用来办您的事" in line for line in await town.says("孙姨", said))


async def test_fewer_messages_were_not_understood(town: Town) -> None:
    assert "恢复通知" in (await town.says("孙姨", "以后少给我发"))[0]


async def test_materials_were_asked_for_what_though_one_thing_was_offered(town: Town) -> None:
    await town.says("周姐", "刚生了娃 上户口咋弄")
    assert "出生医学证明" in (await town.says("周姐", "要带什么材料"))[0]


async def test_materials_were_asked_for_what_while_the_situation_was_asked(town: Town) -> None:
    await town.says("孙姨", "高龄津贴怎么领")
    assert "户口簿" in (await town.says("孙姨", "那要带什么"))[0]
    assert "户籍所在地" in (await town.says("孙姨", "户籍不在本区"))[0]


@pytest.mark.parametrize(
    "said", ["物业费一平米涨了五毛 我们都没签字 能不交吗", "物业费涨了没经过我们同意 合法吗"]
)
async def test_whether_to_pay_was_registered_as_a_complaint(town: Town, said: str) -> None:
    (answer, *_) = await town.says("周姐", said)
    assert "涨" in answer
    assert not await town.orders("周姐")


async def test_a_wish_for_a_human_is_still_one(town: Town) -> None:
    await town.says("李叔", "来个人跟我说")
    assert any("找人工" in line for line in await town.heard("陈静"))


async def test_who_says_it_is_not_done_is_not_only_urged(town: Town) -> None:
    await town.says("王阿姨", LIGHT)
    await town.says("小李", "修好了", photo=True)
    await town.says("王阿姨", "灯还是不亮")
    (order,) = await town.orders("王阿姨")
    assert (order.status, order.cycle) == (Status.ACCEPTED, 2)


@pytest.mark.parametrize("said", ["门禁那个急 能先弄吗", "麻烦先修门禁吧"])
async def test_which_first_was_a_question_of_policy(town: Town, said: str) -> None:
    await town.says("李叔", "4栋垃圾没人收")
    await town.says("李叔", "5栋1单元门禁坏了")
    (door, _) = await town.orders("李叔")
    assert door.number in (await town.says("李叔", said))[0]
    assert len(await town.orders("李叔")) == 2


async def test_whether_it_stays_anonymous_in_english(town: Town) -> None:
    await town.says("Tom", "my neighbor upstairs is very loud, building 16 unit 2 room 501")
    assert "kept from them" in (await town.says("Tom", "can you keep it anonymous?"))[0]


@pytest.mark.parametrize("said", ["你们小栖真不错 上回反映的灯第二天就修了", "网格员小李确实靠谱"])
async def test_praise_was_not_understood(town: Town, said: str) -> None:
    assert not any("没太听懂" in line for line in await town.says("王阿姨", said))


async def test_whose_family_is_away_and_who_hears_badly_is_offered_a_call(town: Town) -> None:
    said = "我孙子不在家 我耳朵背 水管子呲水 一地都是 12栋3单元101"
    assert "打个电话" in (await town.says("孙姨", said))[0]


async def test_a_complaint_is_taken_back_in_plain_words(town: Town) -> None:
    await town.says("钱姐", "孙强这人不行 报个事爱答不理 还骂我多管闲事")
    assert "不用办了" in (await town.says("钱姐", "算了 不告他了"))[0]


@pytest.mark.parametrize("said", ["喂", "在不"])
async def test_a_greeting_was_taken_for_a_question(town: Town, said: str) -> None:
    (answer, *_) = await town.says("吴爷爷", said)
    assert "是不是想问" not in answer
    assert "没太听懂" not in answer


async def test_the_matter_of_yesterday_was_not_known(town: Town) -> None:
    await town.says("李叔", "3栋灯坏了")
    (order,) = await town.orders("李叔")
    await town.pass_time(days=1)
    assert order.number in (await town.says("李叔", "昨天那事呢"))[0]


async def test_a_car_before_the_door_was_a_broken_door(town: Town) -> None:
    await town.says("李叔", "2栋 车堵着单元门口了")
    assert [order.category for order in await town.orders("李叔")] == ["0501"]
