"""A resident hears that a promise will not hold before it is broken, once, and never at night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.orders import EventKind, Status
from tests.scheduler.test_clock import LAMP
from tests.town import Town


async def reported(town: Town) -> str:
    """Opened on Tuesday the 9th at ten, and to be done by Tuesday the 16th, 18:00."""
    await town.says("王阿姨", LAMP)
    (order,) = await town.orders("王阿姨")
    await town.says("小李", "接")
    await town.heard("王阿姨")
    return order.number


async def late_lines(town: Town, who: str = "王阿姨") -> list[str]:
    return [line for line in await town.heard(who) if "原定" in line]


async def test_the_resident_is_told_before_the_promise_slips_and_once(town: Town) -> None:
    number = await reported(town)
    await town.pass_time(days=7, hours=5, minutes=50)
    assert await late_lines(town) == []
    await town.pass_time(minutes=20)  # 16:10
    (told,) = await late_lines(town)
    assert number in told
    assert "6月16日(周二)18:00" in told
    assert "6月17日(周三)18:00" in told  # a word by then
    for hours in (1, 1, 20):
        await town.pass_time(hours=hours)
    assert await late_lines(town) == []


async def test_what_the_owner_asked_for_is_passed_on_with_the_reason(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=7)
    await town.says("小李", "延3天 等电梯配件")
    await town.heard("王阿姨")
    await town.pass_time(hours=6, minutes=10)
    (told,) = await late_lines(town)
    assert "等电梯配件" in told
    assert "6月19日" in told


async def test_a_new_promise_is_told_of_anew(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=7)
    await town.says("小李", "延3天 等电梯配件")
    await town.says("陈静", "同意")
    await town.pass_time(hours=6, minutes=10)
    assert await late_lines(town) == []
    await town.pass_time(days=3)
    assert len(await late_lines(town)) == 1


async def test_nobody_is_told_of_what_is_done_in_time(town: Town) -> None:
    await reported(town)
    await town.pass_time(days=7)
    await town.says("小李", "弄好了", photo=True)
    await town.heard("王阿姨")
    await town.pass_time(hours=6, minutes=10)
    assert await late_lines(town) == []


async def test_who_follows_hears_it_too(town: Town) -> None:
    await reported(town)
    await town.says("李叔", LAMP)
    await town.says("李叔", "是")
    await town.heard("李叔")
    await town.pass_time(days=7, hours=6, minutes=10)
    assert len(await late_lines(town)) == len(await late_lines(town, "李叔")) == 1


async def test_after_a_stop_it_is_said_that_the_date_has_passed(town: Town) -> None:
    """Away over the evening: told in the morning, not in the night."""
    await reported(town)
    await town.pass_time(days=7, hours=13)  # 23:00
    assert await late_lines(town) == []
    await town.pass_time(hours=9, minutes=10)
    (told,) = await late_lines(town)
    assert "没办完" in told


@pytest.mark.parametrize("hours", [1, 5])
async def test_what_was_suspended_until_midnight_wakes_in_the_morning(
    town: Town, hours: int
) -> None:
    number = await reported(town)
    await town.says("小李", "挂起 等配件 到6月11日")
    assert (await town.order(number)).status is Status.SUSPENDED
    await town.heard("王阿姨")
    event = (await town.order(number)).last(EventKind.SUSPENDED)
    assert event is not None
    await town.pass_time(days=2, hours=13 + hours)  # in the night to the 12th
    assert await town.heard("王阿姨") == []
    assert (await town.order(number)).status is Status.SUSPENDED
    town.hands[0] = datetime(2026, 6, 12, 0, 10, tzinfo=UTC)  # 08:10
    await town.pass_time(minutes=0)
    assert (await town.order(number)).status is Status.ACCEPTED
    assert await town.heard("王阿姨")


async def test_a_reminder_missed_in_the_evening_does_not_come_at_night(town: Town) -> None:
    await reported(town)
    await town.says("小李", "弄好了", photo=True)
    await town.heard("王阿姨")
    await town.pass_time(hours=9, minutes=45)  # 19:45, and then the service is away
    await town.pass_time(days=4, hours=3)  # 22:45 of the day of the reminder
    assert await town.heard("王阿姨") == []
    town.hands[0] += timedelta(hours=9, minutes=30)
    await town.pass_time(minutes=0)
    assert len(await town.heard("王阿姨")) == 1
