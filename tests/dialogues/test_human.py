"""转人工: from every state, both ways, ended by either."""

from __future__ import annotations

import pytest

from domain.orders import Status
from tests.town import Town


async def talking(town: Town) -> None:
    """王阿姨 talks to 陈静."""
    await town.says("王阿姨", "转人工")
    await town.heard("陈静")
    await town.press("陈静", "我来接")
    await town.heard("王阿姨")
    await town.heard("陈静")


async def test_the_desk_gets_a_card_and_words_go_both_ways(town: Town) -> None:
    answers = await town.says("王阿姨", "我要人工")
    assert "值班" in answers[0]
    assert any("人工" in line for line in await town.heard("陈静"))
    await town.press("陈静", "我来接")
    assert any("来了" in line for line in await town.heard("王阿姨"))
    await town.says("王阿姨", "我家老人的事想跟你们说说")
    assert any("老人的事" in line for line in await town.heard("陈静"))
    await town.says("陈静", "您说，我听着")
    assert any("我听着" in line for line in await town.heard("王阿姨"))


async def test_photos_are_relayed(town: Town) -> None:
    await talking(town)
    await town.says("王阿姨", photo=True)
    assert town.last("陈静").photos


async def test_a_report_while_talking_is_for_the_human(town: Town) -> None:
    await talking(town)
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    assert await town.orders("王阿姨") == []


async def test_an_emergency_while_talking_is_answered_at_once(town: Town) -> None:
    await talking(town)
    answers = await town.says("王阿姨", "不好了，厨房着火了")
    assert "119" in answers[0]


@pytest.mark.parametrize("who", ["王阿姨", "陈静"])
async def test_either_side_ends_it(town: Town, who: str) -> None:
    await talking(town)
    other = "陈静" if who == "王阿姨" else "王阿姨"
    await town.says(who, "结束")
    assert await town.heard(other)
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    assert len(await town.orders("王阿姨")) == 1


async def test_it_is_ended_by_button(town: Town) -> None:
    await talking(town)
    await town.press("王阿姨", "结束人工")
    assert any("结束" in line for line in await town.heard("陈静"))


async def test_at_night_the_hours_are_told(town: Town) -> None:
    await town.pass_time(hours=12)
    answers = await town.says("王阿姨", "转人工")
    assert "09:00" in answers[0]


async def test_a_human_in_the_middle_of_a_report(town: Town) -> None:
    await town.says("王阿姨", "楼道灯坏了")
    answers = await town.says("王阿姨", "转人工")
    assert "值班" in answers[0]


async def test_while_waiting_a_report_still_becomes_an_order(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.ASSIGNED


async def test_two_of_the_desk_cannot_take_the_same_one(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.heard("陈静")
    await town.heard("刘书记")
    await town.press("陈静", "我来接")
    answers = await town.press("刘书记", "我来接")
    assert "已经有人接了" in answers[0]


async def test_after_two_misses_a_human_is_offered(town: Town) -> None:
    await town.says("李叔", "阿巴阿巴呜啦啦")
    asked = await town.says("李叔", "咕叽咕叽嘟噜噜")
    assert "人工" in asked[0]
    await town.says("李叔", "1")
    assert await town.heard("陈静")


async def test_in_a_group_it_moves_to_the_private_chat(town: Town) -> None:
    await town.says("李叔", "你好")
    await town.says("李叔", "转人工", group=True, at=True)
    assert any("值班" in line for line in await town.heard("李叔"))


COMPLAINTS = ["你态度怎么这么差，还骂人", "陈静你凭什么吼我", "值班的人态度恶劣，推诿扯皮"]


@pytest.mark.parametrize("said", COMPLAINTS)
async def test_a_complaint_about_whom_they_talk_to_goes_above(town: Town, said: str) -> None:
    await talking(town)
    await town.heard("刘书记")
    await town.says("王阿姨", said, photo=True)
    (order,) = await town.orders("王阿姨")
    assert order.about_staff
    assert await town.heard("陈静") == []
    assert not town.last("陈静").photos
    shown = await town.says("陈静", f"查进度 {order.number}")
    assert not any(said in line for line in shown)
    await town.heard("王阿姨")
    await town.says("王阿姨", "我家水管的事您再说说")
    assert any("水管" in line for line in await town.heard("陈静"))


async def test_a_complaint_about_others_is_told_to_the_human(town: Town) -> None:
    await talking(town)
    await town.says("王阿姨", "楼上天天骂人，你们管管吧")
    assert any("楼上" in line for line in await town.heard("陈静"))


async def test_the_desk_is_not_shown_words_that_may_be_about_it(town: Town) -> None:
    await town.says("王阿姨", "转人工，我要投诉陈静")
    assert not any("投诉" in line for line in await town.heard("陈静"))
    await town.says("王阿姨", "值班的人态度恶劣")
    assert not any("恶劣" in line for line in await town.heard("陈静"))
