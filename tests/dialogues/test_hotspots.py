"""热点: the desk asks where the trouble is, and hears of its own communities only."""

from __future__ import annotations

import csv
from pathlib import Path

from bot.exporting import export
from tests.town import Town


async def _five_bad_days(town: Town) -> None:
    await town.says("王阿姨", "3栋垃圾没人收，臭死了")
    for who, said in (("李叔", "3栋垃圾没人收"), ("赵姐", "3栋楼下垃圾堆满了没人清")):
        await town.says(who, said)
    await town.says("钱伯", "5栋垃圾没人收")
    await town.says("孙姨", "6栋楼道灯不亮了")


async def test_the_desk_sees_what_is_reported_again_and_again(town: Town) -> None:
    await _five_bad_days(town)
    (table,) = await town.says("陈静", "最近哪里问题多")
    assert "梧桐苑 垃圾清运：4 户报，2 件" in table
    assert "3栋3户、5栋1户" in table
    assert "照明" not in table  # one light is no hot spot


async def test_a_hot_spot_is_compared_with_the_30_days_before(town: Town) -> None:
    await _five_bad_days(town)
    await town.pass_time(days=31)
    for who in ("李叔", "赵姐", "钱伯"):
        await town.says(who, "8栋垃圾没人收")
    (table,) = await town.says("陈静", "热点")
    assert "3 户报" in table
    assert "少 1 户" in table


async def test_without_trouble_there_is_no_table(town: Town) -> None:
    (answer,) = await town.says("陈静", "热点")
    assert "没有" in answer


async def test_who_sits_at_no_desk_sees_no_table(town: Town) -> None:
    await _five_bad_days(town)
    assert not any("户报" in line for line in await town.says("小赵", "热点"))
    assert not any("户报" in line for line in await town.says("李叔", "热点"))


async def test_secret_matters_are_in_no_table(town: Town) -> None:
    for who in ("王阿姨", "李叔", "赵姐", "钱伯"):
        await town.says(who, "别告诉别人是我说的，5栋有人高空抛物扔烟头")
    (answer,) = await town.says("陈静", "热点")
    assert "没有" in answer


async def test_the_table_is_exported(town: Town, tmp_path: Path) -> None:
    await _five_bad_days(town)
    file = tmp_path / "hotspots.csv"
    assert await export(town.database, "hotspots", file, lambda done: None) == 1
    (row,) = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (row["category"], row["households"], row["buildings"]) == (
        "0301",
        "4",
        "3栋3户、5栋1户",
    )
