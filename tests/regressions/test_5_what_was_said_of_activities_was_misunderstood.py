"""What was said of activities was misunderstood, or shown wrongly."""

from __future__ import annotations

import pytest

from tests.town import Town

STORY = "这周六上午九点主题党日 去雷锋驿站 通知一下 能来的接龙"


async def planned(town: Town, said: str = STORY) -> None:
    await town.says("刘书记", said)
    await town.press("刘书记", "发布")
    for who in ("刘书记", "小李"):
        await town.heard(who)


async def test_the_kind_stood_twice_in_the_preview(town: Town) -> None:
    (preview,) = await town.says("刘书记", STORY)
    assert "请核对：\n主题党日（梧桐社区党支部）" in preview
    await town.press("刘书记", "不发了")
    (preview,) = await town.says("刘书记", "周六上午九点植树 去河边 通知一下")
    assert "志愿服务：植树（" in preview


@pytest.mark.parametrize(
    "said", ["请假", "请假，要加班", "请假 周六去不了", "请假 家里有事", "请假，主题党日来不了"]
)
async def test_staff_who_took_leave_of_an_activity_were_asked_for_a_deputy(
    town: Town, said: str
) -> None:
    await planned(town)
    answers = await town.says("小李", said)
    assert any("主题党日" in answer and "请假" in answer for answer in answers)
    roll = (await town.says("刘书记", "主题党日谁来"))[0]
    assert "请假 1 人" in roll


@pytest.mark.parametrize(
    "said", ["明天请假 小赵代", "休假 6月20日到6月24日", "请假 6月20日到6月24日", "请假 下周三"]
)
async def test_days_of_absence_are_still_days_of_absence(town: Town, said: str) -> None:
    await planned(town)
    answers = await town.says("小李", said)
    assert not any("主题党日" in answer for answer in answers)
    roll = (await town.says("刘书记", "主题党日谁来"))[0]
    assert "请假 0 人" in roll


async def test_a_new_day_was_taken_for_a_correction(town: Town) -> None:
    await planned(town)
    (asked,) = await town.says("刘书记", "主题党日改成周日下午三点")
    assert "改为 6月14日(周日)15:00" in asked


@pytest.mark.parametrize("said", ["谁来", "都有谁来", "都有谁来？", "谁会来", "有多少人来"])
async def test_who_comes_was_answered_with_a_policy(town: Town, said: str) -> None:
    await planned(town)
    (answer,) = await town.says("刘书记", said)
    assert "应到 8 人" in answer


async def test_who_waits_for_a_repair_asks_for_that(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    (answer,) = await town.says("王阿姨", "谁来")
    assert order.number in answer
