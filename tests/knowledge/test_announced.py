"""What a notice announced: its time and its buildings, as whoever wrote it meant them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from knowledge.announced import buildings_announced, time_announced

ZONE = ZoneInfo("Asia/Shanghai")
WRITTEN = date(2026, 6, 9)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("3栋将于今天10点到17点停水", "2026-06-09 10:00", "2026-06-09 17:00"),
        ("将于明天早上八点到下午五点停水", "2026-06-10 08:00", "2026-06-10 17:00"),
        ("6月10日22:00至6月11日6:00停电", "2026-06-10 22:00", "2026-06-11 06:00"),
        ("全小区明天停水", "2026-06-10 00:00", "2026-06-10 23:59"),
        ("10号9点起停水", "2026-06-10 09:00", "2026-06-10 23:59"),
    ],
)
def test_the_time_is_that_of_the_day_it_was_written(text: str, begins: str, ends: str) -> None:
    found = time_announced(text, WRITTEN, ZONE)
    assert found is not None
    assert [one.replace(tzinfo=None) for one in found] == [
        datetime.fromisoformat(begins),
        datetime.fromisoformat(ends),
    ]


@pytest.mark.parametrize("text", ["抢修，恢复时间另行通知", "停水两小时", "2月30日停水"])
def test_no_day_is_guessed(text: str) -> None:
    assert time_announced(text, WRITTEN, ZONE) is None


@pytest.mark.parametrize(
    ("text", "buildings"),
    [
        ("3栋、5栋将于今天10点到17点停水", {"3", "5"}),
        ("1、2、4号楼停水", {"1", "2", "4"}),
        ("1到4栋和7栋", {"1", "2", "3", "4", "7"}),
        ("三栋和五幢", {"3", "5"}),
        ("全小区明天8点到10点停水", set()),
    ],
)
def test_every_building_it_names_is_meant(text: str, buildings: set[str]) -> None:
    assert buildings_announced(text) == buildings
