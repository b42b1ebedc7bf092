"""Who was counted, blamed or told though they were not meant; other words of those at work."""

from __future__ import annotations

import pytest

from domain.orders import Status
from tests.town import Town


async def test_who_is_well_was_counted_as_affected(town: Town) -> None:
    await town.says("王阿姨", "5栋停电了", group=True)
    for who, said in (("李叔", "俺家也是 7栋"), ("赵哥", "我们9栋好的呀"), ("钱姐", "8栋也黑了")):
        await town.says(who, said, group=True)
    (order,) = await town.orders("王阿姨")
    assert len(order.followers) == 2


async def test_a_bribe_was_asked_for_its_building_in_the_group(town: Town) -> None:
    said = "第三网格那个网格长 孙强 收人家烟 光帮熟人办事"
    answers = await town.says("周姐", said, group=True)
    assert not any("哪栋" in answer for answer in answers)
    (order,) = await town.orders("周姐")
    assert order.about_staff
    assert not any("收人家" in card for card in await town.heard("孙强"))


async def test_tomorrow_morning_that_goes_out_tomorrow_is_warned_of(town: Town) -> None:
    await town.pass_time(hours=12, minutes=30)
    await town.says("刘书记", "通知居民 明早七点半停水")
    (told,) = await town.says("刘书记", "发吧")
    assert "写着“明早”" in told
    await town.says("刘书记", "不发了")


async def test_today_that_goes_out_today_is_no_matter(town: Town) -> None:
    await town.says("刘书记", "通知居民 今晚八点停水")
    assert "写着" not in (await town.says("刘书记", "发吧"))[0]


async def test_not_sending_it_drops_the_preview(town: Town) -> None:
    await town.says("刘书记", "通知居民 今晚八点停水")
    assert "已取消" in (await town.says("刘书记", "不发了"))[0]


async def test_work_is_put_off_and_taken_up_in_own_words(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    await town.says("小李", "先放一放 居民不在家 等他回来")
    await town.says("小李", "等3天")
    assert (await town.order(order.number)).status is Status.SUSPENDED
    await town.says("小李", "居民回来了 继续弄")
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_somebody_else_is_to_go(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (answer,) = await town.says("小李", "让小赵去吧 我在外面开会")
    assert "退单" in answer
    assert not await town.orders("小李")


@pytest.mark.parametrize("said", ["actually it's block 8", "sorry, it's building 8"])
async def test_english_corrections(town: Town, said: str) -> None:
    await town.says("Tom", "Someone parks in front of my garage every day. Block 7")
    await town.says("Tom", said)
    (order,) = await town.orders("Tom")
    assert order.place.building == "8"
