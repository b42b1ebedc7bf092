"""Working together: whistle and report in, dangers to life, standing in, patrols, the card."""

from __future__ import annotations

from domain.orders import EventKind, Source, Status, WorkOrder
from tests.town import Town

LAMP = "3栋2单元楼道灯不亮了"
WIRES = "3栋楼下飞线充电"


async def reported(town: Town, said: str = LAMP, who: str = "王阿姨") -> WorkOrder:
    """A work order whose owner has heard of it."""
    await town.says(who, said)
    order = (await town.orders(who))[0]
    for person in (who, "小李", "陈静"):
        await town.heard(person)
    return order


async def test_departments_are_whistled_for_and_report_in(town: Town) -> None:
    order = await reported(town, WIRES)
    (answer, *_) = await town.says("小李", "飞线充电这个我们弄不了 要消防和供电")
    assert "凤栖消防所" in answer
    assert "凤栖供电所" in answer
    assert any("报到" in line for line in await town.heard("消防郑浩"))
    await town.press("消防郑浩", "报到")
    assert any("凤栖消防所已报到" in line for line in await town.heard("小李"))
    await town.says("供电冯波", "报到")
    after = await town.order(order.number)
    assert len(after.events(EventKind.REPORTED_IN)) == 2
    assert after.status is Status.ACCEPTED


async def test_those_whistled_for_learn_no_name(town: Town) -> None:
    await reported(town, WIRES)
    await town.says("小李", "吹哨 消防 下午3点前")
    (card, *_) = await town.heard("消防郑浩")
    assert "王秀英" not in card
    assert "15:00" in card


async def test_whom_to_call_is_asked_when_nobody_is_named(town: Town) -> None:
    await reported(town, WIRES)
    await town.says("小李", "吹哨")
    await town.press("小李", "消防")
    assert any("吹哨" in line for line in await town.heard("消防郑浩"))


async def test_who_was_not_called_does_not_report_in(town: Town) -> None:
    order = await reported(town, WIRES)
    await town.says("供电冯波", f"报到 {order.number}")
    assert not (await town.order(order.number)).events(EventKind.REPORTED_IN)


async def test_a_danger_calls_everybody_until_somebody_is_there(town: Town) -> None:
    await town.says("王阿姨", "8栋1单元一进门好大煤气味啊！")
    order = (await town.orders())[0]
    for who in ("周婷", "陈静", "刘书记", "何伟", "马丽"):
        if who in town.accounts:
            await town.heard(who)
    await town.pass_time(minutes=6)
    assert any("还没人到场" in line for line in await town.heard("刘书记"))
    assert any("还没人到场" in line for line in await town.heard("马丽"))
    await town.press("陈静", "到场")
    await town.heard("刘书记")
    await town.pass_time(minutes=6)
    assert not any("还没人到场" in line for line in await town.heard("刘书记"))
    assert (await town.order(order.number)).events(EventKind.ON_SITE)


async def test_a_deputy_gets_new_work_and_it_ends_by_itself(town: Town) -> None:
    await reported(town)
    (answer, *_) = await town.says("小李", "明天到周五休假 小赵顶")
    assert "赵敏" in answer
    assert "手上 1 件" in answer
    assert any("替班" in line for line in await town.heard("小赵"))
    await town.pass_time(days=1)
    await town.heard("小赵")
    await town.says("李叔", "3栋2单元门禁刷不开")
    gate = (await town.orders("李叔"))[0]
    assert any(gate.number in line for line in await town.heard("小赵"))
    assert not any(gate.number in line for line in await town.heard("小李"))
    await town.says("小赵", f"接 {gate.number}")
    assert (await town.order(gate.number)).status is Status.ACCEPTED
    await town.pass_time(days=4)
    await town.heard("小李")
    await town.says("李叔", "3栋楼下垃圾没人收")
    assert any("垃圾" in line for line in await town.heard("小李"))


async def test_a_deputy_and_days_are_asked_for(town: Town) -> None:
    (question, *_) = await town.says("小李", "请假")
    assert "哪天" in question
    (question, *_) = await town.says("小李", "明天到周五")
    assert "谁替班" in question
    (answer, *_) = await town.says("小李", "小赵")
    assert "赵敏" in answer


async def test_somebody_back_early_ends_it(town: Town) -> None:
    await town.says("小李", "今天休假 小赵顶")
    await town.heard("小赵")
    await town.press("小李", "提前结束替班")
    assert any("结束" in line for line in await town.heard("小赵"))
    await town.says("李叔", "3栋2单元门禁刷不开")
    assert any("门禁" in line for line in await town.heard("小李"))


async def test_an_unknown_deputy_is_asked_again(town: Town) -> None:
    (question, *_) = await town.says("小李", "明天休假 诸葛亮顶")
    assert "没有找到" in question


async def test_a_patrol_opens_a_work_order_of_its_own_source(town: Town) -> None:
    await town.says("小李", "走访 3栋302 独居老人 下水道堵了")
    orders = await town.orders("小李")
    assert {order.source for order in orders} == {Source.PATROL}
    assert {order.place.building for order in orders} == {"3"}
    assert "0305" in {order.category for order in orders}


async def test_a_patrol_without_a_problem_is_asked_about(town: Town) -> None:
    (question, *_) = await town.says("小李", "走访 3栋302 老人身体挺好")
    assert "登记" in question
    await town.press("小李", "一切正常")
    assert await town.orders() == []


async def test_the_card_is_short_and_silent_when_empty(town: Town) -> None:
    assert "没有要办" in (await town.says("小李", "我的单"))[0]
    order = await reported(town)
    (card, *_) = await town.says("小李", "我的单")
    assert order.number in card
    assert "待接 1" in card


async def test_words_about_a_danger_in_hand_are_no_new_alarm(town: Town) -> None:
    await town.says("王阿姨", "梧桐苑3栋2单元着火了")
    (order,) = await town.orders()
    await town.says("小李", "到场")
    answers = await town.says("小李", "已处理 明火已灭，着火的电瓶车已拖走", photo=True)
    assert not any("119" in line for line in answers)
    assert len(await town.orders()) == 1
    assert (await town.order(order.number)).status is Status.RESOLVED


async def test_a_new_danger_reported_by_staff_is_an_alarm(town: Town) -> None:
    answers = await town.says("小李", "梧桐苑3栋2单元着火了")
    assert "119" in answers[0]


async def test_the_card_is_never_shown_in_a_group(town: Town) -> None:
    order = await reported(town)
    assert await town.says("小李", "我的单", group=True, at=True) == []
    assert any(order.number in line for line in await town.heard("小李"))
