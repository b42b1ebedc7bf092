"""Story 8: the water is off, and a whole estate says so in a group within minutes."""

from __future__ import annotations

from domain import households
from domain.orders import Status
from tests.town import Town

NEIGHBOURS = [
    ("李叔", "我家也停了"),
    ("赵姐", "+1"),
    ("钱伯", "12栋也是"),
    ("孙姨", "7栋也没水了"),
    ("周婶", "5栋3单元停水了"),
    ("吴哥", "停水了啊"),
    ("郑嫂", "7栋停水了"),
]


async def test_an_outage_told_by_many_is_one_order_counted_by_building(town: Town) -> None:
    await town.says("王阿姨", "停水了？？？正洗头呢 满头泡沫", group=True)
    await town.says("王阿姨", "3栋", group=True)
    spoken = [line for who, said in NEIGHBOURS for line in await town.says(who, said, group=True)]
    running = [order for order in await town.orders() if order.is_running]
    assert len(running) == 1
    assert households.count(running[0]) == 8
    homes = households.by_building(running[0])
    assert homes == {"7": 2, "3": 1, "5": 1, "12": 1, "": 3}
    assert len(spoken) == 1  # the group hears of it once, not at each neighbour


async def test_the_desk_hears_how_many_households_and_where(town: Town) -> None:
    await town.says("王阿姨", "3栋停水了", group=True)
    for who, said in NEIGHBOURS:
        await town.says(who, said, group=True)
    told = [line for line in await town.heard("陈静") if "户反映" in line]
    assert len(told) == 2
    assert "5 户" in told[-1]
    assert "7栋1户" in told[-1]


async def test_asked_of_an_outage_that_runs_nobody_is_asked_where(town: Town) -> None:
    await town.says("王阿姨", "3栋停水了", group=True)
    answers = await town.says("吴哥", "停水了啊", group=True, at=True)
    assert "哪栋" not in answers[0]


async def test_in_private_an_outage_is_asked_where(town: Town) -> None:
    await town.says("王阿姨", "3栋停水了", group=True)
    answers = await town.says("吴哥", "停水了啊")
    assert "哪栋" in answers[0]


async def test_a_blocked_toilet_is_a_matter_of_one_home(town: Town) -> None:
    await town.says("王阿姨", "5栋501马桶堵了")
    await town.says("李叔", "5栋302马桶堵了")
    for who in ("王阿姨", "李叔"):
        assert len(await town.orders(who, running=True)) == 1, who


async def test_ones_own_matter_said_again_is_no_second_order(town: Town) -> None:
    await town.says("王阿姨", "5栋501马桶堵了")
    await town.says("王阿姨", "5栋501马桶还堵着，没人来")
    assert len(await town.orders("王阿姨", running=True)) == 1


async def test_another_entrance_is_another_matter(town: Town) -> None:
    await town.says("王阿姨", "3栋1单元门禁坏了，刷不开")
    await town.says("李叔", "3栋2单元门禁坏了，刷不开")
    assert len(await town.orders("李叔", running=True)) == 1


async def test_a_spot_outside_is_one_matter_for_all_who_name_it(town: Town) -> None:
    await town.says("王阿姨", "小广场的滑梯坏了")
    (order,) = await town.orders("王阿姨")
    await town.says("李叔", "小广场滑梯断了一截，孩子划伤手")
    assert not await town.orders("李叔", running=True)
    await town.says("赵姐", "小广场的健身器材坏了")
    assert len(await town.orders("赵姐", running=True)) == 1
    assert len((await town.order(order.number)).followers) == 1


async def test_what_is_confidential_is_joined_with_nothing(town: Town) -> None:
    await town.says("王阿姨", "能不能别让楼上知道是我说的，5栋有人天天往楼下扔烟头")
    await town.says("李叔", "5栋有人往楼下扔烟头")
    await town.says("赵姐", "别告诉别人是我说的，5栋有人高空抛物扔烟头")
    orders = await town.orders()
    assert len([order for order in orders if order.is_running]) == 3
    assert not any(order.followers for order in orders)


async def test_who_says_it_is_another_one_is_not_counted_for_the_first(town: Town) -> None:
    await town.says("王阿姨", "7栋楼下有人飞线充电")
    (first,) = await town.orders("王阿姨")
    await town.says("李叔", "7栋楼下也有飞线充电")
    assert households.count(await town.order(first.number)) == 2
    await town.press("李叔", "另一件")
    assert households.count(await town.order(first.number)) == 1
    (own,) = await town.orders("李叔", running=True)
    assert own.status is Status.ASSIGNED
