"""A notice: written, shown, agreed to, sent once to everybody it is for, and followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import broadcasts as moves
from domain.acts import Act
from domain.messages import Refused, TryLater, Unknown
from storage.transaction import Transaction
from tests.town import GROUP, Town

WATER = "发通知 停水 时间：明天8点到17点；地点：3栋、5栋；原因：检修"
SECRETARY = "刘书记"


async def send(town: Town, who: str, words: str) -> list[str]:
    """Writes it, presses 发送 and waits until it may go."""
    await town.says(who, words)
    await town.press(who, "发送")
    return await begin(town, who)


async def begin(town: Town, who: str) -> list[str]:
    await town.pass_time(seconds=31)
    return await town.heard(who)


async def neighbours(town: Town, *names: str) -> None:
    """Residents of the community who have a private chat with us."""
    for name in names:
        await town.says(name, "你好")
        await town.says(name, "早上好呀", group=True)


async def test_a_notice_in_one_message_is_shown_and_sent_to_the_group(town: Town) -> None:
    (preview,) = await town.says(SECRETARY, f"{WATER}\n发给：全社区的群")
    assert "1 个群、0 人" in preview
    assert "3栋、5栋将于明天8点到17点停水" in preview
    assert "网页聊天：1 个群" in preview
    (said,) = await town.press(SECRETARY, "发送")
    assert "10:00" in said
    assert await town.heard_in_group() == []
    told = await begin(town, SECRETARY)
    assert any("开始发" in one for one in told)
    assert any("已发完：送达 1。" in one for one in told)
    (notice,) = await town.heard_in_group()
    assert notice.startswith("【停水通知】\n3栋、5栋将于")
    assert notice.endswith("——梧桐社区")


async def test_what_is_missing_is_asked_one_by_one(town: Town) -> None:
    (kinds,) = await town.says(SECRETARY, "发通知")
    assert "哪一种" in kinds
    assert await town.press(SECRETARY, "停水") == ["停水通知：时间怎么写？"]
    assert await town.says(SECRETARY, "明天8点到17点") == ["停水通知：地点怎么写？"]
    (target,) = await town.says(SECRETARY, "3栋")
    assert "发给谁" in target
    (preview,) = await town.press(SECRETARY, "梧桐社区的群")
    assert "3栋将于明天8点到17点停水" in preview


async def test_residents_get_it_in_private_each_once(town: Town) -> None:
    await neighbours(town, "周姐", "吴伯")
    await town.says("周姐", "3栋2单元的路灯坏了")  # of a grid too
    await town.heard("周姐")
    told = await send(town, SECRETARY, "发通知 今晚8点清洗水箱\n发给：全社区的居民")
    assert any("已发完" in one for one in told)
    for name in ("周姐", "吴伯"):
        (notice,) = await town.heard(name)
        assert "今晚8点清洗水箱" in notice


async def test_residents_cannot_send_notices(town: Town) -> None:
    await town.says("王阿姨", "发通知 今晚停水")
    assert await town.read(lambda tx: tx.broadcasts.newest()) == ()


async def test_a_grid_leader_writes_to_the_own_grid_only(town: Town) -> None:
    await town.bind("group:G01", "G01", channel="web")
    (preview,) = await town.says("小李", "发通知 楼道请勿堆物\n发给：第一网格的群")
    assert "1 个群" in preview
    (answer,) = await town.says("小李", "发通知 楼道请勿堆物\n发给：第二网格的群")
    assert "不归您发通知" in answer


async def test_nobody_there_is_said_and_nothing_sent(town: Town) -> None:
    (said,) = await town.says(SECRETARY, "发通知 楼道请勿堆物\n发给：第四网格的群")
    assert "没有能收到通知的人或群" in said


async def many_groups(town: Town, count: int) -> None:
    for number in range(count):
        await town.bind(f"group:{number}", "G01", channel="web")


async def test_a_large_notice_needs_another_person(town: Town) -> None:
    await many_groups(town, 51)
    (preview,) = await town.says(SECRETARY, "发通知 楼道请勿堆物\n发给：全社区的群")
    assert "52 个群" in preview
    assert "另一位同事同意" in preview
    (said,) = await town.press(SECRETARY, "发送")
    assert "审批" in said
    await town.pass_time(minutes=5)
    assert await town.heard_in_group() == []
    (asked,) = await town.heard("陈静")
    assert "刘建国发起" in asked
    (agreed,) = await town.press("陈静", "同意")
    assert "已同意" in agreed
    told = await begin(town, SECRETARY)
    assert any("送达 52" in one for one in told)
    assert len(await town.heard_in_group()) == 1


async def test_of_two_who_agree_at_once_one_does_and_the_other_is_told(town: Town) -> None:
    await many_groups(town, 51)
    await town.says(SECRETARY, "发通知 楼道请勿堆物\n发给：全社区的群")
    await town.press(SECRETARY, "发送")
    await town.press("陈静", "同意")
    broadcast = (await town.read(lambda tx: tx.broadcasts.newest()))[0]
    assert broadcast.approver is not None
    with pytest.raises(moves.BroadcastMoved):
        await town.database.run(lambda tx: _approve_again(tx, broadcast.id))


def _approve_again(tx: Transaction, which: int) -> None:
    person, _ = tx.people.of_account("web", "chen") or (None, None)
    assert person is not None
    actor = tx.people.actor(person.id, tx.now)
    locked = tx.broadcasts.lock(which)
    assert locked is not None
    moves.approve(locked, Act(actor=actor, at=tx.now, rules=tx.rules, org=tx.org))


async def test_the_second_person_may_say_no_and_why(town: Town) -> None:
    await many_groups(town, 51)
    await town.says(SECRETARY, "发通知 楼道请勿堆物\n发给：全社区的群")
    await town.press(SECRETARY, "发送")
    await town.press("陈静", "不同意")
    await town.says("陈静", "日期还没定")
    (told,) = (await town.heard(SECRETARY))[-1:]
    assert "日期还没定" in told
    await town.pass_time(minutes=5)
    assert await town.heard_in_group() == []


async def test_cancelled_in_time_it_goes_to_nobody(town: Town) -> None:
    await town.says(SECRETARY, f"{WATER}\n发给：全社区的群")
    await town.press(SECRETARY, "发送")
    (said,) = await town.press(SECRETARY, "取消")
    assert "已取消" in said
    await town.pass_time(hours=1)
    assert await town.heard_in_group() == []


async def test_at_night_it_waits_for_the_morning(town: Town) -> None:
    await town.pass_time(hours=13)  # 23:00
    (preview,) = await town.says(SECRETARY, f"{WATER}\n发给：全社区的群")
    assert "休息时段" in preview
    (said,) = await town.press(SECRETARY, "发送")
    assert "07:00" in said
    await town.pass_time(hours=1)
    assert await town.heard_in_group() == []
    await town.pass_time(hours=7, minutes=1)
    assert len(await town.heard_in_group()) == 1


async def test_an_emergency_goes_at_night_for_a_reason_that_is_kept(town: Town) -> None:
    await town.pass_time(hours=13)
    await town.says(SECRETARY, "发通知 台风 预警：台风橙色预警\n发给：全社区的群")
    await town.press(SECRETARY, "紧急发送")
    (preview,) = await town.says(SECRETARY, "水已经漫进车库")
    assert "紧急：夜里也发" in preview
    await town.press(SECRETARY, "发送")
    await town.settle()
    assert len(await town.heard_in_group()) == 1
    (broadcast,) = await town.read(lambda tx: tx.broadcasts.newest())
    assert broadcast.overrides
    assert broadcast.reason == "水已经漫进车库"


async def test_a_start_in_the_past_or_on_no_day_is_refused(town: Town) -> None:
    for when in ("昨晚", "2月31日"):
        said = await town.says(SECRETARY, f"发通知 清洗水箱\n发给：全社区的群\n定时：{when}")
        assert "没看懂什么时候发" in said[0]


async def test_it_begins_when_it_was_told_to(town: Town) -> None:
    (preview,) = await town.says(
        SECRETARY, "发通知 清洗水箱\n发给：全社区的群\n定时：明天早上8点半"
    )
    assert "定在 6月10日(周三)08:30" in preview
    await town.press(SECRETARY, "发送")
    await town.pass_time(hours=22)
    assert await town.heard_in_group() == []
    await town.pass_time(hours=1)
    assert len(await town.heard_in_group()) == 1


async def test_a_second_notice_of_the_day_waits_for_one_digest(town: Town) -> None:
    await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    await town.heard_in_group()
    await send(town, SECRETARY, "发通知 楼道请勿堆物\n发给：全社区的群")
    (preview,) = await town.says(SECRETARY, "发通知 周六义诊\n发给：全社区的群")
    assert "1 个群今天已发过通知" in preview
    await town.press(SECRETARY, "发送")
    await begin(town, SECRETARY)
    assert await town.heard_in_group() == []
    await town.pass_time(hours=23)
    (digest,) = await town.heard_in_group()
    assert "共 2 条" in digest
    assert "1. 通知：楼道请勿堆物" in digest
    assert "2. 通知：周六义诊" in digest
    told = await town.heard(SECRETARY)
    assert sum("已发完：送达 1" in one for one in told) == 2


async def test_a_typhoon_is_told_although_there_was_a_notice_today(town: Town) -> None:
    await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    await send(town, SECRETARY, "发通知 台风 预警：台风橙色预警\n发给：全社区的群")
    assert len(await town.heard_in_group()) == 2


async def test_failures_are_named_with_their_reason_and_tried_again(town: Town) -> None:
    await town.bind("group:2", "G01", channel="web")
    town.channels["web"].closed.add("group:2")
    told = await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    assert any("送达 1，联系不上 1" in one for one in told)
    (result,) = await town.press(SECRETARY, "看结果")
    assert "group:2：联系不上（blocked）" in result
    town.channels["web"].closed.clear()
    await town.bind("group:2", "G01", channel="web")
    await town.press(SECRETARY, "重发失败的")
    await town.settle()
    assert len(await town.heard_in_group("group:2")) == 1
    assert len(await town.heard_in_group()) == 1


async def test_of_an_unknown_one_nothing_is_said_twice_until_somebody_chooses(town: Town) -> None:
    town.channels["web"].failures = []
    await town.says(SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    await town.press(SECRETARY, "发送")
    await town.heard(SECRETARY)
    await _fail_in_group(town, Unknown("timed out"))
    told = await begin(town, SECRETARY)
    assert any("不确定 1" in one for one in told)
    await town.pass_time(hours=2)
    assert await town.heard_in_group() == []
    await town.press(SECRETARY, "补发不确定的")
    await town.settle()
    assert len(await town.heard_in_group()) == 1


async def _fail_in_group(town: Town, *failures: Exception) -> None:
    """The next messages into groups fail so."""
    channel = town.channels["web"]
    send = channel.send
    left = list(failures)

    async def failing(outbound):  # type: ignore[no-untyped-def]
        if left and outbound.address.chat.startswith("group:"):
            raise left.pop(0)
        return await send(outbound)

    channel.send = failing  # type: ignore[method-assign]


async def test_flood_control_only_delays(town: Town) -> None:
    await _fail_in_group(town, TryLater("flood", after=40), Refused("no rights"))
    await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    assert await town.heard_in_group() == []
    await town.pass_time(minutes=1)
    told = await town.heard(SECRETARY)
    assert any("失败 1" in one for one in told)


async def test_a_group_with_a_new_name_gets_it_once_under_that(town: Town) -> None:
    await _fail_in_group(town, Refused("moved", migrated_to="group:new"))
    told = await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    assert any("送达 1" in one for one in told)
    assert await town.heard_in_group() == []
    assert len(await town.heard_in_group("group:new")) == 1


async def test_paused_it_stands_still_and_goes_on(town: Town) -> None:
    await town.says(SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    await town.press(SECRETARY, "发送")
    await town.says(SECRETARY, "暂停通知")
    await town.pass_time(hours=1)
    assert await town.heard_in_group() == []
    await town.says(SECRETARY, "继续通知")
    await town.settle()
    assert len(await town.heard_in_group()) == 1


async def test_a_correction_and_a_recall_go_to_those_who_had_it(town: Town) -> None:
    await send(town, SECRETARY, "发通知 清洗水箱\n发给：全社区的群")
    await town.heard_in_group()
    await town.bind("group:2", "G01", channel="web")
    await town.press(SECRETARY, "更正")
    (preview,) = await town.says(SECRETARY, "改到后天清洗水箱")
    assert "更正" in preview
    await town.press(SECRETARY, "发送")
    await begin(town, SECRETARY)
    (notice,) = await town.heard_in_group()
    assert notice.startswith("【更正】")
    assert "改到后天清洗水箱" in notice
    assert await town.heard_in_group("group:2") == []
    await town.says(SECRETARY, "撤回通知")
    await town.says(SECRETARY, "1")
    await town.press(SECRETARY, "发送")
    await begin(town, SECRETARY)
    (recall,) = await town.heard_in_group()
    assert recall.startswith("【撤回】")
    said = [one for one in town.channels["web"].sent if one.address.chat == GROUP]
    assert said[-1].takes_back == str(1001 + town.channels["web"].sent.index(said[-2]))


async def test_answers_are_counted_and_flood_no_group(town: Town) -> None:
    await neighbours(town, "周姐", "吴伯")
    await send(town, SECRETARY, "发通知 征询 周六上午九点楼栋议事会\n发给：群和居民，全社区")
    await town.heard_in_group()
    assert await town.press("周姐", "会来") == ["记下了：会来。要改再点一次就行。"]
    assert await town.press("吴伯", "需要帮助", group=True) == []
    await town.press("周姐", "不来", group=True)
    (result,) = await town.says(SECRETARY, "通知统计")
    assert "不来 1" in result
    assert "需要帮助 1" in result
    assert "会来 1" not in result


async def test_an_answer_in_private_may_be_changed(town: Town) -> None:
    await neighbours(town, "周姐")
    await send(town, SECRETARY, "发通知 征询 周六上午九点楼栋议事会\n发给：居民，全社区")
    await town.press("周姐", "会来")
    assert await town.press("周姐", "不来") == ["记下了：不来。要改再点一次就行。"]
    (result,) = await town.says(SECRETARY, "通知统计")
    assert "不来 1" in result
    assert "会来 1" not in result


async def test_who_wants_peace_is_left_out_and_counted(town: Town) -> None:
    await neighbours(town, "周姐", "吴伯")
    await town.says("周姐", "别再给我发消息了")
    (preview,) = await town.says(SECRETARY, "发通知 清洗水箱\n发给：全社区的居民")
    assert "不愿被打扰，收不到" in preview
    await town.heard("周姐")
    await town.press(SECRETARY, "发送")
    await begin(town, SECRETARY)
    assert await town.heard("周姐") == []
    assert len(await town.heard("吴伯")) == 1


async def test_a_notice_too_long_is_refused(town: Town) -> None:
    (said,) = await town.says(SECRETARY, f"发通知 {'长' * 1200}\n发给：全社区的群")
    assert "最多 1000 字" in said or "太长" in said


async def test_nothing_is_sent_twice_however_often_it_is_looked_at(town: Town) -> None:
    await neighbours(town, "周姐")
    await town.says(SECRETARY, "发通知 清洗水箱\n发给：群和居民，全社区")
    await town.press(SECRETARY, "发送")
    town.hands[0] += timedelta(seconds=31)
    for _ in range(5):
        await town.broadcaster.once()
    await town.settle()
    assert len([one for one in town.channels["web"].sent if "清洗水箱" in one.text
                and one.address.chat == GROUP]) == 1  # fmt: skip
