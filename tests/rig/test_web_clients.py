"""Clients that drop and resume, at a real server with the whole service behind it."""

from __future__ import annotations

import random

import pytest

from storage.keyring import Keyring
from tests.channels.web_house import built_house
from tests.rig.web_clients import resident, wrong_in


async def test_a_page_that_drops_all_the_time_still_shows_everything_once(
    database_url: str, keyring: Keyring
) -> None:
    async with built_house(database_url, keyring, busy=True, personas=()) as house:
        service = str(house.server.make_url("")).rstrip("/")
        async with resident([service], dice=random.Random(7), drops=0.5) as visitor:
            for number in range(10):
                await visitor.say(f"{number + 1}栋2单元楼道灯不亮了")
            await visitor.until(20)
            shown, whole = list(visitor.transcript), await visitor.whole()

    assert visitor.dropped
    assert wrong_in(shown, whole[: len(shown)]) == []
    assert [row["text"] for row in whole if row.get("key")] == [
        done.text for done in visitor.acknowledged
    ]


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ([1, 2, 3], []),
        ([1, 3], ["missing: [2]"]),
        ([1, 2, 2, 3], ["shown twice"]),
        ([1, 3, 2], ["out of order"]),
        ([1, 2, 3, 4], ["not in the transcript: [4]"]),
    ],
)
def test_the_checker_tells_what_a_page_showed_wrong(shown: list[int], wrong: list[str]) -> None:
    rows = [{"cursor": cursor} for cursor in shown]
    assert wrong_in(rows, [{"cursor": cursor} for cursor in (1, 2, 3)]) == wrong
