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


@pytest.mark.parametrize("said", ["我不去了 家里来人", "我不来了，家里来客人"])
async def test_guests_at_home_were_a_danger(town: Town, said: str) -> None:
    await planned(town)
    (answer,) = [one for one in await town.says("王阿姨", said) if "请假" in one]
    assert "家里来" in answer
    assert not await town.orders()


async def test_somebody_in_need_is_no_guest(town: Town) -> None:
    (answer, *_) = await town.says("王阿姨", "家里有人晕倒了")
    assert "120" in answer


async def test_calling_it_off_was_a_place_and_went_to_everybody(town: Town) -> None:
    (asked,) = await town.says("刘书记", "后天上午十点开支委会")
    assert "在哪里" in asked
    assert "不问了" in (await town.says("刘书记", "取消吧 领导有事"))[0]
    assert not any("已发布" in one for one in await town.says("刘书记", "好的"))


@pytest.mark.parametrize("said", ["取消吧 领导有事", "取消", "还是不开了吧", "那个会不开了"])
async def test_calling_it_off_without_its_name_did_not_cancel(town: Town, said: str) -> None:
    await planned(town, "后天上午十点开支委会 在会议室")
    (asked,) = await town.says("刘书记", said)
    assert "取消 6月11日(周四)10:00 的支委会" in asked
    assert "已取消" in (await town.says("刘书记", "是"))[0]
    assert any("不办了" in one for one in await town.heard("小李"))


async def test_an_hour_said_with_the_place_was_part_of_it(town: Town) -> None:
    await town.says("刘书记", "后天开支委会")
    await town.says("刘书记", "上午十点")
    (preview,) = await town.says("刘书记", "下午四点，会议室")
    assert "6月11日(周四)16:00" in preview
    assert "地点：会议室\n" in preview


async def test_other_words_at_the_preview_became_its_name(town: Town) -> None:
    await town.says("刘书记", STORY)
    await town.says("刘书记", "我的活动")
    assert "主题党日" in (await town.says("刘书记", "发布"))[0]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("每个季度第一个周一上午九点开支部党员大会，地点居委会三楼", "每季度第一个周一"),
        ("每周二、四晚上七点党课 在会议室", "每周二、四"),
    ],
)
async def test_a_rule_or_half_of_it_was_dropped(town: Town, said: str, rule: str) -> None:
    await town.says("刘书记", said)
    (preview,) = await town.says("刘书记", "照常")
    assert f"以后{rule}都自动排" in preview


async def test_a_rule_that_cannot_be_read_is_asked_again(town: Town) -> None:
    (asked,) = await town.says("刘书记", "每半年第二周周三上午九点党课 在会议室")
    assert "“每半年" in asked
    await town.says("刘书记", "每月第一个周三")
    (preview,) = await town.says("刘书记", "照常")
    assert "以后每月第一个周三都自动排" in preview


@pytest.mark.parametrize("said", ["遇到放假就不搞", "这次不办", "节假日跳过"])
async def test_what_becomes_of_holidays_was_a_place(town: Town, said: str) -> None:
    await town.says("刘书记", "每周五下午三点主题党日 在会议室")
    (preview,) = await town.says("刘书记", said)
    assert "地点：会议室\n" in preview


async def test_what_becomes_of_holidays_is_heard_at_once(town: Town) -> None:
    (preview,) = await town.says("刘书记", "每周五下午三点主题党日 在会议室 遇到节假日顺延")
    assert "以后每周五都自动排" in preview


@pytest.mark.parametrize(
    ("said", "new"),
    [
        ("党员大会往后推一周", "6月19日(周五)15:00"),
        ("大会推迟三天", "6月15日(周一)15:00"),
        ("党员大会提前半小时", "6月12日(周五)14:30"),
    ],
)
async def test_later_by_so_much_was_an_extension_of_a_work_order(
    town: Town, said: str, new: str
) -> None:
    await planned(town, "周五下午三点党员大会 在会议室")
    (asked,) = await town.says("刘书记", said)
    assert f"改为 {new}" in asked
    assert ("端午节放假" in asked) is ("19日" in new)


@pytest.mark.parametrize("said", ["大会几点来着", "周五几点开会？", "几点开会"])
async def test_when_the_meeting_is_was_a_question_of_policy(town: Town, said: str) -> None:
    await planned(town, "周五下午三点党员大会 在会议室")
    assert "6月12日(周五)15:00" in (await town.says("小李", said))[0]
    assert not await town.orders()


async def test_an_activity_by_its_own_name(town: Town) -> None:
    await planned(town, "周六上午十点 包粽子比赛 在活动室 最多2个人 居民都可以来")
    assert "应到" in (await town.says("刘书记", "包粽子比赛有哪些人来"))[0]
    (asked,) = await town.says("刘书记", "包粽子比赛地方换到党群服务中心")
    assert "地点：原 活动室，改为 党群服务中心" in asked


async def test_the_reason_of_a_leave_was_that_it_is_one(town: Town) -> None:
    await planned(town, "周五下午三点党员大会 在会议室")
    (answer,) = await town.says("小李", "开会我去不了，老婆住院")
    assert "原因：老婆住院" in answer
    assert "已报名" in (await town.says("小李", "我又能来了"))[0]


async def test_minutes_without_their_heading_were_a_question_of_policy(town: Town) -> None:
    await planned(town, "今天下午三点党员大会 在会议室")
    await town.pass_time(hours=8)
    said = "主持人刘建国，议题：发展党员，决议：同意"
    assert "已归档" in (await town.says("刘书记", said))[0]
    assert not await town.orders()


async def test_asking_who_lives_elsewhere_registered_the_secretary(town: Town) -> None:
    said = "我去苏州女儿家了，住了八个月，没法参加支部活动"
    assert "已登记流动党员：苏州" in (await town.says("王阿姨", said))[0]
    await town.heard("刘书记")
    for asked in ("流动党员有哪些", "流动党员名单"):
        (told,) = await town.says("刘书记", asked)
        assert "登记在外的党员 1 人\n・王秀英：苏州" in told
    assert "城市" in (await town.says("小李", "流动党员登记"))[0]
    assert "城市" in (await town.says("小李", "流动党员名单"))[0]


async def test_half_of_the_new_place_was_lost(town: Town) -> None:
    await planned(town, "周五下午三点党员大会 在会议室")
    (asked,) = await town.says("刘书记", "党员大会换到二楼活动室")
    assert "改为 二楼活动室" in asked
