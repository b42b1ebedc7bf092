"""What staff said of a notice became something else, or was answered and not done."""

from __future__ import annotations

import pytest

from domain.messages import Lane
from tests.town import Town

POOL = "发通知 今晚八点清洗水箱\n发给：全社区的居民"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "发个停水通知 3栋和5栋 明天早上八点到下午五点",
            "3栋和5栋将于明天早上八点到下午五点停水，请提前储水，停水期间关好水龙头。\n",
        ),
        (
            "发一条停电通知，第一网格，10号上午9点到11点，换变压器",
            "第一网格将于10号上午9点到11点停电，请提前给手机和应急灯充电，"
            "拔掉贵重电器插头，不要乘电梯。原因：换变压器。\n",
        ),
    ],
)
async def test_a_notice_called_by_its_kind_opened_work_orders(
    town: Town, said: str, text: str
) -> None:
    await town.says("刘书记", said)
    (preview,) = await town.says("刘书记", "全社区的群")
    assert text in preview
    assert not await town.orders()


async def test_what_does_not_fit_is_asked(town: Town) -> None:
    (asked,) = await town.says("刘书记", "发个停水通知 3栋")
    assert asked == "停水通知：时间怎么写？"


async def test_a_meeting_is_still_planned(town: Town) -> None:
    (asked,) = await town.says("刘书记", "发个党课通知 周五下午三点")
    assert "在哪里" in asked


async def test_an_audience_of_nobody_lost_the_notice(town: Town) -> None:
    (asked,) = await town.says("刘书记", "发通知 周六清理楼道\n发给：第四网格的居民")
    assert "没有能收到通知的人或群" in asked
    (preview,) = await town.says("刘书记", "发给：全社区的党员")
    assert "周六清理楼道" in preview
    assert not await town.orders()


async def test_the_preview_says_for_where_it_is(town: Town) -> None:
    (preview,) = await town.says("刘书记", "发通知 周六清理楼道\n发给：第一网格和第二网格的居民")
    assert "（第一网格、第二网格）" in preview


async def test_a_grid_leader_who_said_the_whole_community_wrote_to_the_grid(town: Town) -> None:
    await town.bind("group:G01", "G01", channel="web")
    (answer,) = await town.says("小李", "发通知 楼道请勿堆物\n发给：全社区的群")
    assert "不归您发通知" in answer
    (preview,) = await town.says("小李", "发通知 楼道请勿堆物\n发给：我的网格")
    assert "1 个群、0 人（第一网格）" in preview


@pytest.mark.parametrize(
    ("said", "answered"),
    [("先停一下", "已暂停"), ("停", "已暂停"), ("取消", "已取消"), ("算了", "已取消")],
)
async def test_it_went_out_although_it_was_called_off(
    town: Town, said: str, answered: str
) -> None:
    await town.says("刘书记", POOL)
    await town.press("刘书记", "发送")
    assert answered in (await town.says("刘书记", said))[0]
    await town.pass_time(minutes=5)
    assert await town.heard("小李") == []


async def test_going_on_in_other_words(town: Town) -> None:
    await town.says("刘书记", POOL)
    await town.press("刘书记", "发送")
    await town.says("刘书记", "先停一下")
    assert "继续发" in (await town.says("刘书记", "接着发吧"))[0]


@pytest.mark.parametrize("said", ["刚才那条撤回", "撤回刚才那条"])
async def test_taking_back_the_last_notice_was_taking_back_a_report(town: Town, said: str) -> None:
    await town.says("刘书记", POOL)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    assert "（撤回）" in (await town.says("刘书记", said))[0]


async def test_another_question_is_not_about_the_notice(town: Town) -> None:
    await town.says("刘书记", POOL)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.heard("刘书记")
    assert not any("送达" in one for one in await town.says("刘书记", "3栋情况怎么样"))


async def test_it_goes_out_at_another_time_than_was_said_first(town: Town) -> None:
    await town.says("刘书记", POOL)
    await town.says("刘书记", "下午两点发")
    (said,) = await town.says("刘书记", "改成三点发")
    assert "6月9日(周二)15:00" in said
    await town.pass_time(hours=4, minutes=30)
    assert await town.heard("小李") == []
    await town.pass_time(minutes=31)
    assert await town.heard("小李") != []


async def test_a_time_at_night_became_the_morning_without_a_word(town: Town) -> None:
    await town.says("刘书记", POOL)
    (said,) = await town.says("刘书记", "晚上十一点发")
    assert "6月10日(周三)07:00" in said
    assert "夜里 10 点到早上 7 点不发" in said


async def test_an_urgent_notice_was_said_to_wait_for_the_morning(town: Town) -> None:
    await town.pass_time(hours=13)
    await town.says("刘书记", "发通知 台风 预警：台风今夜登陆\n发给：全社区的群")
    await town.press("刘书记", "紧急发送")
    (preview,) = await town.says("刘书记", "今夜登陆")
    assert "会等到早上" not in preview


async def test_an_older_answer_came_after_what_happened_since(town: Town) -> None:
    """What waits in one lane is said in the order it happened, however long a try takes."""
    await town.says("刘书记", POOL)
    await town.press("刘书记", "发送")
    await town.press("刘书记", "暂停")
    await town.press("刘书记", "继续发")
    await town.pass_time(minutes=1)
    sent = town.channels["web"].sent
    told = [one.lane for one in sent if "继续发。" in one.text or "发完" in one.text]
    assert told == [Lane.DIALOGUE, Lane.DIALOGUE]


async def test_a_mere_time_at_the_preview_was_not_understood(town: Town) -> None:
    await town.says("刘书记", POOL)
    assert "6月10日(周三)12:30" in (await town.says("刘书记", "明天中午十二点半"))[0]


ASKING = "发通知 征询 内容：周六体检，谁要接送\n发给：全社区的居民"


@pytest.mark.parametrize(
    ("said", "answer"),
    [("我要去", "会来"), ("去不了", "不来"), ("需要帮助", "需要帮助"), ("要人帮忙", "需要帮助")],
)
async def test_an_answer_in_words_was_a_sign_up_or_a_call_for_the_manual(
    town: Town, said: str, answer: str
) -> None:
    await town.says("刘书记", ASKING)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    assert f"记下了：{answer}" in (await town.says("王阿姨", said))[0]


async def test_nobody_could_see_who_needs_help(town: Town) -> None:
    await town.says("刘书记", ASKING)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.press("王阿姨", "需要帮助")
    assert "需要帮助 1：王秀英" in (await town.says("刘书记", "谁需要帮助"))[0]


async def test_who_did_not_agree_and_said_why_was_asked_why(town: Town) -> None:
    for number in range(51):
        await town.bind(f"group:{number}", "G01", channel="web")
    await town.says("刘书记", "发通知 周六清理楼道\n发给：全社区的群")
    await town.press("刘书记", "发送")
    assert "（梧桐社区）" in (await town.heard("陈静"))[0]
    assert "已退回" in (await town.says("陈静", "不行，时间写错了"))[0]
    assert any("没有同意" in one and "时间写错了" in one for one in await town.heard("刘书记"))
