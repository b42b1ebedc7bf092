"""The clock of the sample, moved over HTTP: what would take days happens, and is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.channels.web_reading import Refusal
from bot.fast_forward import FURTHEST, span, strides
from domain.orders import EventKind
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.channels.web_house import REPORT, WebHouse, built_house
from tests.databases import NewDatabase
from tests.town import MORNING


@pytest.fixture
async def house(database_url: str, keyring: Keyring) -> AsyncIterator[WebHouse]:
    async with built_house(database_url, keyring) as built:
        yield built


async def moved(house: WebHouse, advance: str, status: int = 200, **headers: str) -> Any:
    answer = await house.client.post("/sample/clock", json={"advance": advance}, headers=headers)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def reported(house: WebHouse) -> str:
    await house.says(REPORT, key="abcdefgh", base="/sample/resident")
    await house.settle()
    found = await house.database.read(lambda tx: tx.orders.newest(limit=1))
    return str(found[0].number)


async def test_days_pass_in_a_request_and_the_answer_tells_what_happened(house: WebHouse) -> None:
    number = await reported(house)

    told = await moved(house, "2d")

    assert datetime.fromisoformat(told["now"]) == MORNING + timedelta(days=2)
    assert told["ahead"] == 2 * 86_400
    assert told["messages"] > 0
    order = await house.database.read(lambda tx: tx.orders.get(number))
    assert order is not None
    times = len(order.events(EventKind.ESCALATED))
    assert times == told["happened"]["order.escalated"] > 0
    assert f"{times} 次升级" in told["text"]


async def test_to_the_next_deadline_brings_exactly_that(house: WebHouse) -> None:
    await reported(house)
    stands = await (await house.client.get("/sample/clock")).json()

    told = await moved(house, "next")

    assert told["now"] == stands["next"]
    assert sum(told["happened"].values()) == 1


async def test_with_nothing_due_the_next_deadline_is_refused(house: WebHouse) -> None:
    told = await moved(house, "next", status=409)
    assert "时限" in told["text"]


@pytest.mark.parametrize("advance", ["", "26", "-1h", "1w", "61d", "0m", "明天", "9999d"])
async def test_what_is_no_span_moves_nothing(house: WebHouse, advance: str) -> None:
    told = await moved(house, advance, status=400)
    assert told["text"]
    assert (await house.database.read(lambda tx: tx.now)) == MORNING


@pytest.mark.parametrize(
    "body", ['{"advance": 26}', '{"advance": "1h", "to": 1}', "[]", "{", '"1h"']
)
async def test_what_is_no_request_is_refused(house: WebHouse, body: str) -> None:
    answer = await house.client.post(
        "/sample/clock", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 400


async def test_another_site_moves_nothing(house: WebHouse) -> None:
    await moved(house, "1h", status=403, **{"Sec-Fetch-Site": "cross-site"})
    answer = await house.client.post("/sample/clock", data={"advance": "1h"})
    assert answer.status == 415


async def test_real_data_keeps_its_time(new_database_url: NewDatabase, keyring: Keyring) -> None:
    """A unit of somebody's own, and it is no sample any more, however it was started."""

    def import_one(tx: Transaction) -> None:
        row = {"code": "MINE", "kind": "district", "name": "我们区", "parent": ""}
        tx.tables.replace("units", [row])

    with new_database_url("sqlite") as url:
        async with built_house(url, keyring) as house:
            await house.database.run(import_one)
            await house.database.refresh()
            for advance in ("1h", "next"):
                told = await moved(house, advance, status=403)
                assert "真实数据" in told["text"]
            assert (await house.client.get("/sample/clock")).status == 403
            assert (await house.database.read(lambda tx: tx.now)) == MORNING


async def test_leases_are_not_moved(house: WebHouse) -> None:
    before = await house.database.read(lambda tx: tx.database_now())
    await moved(house, "1d")
    after = await house.database.read(lambda tx: tx.database_now())
    assert after - before < timedelta(hours=1)


async def test_two_who_move_it_at_once_both_do(house: WebHouse) -> None:
    await asyncio.gather(moved(house, "1h"), moved(house, "2h"))
    assert (await house.database.read(lambda tx: tx.now)) == MORNING + timedelta(hours=3)


async def test_another_process_hears_of_it(
    house: WebHouse, database_url: str, keyring: Keyring
) -> None:
    async with built_house(database_url, keyring) as other:
        await moved(house, "5h")
        assert await other.database.refresh()
        assert (await other.database.read(lambda tx: tx.now)) == MORNING + timedelta(hours=5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("26h", timedelta(hours=26)), ("1d12h", timedelta(hours=36)), ("90m", timedelta(hours=1.5))],
)
def test_a_span_is_read(text: str, expected: timedelta) -> None:
    assert span(text) == expected


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 1440, 60 * 24 * 60])
def test_strides_are_the_whole_way(minutes: int) -> None:
    way = list(strides(timedelta(minutes=minutes)))
    assert sum(way, timedelta()) == timedelta(minutes=minutes)
    assert len(way) <= 73


def test_the_longest_way_is_said() -> None:
    with pytest.raises(Refusal) as refused:
        span("61d")
    assert refused.value.values == {"days": FURTHEST.days}
