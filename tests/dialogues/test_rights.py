"""What people may ask about themselves: notice, data, deletion, two channels, coming in."""

from __future__ import annotations

from datetime import timedelta

from domain.messages import InboundKind
from domain.orders import Status
from storage.transaction import Transaction
from tests.town import Town


def _invited(tx: Transaction) -> str:
    """The code by which 周婷 may come in."""
    person = tx.people.coded("P06")
    return tx.codes.make("invite", {"person": person}, until=tx.now + timedelta(days=1))


async def test_the_notice_is_shown_once(town: Town) -> None:
    first = await town.says("李叔", "你好")
    second = await town.says("李叔", "你好")
    assert any("我的数据" in line for line in first)
    assert not any("我的数据" in line for line in second)


async def test_my_data_is_shown_and_handed_out(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    answers = await town.says("王阿姨", "我的数据")
    assert "报过 1 件" in answers[0]
    pages = await town.press("王阿姨", "直接看文字")
    assert order.number in "".join(pages)


async def test_my_data_is_handed_out_whole_in_plain_words_and_without_others(town: Town) -> None:
    await town.says("李叔", "4栋1单元门禁坏了，我电话13812345672")
    await town.says("王阿姨", "3栋2单元楼道灯坏了，紫色箱子挡着，我电话13912345671", photo=True)
    (order,) = await town.orders("王阿姨")
    await town.says("王阿姨", f"补充 {order.number} 还有一把绿伞")
    await town.says("王阿姨", "我的数据")
    text = "\n".join(await town.press("王阿姨", "直接看文字"))
    for mine in (order.number, "紫色箱子", "13912345671", "绿伞", "照片", "sample-resident"):
        assert mine in text, mine
    assert not any(
        code in text for code in ("13812345672", '{"', "work_orders", "datetime", "T02:")
    )
    assert "您说过的话" in text


async def test_in_a_group_my_data_moves_to_private(town: Town) -> None:
    await town.says("王阿姨", "你好")
    answers = await town.says("王阿姨", "我的数据", group=True, at=True)
    assert answers == []
    assert any("我的数据" in line for line in await town.heard("王阿姨"))


async def test_delete_me_asks_once_and_erases(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了，我是老王家的")
    (order,) = await town.orders("王阿姨")
    asked = await town.says("王阿姨", "把我的信息删了 以后别发我")
    assert "找不回来" in asked[0]
    answers = await town.press("王阿姨", "去掉我的名字")
    assert "回执" in answers[0]
    kept = await town.order(order.number)
    assert kept.reporter is None
    assert kept.text == ""
    assert kept.status is Status.ASSIGNED


async def test_delete_me_may_withdraw_what_runs(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    await town.says("王阿姨", "删除我")
    await town.press("王阿姨", "都撤回")
    assert (await town.order(order.number)).status is Status.WITHDRAWN


async def test_delete_me_can_be_thought_over(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    await town.says("王阿姨", "删除我")
    await town.press("王阿姨", "先不删")
    assert await town.orders("王阿姨")


async def test_after_deletion_a_person_is_a_stranger(town: Town) -> None:
    await town.says("王阿姨", "删除我")
    await town.press("王阿姨", "确定删除")
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    assert len(await town.orders("王阿姨")) == 1


async def test_two_channels_are_joined_by_a_code_confirmed_on_both(town: Town) -> None:
    town.move_in("王阿姨的电报", channel="telegram", account="tg-1")
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    told = await town.says("王阿姨", "合并账号")
    code = told[0].removeprefix("口令 ").partition("，")[0]
    await town.says("王阿姨的电报", f"合并账号 {code}")
    before = await town.says("王阿姨的电报", "查进度")
    assert order.number not in "".join(before)
    await town.press("王阿姨", "是我")
    after = await town.says("王阿姨的电报", "查进度")
    assert order.number in "".join(after)


async def test_a_wrong_code_joins_nobody(town: Town) -> None:
    answers = await town.says("李叔", "合并账号 ABC123")
    assert "不对" in answers[0]


async def test_an_invite_makes_the_account_the_member_of_staffs(town: Town) -> None:
    code = await town.database.run(_invited)
    answers = await town.says("周婷", f"绑定 {code}")
    assert "第四网格" in answers[0]
    await town.says("王阿姨", "22栋1单元楼道灯坏了")
    (order,) = await town.orders("王阿姨")
    assert any(order.number in line for line in await town.heard("周婷"))
    again = await town.says("李叔", f"绑定 {code}")
    assert "邀请码不对" in again[0]


async def test_an_invite_comes_by_deep_link(town: Town) -> None:
    code = await town.database.run(_invited)
    answers = await town.says("周婷", kind=InboundKind.START, start=code)
    assert "第四网格" in answers[0]


async def test_hello_and_help(town: Town) -> None:
    assert "小栖" in (await town.says("李叔", kind=InboundKind.START))[0]
    assert "查进度" in (await town.says("李叔", "帮助"))[0]


async def test_small_talk_in_private_gets_one_friendly_line(town: Town) -> None:
    await town.says("李叔", "你好")
    assert len(await town.says("李叔", "哈哈哈")) == 1


async def test_a_plain_no_deletes_nothing(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    await town.says("王阿姨", "我的数据")
    await town.says("王阿姨", "不用了")
    await town.says("王阿姨", "删除我")
    await town.says("王阿姨", "不")
    assert await town.orders("王阿姨", running=True)


async def test_a_plain_yes_asks_first_what_becomes_of_running_orders(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    await town.says("王阿姨", "删除我")
    asked = await town.says("王阿姨", "是的")
    assert "在办" in asked[0]
    assert await town.orders("王阿姨", running=True)
