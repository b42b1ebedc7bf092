"""What platforms tell of themselves, links out of a group, and buttons that no longer fit."""

from __future__ import annotations

from datetime import timedelta

from domain.messages import Address, InboundKind, Outbound
from domain.orders import Status
from tests.town import Town


def linked(town: Town, chat: str) -> Outbound:
    """The newest message in the chat that carries a link into the private chat."""
    return next(
        out for out in reversed(town.channels["web"].sent) if out.address.chat == chat and out.link
    )


async def test_a_link_out_of_the_group_goes_on_in_private(town: Town) -> None:
    answers = await town.says("新邻居", "我要举报张主任收钱", chat="group:C01")
    assert "私聊" in answers[0]
    link = linked(town, "group:C01").link
    private = await town.says("新邻居", kind=InboundKind.START, start=link)
    assert "12388" in private[0]


async def test_a_link_tells_somebody_else_nothing(town: Town) -> None:
    await town.says("新邻居", "我要举报张主任收钱", chat="group:C01")
    link = linked(town, "group:C01").link
    answers = await town.says("李叔", kind=InboundKind.START, start=link)
    assert "12388" not in "".join(answers)


async def test_a_warm_word_is_said_again_in_private(town: Town) -> None:
    await town.says("新邻居", "真的不想活了", chat="group:C01")
    link = linked(town, "group:C01").link
    private = await town.says("新邻居", kind=InboundKind.START, start=link)
    assert "12356" in private[0]


async def test_an_unknown_link_greets(town: Town) -> None:
    answers = await town.says("李叔", kind=InboundKind.START, start="nonsense")
    assert answers


async def test_a_group_we_left_is_told_nothing_more(town: Town) -> None:
    await town.says("李叔", kind=InboundKind.BOT_REMOVED, group=True)
    chat = await town.read(lambda tx: tx.chats.get(Address(channel="web", chat="group:C01")))
    assert not chat.active


async def test_who_blocked_us_is_not_reachable(town: Town) -> None:
    await town.says("李叔", "你好")
    await town.says("李叔", kind=InboundKind.BOT_REMOVED)
    contact = await town.read(lambda tx: tx.people.of_account(*town.accounts["李叔"])[1])
    assert not contact.reachable


async def test_a_group_that_moves_keeps_its_community(town: Town) -> None:
    await town.says("李叔", "大家好", group=True)
    await town.says("李叔", kind=InboundKind.MIGRATED, group=True, migrated_to="group:moved")
    await town.says("李叔", "3栋2单元声控灯坏了", chat="group:moved")
    (order,) = await town.orders("李叔")
    assert order.grid is not None


async def test_a_button_from_long_ago_says_so(town: Town) -> None:
    await town.says("李叔", photo=True)
    token = town.button("李叔", "环境卫生")
    await town.pass_time(days=40)
    assert "过期" in (await town.presses("李叔", token))[0]


async def test_an_unknown_button_says_so(town: Town) -> None:
    assert "失效" in (await town.presses("李叔", "made-up.0"))[0]


async def test_a_late_message_is_apologised_for(town: Town) -> None:
    inbound = town.inbound("李叔", "3栋2单元楼道灯坏了")
    town.hands[0] += timedelta(hours=3)
    answers = await town.hears(inbound)
    assert any("3 小时" in answer for answer in answers)


async def test_at_night_nobody_is_disturbed_for_little(town: Town) -> None:
    await town.pass_time(hours=13)
    answers = await town.says("李叔", "小广场的广场舞天天吵到十点", group=True)
    assert "明早" in answers[0]
    (order,) = await town.orders("李叔")
    assert order.status is Status.ASSIGNED


async def test_odd_messages_get_a_clear_answer(town: Town) -> None:
    for odd in ("😀😀😀", "\u200b\u202e", "。。。", "1", "a" * 5000, "\x00灯", "null"):
        who = f"怪{odd[:1]!r}"
        assert await town.says(who, odd), repr(odd[:5])


async def test_a_misunderstanding_does_not_count_for_ever(town: Town) -> None:
    await town.says("李叔", "阿巴阿巴呜啦啦")
    await town.says("李叔", "查进度")
    answers = await town.says("李叔", "咕叽咕叽嘟噜噜")
    assert "转人工" not in answers[0]


async def test_a_neighbours_home_is_not_named_in_the_group(town: Town) -> None:
    first = await town.says("李叔", "201那家租房的天天半夜吵，肯定是搞传销的", group=True)
    then = await town.says("李叔", "8栋", group=True)
    assert "201" not in "".join((*first, *then))
