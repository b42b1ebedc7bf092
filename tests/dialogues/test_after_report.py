"""After the order exists: progress, urge, supplement, correct, withdraw, confirm, rate."""

from __future__ import annotations

from domain.orders import EventKind, Status, WorkOrder
from tests.town import Town


async def reported(town: Town, said: str = "3栋2单元楼道灯坏了", who: str = "王阿姨") -> WorkOrder:
    await town.says(who, said)
    return (await town.orders(who))[0]


async def resolved(town: Town) -> WorkOrder:
    """An order that its owner has reported done."""
    order = await reported(town)
    await town.says("小李", f"接 {order.number}")
    await town.says("小李", f"弄好了 {order.number} 换了灯泡", photo=True)
    order = await town.order(order.number)
    assert order.status is Status.RESOLVED
    return order


async def test_progress_says_who_has_it_and_until_when(town: Town) -> None:
    order = await reported(town)
    answers = await town.says("王阿姨", "查下我上次报的那个灯")
    assert order.number in answers[0]
    assert "月" in answers[0]


async def test_progress_lists_several(town: Town) -> None:
    first = await reported(town)
    second = await reported(town, "3栋2单元门禁刷不开")
    answers = await town.says("王阿姨", "查进度")
    assert first.number in answers[0]
    assert second.number in answers[0]


async def test_progress_of_nothing_says_so(town: Town) -> None:
    assert "没有" in (await town.says("王阿姨", "查进度"))[0]


async def test_a_number_shows_nothing_to_a_stranger(town: Town) -> None:
    order = await reported(town)
    answers = await town.says("李叔", f"#{order.number} 催一下啊，都几天了")
    assert "本人" in answers[0]
    assert "+1" in answers[0]
    assert "照明" not in answers[0]


async def test_a_stranger_may_join_a_public_one_by_its_number(town: Town) -> None:
    order = await reported(town)
    await town.says("李叔", f"+1 {order.number}")
    assert len((await town.order(order.number)).followers) == 1


async def test_urging_is_counted_and_moves_no_date(town: Town) -> None:
    order = await reported(town)
    await town.heard("小李")
    answers = await town.says("王阿姨", "催一下，都几天了")
    urged = await town.order(order.number)
    assert order.number in answers[0]
    assert len(urged.events(EventKind.URGED)) == 1
    assert urged.promised_at == order.promised_at
    assert any(order.number in line for line in await town.heard("小李"))


async def test_urging_one_of_several_is_asked(town: Town) -> None:
    await reported(town)
    gate = await reported(town, "3栋2单元门禁刷不开")
    await town.says("王阿姨", "你好")
    await town.says("王阿姨", f"催一下 {gate.number}")
    assert (await town.order(gate.number)).events(EventKind.URGED)


async def test_words_and_photos_are_added(town: Town) -> None:
    order = await reported(town)
    await town.says("王阿姨", "补充一下，是二楼那一盏")
    await town.says("王阿姨", photo=True)
    added = (await town.order(order.number)).events(EventKind.SUPPLEMENTED)
    assert len(added) == 2
    assert (await town.order(order.number)).photos


async def test_a_wrong_building_is_put_right(town: Town) -> None:
    order = await reported(town)
    answers = await town.says("王阿姨", "报错了，是5栋不是3栋")
    assert (await town.order(order.number)).place.building == "5"
    assert "5栋" in answers[0]


async def test_a_row_of_the_list_is_put_right(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了，还有垃圾两天没人收")
    second, first = await town.orders("王阿姨")
    await town.says("王阿姨", "错2")
    await town.says("王阿姨", "是6栋")
    assert (await town.order(second.number)).place.building == "6"
    assert (await town.order(first.number)).place.building == "3"


async def test_an_owner_hears_of_a_correction_after_accepting(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", f"接 {order.number}")
    await town.heard("小李")
    await town.says("王阿姨", "是5栋不是3栋")
    assert any(order.number in line for line in await town.heard("小李"))


async def test_withdrawing_is_asked_once_and_keeps_the_history(town: Town) -> None:
    order = await reported(town)
    asked = await town.says("王阿姨", "算了不用弄了，已经自己修好了")
    assert order.number in asked[0]
    await town.says("王阿姨", "1")
    withdrawn = await town.order(order.number)
    assert withdrawn.status is Status.WITHDRAWN
    assert len(withdrawn.history) > len(order.history)


async def test_not_withdrawing_after_all(town: Town) -> None:
    order = await reported(town)
    await town.says("王阿姨", "撤回")
    await town.says("王阿姨", "不撤了")
    assert (await town.order(order.number)).status is Status.ASSIGNED


async def test_what_neighbours_rely_on_is_not_withdrawn(town: Town) -> None:
    order = await reported(town)
    await town.says("李叔", f"+1 {order.number}")
    await town.says("王阿姨", "撤回")
    answers = await town.says("王阿姨", "是的")
    assert "关注" in answers[0]
    assert (await town.order(order.number)).status is Status.ASSIGNED


async def test_a_half_said_report_is_dropped(town: Town) -> None:
    await town.says("王阿姨", "楼道灯坏了")
    await town.says("王阿姨", "算了")
    assert not await town.orders("王阿姨", running=True)
    answers = await town.says("王阿姨", "3栋")
    assert await town.orders("王阿姨", running=True) == []
    assert answers


async def test_solved_by_button_asks_for_a_rating_once(town: Town) -> None:
    order = await resolved(town)
    answers = await town.press("王阿姨", "解决了")
    assert (await town.order(order.number)).status is Status.CLOSED
    assert "1 到 5" in answers[0]
    thanks = await town.says("王阿姨", "4")
    assert (await town.order(order.number)).last(EventKind.RATED)
    assert len(thanks) == 1


async def test_solved_in_plain_words(town: Town) -> None:
    order = await resolved(town)
    await town.says("王阿姨", "灯亮了，谢谢")
    assert (await town.order(order.number)).status is Status.CLOSED


async def test_solved_by_number(town: Town) -> None:
    order = await resolved(town)
    await town.says("王阿姨", "1")
    assert (await town.order(order.number)).status is Status.CLOSED


async def test_not_solved_goes_back_with_the_reason_and_one_level_up(town: Town) -> None:
    order = await resolved(town)
    await town.heard("小李")
    await town.heard("陈静")
    answers = await town.says("王阿姨", "处理个鬼 灯还是不亮")
    again = await town.order(order.number)
    assert again.status is Status.ACCEPTED
    assert again.cycle == 2
    assert "抱歉" in answers[0]
    assert any(order.number in line for line in await town.heard("小李"))
    assert any(order.number in line for line in await town.heard("陈静"))


async def test_not_solved_by_button_asks_why(town: Town) -> None:
    order = await resolved(town)
    asked = await town.press("王阿姨", "没解决")
    assert "哪里" in asked[0]
    await town.says("王阿姨", "晚上还是一闪一闪的", photo=True)
    again = await town.order(order.number)
    reason = again.last(EventKind.DISAGREED)
    assert reason is not None
    assert "一闪" in reason.reason
    assert len(again.photos) == 1


async def test_a_photo_is_a_reason(town: Town) -> None:
    order = await resolved(town)
    await town.press("王阿姨", "没解决")
    await town.says("王阿姨", photo=True)
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_a_closed_one_comes_back_within_the_window(town: Town) -> None:
    order = await resolved(town)
    await town.press("王阿姨", "解决了")
    await town.pass_time(days=3)
    await town.says("王阿姨", f"{order.number} 没修好，又坏了")
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_a_low_rating_in_words_is_thanked_for(town: Town) -> None:
    order = await resolved(town)
    await town.press("王阿姨", "解决了")
    answers = await town.says("王阿姨", "2分 态度还行就是太慢")
    rated = (await town.order(order.number)).last(EventKind.RATED)
    assert rated is not None
    assert rated.values["rating"] == 2
    assert len(answers) == 1
    assert "谢谢" in answers[0]


async def test_silence_reminds_once_then_closes(town: Town) -> None:
    order = await resolved(town)
    await town.heard("王阿姨")
    await town.pass_time(days=4, hours=1)
    assert any("解决了吗" in line for line in await town.heard("王阿姨"))
    await town.pass_time(days=2)
    closed = await town.order(order.number)
    assert closed.status is Status.CLOSED
    assert closed.last(EventKind.CLOSED_BY_SILENCE)
    assert any("没解决" in line for line in await town.heard("王阿姨"))


async def test_thanks_ask_whether_it_can_be_closed(town: Town) -> None:
    order = await resolved(town)
    asked = await town.says("王阿姨", "给小李点赞👍")
    assert order.number in asked[0]
    await town.says("王阿姨", "1")
    assert (await town.order(order.number)).status is Status.CLOSED


async def test_a_button_pressed_twice_does_nothing_twice(town: Town) -> None:
    order = await resolved(town)
    token = town.button("王阿姨", "解决了")
    await town.presses("王阿姨", token)
    answers = await town.presses("王阿姨", token)
    assert "记过" in answers[0]
    assert len((await town.order(order.number)).events(EventKind.CONFIRMED)) == 1


async def test_a_button_of_somebody_else_does_nothing(town: Town) -> None:
    order = await resolved(town)
    token = town.button("王阿姨", "解决了")
    await town.says("李叔", "你好")
    await town.presses("李叔", token)
    assert (await town.order(order.number)).status is Status.RESOLVED


async def test_a_wrong_kind_is_put_right(town: Town) -> None:
    order = await reported(town)
    await town.says("王阿姨", "报错了，不是灯坏了，是门禁坏了")
    assert (await town.order(order.number)).category == "0403"


async def test_impatience_before_anything_was_done_is_an_urge(town: Town) -> None:
    order = await reported(town)
    await town.says("王阿姨", "没解决啊")
    urged = await town.order(order.number)
    assert urged.events(EventKind.URGED)
    assert urged.status is Status.ASSIGNED
