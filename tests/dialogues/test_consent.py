"""The notice of what is kept, taking consent back, and wanting no messages."""

from __future__ import annotations

import pytest

from domain.people import Consent
from storage.transaction import Transaction
from tests.town import Town


async def _consents(town: Town, who: str) -> tuple[Consent, ...]:
    def look(tx: Transaction) -> tuple[Consent, ...]:
        known = tx.people.of_account(*town.accounts[who])
        assert known is not None
        return tx.consents.of(known[0].id)

    found: tuple[Consent, ...] = await town.read(look)
    return found


async def test_what_was_shown_is_kept_with_its_version_and_channel(town: Town) -> None:
    town.move_in("老周", channel="telegram", account="tg-7")
    await town.says("老周", "你好")
    await town.says("老周", "你好")
    (shown,) = await _consents(town, "老周")
    assert (shown.word, shown.version, shown.channel) == ("shown", "1", "telegram")
    assert len(shown.wording) == 64


async def test_after_consent_is_withdrawn_nothing_is_done_but_in_danger(town: Town) -> None:
    await town.says("王阿姨", "你好")
    told = await town.says("王阿姨", "撤回同意")
    assert "恢复使用" in told[0]
    answers = await town.says("王阿姨", "3栋2单元楼道灯坏了")
    assert "没有处理" in answers[0]
    assert await town.orders("王阿姨") == []
    assert "存着您的" in (await town.says("王阿姨", "我的数据"))[0]
    await town.says("王阿姨", "3栋2单元着火了")
    assert len(await town.orders("王阿姨")) == 1
    await town.says("王阿姨", "恢复使用")
    await town.says("王阿姨", "4栋1单元楼道灯坏了")
    assert len(await town.orders("王阿姨")) == 2
    words = [one.word for one in await _consents(town, "王阿姨")]
    assert words == ["shown", "withdrawn", "given"]


async def test_who_withdrew_may_still_answer_what_is_still_asked(town: Town) -> None:
    await town.says("王阿姨", "你好")
    await town.says("王阿姨", "撤回同意")
    await town.says("王阿姨", "我的数据")
    assert any("sample-resident" in line for line in await town.says("王阿姨", "2"))
    await town.says("王阿姨", "我的数据")
    assert "没有处理" in (await town.says("王阿姨", "3栋2单元楼道灯坏了"))[0]
    await town.says("王阿姨", "删除我")
    assert "都留着" in (await town.says("王阿姨", "2"))[0]
    assert await town.orders("王阿姨") == []


@pytest.mark.parametrize("said", ["别再给我发消息了", "不要再给我发消息"])
async def test_whoever_wants_no_messages_is_answered_and_not_told(town: Town, said: str) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    assert "恢复通知" in (await town.says("王阿姨", said))[0]
    await town.press("小李", "接单")
    assert await town.heard("王阿姨") == []
    assert await town.says("王阿姨", "查进度")
    await town.says("王阿姨", "恢复通知")
    await town.says("小李", "办结 换了灯泡", photo=True)
    assert await town.heard("王阿姨")


@pytest.mark.parametrize("said", ["把我的资料都删掉 以后别发我", "注销"])
async def test_deletion_is_understood(town: Town, said: str) -> None:
    assert "找不回来" in (await town.says("李叔", said))[0]


async def test_the_notice_is_shown_when_asked_for(town: Town) -> None:
    assert "撤回同意" in "".join(await town.says("李叔", "隐私"))
