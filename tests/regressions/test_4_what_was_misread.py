"""Sentences that were taken for something else, by what should become of them."""

from __future__ import annotations

import pytest

from tests.town import Town


async def test_thanks_for_the_desk_beside_a_report_is_no_complaint_about_it(town: Town) -> None:
    await town.says("王阿姨", "值班的陈静态度不错，谢谢，6栋垃圾没人收")
    (order,) = await town.orders("王阿姨")
    assert (order.category, order.place.building, order.about_staff) == ("0301", "6", False)


async def test_still_dark_is_no_urge_on_the_rubbish(town: Town) -> None:
    await town.says("王阿姨", "6栋垃圾没人收")
    answers = await town.says("王阿姨", "3栋2单元楼道灯还是不亮")
    orders = await town.orders("王阿姨")
    assert {order.category for order in orders} == {"0301", "0402"}, answers


async def test_a_bare_unit_after_a_report_in_a_group_completes_its_place(town: Town) -> None:
    await town.says("李叔", "3栋楼道灯不亮了", group=True)
    assert await town.says("李叔", "2单元", group=True) == []
    (order,) = await town.orders("李叔")
    assert (order.place.building, order.place.entrance) == ("3", "2")


async def test_a_bare_unit_of_somebody_else_is_talk(town: Town) -> None:
    await town.says("李叔", "3栋楼道灯不亮了", group=True)
    assert await town.says("王阿姨", "2单元", group=True) == []
    (order,) = await town.orders("李叔")
    assert order.place.entrance == ""


async def test_a_complaint_about_fees_needs_no_building(town: Town) -> None:
    await town.says("王阿姨", "物业费又涨")
    (order,) = await town.orders("王阿姨")
    assert order.category == "0408"


@pytest.mark.parametrize("said", ["别再给我发消息了", "stop texting me", "不要老给我发短信了"])
async def test_who_wants_no_messages_gets_none(town: Town, said: str) -> None:
    answers = await town.says("王阿姨", said)
    assert "恢复通知" in answers[0]


async def test_a_neighbours_private_matter_is_not_repeated_in_the_group(town: Town) -> None:
    said = "3栋201那家租房的天天半夜吵 肯定是搞传销的"
    assert all("3" not in answer for answer in await town.says("李叔", said, group=True))
    (order,) = await town.orders("李叔")
    assert order.place.building == "3"


async def test_anger_is_met_with_one_sentence_a_day(town: Town) -> None:
    first = await town.says("王阿姨", "气死我了!!3栋2单元楼道灯又坏了,到底管不管")
    second = await town.says("王阿姨", "气死我了!!5栋1单元门禁也坏了,到底管不管")
    assert "闹心" in first[0]
    assert "闹心" not in second[0]


@pytest.mark.parametrize("said", ["我要投诉陈静，态度特别差", "我要投诉网格员小李"])
async def test_a_complaint_about_staff_is_taken_here_and_not_sent_elsewhere(
    town: Town, said: str
) -> None:
    answers = await town.says("王阿姨", said)
    assert not any("12388" in answer for answer in answers)
    (order,) = await town.orders("王阿姨")
    assert order.about_staff
    assert order.accused


async def test_the_answer_where_it_is_is_no_second_report(town: Town) -> None:
    await town.says("周姐", "楼道里声控灯坏了")
    await town.says("周姐", "5栋2门")
    (order,) = await town.orders("周姐")
    assert (order.category, order.place.building, order.place.entrance) == ("0402", "5", "2")


@pytest.mark.parametrize("code", ["wabtqzpkrm", "7k2m9xq4", "sishixiang88"])
async def test_no_danger_is_heard_in_a_code(town: Town, code: str) -> None:
    answers = await town.says("周姐", f"绑定 {code}")
    assert not any("12356" in answer or "110" in answer for answer in answers)
