"""The clock: what is due is done once, late or not, and nobody is woken without need."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

import pytest

from domain.orders import EventKind, Status, WorkOrder
from domain.people import Post, Role
from scheduler.clock import Clock, latest_fire_time
from scheduler.job import Job
from scheduler.jobs import JOBS
from scheduler.times import Times
from storage.transaction import Transaction
from tests.town import MORNING, Town

LAMP = "3栋2单元楼道灯不亮了"
ZONE = ZoneInfo("Asia/Shanghai")
JOB = {job.name: job for job in JOBS}


async def reported(town: Town, said: str = LAMP) -> WorkOrder:
    await town.says("王阿姨", said)
    order = (await town.orders("王阿姨"))[0]
    for person in ("王阿姨", "小李", "陈静", "刘书记"):
        await town.heard(person)
    return order


async def test_a_warning_comes_before_the_date_and_once(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "接")
    await town.pass_time(days=6, hours=2)
    warned = [line for line in await town.heard("小李") if "还剩" in line]
    assert len(warned) == 1
    await town.pass_time(hours=1)
    assert not any("还剩" in line for line in await town.heard("小李"))
    assert (await town.order(order.number)).events(EventKind.WARNED)


async def test_what_nobody_accepts_is_told_one_level_up(town: Town) -> None:
    order = await reported(town)
    await town.pass_time(days=2)
    assert any("超时" in line and order.number in line for line in await town.heard("陈静"))
    assert (await town.order(order.number)).events(EventKind.ESCALATED)


async def test_nobody_is_told_at_night(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=1, hours=13)  # 23:00 of the second day
    assert await town.heard("陈静") == []
    await town.pass_time(hours=9, minutes=10)
    assert await town.heard("陈静")


async def test_silence_is_reminded_once_and_then_closes(town: Town) -> None:
    order = await reported(town)
    await town.says("小李", "弄好了", photo=True)
    await town.heard("王阿姨")
    await town.pass_time(days=4, hours=1)
    assert any(order.number in line for line in await town.heard("王阿姨"))
    await town.pass_time(hours=2)
    assert await town.heard("王阿姨") == []
    await town.pass_time(days=1)
    closed = await town.order(order.number)
    assert closed.status is Status.CLOSED
    assert closed.events(EventKind.CLOSED_BY_SILENCE)
    assert any("重" in line for line in await town.heard("王阿姨"))


async def test_a_draft_without_a_place_opens_to_the_community(town: Town) -> None:
    await town.says("王阿姨", "路灯不亮了")
    assert (await town.orders("王阿姨"))[0].status is Status.DRAFT
    await town.heard("王阿姨")
    await town.pass_time(hours=25)
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.OPEN
    assert any(order.number in line for line in await town.heard("王阿姨"))
    assert any("地点待核实" in line for line in await town.heard("陈静"))


async def test_an_empty_draft_ends_without_a_word(town: Town) -> None:
    await town.says("王阿姨", photo=True)
    drafts = await town.orders("王阿姨")
    assert [draft.status for draft in drafts] == [Status.DRAFT]
    await town.heard("王阿姨")
    await town.pass_time(hours=25)
    (order,) = await town.orders("王阿姨")
    assert order.status in (Status.OPEN, Status.WITHDRAWN)


async def test_the_morning_card_is_at_most_ten_lines(town: Town) -> None:
    await town.pass_time(minutes=1)
    for building in range(1, 7):
        await town.says("王阿姨", f"{building}栋1单元楼道灯不亮了")
        await town.says("王阿姨", f"{building}栋1单元门禁刷不开")
    await town.heard("小李")
    await town.pass_time(hours=23)
    cards = [line for line in await town.heard("小李") if "手上" in line]
    assert len(cards) == 1
    assert len(cards[0].splitlines()) <= 10


async def test_the_evening_card_tells_what_is_due_by_tomorrow(town: Town) -> None:
    await town.pass_time(minutes=1)
    for building in range(1, 10):
        await town.says("王阿姨", f"{building}栋1单元楼道灯不亮了")
    await town.heard("小李")
    await town.pass_time(hours=7, minutes=40)  # 17:41
    (card,) = [line for line in await town.heard("小李") if "下班前" in line]
    assert "，待接 " in card
    assert len(card.splitlines()) <= 10


async def test_there_is_no_evening_card_for_what_has_time(town: Town) -> None:
    await town.pass_time(minutes=1)
    await reported(town)
    await town.says("小李", "接")
    await town.pass_time(hours=7, minutes=40)
    for who in ("小李", "陈静", "马丽"):
        assert not any("下班前" in line for line in await town.heard(who))


async def test_a_missed_evening_card_does_not_come_at_night(town: Town) -> None:
    await town.pass_time(minutes=1)
    await reported(town)
    await town.pass_time(hours=11)  # 21:01
    assert not any("下班前" in line for line in await town.heard("小李"))


async def test_who_was_whistled_for_and_did_not_come_is_on_the_leaders_card(town: Town) -> None:
    await town.pass_time(minutes=1)
    order = await reported(town, "3栋2单元楼道飞线充电")
    await town.says("小李", "接")
    await town.says("小李", f"吹哨 {order.number} 消防 下午三点前")
    await town.pass_time(hours=7, minutes=40)
    (card,) = [line for line in await town.heard("马丽") if "下班前" in line]
    assert "未报到" in card
    assert order.number in card


async def test_nobody_gets_an_empty_card(town: Town) -> None:
    await town.pass_time(minutes=1)
    await town.pass_time(hours=23)
    for who in ("小李", "陈静", "刘书记"):
        assert await town.heard(who) == []


async def test_a_card_missed_in_the_morning_comes_once_and_never_in_the_evening(
    town: Town,
) -> None:
    await town.pass_time(minutes=1)
    await reported(town)
    await town.pass_time(hours=35)  # 21:01 of the next day: the service was away all day
    assert not any("手上" in line for line in await town.heard("小李"))
    await town.pass_time(hours=13)  # 10:01: yesterday's is gone, today's comes late
    assert sum("手上" in line for line in await town.heard("小李")) == 1
    await town.pass_time(hours=1)
    assert not any("手上" in line for line in await town.heard("小李"))


async def test_two_machines_send_one_card(town: Town) -> None:
    await town.pass_time(minutes=1)
    await reported(town)
    other = Clock(town.database, owner="another", after_commit=lambda: None)
    await town.pass_time(hours=23)
    await other.tick()
    assert sum("手上" in line for line in await town.heard("小李")) == 1


async def test_a_job_that_fails_keeps_no_other_from_running(town: Town) -> None:
    ran: list[str] = []

    def fail(tx: Transaction, fire_time: object, cursor: int) -> int | None:
        raise ZeroDivisionError

    def succeed(tx: Transaction, fire_time: object, cursor: int) -> int | None:
        ran.append("second")
        return None

    jobs = (
        Job(name="first", times=Times(), run=fail),
        Job(name="second", times=Times(), run=succeed),
    )
    clock = Clock(town.database, owner="town", after_commit=lambda: None, jobs=jobs)
    with pytest.raises(ZeroDivisionError):
        await clock.tick()
    assert ran == ["second"]


async def test_a_job_goes_on_from_chunk_to_chunk(town: Town) -> None:
    cursors: list[int] = []

    def count(tx: Transaction, fire_time: object, cursor: int) -> int | None:
        cursors.append(cursor)
        return cursor + 1 if cursor < 3 else None

    job = Job(name="count", times=Times(), run=count)
    clock = Clock(town.database, owner="town", after_commit=lambda: None, jobs=(job,))
    await clock.tick()
    await clock.tick()
    assert cursors == [0, 1, 2, 3]


async def test_it_stops_when_told(town: Town) -> None:
    running = asyncio.create_task(town.clock.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_only_the_latest_of_many_missed_fire_times_matters() -> None:
    job = JOB["watch_all"]
    fire_time = latest_fire_time(job, MORNING.replace(year=2025), MORNING, ZONE)
    assert fire_time == MORNING


def test_nothing_is_due_twice() -> None:
    job = JOB["watch_urgent"]
    fire_time = latest_fire_time(job, None, MORNING, ZONE)
    assert fire_time is not None
    assert latest_fire_time(job, fire_time, MORNING, ZONE) is None


async def test_posts_without_work_own_nothing(town: Town) -> None:
    order = await reported(town)
    owners = await town.read(lambda tx: tx.orders.owners())
    assert owners == (Post(unit=order.grid or 0, role=Role.GRID_LEADER),)
