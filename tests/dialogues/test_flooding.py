"""Over the limit: no report is lost, no neighbour waits for a flood, no danger waits at all."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from domain.orders import EventKind, OrderClass
from storage.schema import InboxState, buckets, inbox
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import GROUP, Town

SLOWLY = "您发得有点快"
REPORT = "3栋2单元楼道灯不亮了"
GAS = "5栋1单元煤气味好大"
_BUCKETS = Statement(select(buckets.c.digest))
_ROWS = Statement(select(inbox.c.private, inbox.c.state))

WORRIED = (
    "您好", "有人在吗", "我是住这儿的", "家里没别人", "我眼睛不好", "打字慢", "您别嫌我烦",
    "就是那个灯", "晚上看不见", "怕摔着", "上回就摔了", "老头子住院呢", "没人帮我",
    REPORT, "麻烦了",
)  # fmt: skip


async def rush(town: Town, who: str, *texts: str, **more: object) -> list[str]:
    """Everything said at the same moment; what came back at once."""
    return await town.hears(*(town.inbound(who, text, **more) for text in texts), wait=False)


async def stored_words(town: Town) -> int:
    """How many messages in the inbox still hold what was said."""

    def look(tx: Transaction) -> int:
        return sum(row.private is not None for row in tx.session.all(_ROWS))

    found: int = await town.read(look)
    return found


async def unhandled(town: Town) -> int:
    def look(tx: Transaction) -> int:
        return sum(row.state == InboxState.NEW.value for row in tx.session.all(_ROWS))

    found: int = await town.read(look)
    return found


async def test_a_worried_resident_loses_nothing(town: Town) -> None:
    answers: list[str] = []
    for line in WORRIED:
        answers += await town.says("王阿姨", line)
    for _ in range(20):
        await town.pass_time(seconds=5)
    answers += await town.heard("王阿姨")

    (order,) = [order for order in await town.orders("王阿姨") if order.place.building]
    assert (order.place.building, order.place.entrance) == ("3", "2")
    assert sum(SLOWLY in answer for answer in answers) <= 1
    assert await unhandled(town) == 0


async def test_what_came_too_fast_is_handled_as_one_a_moment_later(town: Town) -> None:
    await rush(town, "王阿姨", *["帮助"] * 10)
    answers = await rush(town, "王阿姨", "你好", "我家那个楼", REPORT, "你好", "你好")

    assert len(answers) == 1
    assert answers[0].startswith(SLOWLY)
    assert await town.orders("王阿姨") == []
    await town.pass_time(seconds=5)
    (order,) = await town.orders("王阿姨")
    assert [order.number in answer for answer in await town.heard("王阿姨")] == [True]
    assert await unhandled(town) == 0


async def test_a_danger_over_the_limit_is_answered_at_once(town: Town) -> None:
    await rush(town, "王阿姨", *["帮助"] * 12)

    answers = await town.says("王阿姨", GAS)

    assert answers
    assert "119" in answers[0]
    (order,) = await town.orders("王阿姨")
    assert order.order_class is OrderClass.E0


async def test_a_danger_said_by_somebody_who_is_only_counted_is_answered(town: Town) -> None:
    await rush(town, "王阿姨", *["帮助"] * 100)

    answers = await town.says("王阿姨", GAS)

    assert any("119" in answer for answer in answers)
    assert len(await town.orders("王阿姨")) == 1


async def test_the_same_danger_shouted_a_hundred_times_is_one_order(town: Town) -> None:
    answers = await rush(town, "王阿姨", *[GAS] * 100)

    assert len(await town.orders()) == 1
    assert len(answers) < 40


async def test_a_flood_is_ten_orders_at_most_and_one_notice(town: Town) -> None:
    answers: list[str] = []
    for second in range(12):
        said = [f"{second * 25 + one + 1}栋1单元楼道灯不亮了" for one in range(25)]
        answers += await rush(town, "王阿姨", *said)
        await town.pass_time(seconds=1)
        answers += await town.heard("王阿姨")

    assert len(await town.orders("王阿姨")) <= 10
    assert sum(SLOWLY in answer for answer in answers) == 1
    assert await stored_words(town) <= 10 + 60 + 1
    desk = [text for text in await town.heard("陈静") if "大量消息" in text]
    assert len(desk) == 1


async def test_a_flood_that_takes_its_time_opens_no_more_orders_with_each_token(
    town: Town,
) -> None:
    opened = []
    for one in range(50):
        await rush(town, "王阿姨", f"{one + 1}栋1单元楼道灯不亮了")
        await town.pass_time(seconds=2)
        opened.append(len(await town.orders("王阿姨")))

    assert opened[20] == opened[-1] < 20


async def test_what_was_said_calmly_while_we_were_away_is_no_flood(town: Town) -> None:
    for building in range(1, 16):
        await town.intake.accept(town.inbound("王阿姨", f"{building}栋1单元楼道灯不亮了"))
        town.hands[0] += timedelta(seconds=30)

    answers = await town.heard("王阿姨")

    assert not any(SLOWLY in answer for answer in answers)
    assert len(await town.orders("王阿姨")) == 15


async def test_what_was_kept_of_a_flood_opens_no_more_orders_when_it_rests(town: Town) -> None:
    said = [f"{one % 9 + 1}栋{one % 4 + 1}单元楼道灯不亮了" for one in range(100)]
    await rush(town, "王阿姨", *said)
    for _ in range(20):
        await town.pass_time(seconds=30)

    opened = await town.orders("王阿姨")
    assert len([order for order in opened if order.is_running]) <= 10
    added = [event for order in opened for event in order.events(EventKind.SUPPLEMENTED)]
    assert any(said[30] in event.text for event in added)
    assert await unhandled(town) == 0


async def test_after_the_flood_what_was_kept_is_read_and_all_is_well_again(town: Town) -> None:
    await rush(town, "王阿姨", *["帮助"] * 10, REPORT, *["帮助"] * 200)
    assert await town.orders("王阿姨") == []

    for _ in range(12):
        await town.pass_time(seconds=5)

    assert len(await town.orders("王阿姨")) == 1
    assert await unhandled(town) == 0
    await town.pass_time(seconds=60)
    answers = await rush(town, "王阿姨", *["帮助"] * 11)
    assert [SLOWLY in answer for answer in answers].count(True) == 1


async def test_neighbours_notice_nothing_of_a_flood(town: Town) -> None:
    await rush(town, "王阿姨", *["帮助"] * 200)

    answers = await town.says("李叔", "6栋1单元楼道灯不亮了")

    (order,) = await town.orders("李叔")
    assert order.number in answers[0]


async def test_staff_may_be_quick(town: Town) -> None:
    answers = await rush(town, "小李", *["我的单"] * 40)

    assert len(answers) == 40
    assert not any(SLOWLY in answer for answer in answers)


async def test_nobody_is_told_in_a_group_that_they_are_too_fast(town: Town) -> None:
    said = ["小栖帮助"] * 30
    answers = await rush(town, "李叔", *said, group=True, at=True)

    assert not any(SLOWLY in answer for answer in answers)
    assert len(answers) <= 10
    assert await town.heard("李叔") == []


async def test_talk_among_neighbours_costs_nothing(town: Town) -> None:
    for _ in range(3):
        assert await rush(town, "李叔", *["哈哈哈哈"] * 20, group=True) == []

    answers = await town.says("李叔", REPORT, group=True)

    assert len(answers) == 1
    assert len(await town.orders("李叔")) == 1


async def test_fifty_accounts_with_one_message_are_one_order_and_one_line(town: Town) -> None:
    for one in range(50):
        await rush(town, f"账号{one}", "12栋停水了", group=True)
    for _ in range(12):
        await town.pass_time(seconds=5)

    (order,) = [order for order in await town.orders() if order.is_running]
    assert len(order.followers) == 49
    said = await town.heard_in_group(GROUP)
    assert sum(order.number in text for text in said) <= 2


async def test_fifty_accounts_in_private_follow_one_order(town: Town) -> None:
    for one in range(50):
        answers = await rush(town, f"账号{one}", "12栋停水了")
        assert len([text for text in answers if "12" in text or "停水" in text]) <= 1
    for _ in range(12):
        await town.pass_time(seconds=5)

    (order,) = [order for order in await town.orders() if order.is_running]
    assert len(order.followers) == 49


async def test_the_job_forgets_buckets(town: Town) -> None:
    await town.says("王阿姨", "帮助")
    await town.pass_time(days=1)

    assert await town.read(lambda tx: tx.session.all(_BUCKETS)) == []
