"""The desk got "政策咨询" and nothing else: nobody knew that there was something to listen to."""

from __future__ import annotations

from tests.town import Town


async def test_the_card_says_that_something_is_attached(town: Town) -> None:
    await town.says("王阿姨", "", voice=True)
    cards = await town.heard("刘书记")
    assert "附了 1 份照片或语音" in cards[-1]


async def test_a_card_without_anything_attached_says_nothing_of_it(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮")
    assert "附了" not in (await town.heard("小李"))[-1]
