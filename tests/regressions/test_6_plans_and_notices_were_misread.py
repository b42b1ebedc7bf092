"""What staff said of activities and notices was misread: a place, a day, or whom it is for."""

from __future__ import annotations

import pytest

from tests.town import Town

MEETING = "下礼拜三下午两点半在党群服务中心开支部大会 帮我通知下"
DUMPLINGS = "周六下午三点包粽子 在社区服务中心 限2人 居民都能来 通知一下"


async def test_what_is_held_there_was_part_of_the_place(town: Town) -> None:
    (preview,) = await town.says("刘书记", MEETING)
    assert "地点：党群服务中心\n" in preview


async def test_a_new_place_at_the_preview_was_a_correction_of_reports(town: Town) -> None:
    await town.says("刘书记", MEETING)
    (preview,) = await town.says("刘书记", "地点改成小广场")
    assert "地点：小广场\n" in preview


@pytest.mark.parametrize(("said", "places"), [("名额加到十个", "10"), ("名额加到3个", "3")])
async def test_more_places_at_the_preview_were_a_place(town: Town, said: str, places: str) -> None:
    await town.says("刘书记", DUMPLINGS)
    (preview,) = await town.says("刘书记", said)
    assert f"名额：{places} 人" in preview
    assert "地点：社区服务中心\n" in preview


@pytest.mark.parametrize("said", [DUMPLINGS, "周六下午三点组织居民包粽子 在社区服务中心 通知一下"])
async def test_what_is_done_is_its_name(town: Town, said: str) -> None:
    (preview,) = await town.says("刘书记", said)
    assert "活动：包粽子（" in preview


@pytest.mark.parametrize("said", ["发", "发吧", "发布", "好的"])
async def test_it_is_published_in_any_words(town: Town, said: str) -> None:
    await town.says("刘书记", MEETING)
    assert "已发布" in (await town.says("刘书记", said))[0]


async def test_a_mere_weekday_moved_it_into_another_week(town: Town) -> None:
    await town.says("刘书记", MEETING)
    await town.press("刘书记", "发布")
    (asked,) = await town.says("刘书记", "支部大会改到周四同一时间")
    assert "改为 6月18日(周四)14:30" in asked


async def test_a_plan_by_questions_keeps_its_kind(town: Town) -> None:
    await town.says("刘书记", "搞个活动")
    for said in ("志愿服务", "这周日", "早上八点半"):
        await town.says("刘书记", said)
    (preview,) = await town.says("刘书记", "梧桐菜场门口")
    assert "志愿服务" in preview
    assert "6月14日(周日)08:30" in preview


async def test_a_rule_is_told_in_words(town: Town) -> None:
    await town.says("刘书记", "以后每个月5号晚上七点党课 在雷锋驿站")
    (preview,) = await town.says("刘书记", "1")
    assert "每月 5 号" in preview
    assert "FREQ" not in preview


@pytest.mark.parametrize("said", ["谁还没回", "支部大会报了多少了", "报了多少了"])
async def test_who_has_not_answered(town: Town, said: str) -> None:
    await town.says("刘书记", MEETING)
    await town.press("刘书记", "发布")
    assert "应到 8 人" in (await town.says("刘书记", said))[0]


async def test_coming_in_own_words(town: Town) -> None:
    await town.says("刘书记", MEETING)
    await town.press("刘书记", "发布")
    await town.heard("王阿姨")
    assert "已报名" in (await town.says("小李", "我来"))[0]
    assert "请假" in (await town.says("王阿姨", "我去不了 要带孙子"))[0]


async def test_telling_residents_opened_an_urgent_order(town: Town) -> None:
    (preview,) = await town.says("陈静", "帮我通知居民 后天上午九点到十一点停水 换水泵")
    assert "后天上午九点到十一点停水 换水泵" in preview
    assert not await town.orders()


@pytest.mark.parametrize("whom", ["3栋居民", "5号楼的住户", "除了3栋的居民"])
async def test_a_building_became_the_whole_community(town: Town, whom: str) -> None:
    await town.says("陈静", "发通知 今晚八点清洗水箱")
    (asked,) = await town.says("陈静", whom)
    assert "没法只发给" in asked


async def test_an_estate_became_the_whole_community(town: Town) -> None:
    await town.says("刘书记", "发通知 今晚八点清洗水箱")
    await town.says("刘书记", "梧桐苑的居民")
    grids = await town.read(lambda tx: {tx.org.coded(code).id for code in ("G01", "G02")})
    sent = await town.read(lambda tx: tx.broadcasts.of_author(tx.people.coded("P01"), 5))
    assert [one.audience.units for one in sent] == [grids]


async def test_passing_on_a_warning_is_a_notice(town: Town) -> None:
    said = "暴雨红色预警 马上转到各小区群 今晚6点到明早都别出门"
    (preview,) = await town.says("何伟", said)
    assert "1 个群" in preview
    assert "暴雨红色预警 今晚6点到明早都别出门" in preview
    assert "发给 1 个收件人" in (await town.says("何伟", "发吧"))[0]
    await town.pass_time(minutes=1)
    await town.heard("何伟")
    assert "更正后" in (await town.says("何伟", "刚才那条写错了 应该是橙色"))[0]


async def test_a_time_said_at_the_preview_was_not_understood(town: Town) -> None:
    await town.says("陈静", "帮我通知居民 后天上午九点到十一点停水 换水泵")
    assert "6月10日(周三)08:00" in (await town.says("陈静", "明天早上八点发"))[0]


async def test_do_not_send_at_the_preview(town: Town) -> None:
    await town.says("陈静", "帮我通知居民 后天上午九点到十一点停水 换水泵")
    await town.says("陈静", "等等先别发")
    await town.pass_time(minutes=5)
    assert await town.heard("王阿姨") == []


async def test_a_danger_is_heard_from_whoever_was_invited(town: Town) -> None:
    await town.says("刘书记", MEETING)
    await town.press("刘书记", "发布")
    await town.heard("王阿姨")
    answers = await town.says("王阿姨", "老头子栽倒在厨房 喊他不应 咋办啊")
    assert any("120" in answer for answer in answers)
