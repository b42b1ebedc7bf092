"""Who reports what a notice of ours announced is told of it; nothing is opened before."""

from __future__ import annotations

import pytest

from tests.town import Town

WATER = "发通知 停水 时间：今天10点到17点；地点：3栋、5到7栋；原因：检修\n发给：全社区的群"


async def announced(town: Town, said: str = WATER) -> None:
    await town.says("刘书记", said)
    await town.press("刘书记", "发送")
    await town.pass_time(hours=1)
    await town.heard_in_group()


@pytest.mark.parametrize(
    "said", ["3栋怎么停水了", "怎么停水了", "6栋没水了", "梧桐苑3栋2单元停水了"]
)
async def test_an_announced_outage_is_told_and_not_opened(town: Town, said: str) -> None:
    await announced(town)
    told = (await town.says("王阿姨", said))[0]
    assert "这次停水通知过" in told
    assert "3栋、5到7栋将于今天10点到17点停水" in told
    assert "6月9日(周二)17:00还没好" in told
    assert not await town.orders("王阿姨", running=True)
    await town.pass_time(days=2)
    assert not await town.orders("王阿姨", running=True)


@pytest.mark.parametrize("said", ["2栋怎么停水了", "3栋停电了", "3栋路灯不亮"])
async def test_another_building_or_another_trouble_is_opened(town: Town, said: str) -> None:
    await announced(town)
    assert "已登记" in (await town.says("王阿姨", f"梧桐苑{said}"))[0]


async def test_two_buildings_are_told_once_and_the_rest_is_opened(town: Town) -> None:
    await announced(town)
    said = await town.says("王阿姨", "梧桐苑3栋和5栋都停水了，3栋的路灯也不亮")
    assert len([one for one in said if "通知过" in one]) == 1
    assert [one.category for one in await town.orders("王阿姨", running=True)] == ["0402"]


async def test_it_is_opened_for_who_says_that_it_is_something_else(town: Town) -> None:
    await announced(town)
    await town.says("王阿姨", "梧桐苑3栋怎么停水了")
    assert "已登记" in (await town.press("王阿姨", "还是要报"))[0]
    (order,) = await town.orders("王阿姨", running=True)
    assert order.place.building == "3"


async def test_only_where_is_asked_of_who_did_not_say_it(town: Town) -> None:
    await announced(town)
    await town.says("王阿姨", "怎么停水了")
    assert "哪栋" in (await town.press("王阿姨", "还是要报"))[0]


async def test_what_lasts_longer_than_was_said_is_opened(town: Town) -> None:
    await announced(town)
    await town.pass_time(hours=7)
    assert "已登记" in (await town.says("王阿姨", "梧桐苑3栋还是没水"))[0]


async def test_an_outage_before_the_announced_one_is_opened(town: Town) -> None:
    await announced(town, WATER.replace("今天", "明天"))
    assert "已登记" in (await town.says("王阿姨", "梧桐苑3栋停水了"))[0]


@pytest.mark.parametrize("said", ["明天停水到几点", "什么时候来水", "是不是要停水"])
async def test_when_it_is_may_be_asked(town: Town, said: str) -> None:
    await announced(town, WATER.replace("今天", "明天"))
    told = (await town.says("李叔", said))[0]
    assert "明天10点到17点停水" in told
    assert not await town.orders()


async def test_what_was_corrected_is_told_and_what_was_taken_back_is_not(town: Town) -> None:
    await announced(town)
    await town.says("刘书记", "更正通知")
    await town.says("刘书记", "3栋停水改到今天10点到19点")
    await town.press("刘书记", "发送")
    await town.pass_time(minutes=1)
    await town.heard("刘书记")
    assert "10点到19点" in (await town.says("王阿姨", "梧桐苑3栋停水了"))[0]
    await announced(town, WATER.replace("停水", "停电").replace("的群", "的居民"))
    await town.says("刘书记", "撤回通知")
    await town.press("刘书记", "发送")
    await town.pass_time(minutes=1)
    assert "已登记" in (await town.says("王阿姨", "梧桐苑3栋停电了"))[0]


async def test_a_group_hears_it_once_in_a_while(town: Town) -> None:
    await announced(town)
    await town.says("王阿姨", "梧桐苑3栋怎么停水了", group=True)
    assert len(await town.says("李叔", "梧桐苑3栋怎么停水了", group=True)) == 0
    assert not await town.orders("王阿姨", running=True)
