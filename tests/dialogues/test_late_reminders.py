"""A reminder that comes late is right for the time that is left, or does not come at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.messages import TryLater
from storage.schema import outbox, reminders
from storage.statements import Statement
from tests.town import Town

AFTERNOON = "明天下午三点主题党日 去雷锋驿站 通知一下"
_TOLD = Statement(select(reminders.c.stage, reminders.c.state))
_SAID = Statement(select(outbox.c.state, outbox.c.reason, outbox.c.phrase))


@pytest.fixture
async def planned(town: Town) -> Town:
    await town.says("刘书记", AFTERNOON)
    await town.press("刘书记", "发布")
    await town.press("小李", "参加")
    await town.pass_time(hours=5)  # 15:00: a day before
    for who in ("刘书记", "小李", "吴磊"):
        await town.heard(who)
    return town


async def test_in_time_it_does_not_say_so(planned: Town) -> None:
    await planned.pass_time(hours=22)  # 13:00
    (told,) = await planned.heard("小李")
    assert told.startswith("提醒：您报了主题党日，6月10日(周三)15:00")


async def test_after_a_stop_it_says_that_it_is_late_and_when_it_begins(planned: Town) -> None:
    await planned.pass_time(hours=23, minutes=20)  # 14:20
    (told,) = await planned.heard("小李")
    assert told.startswith("提醒（发晚了，抱歉）：您报了主题党日，6月10日(周三)15:00")
    (told,) = await planned.heard("吴磊")
    assert "发晚了" in told
    for relative in ("2 小时", "40 分钟", "还有"):
        assert relative not in told


async def test_after_the_start_none_comes_and_that_is_on_record(planned: Town) -> None:
    await planned.pass_time(hours=24, minutes=1)
    assert await planned.heard("小李") == []
    await planned.pass_time(minutes=1)
    assert any("没能按时发出" in one for one in await planned.heard("刘书记"))
    rows = await planned.read(lambda tx: tx.session.all(_TOLD))
    assert {row.state for row in rows if row.stage == "h2"} == {"dropped"}


async def test_what_the_platform_did_not_take_until_the_start_is_not_sent_after_it(
    planned: Town,
) -> None:
    planned.channels["web"].failures = [TryLater("away", after=3600) for _ in range(20)]
    planned.hands[0] += timedelta(hours=22, minutes=30)
    await planned.clock.tick()
    await planned.relay.settle()
    planned.channels["web"].failures = []
    planned.hands[0] += timedelta(hours=2)  # 15:30
    await planned.relay.settle()
    assert await planned.heard("小李") == []
    rows = await planned.read(lambda tx: tx.session.all(_SAID))
    ended = {(row.state, row.reason) for row in rows if row.phrase == "activity.remind_going"}
    assert ("cancelled", "too late") in ended
