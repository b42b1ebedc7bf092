"""A message, or two in a row, held two matters, and one of them was lost."""

from __future__ import annotations

import pytest

from domain.orders import Status
from tests.town import Town


async def test_a_second_person_in_danger_joined_the_first(town: Town) -> None:
    await town.says("李叔", "3单元有人从楼上掉下来了", group=True)
    await town.says("孙姨", "有小孩掉喷泉池里头了 快来人", group=True)
    assert len(await town.orders()) == 2


async def test_the_same_person_in_danger_is_one(town: Town) -> None:
    await town.says("李叔", "3单元有人从楼上掉下来了", group=True)
    await town.says("孙姨", "有人坠楼了！！快叫救护车", group=True)
    assert len(await town.orders()) == 1


async def test_who_fell_was_told_what_to_do_for_who_is_lost(town: Town) -> None:
    answers = await town.says("李叔", "3单元有人从楼上掉下来了", group=True)
    assert "走失" not in answers[0]
    assert "120" in answers[0]
    answers = await town.says("周姐", "我妈走丢了 78岁 穿红衣服", group=True)
    assert "走失" in answers[0]


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("楼下树枝快断了 5栋 顺便问下居住证在哪办", "0407"),
        ("5栋灯坏了，另外我想问高龄津贴怎么领", "0402"),
    ],
)
async def test_a_report_with_a_question_was_only_a_question(
    town: Town, said: str, category: str
) -> None:
    answers = await town.says("李叔", said)
    (order,) = await town.orders("李叔")
    assert (order.category, order.place.building) == (category, "5")
    assert any(order.number in answer for answer in answers)
    assert any("居住证" in answer or "户籍" in answer for answer in answers)


async def test_a_question_about_fees_was_registered_as_a_complaint(town: Town) -> None:
    (answer, *_) = await town.says("周姐", "物业费涨价要业主同意吗")
    assert "业主" in answer
    assert not await town.orders("周姐")


async def test_a_trouble_of_another_kind_was_added_to_the_first(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    await town.says("王阿姨", "补充一下，垃圾也没人收")
    await town.says("王阿姨", "1")
    rubbish, light = await town.orders("王阿姨")
    assert (rubbish.category, light.category) == ("0301", "0402")
    assert rubbish.status is Status.ASSIGNED


async def test_a_break_in_names_whom_to_call(town: Town) -> None:
    answers = await town.says("赵哥", "有人撬我家门 我在屋里不敢出声 12栋1单元301")
    assert any("110" in answer for answer in answers)


async def test_whether_it_arrived_was_answered_with_help(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    assert order.number in (await town.says("王阿姨", "你收到没"))[0]


async def test_a_talk_with_a_human_ends_in_other_words(town: Town) -> None:
    await town.says("周姐", "人工")
    await town.press("陈静", "我来接")
    assert "结束" in (await town.says("陈静", "说完了"))[0]
