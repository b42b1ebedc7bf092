"""The owner's desk: accept, return, extend, suspend, resolve, hand on; by button and in words."""

from __future__ import annotations

import asyncio

import pytest

from domain.orders import EventKind, Status, WorkOrder
from domain.people import Role
from tests.town import Town

LAMP = "3栋2单元楼道灯不亮了"
GATE = "3栋2单元门禁刷不开"
RUBBISH = "3栋楼下垃圾两天没人收"


async def reported(town: Town, said: str = LAMP, who: str = "王阿姨") -> WorkOrder:
    """A work order that its owner has heard of."""
    await town.says(who, said)
    order = (await town.orders(who))[0]
    await town.heard("小李")
    await town.heard(who)
    return order


async def test_a_card_says_number_place_and_what_to_reply(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    (card,) = await town.heard("小李")
    order = (await town.orders("王阿姨"))[0]
    assert order.number in card
    assert "3栋2单元" in card
    assert "回：接" in card
    assert [button.label for button in town.last("小李").buttons] == [
        "1 接单",
        "2 退单",
        "3 延期",
        "4 办结",
    ]


async def test_accepting_with_a_time_is_told_to_the_resident(town: Town) -> None:
    order = await reported(town)
    (answer, *_) = await town.says("小李", "接了 下午去")
    assert order.number in answer
    assert (await town.order(order.number)).status is Status.ACCEPTED
    assert any("18:00" in line for line in await town.heard("王阿姨"))


@pytest.mark.parametrize("said", ["接", "1", "接单"])
async def test_one_word_is_enough(town: Town, said: str) -> None:
    order = await reported(town)
    await town.says("小李", said)
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_a_button_does_the_same(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "接单")
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_with_several_it_is_asked_which_or_all(town: Town) -> None:
    lamp, gate = await reported(town), await reported(town, GATE)
    (question, *_) = await town.says("小李", "接了")
    assert "哪一件" in question
    await town.press("小李", "全部接单")
    assert (await town.order(lamp.number)).status is Status.ACCEPTED
    assert (await town.order(gate.number)).status is Status.ACCEPTED


async def test_the_one_described_is_meant(town: Town) -> None:
    lamp, gate = await reported(town), await reported(town, GATE)
    await town.says("小李", f"接 {gate.number}")
    assert (await town.order(gate.number)).status is Status.ACCEPTED
    assert (await town.order(lamp.number)).status is Status.ASSIGNED


async def test_a_reply_to_a_card_means_that_one(town: Town) -> None:
    lamp = await reported(town)
    card = town.last("小李")
    await reported(town, GATE)
    await town.says("小李", "接", reply_to=card)
    assert (await town.order(lamp.number)).status is Status.ACCEPTED


async def test_of_two_who_accept_at_once_the_slower_hears_who_has_it(town: Town) -> None:
    order = await reported(town)
    said = f"接 {order.number}"
    answers = await asyncio.gather(town.says("小李", said), town.says("陈静", said))
    heard = [line for lines in answers for line in lines]
    # Either may have handled the other's message, and returned before its own was answered.
    heard += await town.heard("小李") + await town.heard("陈静")
    assert len((await town.order(order.number)).events(EventKind.ACCEPTED)) == 1
    assert sum("已由" in line and "接单" in line for line in heard) == 1


async def test_the_leader_of_another_grid_finds_nothing_there(town: Town) -> None:
    order = await reported(town)
    (answer, *_) = await town.says("小赵", f"接 {order.number}")
    assert "不归您" in answer
    assert (await town.order(order.number)).status is Status.ASSIGNED


async def test_a_return_gives_the_reason_and_the_owner_it_speaks_of(town: Town) -> None:
    order = await reported(town)
    (answer, *_) = await town.says("小李", "退 这是物业维保范围")
    assert "物业" in answer
    returned = await town.order(order.number)
    assert returned.status is Status.OPEN
    assert await town.heard("王阿姨") == []
    assert any("物业维保" in line for line in await town.heard("陈静"))
    await town.press("陈静", "按建议派")
    owner = (await town.order(order.number)).owner
    assert owner is not None
    assert owner.role is Role.PROPERTY
    assert any(order.number in line for line in await town.heard("钱师傅"))


async def test_a_return_without_a_reason_asks_for_it(town: Town) -> None:
    order = await reported(town)
    (question, *_) = await town.press("小李", "退单")
    assert "为什么退" in question
    await town.says("小李", "2")
    event = (await town.order(order.number)).last(EventKind.RETURNED)
    assert event is not None
    assert event.reason == "应由职能部门办理"


async def test_a_reason_may_be_in_own_words(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "退单")
    await town.says("小李", "这盏灯是小区外面的路灯")
    event = (await town.order(order.number)).last(EventKind.RETURNED)
    assert event is not None
    assert event.reason == "这盏灯是小区外面的路灯"


async def test_after_the_third_return_the_street_names_the_owner(town: Town) -> None:
    order = await reported(town)
    for _ in range(3):
        await town.says("小李", f"退 {order.number} 不归网格管")
        if len((await town.order(order.number)).events(EventKind.RETURNED)) < 3:
            await town.says("陈静", f"派 {order.number} 网格长")
    assert any("指定承办" in line for line in await town.heard("何伟"))
    (refused, *_) = await town.says("陈静", f"派 {order.number} 物业")
    assert "指定" in refused
    await town.says("何伟", f"指定 {order.number} 物业")
    assert (await town.order(order.number)).last(EventKind.OWNER_NAMED)
    (answer, *_) = await town.says("钱师傅", f"退 {order.number} 不归我们")
    assert "不能再退" in answer


async def test_a_later_date_is_asked_for_and_approved(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "延三天 等电梯配件")
    assert any("等电梯配件" in line for line in await town.heard("陈静"))
    await town.heard("王阿姨")
    await town.says("陈静", "同意")
    later = await town.order(order.number)
    assert later.promised_at is not None
    assert order.promised_at is not None
    assert (later.promised_at - order.promised_at).days == 3
    assert any("等电梯配件" in line for line in await town.heard("王阿姨"))


async def test_a_later_date_asks_for_what_is_missing(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "延期")
    await town.press("小李", "3 天")
    await town.press("小李", "等配件")
    event = (await town.order(order.number)).last(EventKind.EXTENSION_ASKED)
    assert event is not None
    assert event.reason == "等配件"


async def test_a_later_date_is_refused_with_a_reason(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "延3天 等配件")
    await town.says("陈静", "不同意，本周必须修好")
    assert any("本周必须修好" in line for line in await town.heard("小李"))
    assert (await town.order(order.number)).promised_at == order.promised_at


async def test_after_the_date_it_is_too_late_to_ask(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=8)
    (answer, *_) = await town.says("小李", "延3天 等配件")
    assert "到期前" in answer


async def test_a_suspended_one_wakes_by_itself(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "挂起 3天 等居民回家")
    assert (await town.order(order.number)).status is Status.SUSPENDED
    assert any("等居民回家" in line for line in await town.heard("王阿姨"))
    await town.pass_time(days=4)
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_a_suspended_one_is_resumed_by_a_word(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "挂起 等审批")
    await town.says("小李", "周五")
    assert (await town.order(order.number)).status is Status.SUSPENDED
    await town.says("小李", "恢复办理")
    assert (await town.order(order.number)).status is Status.ACCEPTED


async def test_of_three_open_ones_it_is_asked_which_the_photo_shows(town: Town) -> None:
    orders = [await reported(town, said) for said in (LAMP, GATE, RUBBISH)]
    for order in orders:
        await town.says("小李", f"接 {order.number}")
    (question, *_) = await town.says("小李", "弄好了", photo=True)
    assert "哪一件" in question
    await town.says("小李", "2")
    done = [order for order in await town.orders("王阿姨") if order.status is Status.RESOLVED]
    assert len(done) == 1
    event = done[0].last(EventKind.RESOLVED)
    assert event is not None
    assert event.text == "弄好了"
    assert len(event.values["photos"]) == 1


async def test_the_one_named_by_its_kind_is_resolved(town: Town) -> None:
    lamp, gate = await reported(town), await reported(town, GATE)
    await town.says("小李", "门禁修好了", photo=True)
    assert (await town.order(gate.number)).status is Status.RESOLVED
    assert (await town.order(lamp.number)).status is Status.ASSIGNED


async def test_without_a_photo_it_is_asked_for_once(town: Town) -> None:
    order = await reported(town)
    (question, *_) = await town.says("小李", "弄好了 换了灯泡")
    assert "照片" in question
    await town.says("小李", "没有照片")
    event = (await town.order(order.number)).last(EventKind.RESOLVED)
    assert event is not None
    assert event.text == "换了灯泡"


async def test_a_photo_sent_after_the_question_is_the_result(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "办结")
    await town.says("小李", photo=True)
    assert (await town.order(order.number)).status is Status.RESOLVED
    assert any("解决了吗" in line for line in await town.heard("王阿姨"))


async def test_a_photo_alone_is_taken_for_a_result_after_a_question(town: Town) -> None:
    order = await reported(town)
    (question, *_) = await town.says("小李", photo=True)
    assert "哪一件" in question
    await town.says("小李", "1")
    assert (await town.order(order.number)).status is Status.RESOLVED


async def test_nothing_to_say_of_what_was_done_is_asked_for(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "办结")
    (question, *_) = await town.press("小李", "没有照片")
    assert "做了什么" in question
    await town.says("小李", "换了新灯泡")
    assert (await town.order(order.number)).status is Status.RESOLVED


async def test_it_is_handed_on_to_the_worker_of_the_grid(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "转给吴磊")
    owner = (await town.order(order.number)).owner
    assert owner is not None
    assert owner.role is Role.GRID_WORKER
    assert any(order.number in line for line in await town.heard("吴磊"))


async def test_to_somebody_beside_it_goes_by_return(town: Town) -> None:
    order = await reported(town)
    (question, *_) = await town.says("小李", "转 物业")
    assert "退单" in question
    await town.press("小李", "退单")
    assert (await town.order(order.number)).status is Status.OPEN


async def test_a_note_is_for_colleagues_only(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "备注 业主白天不在家")
    assert (await town.order(order.number)).last(EventKind.NOTED)
    assert await town.heard("王阿姨") == []


async def test_an_old_button_says_how_things_stand(town: Town) -> None:
    order = await reported(town)
    token = town.button("小李", "退单")
    await town.says("小李", "弄好了", photo=True)
    (answer, *_) = await town.presses("小李", token)
    assert "不能退单" in answer
    assert (await town.order(order.number)).status is Status.RESOLVED


async def test_a_resident_commands_nothing(town: Town) -> None:
    order = await reported(town)
    await town.says("李叔", f"退 {order.number} 不归我管")
    assert (await town.order(order.number)).status is Status.ASSIGNED


async def test_a_photo_long_after_the_card_is_asked_about(town: Town) -> None:
    order = await reported(town)
    await town.press("小李", "接单")
    (question, *_) = await town.says("小李", photo=True)
    assert "办结照片" in question
    await town.press("小李", "不是办结照片")
    assert (await town.order(order.number)).status is Status.ACCEPTED
