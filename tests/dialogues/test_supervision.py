"""督办: a named person, a date, evidence, and struck off by a second person or the reporter."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.exporting import export
from domain.orders import EventKind, Status
from domain.supervision import supervision
from tests.scheduler.test_clock import LAMP
from tests.town import Town


async def reported(town: Town, said: str = LAMP) -> str:
    """A light out of order; the grid leader has accepted."""
    await town.says("王阿姨", said)
    number = (await town.orders("王阿姨"))[0].number
    await town.says("小李", f"接 {number}")
    for who in ("小李", "刘书记", "王阿姨"):
        await town.heard(who)
    return number


async def supervised(town: Town) -> str:
    number = await reported(town)
    (told,) = await town.says("刘书记", f"督办 {number} 6月11日前 居民多次反映")
    assert number in told
    return number


async def is_watched(town: Town, number: str) -> bool:
    return supervision(await town.order(number)) is not None


async def test_it_names_a_person_and_a_date_and_the_owner_hears_it(town: Town) -> None:
    number = await reported(town)
    (told,) = await town.says("刘书记", f"督办 {number} 6月11日前 居民多次反映")
    assert "6月11日(周四)18:00" in told
    assert "现场照片" in told
    (heard,) = await town.heard("小李")
    assert "【督办】" in heard
    assert "居民多次反映" in heard
    (listed,) = await town.says("刘书记", "督办列表")
    assert "督办 1 件" in listed
    assert "李" in listed


@pytest.mark.parametrize("who", ["小李", "王阿姨", "陈静"])
async def test_it_takes_the_secretary_or_the_street(town: Town, who: str) -> None:
    number = await reported(town)
    await town.says(who, f"督办 {number} 6月11日前")
    assert not await is_watched(town, number)


async def test_a_second_person_strikes_it_off_by_the_button(town: Town) -> None:
    number = await supervised(town)
    await town.says("小李", f"弄好了 {number}", photo=True)
    (asked,) = [line for line in await town.heard("刘书记") if "待核实" in line]
    assert number in asked
    assert "已销号" in (await town.press("刘书记", "销号"))[0]
    assert not await is_watched(town, number)
    assert any("核实销号" in line for line in await town.heard("小李"))


async def test_who_did_the_work_does_not_strike_it_off(town: Town) -> None:
    number = await supervised(town)
    await town.says("小李", f"弄好了 {number}", photo=True)
    await town.says("小李", f"销号 {number}")
    assert await is_watched(town, number)


async def test_without_the_evidence_it_stays_on_the_list(town: Town) -> None:
    number = await supervised(town)
    await town.says("小李", f"弄好了 {number} 换了灯泡")
    await town.says("小李", "没有照片")
    assert (await town.order(number)).status is Status.RESOLVED
    assert "现场照片" in (await town.says("刘书记", f"销号 {number}"))[0]
    assert await is_watched(town, number)


async def test_before_the_work_is_done_nothing_is_struck_off(town: Town) -> None:
    number = await supervised(town)
    await town.says("刘书记", f"销号 {number}")
    assert await is_watched(town, number)


async def test_the_residents_word_strikes_it_off(town: Town) -> None:
    number = await supervised(town)
    await town.says("小李", f"弄好了 {number}", photo=True)
    await town.heard("刘书记")
    await town.says("王阿姨", "解决了")
    assert not await is_watched(town, number)
    assert any("自动销号" in line for line in await town.heard("刘书记"))


async def test_silence_closes_the_order_and_not_the_list(town: Town) -> None:
    number = await supervised(town)
    await town.says("小李", f"弄好了 {number}", photo=True)
    for _ in range(6):
        await town.pass_time(days=1)
    assert (await town.order(number)).status is Status.CLOSED
    assert await is_watched(town, number)
    assert "待核实" in (await town.says("刘书记", "督办列表"))[0]


async def test_what_passed_its_date_climbs_a_rung_a_working_day(town: Town) -> None:
    number = await supervised(town)
    await town.heard("小李")
    await town.pass_time(days=1, hours=9)  # 19:00, the evening before the last day
    assert any("到期" in line for line in await town.heard("小李"))
    await town.pass_time(hours=1)
    assert await town.heard("小李") == []
    await town.pass_time(hours=23)  # 19:00 of the day
    assert any("督办超期" in line for line in await town.heard("刘书记"))
    await town.pass_time(hours=4)  # 23:00: nobody is told at night
    assert await town.heard("刘书记") == []
    await town.pass_time(hours=11)  # 10:00 of Friday: the street
    rungs = [event.values["rung"] for event in (await town.order(number)).history
             if event.kind is EventKind.SUPERVISION_CALLED]  # fmt: skip
    assert rungs == [0, 1, 2]
    assert not any("督办超期" in line for line in await town.heard("刘书记"))


async def test_all_that_is_overdue_is_put_up_after_a_yes(town: Town) -> None:
    numbers = [await reported(town), await reported(town, "5栋1单元门禁刷不开")]
    await town.pass_time(days=9)
    (asked,) = await town.says("刘书记", "把2件超期的挂牌督办 下周三前销号")
    assert "2 件" in asked
    assert not await is_watched(town, numbers[0])
    (done,) = await town.says("刘书记", "是")
    assert all(number in done for number in numbers)
    assert [await is_watched(town, number) for number in numbers] == [True, True]


async def test_it_can_be_put_up_from_what_was_told_upwards(town: Town) -> None:
    number = await reported(town)
    for _ in range(14):
        await town.pass_time(days=1)
    assert any(number in line for line in await town.heard("刘书记"))
    await town.press("刘书记", "挂牌督办")
    assert await is_watched(town, number)


async def test_one_that_is_watched_is_not_put_up_again(town: Town) -> None:
    number = await supervised(town)
    assert "已经在督办" in (await town.says("刘书记", f"督办 {number} 6月12日前"))[0]


async def test_the_list_is_exported(town: Town, tmp_path: Path) -> None:
    number = await supervised(town)
    for name in ("list.csv", "list.xlsx"):
        exported = await export(town.database, "supervisions", tmp_path / name, lambda done: None)
        assert exported == 1
    (row,) = csv.DictReader((tmp_path / "list.csv").read_text("utf-8-sig").splitlines())
    assert row["number"] == number
    assert row["until"] == "2026-06-11T18:00:00+08:00"
    sheet = load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    head, line = sheet.iter_rows(values_only=True)
    assert dict(zip(head, line, strict=True))["number"] == number
