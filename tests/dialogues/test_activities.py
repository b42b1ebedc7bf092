"""活动: planned in one sentence, answered by a tap, moved and cancelled with old and new."""

from __future__ import annotations

from tests.town import Town

STORY = "这周六上午九点主题党日 去雷锋驿站 通知一下 能来的接龙"


async def _planned(town: Town, said: str = STORY) -> list[str]:
    await town.says("刘书记", said)
    return await town.press("刘书记", "发布")


async def test_one_sentence_plans_an_activity_after_a_preview_with_a_head_count(
    town: Town,
) -> None:
    (preview,) = await town.says("刘书记", STORY)
    assert "主题党日（梧桐社区党支部）" in preview
    assert "6月13日(周六)09:00" in preview
    assert "雷锋驿站" in preview
    assert "应到 8 人，能私聊通知到 7 人" in preview
    assert await town.heard("小李") == []
    (done,) = await town.press("刘书记", "发布")
    assert "已发布：主题党日，6月13日(周六)09:00" in done
    (told,) = await town.heard("小李")
    assert "【梧桐社区党支部】主题党日" in told
    assert "雷锋驿站" in told
    assert await town.heard("小赵") == []  # of another branch


async def test_what_is_missing_is_asked(town: Town) -> None:
    (asked,) = await town.says("刘书记", "通知大家开个党课")
    assert "哪天、几点" in asked
    (asked,) = await town.says("刘书记", "下周二")
    assert "几点开始" in asked
    (asked,) = await town.says("刘书记", "下午三点")
    assert "在哪里" in asked
    (preview,) = await town.says("刘书记", "党群服务中心二楼")
    assert "党课" in preview
    assert "6月16日(周二)15:00" in preview
    assert "党群服务中心二楼" in preview


async def test_the_preview_is_changed_in_plain_words(town: Town) -> None:
    await town.says("刘书记", STORY)
    (preview,) = await town.says("刘书记", "改到周日下午三点")
    assert "6月14日(周日)15:00" in preview
    assert "雷锋驿站" in preview


async def test_a_day_that_does_not_exist_is_asked_again(town: Town) -> None:
    (asked,) = await town.says("刘书记", "6月31日上午九点党员大会，在会议室，通知一下")
    assert "没有“6月31日”这一天" in asked
    (preview,) = await town.says("刘书记", "6月30日")
    assert "6月30日(周二)09:00" in preview


async def test_a_start_in_the_past_is_asked_again(town: Town) -> None:
    (asked,) = await town.says("刘书记", "昨天上午九点主题党日 去雷锋驿站 通知一下")
    assert "已经过了" in asked
    (preview,) = await town.says("刘书记", "周六上午九点")
    assert "6月13日(周六)09:00" in preview


async def test_an_end_before_the_start_is_refused(town: Town) -> None:
    (asked,) = await town.says("刘书记", "周六下午三点到两点主题党日 去雷锋驿站 通知一下")
    assert "结束时间要在开始之后" in asked


async def test_people_sign_up_and_take_leave_by_button_and_by_words(town: Town) -> None:
    await _planned(town)
    (done,) = await town.press("小李", "参加")
    assert "已报名" in done
    (asked,) = await town.press("孙强", "请假")
    assert "原因" in asked
    done = await town.says("孙强", "要去市里开会")
    assert "已请假" in done[0]
    done = await town.says("王阿姨", "我报名")
    assert "已报名" in done[0]
    roll = (await town.says("刘书记", "主题党日谁来"))[0]
    assert "参加 3 人" in roll
    assert "李明" in roll
    assert "孙强（要去市里开会）" in roll


async def test_who_is_no_member_plans_nothing_and_hears_of_nothing(town: Town) -> None:
    await _planned(town)
    answers = await town.says("李叔", "周六上午九点主题党日，通知大家")
    assert not any("雷锋驿站" in answer for answer in answers)


async def test_a_full_activity_has_a_waiting_list_that_moves_up(town: Town) -> None:
    await _planned(town, "周六上午九点主题党日 去雷锋驿站 限3人 通知一下")
    await town.press("小李", "参加")
    await town.press("孙强", "参加")
    (waits,) = await town.press("吴磊", "参加")
    assert "候补" in waits
    await town.heard("吴磊")
    await town.press("小李", "请假")
    (told,) = await town.heard("吴磊")
    assert "给您补上了" in told


async def test_a_move_is_told_with_old_and_new(town: Town) -> None:
    await _planned(town)
    await town.heard("小李")
    (asked,) = await town.says("刘书记", "主题党日改到周日下午三点")
    assert "原 6月13日(周六)09:00，改为 6月14日(周日)15:00" in asked
    assert await town.heard("小李") == []
    await town.press("刘书记", "确定改")
    (told,) = await town.heard("小李")
    assert "原 6月13日(周六)09:00，现改为 6月14日(周日)15:00" in told


async def test_a_cancellation_is_told_to_everybody_asked(town: Town) -> None:
    await _planned(town)
    await town.heard("小李")
    await town.says("刘书记", "主题党日取消了，因为下雨")
    await town.press("刘书记", "只取消这场")
    (told,) = await town.heard("小李")
    assert "取消通知" in told
    assert "下雨" in told
    (late,) = await town.press("小李", "参加")
    assert "已取消" in late


async def test_reminders_go_up_the_ladder_only_to_whom_they_concern(town: Town) -> None:
    await _planned(town)
    await town.press("小李", "参加")
    await town.press("孙强", "请假")
    await town.says("孙强", "出差")
    for who in ("小李", "孙强", "吴磊"):
        await town.heard(who)
    await town.pass_time(days=1)  # T-3d
    (told,) = await town.heard("小李")
    assert "提醒：您报了主题党日" in told
    (told,) = await town.heard("吴磊")
    assert "您还没说来不来" in told
    assert await town.heard("孙强") == []
    await town.pass_time(minutes=5)
    assert await town.heard("小李") == []
    await town.pass_time(days=2)  # T-1d
    assert len(await town.heard("小李")) == 1


async def test_two_hours_before_a_morning_meeting_is_no_time_to_ring(town: Town) -> None:
    await _planned(town, "明天上午九点主题党日 去雷锋驿站 通知一下")
    await town.heard("小李")
    await town.pass_time(hours=21, minutes=30)  # 07:30
    assert await town.heard("小李") == []
    await town.pass_time(minutes=31)
    (told,) = await town.heard("小李")
    assert "提醒" in told


async def test_what_was_missed_while_nobody_ran_is_told_once_or_dropped(town: Town) -> None:
    await _planned(town)
    await town.heard("小李")
    await town.pass_time(days=3, hours=5)  # past T-3d and T-1d, before the start
    assert len(await town.heard("小李")) == 1
    await _planned(town, "6月20日上午九点党课 在会议室 通知一下")
    await town.heard("小李")
    await town.pass_time(days=20)
    assert not any("提醒" in told for told in await town.heard("小李"))


async def test_when_it_is_over_the_minutes_are_asked_for(town: Town) -> None:
    await _planned(town)
    await town.heard("刘书记")
    await town.pass_time(days=4, hours=3)
    told = await town.heard("刘书记")
    assert any("请交记录" in one and "应到 8，实到 0" in one for one in told)


async def test_a_group_gets_buttons_for_everybody_and_counts_only(town: Town) -> None:
    await town.says("刘书记", f"@小栖 {STORY}", group=True, at=True)
    said = await town.press("刘书记", "发布", group=True)
    assert any("不用接龙" in one for one in said)
    await town.press("小李", "参加", group=True)
    await town.press("孙强", "参加", group=True)
    assert any("已报名" in one for one in await town.heard("小李"))
    for one in await town.heard_in_group():
        assert "李明" not in one
        assert "孙强" not in one
    (counts,) = await town.says("刘书记", "@小栖 主题党日谁来", group=True, at=True)
    assert "参加 3 人" in counts
    assert "李明" not in counts


async def test_a_recurring_activity_says_what_a_holiday_makes_of_it(town: Town) -> None:
    (asked,) = await town.says("刘书记", "每月第一个周六上午九点主题党日 去雷锋驿站 通知一下")
    assert "10月3日(周六)正赶上国庆节放假" in asked
    (preview,) = await town.press("刘书记", "顺延到节后")
    assert "7月4日(周六)09:00" in preview
    await town.press("刘书记", "发布")
    await town.heard("小李")
    await town.pass_time(days=100)  # September 17
    told = [one for one in await town.heard("小李") if "时间：" in one]
    assert any("10月8日(周四)09:00" in one for one in told)
