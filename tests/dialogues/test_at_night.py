"""Who works here sleeps at night: what is no danger is registered, and told in the morning."""

from __future__ import annotations

import pytest

from storage.figures import figures
from tests.town import Town

NIGHT = 13.1  # hours after the town's morning at 10:00
TO_EIGHT = 9.0  # hours from then


@pytest.fixture
async def night(town: Town) -> Town:
    """The town at six minutes past eleven."""
    await town.pass_time(hours=NIGHT)
    return town


async def test_the_leader_hears_of_a_report_of_the_night_at_eight(night: Town) -> None:
    answers = await night.says("王阿姨", "3栋2单元楼道灯不亮了")
    assert any("明早 8 点前不打扰工作人员" in answer for answer in answers)
    assert await night.heard("小李") == []
    await night.pass_time(hours=TO_EIGHT - 0.5)
    assert await night.heard("小李") == []
    await night.pass_time(hours=0.5)
    (card,) = [text for text in await night.heard("小李") if "楼道灯" in text]
    assert "接单" in card or "3栋2单元" in card


async def test_a_danger_of_the_night_wakes_everybody(night: Town) -> None:
    answers = await night.says("王阿姨", "8栋1单元好大煤气味，头都晕了")
    assert not any("不打扰" in answer for answer in answers)
    assert await night.heard("刘书记")


async def test_a_card_that_waits_for_the_morning_keeps_no_danger_waiting(night: Town) -> None:
    await night.says("王阿姨", "3栋2单元楼道灯不亮了")
    await night.says("王阿姨", "3栋楼下电线断了拖在地上，差点电到人")
    assert any("【紧急】" in text or "电线" in text for text in await night.heard("刘书记"))


async def test_nobody_takes_cards_of_the_night_for_messages_that_are_stuck(night: Town) -> None:
    await night.says("王阿姨", "3栋2单元楼道灯不亮了")
    await night.pass_time(hours=5)
    assert [one for one in (await night.read(figures)).outbox if one.oldest] == []


async def test_of_an_order_of_the_day_nothing_more_is_told_at_night(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    await town.heard("小李")
    await town.pass_time(hours=NIGHT)
    await town.heard("小李")
    await town.says("王阿姨", "补充一下，是三楼的灯")
    assert await town.heard("小李") == []
    await town.pass_time(hours=TO_EIGHT)
    assert any("三楼" in text for text in await town.heard("小李"))
