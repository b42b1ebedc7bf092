"""Danger to life: the numbers first, the order at once, one question after."""

from __future__ import annotations

import pytest

from domain.messages import Lane
from domain.orders import OrderClass, Status
from domain.people import Role
from tests.town import Town

SPOKEN = [
    ("8栋1单元一进门好大煤气味啊！！谁家灶没关啊 头都晕了", "0101", "025-0000-0101"),
    ("3号楼电梯里关了两个人 有个小孩在哭 物业电话打不通", "0103", "96333"),
    ("地下车库有电瓶车冒烟！", "0102", "119"),
    ("5栋楼下电线断了拖在地上，差点电到人", "0104", "120"),
    ("9栋有个老人晕倒在楼道里了", "0106", "120"),
    ("小区南门井盖没了！！晚上黑灯瞎火的要摔死人的", "0108", "119"),
]


@pytest.mark.parametrize(("said", "category", "number"), SPOKEN)
async def test_the_numbers_come_before_any_question(
    town: Town, said: str, category: str, number: str
) -> None:
    answers = await town.says("王阿姨", said, group=True)
    assert number in answers[0]
    assert "？" not in answers[0].replace("？\n", "")
    (order,) = await town.orders("王阿姨")
    assert order.category == category
    assert order.status is Status.ASSIGNED


async def test_every_level_hears_of_it_at_once(town: Town) -> None:
    await town.says("王阿姨", "8栋1单元好大煤气味，头都晕了", group=True)
    (order,) = await town.orders("王阿姨")
    assert order.order_class is OrderClass.E0
    for who in ("小赵", "陈静", "刘书记"):
        assert any(order.number in line for line in await town.heard(who)), who


@pytest.mark.parametrize(
    ("said", "held_by"),
    [
        ("8栋1单元好大煤气味，头都晕了", "承办 第二网格网格长。到现场请回：到场"),
        ("好大的煤气味，头晕", "承办 梧桐社区值班。到现场请回：到场"),
    ],
)
async def test_the_alarm_names_who_has_it(town: Town, said: str, held_by: str) -> None:
    await town.says("王阿姨", said, group=True)

    lines = await town.heard("刘书记")
    assert any(held_by in line for line in lines), lines


async def test_it_goes_out_in_the_emergency_lane(town: Town) -> None:
    await town.says("王阿姨", "8栋1单元好大煤气味，头都晕了")
    first = next(out for out in town.channels["web"].sent if "119" in out.text)
    assert first.lane is Lane.EMERGENCY


async def test_neighbours_who_smell_the_same_join_the_one_order(town: Town) -> None:
    await town.says("王阿姨", "8栋1单元好大煤气味，头都晕了", group=True)
    answers = await town.says("李叔", "8栋我也闻到了，煤气味好重", group=True)
    (order,) = await town.orders("王阿姨")
    assert "119" in answers[0]
    assert any(order.number in line for line in answers)
    assert await town.orders("李叔") == []


async def test_the_answer_to_its_question_reaches_those_on_their_way(town: Town) -> None:
    await town.says("王阿姨", "3栋电梯里关了两个人，出不来")
    await town.heard("钱师傅")
    await town.says("王阿姨", "2号电梯，停在5楼")
    assert any("5楼" in line for line in await town.heard("钱师傅"))


async def test_a_place_said_later_brings_the_right_people(town: Town) -> None:
    await town.says("王阿姨", "好大的煤气味，头晕")
    await town.says("王阿姨", "8-1")
    (order,) = await town.orders("王阿姨")
    assert order.place.building == "8"
    assert any(order.number in line for line in await town.heard("小赵"))


async def test_an_emergency_is_heard_while_a_draft_waits(town: Town) -> None:
    await town.says("王阿姨", "楼道灯坏了")
    answers = await town.says("王阿姨", "不好了，厨房着火了")
    assert "119" in answers[0]


async def test_who_does_not_want_to_live_is_met_with_warmth_and_privacy(town: Town) -> None:
    answers = await town.says("小周", "活着真没意思 不想给孩子添麻烦了")
    assert "12356" in answers[0]
    (order,) = await town.orders("小周")
    assert order.restricted
    assert all(order.number not in line for line in answers)
    assert await town.heard("小李") == []
    assert any(order.number in line for line in await town.heard("陈静"))


async def test_in_a_group_it_is_answered_in_private(town: Town) -> None:
    await town.says("小周", "你好")
    answers = await town.says("小周", "真的不想活了", group=True)
    assert answers == []
    assert any("12356" in line for line in await town.heard("小周"))


@pytest.mark.parametrize("said", ["家里进贼了 人还在", "小孩刚才被人抱走了", "有人一直尾随我"])
async def test_a_crime_going_on_is_no_despair_and_no_secret(town: Town, said: str) -> None:
    answers = await town.says("小周", said)
    assert "110" in answers[0]
    assert "12356" not in "".join(answers)
    (order,) = await town.orders("小周")
    assert (order.category, order.restricted) == ("0109", False)


async def test_violence_at_home_never_says_what_it_is_about_again(town: Town) -> None:
    answers = await town.says("小吴", "老公又打我了 我躲在厕所 不敢出声")
    assert "12110" in answers[0]
    (order,) = await town.orders("小吴")
    assert order.owner is not None
    assert order.owner.role is Role.WOMEN_CONTACT
    shown = await town.says("小吴", "查进度")
    assert all("暴" not in line for line in shown)


async def test_without_local_numbers_the_general_ones_are_said(town: Town) -> None:
    await town.database.run(lambda tx: tx.tables.replace("phones", []))
    await town.database.refresh()
    answers = await town.says("王阿姨", "8栋1单元好大煤气味")
    assert "119" in answers[0]
    assert "120" in answers[0]


async def test_who_despairs_is_listened_to_and_never_misunderstood(town: Town) -> None:
    await town.says("小周", "活着真没意思 不想给孩子添麻烦了")
    await town.heard("陈静")
    for words in ("我也不知道", "孩子都忙", "嗯", "算是吧，就这样了"):
        answers = await town.says("小周", words)
        assert "没太听懂" not in "".join(answers)
    assert any("孩子都忙" in line for line in await town.heard("陈静"))


async def test_a_draft_survives_an_emergency(town: Town) -> None:
    await town.says("王阿姨", "楼道灯坏了")
    await town.says("王阿姨", "不好了，3栋1单元着火了")
    await town.says("王阿姨", "5楼，里面没人")
    await town.says("王阿姨", "3栋2单元")
    assert {order.category for order in await town.orders("王阿姨")} == {"0102", "0402"}


@pytest.mark.parametrize(
    ("said", "wanted", "unwanted"),
    [
        ("9栋有个老人晕倒在楼道里了", "别挪动", "穿什么"),
        ("五栋那个小娃一个人爬到窗户外头了 快来人", "119", "走失"),
        ("我妈出去买菜到现在没回家 电话也不接 她有老年痴呆", "不用等 24 小时", "别挪动"),
        ("孙子在小区里找不到了，五岁，穿红衣服", "不用等 24 小时", "别挪动"),
    ],
)
async def test_who_is_lost_is_looked_for_and_who_is_hurt_is_helped(
    town: Town, said: str, wanted: str, unwanted: str
) -> None:
    answers = "\n".join(await town.says("王阿姨", said))
    assert wanted in answers
    assert unwanted not in answers


@pytest.mark.parametrize(
    ("said", "over"),
    [
        ("孙子在小区里找不到了，五岁，穿红衣服", "找到了 在楼下玩 谢谢"),
        ("五栋那个小娃一个人爬到窗户外头了 快来人", "已经抱进去了 没事了"),
        ("3号楼电梯里关了两个人", "人放出来了，虚惊一场"),
    ],
)
async def test_who_called_for_help_says_that_it_is_over_and_those_on_their_way_hear_it(
    town: Town, said: str, over: str
) -> None:
    await town.says("王阿姨", said, group=True)
    await town.heard("刘书记")
    (answer,) = await town.says("王阿姨", over, group=True)
    assert "那就好" in answer
    assert any(over in card for card in await town.heard("刘书记"))
    (order,) = await town.orders("王阿姨")
    assert order.is_running


async def test_words_that_sound_like_it_are_nothing_without_a_danger(town: Town) -> None:
    assert await town.says("王阿姨", "钥匙找到了 没事了", group=True) == []
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    assert not any("那就好" in one for one in await town.says("王阿姨", "没事了"))
