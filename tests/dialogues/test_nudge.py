"""提醒没答复的: those who have said nothing are asked once more, and nobody else hears of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.clock import Clock
from storage.schema import reminders
from storage.statements import Statement
from tests.town import Town

STORY = "这周六上午九点主题党日 去雷锋驿站 通知一下"
ASKING = "发通知 征询 周六体检，谁要接送\n发给：全社区的居民"
WORDS = "提醒一下没回的人"
SILENT = ("孙强", "吴磊", "王阿姨", "钱师傅")  # and 周婷, whom nobody can tell anything
ANSWERING = ("陈静", "小李", "小赵", "孙强", "吴磊", "钱师傅")  # all but 王阿姨 and 李叔
_ROWS = Statement(select(reminders.c.person, reminders.c.stage, reminders.c.state))

SAID_SO = [
    WORDS,
    "催一下还没报名的",
    "没回复的再通知一遍",
    "没答复的再问一下",
    "没回的催一催",
    "再催催没报名的",
    "帮我催一下没回复的",
    "把没回的人提醒一遍",
    "给没回复的再发一遍",
    "没有报名的同志再提醒一下",
    "未答复人员再提醒一次",
    "还有3个没回的 再提醒一下",
    "谁还没回 催一下",
    "让没回的赶紧回一下",
    "通知没报名的尽快报名",
    "还没表态的再提醒下",
    "主题党日没报名的再提醒一下",
    "能不能提醒一下没回的人",
    "催报名",
    "提醒一下没会的人",
    "催一下还没抱名的",
    "摧一下没报名的",
    "没回复地再通知一遍",
    "提星一下没回得人",
    "please remind those who haven't answered",
]


@pytest.fixture
async def asked(town: Town) -> Town:
    """Eight are asked, seven can be told; the secretary and 小李 come, 陈静 took leave."""
    await planned(town)
    await town.press("小李", "参加")
    await town.press("陈静", "请假")
    await town.says("陈静", "出差")
    for who in (*SILENT, "小李", "陈静", "刘书记"):
        await town.heard(who)
    return town


async def planned(town: Town, said: str = STORY) -> None:
    await town.says("刘书记", said)
    await town.press("刘书记", "发布")
    await town.heard("刘书记")


async def rows(town: Town) -> list[tuple[int, str, str]]:
    """What is kept of nudges."""
    found = await town.read(lambda tx: tx.session.all(_ROWS))
    return sorted(tuple(row) for row in found if row.stage.startswith("nudge."))


async def test_who_said_nothing_is_asked_again_and_nobody_else(asked: Town) -> None:
    (said,) = await asked.says("刘书记", WORDS)
    assert said.startswith("马上提醒没答复的 4 人：主题党日（6月13日(周六)09:00）")
    for name in ("孙强", "吴磊", "王秀英"):
        assert name in said
    assert "另有 1 人私聊联系不上" in said
    await asked.pass_time(minutes=1)
    for who in SILENT:
        (told,) = await asked.heard(who)
        assert told.startswith("【梧桐社区党支部】等您答复：主题党日")
        assert "雷锋驿站" in told
    for who in ("小李", "陈静", "刘书记", "小赵"):
        assert await asked.heard(who) == []
    assert "已报名" in (await asked.press("吴磊", "参加"))[0]
    await asked.pass_time(minutes=5)
    assert await asked.heard("孙强") == []


@pytest.mark.parametrize("words", SAID_SO)
async def test_it_may_be_said_in_many_ways(asked: Town, words: str) -> None:
    (said,) = await asked.says("刘书记", words)
    assert said.startswith("马上提醒没答复的")
    assert await asked.orders() == []


@pytest.mark.parametrize(
    "words", ["别提醒没回的了", "提醒没回的人了吗", "通知没报名的党员明天会议改到三点", "谁没报名"]
)
async def test_what_only_sounds_alike_reminds_nobody(asked: Town, words: str) -> None:
    await asked.says("刘书记", words)
    assert await rows(asked) == []


async def test_the_list_of_who_comes_has_a_button_for_it(asked: Town) -> None:
    await asked.says("刘书记", "报名情况")
    (said,) = await asked.press("刘书记", "提醒没答复的")
    assert said.startswith("马上提醒没答复的")
    await asked.pass_time(minutes=1)
    assert len(await asked.heard("孙强")) == 1


async def test_the_button_of_one_that_was_called_off_reminds_nobody(asked: Town) -> None:
    await asked.says("刘书记", "报名情况")
    token = asked.button("刘书记", "提醒没答复的")
    await asked.says("刘书记", "主题党日取消了，因为下雨")
    await asked.press("刘书记", "只取消这场")
    await asked.heard("刘书记")
    assert "已取消" in (await asked.presses("刘书记", token))[0]
    assert await rows(asked) == []


async def test_in_a_group_it_is_done_and_only_counted(asked: Town) -> None:
    (said,) = await asked.says("刘书记", f"@小栖 {WORDS}", group=True, at=True)
    assert "提醒没答复的 4 人" in said
    assert "另有 1 人" in said
    assert not any(name in said for name in ("孙强", "吴磊", "王秀英"))
    await asked.pass_time(minutes=1)
    assert len(await asked.heard("孙强")) == 1
    assert await asked.heard_in_group() == []


async def test_at_night_it_waits_for_the_morning_and_for_whom_it_still_concerns(
    asked: Town,
) -> None:
    await asked.pass_time(hours=12)  # 22:00
    (said,) = await asked.says("刘书记", WORDS)
    assert "现在是休息时间，6月10日(周三)08:00再提醒没答复的 4 人" in said
    await asked.pass_time(minutes=5)
    assert await asked.heard("孙强") == []
    assert "6月10日(周三)08:00会提醒" in (await asked.says("刘书记", WORDS))[0]
    await asked.press("吴磊", "参加")
    await asked.heard("吴磊")
    await asked.pass_time(hours=10)  # 08:05
    assert len(await asked.heard("孙强")) == 1
    assert await asked.heard("吴磊") == []


async def test_a_second_time_within_hours_is_refused_kindly(asked: Town) -> None:
    await asked.says("刘书记", WORDS)
    await asked.pass_time(minutes=1)
    await asked.heard("孙强")
    await asked.pass_time(hours=2)
    (said,) = await asked.says("刘书记", WORDS)
    assert "6月9日(周二)10:00刚提醒过" in said
    assert "6月9日(周二)14:00以后可以再催" in said
    await asked.pass_time(hours=2)
    assert await asked.heard("孙强") == []
    assert (await asked.says("刘书记", WORDS))[0].startswith("马上提醒")
    await asked.pass_time(minutes=1)
    assert len(await asked.heard("孙强")) == 1


async def test_what_the_ladder_says_by_itself_is_not_said_twice(asked: Town) -> None:
    await asked.pass_time(hours=22, minutes=30)  # 08:30, half an hour before T-3d
    assert "09:00本来就会提醒" in (await asked.says("刘书记", WORDS))[0]
    await asked.pass_time(minutes=31)
    (told,) = await asked.heard("孙强")
    assert "您还没说来不来" in told
    assert "自动刚提醒过" in (await asked.says("刘书记", WORDS))[0]
    assert await rows(asked) == []


async def test_who_cannot_be_told_is_named_for_others_to_ask(asked: Town) -> None:
    for who in SILENT:
        await asked.press(who, "参加")
    (said,) = await asked.says("刘书记", WORDS)
    assert "没答复的 1 人私聊都联系不上" in said
    assert "周婷" in said
    assert await rows(asked) == []


async def test_when_all_have_answered_that_is_said(town: Town) -> None:
    await planned(town, "这周六上午九点支委会 在会议室 通知一下")
    await town.press("陈静", "参加")
    await town.press("小李", "请假")
    (said,) = await town.says("刘书记", WORDS)
    assert "都答复了，不用再提醒：参加 2 人，候补 0 人，请假 1 人" in said


async def test_before_an_early_start_nobody_is_disturbed_at_night(town: Town) -> None:
    await planned(town, "明天上午八点主题党日 去雷锋驿站 通知一下")
    await town.pass_time(hours=12)  # 22:00
    assert "没答复的请直接问一下" in (await town.says("刘书记", WORDS))[0]
    await town.pass_time(hours=10, minutes=1)  # it has begun
    await town.heard("刘书记")
    assert "没有人要提醒" in (await town.says("刘书记", WORDS))[0]


async def test_of_several_the_one_that_is_named_or_chosen(asked: Town) -> None:
    await planned(asked, "下周二下午三点党课 在会议室 通知一下")
    for who in SILENT:
        await asked.heard(who)
    assert "党课" in (await asked.says("刘书记", "党课没回的催一下"))[0]
    (which,) = await asked.says("刘书记", WORDS)
    assert which == "提醒哪一个里没答复的人？"
    assert "主题党日" in (await asked.press("刘书记", "主题党日"))[0]
    await asked.pass_time(minutes=1)
    told = await asked.heard("孙强")
    assert len(told) == 2
    assert "党课" in told[0]
    assert "主题党日" in told[1]


async def test_who_hosts_nothing_reminds_nobody(asked: Town) -> None:
    (said,) = await asked.says("吴磊", WORDS)
    assert "没有您组织的" in said
    await asked.says("李叔", "3栋2单元楼道灯不亮了")
    assert "已替您催" in (await asked.says("李叔", "没回的再催一下"))[-1]
    assert "已替您催" in (await asked.says("李叔", "催一下"))[-1]
    assert len(await asked.orders()) == 1
    assert await rows(asked) == []


async def test_without_anything_to_ask_it_is_said_and_no_order_opened(town: Town) -> None:
    (said,) = await town.says("刘书记", WORDS)
    assert "没有人要提醒" in said
    assert await town.orders() == []


async def test_a_time_is_not_taken_for_now(asked: Town) -> None:
    (said,) = await asked.says("刘书记", "明早八点提醒一下没回的人")
    assert "不能定时" in said
    assert await rows(asked) == []


async def test_what_moves_is_told_anew_instead(asked: Town) -> None:
    await asked.pass_time(hours=12)
    await asked.says("刘书记", WORDS)
    await asked.says("刘书记", "主题党日改到周日下午三点")
    await asked.press("刘书记", "确定改")
    await asked.heard("孙强")
    await asked.pass_time(hours=10, minutes=5)
    assert await asked.heard("孙强") == []
    assert {state for _, _, state in await rows(asked)} == {"dropped"}


async def test_what_was_dropped_does_not_stand_in_the_way_of_the_next(asked: Town) -> None:
    await asked.pass_time(hours=12)
    await asked.says("刘书记", WORDS)
    await asked.says("刘书记", "主题党日改到周日下午三点")
    await asked.press("刘书记", "确定改")
    await asked.heard("孙强")
    await asked.pass_time(minutes=10)
    assert "08:00再提醒" in (await asked.says("刘书记", WORDS))[0]
    await asked.pass_time(hours=10)
    assert len(await asked.heard("孙强")) == 1


async def test_who_wants_peace_is_counted_as_out_of_reach(asked: Town) -> None:
    await asked.says("孙强", "别再给我发消息了")
    (said,) = await asked.says("刘书记", WORDS)
    assert "提醒没答复的 3 人" in said
    assert "孙强" in said.split("另有 2 人")[1]


async def test_a_message_that_comes_twice_reminds_once(asked: Town) -> None:
    heard = asked.inbound("刘书记", WORDS)
    await asked.hears(heard)
    await asked.hears(heard)
    await asked.pass_time(minutes=1)
    assert len(await asked.heard("孙强")) == 1
    assert len(await rows(asked)) == 5


async def test_broken_off_halfway_it_is_done_once_and_whole(
    asked: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asked.inbound("刘书记", WORDS)
    with monkeypatch.context() as broken:
        broken.setattr("handlers.nudge._note", _die)
        with pytest.raises(KilledError):
            await asked.hears(heard)
    assert await rows(asked) == []
    await asked.pass_time(minutes=1)
    await asked.hears(heard)
    assert len(await rows(asked)) == 5
    await asked.pass_time(minutes=1)
    assert len(await asked.heard("孙强")) == 1


class KilledError(Exception):
    """As if the process ended here."""


def _die(*_: object) -> None:
    raise KilledError


async def test_of_two_clocks_one_tells_it(asked: Town) -> None:
    await asked.says("刘书记", WORDS)
    assert {state for _, _, state in await rows(asked)} == {"due"}
    other = Clock(asked.database, owner="other", after_commit=asked.relay.wake)
    asked.hands[0] += timedelta(minutes=1)
    await asyncio.gather(asked.clock.tick(), other.tick())
    assert len(await asked.heard("孙强")) == 1
    await asked.pass_time(minutes=1)
    assert await asked.heard("孙强") == []


async def sent(town: Town, words: str) -> None:
    await town.says("刘书记", words)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.heard("刘书记")


async def test_a_notice_that_asks_is_asked_again_of_who_has_not_answered(town: Town) -> None:
    await sent(town, ASKING)
    for who in ANSWERING:
        await town.press(who, "会来")
    for who in (*ANSWERING, "王阿姨"):
        await town.heard(who)
    said = await town.says("刘书记", WORDS)
    assert "还有 2 人没回答，只再问他们" in said[0]
    assert "（再问一次）" in said[1]
    assert "0 个群、2 人" in said[1]
    assert await town.heard("王阿姨") == []
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    (told,) = await town.heard("王阿姨")
    assert "您还没回答，再问一次" in told
    assert "谁要接送" in told
    assert [await town.heard(who) for who in ANSWERING] == [[]] * len(ANSWERING)
    assert "刚提醒过" in (await town.says("刘书记", WORDS))[0]


async def test_what_is_answered_to_the_repeat_counts_to_the_notice(town: Town) -> None:
    await sent(town, ASKING)
    for who in ANSWERING:
        await town.press(who, "会来")
    await town.says("刘书记", WORDS)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.press("王阿姨", "需要帮助")
    await town.says("李叔", "会来")
    (result,) = await town.press("刘书记", "看结果")
    assert f"会来 {len(ANSWERING) + 1}" in result
    assert "需要帮助 1：王秀英" in result
    await town.pass_time(hours=4)
    assert "都回答了，不用再问" in (await town.says("刘书记", "没回复的再问一下"))[0]


async def test_who_answers_before_it_goes_is_not_asked_again(town: Town) -> None:
    await sent(town, ASKING)
    await town.heard("王阿姨")
    await town.says("刘书记", WORDS)
    await town.press("王阿姨", "会来")
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    assert await town.heard("王阿姨") == []


async def test_shown_twice_only_the_newer_one_can_be_sent(town: Town) -> None:
    await sent(town, ASKING)
    await town.says("刘书记", WORDS)
    older = town.button("刘书记", "发送")
    await town.press("王阿姨", "会来")
    assert "还有 7 人没回答" in (await town.says("刘书记", WORDS))[0]
    assert "已取消" in (await town.presses("刘书记", older))[0]


async def test_asked_in_groups_it_is_said_that_nobody_knows_who(town: Town) -> None:
    await sent(town, "发通知 征询 周六体检，谁要接送\n发给：全社区的群")
    (said,) = await town.says("刘书记", WORDS)
    assert "是在 1 个群里问的" in said
    assert "会来 0" in said
    assert await town.orders() == []


async def test_asked_in_private_and_in_groups_it_is_asked_again_in_private(town: Town) -> None:
    await sent(town, "发通知 征询 周六体检，谁要接送\n发给：群和居民，全社区")
    said = await town.says("刘书记", WORDS)
    assert "还有 8 人没回答，只再问他们。另在 1 个群里问过，群里谁没点我不知道" in said[0]
    await town.heard_in_group()
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    assert await town.heard_in_group() == []


async def test_one_taken_back_is_not_asked_again(town: Town) -> None:
    await sent(town, ASKING)
    await town.says("刘书记", "撤回通知")
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.heard("刘书记")
    assert "没有人要提醒" in (await town.says("刘书记", WORDS))[-1]


async def test_where_both_wait_for_answers_it_is_asked_which(asked: Town) -> None:
    await sent(asked, ASKING)
    assert await asked.says("刘书记", WORDS) == ["提醒哪一个里没答复的人？"]
    said = await asked.press("刘书记", "征询通知")
    assert "只再问他们" in said[0]
    await asked.press("刘书记", "取消")
    assert "主题党日" in (await asked.says("刘书记", "没报名的催一下"))[0]
