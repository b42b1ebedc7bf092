"""A message is edited, again and again: it stays one work order, and says what was said last."""

from __future__ import annotations

from domain.orders import EventKind
from tests.town import Town

LAMP = "3栋2单元楼道灯坏了"


async def test_five_edits_are_one_order_that_keeps_every_wording(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    await town.heard("小李")
    wordings = [f"{LAMP}，{days}天了" for days in "一二三四五"]
    for wording in wordings:
        assert await town.edits("王阿姨", wording) == []
    (order,) = await town.orders("王阿姨")
    assert order.text == wordings[-1]
    kept = [event.text for event in order.events(EventKind.CORRECTED)]
    assert kept == [LAMP, *wordings[:-1]]
    assert len(await town.heard("小李")) == 1


async def test_an_edit_that_says_the_same_tells_nobody(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    await town.heard("小李")
    assert await town.edits("王阿姨", f"{LAMP}。") == []
    assert await town.heard("小李") == []
    (order,) = await town.orders("王阿姨")
    assert order.events(EventKind.CORRECTED) == ()


async def test_another_building_moves_the_order_and_opens_no_second_one(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    answers = await town.edits("王阿姨", "5栋2单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    assert order.place.building == "5"
    assert any("5栋" in answer for answer in answers)


async def test_what_the_edit_adds_is_an_order_of_its_own(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    await town.edits("王阿姨", f"{LAMP}，还有垃圾两天没人收")
    assert [order.category for order in await town.orders("王阿姨")] == ["0301", "0402"]


async def test_an_edit_by_who_only_joined_joins_once(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    await town.says("李叔", LAMP)
    (before,) = await town.orders("王阿姨")
    assert await town.edits("李叔", f"{LAMP}，黑得很") == []
    assert await town.order(before.number) == before
