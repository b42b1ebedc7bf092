"""What staff said in their own words was taken for a resident's report, or not understood."""

from __future__ import annotations

import pytest

from domain.orders import EventKind, Status
from tests.town import Town

LIGHT, RUBBISH = "3栋2单元楼道灯不亮了", "2栋垃圾成山了"


async def reported(town: Town) -> str:
    await town.says("王阿姨", LIGHT)
    (order,) = await town.orders("王阿姨")
    await town.heard("小李")
    return order.number


@pytest.mark.parametrize("said", ["收到", "收到 我晚上过去看", "晓得了 明天上午去", "知道了"])
async def test_received_is_accepted(town: Town, said: str) -> None:
    number = await reported(town)
    await town.says("小李", said)
    assert (await town.order(number)).status is Status.ACCEPTED


async def test_all_received_accepts_all(town: Town) -> None:
    await reported(town)
    await town.says("李叔", RUBBISH)
    await town.says("小李", "都收到")
    assert {order.status for order in await town.orders()} == {Status.ACCEPTED}


@pytest.mark.parametrize("said", ["收到", "行", "好的"])
async def test_polite_words_are_no_command_where_nothing_waits(town: Town, said: str) -> None:
    (answer,) = await town.says("小李", said)
    assert "单子" not in answer


async def test_not_ours_is_returned_with_the_owner_it_names(town: Town) -> None:
    number = await reported(town)
    (answer,) = await town.says("小李", "这个不归我 是物业的事")
    assert "物业" in answer
    assert (await town.order(number)).status is Status.OPEN


async def test_what_was_done_was_opened_as_a_new_report(town: Town) -> None:
    await reported(town)
    await town.says("李叔", RUBBISH)
    await town.says("小李", "垃圾已经清掉了", photo=True)
    assert not await town.orders("小李")
    (rubbish,) = await town.orders("李叔")
    assert rubbish.status is Status.RESOLVED


@pytest.mark.parametrize("said", ["配件没到 宽限两天", "这个能不能到下周三 要等厂家发货"])
async def test_more_time_is_asked_for_in_any_words(town: Town, said: str) -> None:
    number = await reported(town)
    await town.says("小李", said)
    assert (await town.order(number)).events(EventKind.EXTENSION_ASKED)


@pytest.mark.parametrize("said", ["行", "准了", "可以"])
async def test_yes_to_a_request_agrees_to_it(town: Town, said: str) -> None:
    number = await reported(town)
    await town.says("小李", "延两天 配件没到")
    await town.says("刘书记", said)
    assert (await town.order(number)).events(EventKind.EXTENDED)


async def test_the_first_word_ever_written_was_no_answer(town: Town) -> None:
    number = await reported(town)
    await town.says("小李", "延两天 配件没到")
    await town.says("陈静", "不行 最多给一天")
    (refused,) = (await town.order(number)).events(EventKind.EXTENSION_REFUSED)
    assert refused.reason == "最多给一天"


async def test_days_off_were_asked_for_a_building(town: Town) -> None:
    (answer,) = await town.says("小李", "我后天起请三天假 活儿让小赵帮忙看着")
    assert "6月11日" in answer
    assert "6月13日" in answer
    assert "赵敏" in answer
    assert "结束" in (await town.says("小李", "不休了 回来了"))[0]
    assert "没有人替" in (await town.says("小李", "销假"))[0]


async def test_help_is_called_and_arrives(town: Town) -> None:
    await town.says("王阿姨", "7栋楼下飞线充电")
    (order,) = await town.orders("王阿姨")
    await town.says("小李", "这事光我们不行 得叫消防来一趟")
    assert (await town.order(order.number)).responders
    await town.says("消防郑浩", "到了")
    assert (await town.order(order.number)).events(EventKind.ON_SITE)


@pytest.mark.parametrize("said", ["8栋这月咋这么多事", "最近大家反映最多的是啥"])
async def test_asking_for_hotspots_opened_an_order(town: Town, said: str) -> None:
    (answer,) = await town.says("刘书记", said)
    assert "30 天" in answer
    assert not await town.orders()


async def test_overdue_ones_are_supervised_in_any_words(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=9)
    (asked,) = await town.says("何伟", "超时的那几件都挂牌 周五之前必须办完")
    assert "督办" in asked
    assert "6月19日" in asked
    await town.says("何伟", "是")
    assert "督办 1 件" in (await town.says("何伟", "督办到哪了"))[0]


async def test_staff_who_are_not_understood_are_offered_no_human(town: Town) -> None:
    for said in ("啊这", "叽里咕噜"):
        (answer,) = await town.says("刘书记", said)
        assert "人工" not in answer
        assert "发通知" in answer
