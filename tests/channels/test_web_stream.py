"""Live updates: nothing is missed, nothing comes twice, whatever the connection does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse

from bot.channels import web_stream
from bot.channels.web_rows import cursors_as_text, cursors_of
from domain.messages import Address
from storage.keyring import Keyring
from tests.channels.web_house import GROUP, REPORT, WebHouse, built_house, events
from tests.databases import NewDatabase


@pytest.fixture
async def house(database_url: str, keyring: Keyring) -> AsyncIterator[WebHouse]:
    async with built_house(database_url, keyring) as built:
        yield built


async def listen(house: WebHouse, line: str = "/chat", **asked: Any) -> ClientResponse:
    answer = await house.client.get(f"{line}/events", **asked)
    assert answer.status == 200
    assert answer.content_type == "text/event-stream"
    return answer


async def test_what_is_said_comes_over_the_open_line(house: WebHouse) -> None:
    await house.look()
    line = await listen(house)

    await house.says(REPORT, key="over-the-line-1")
    await house.settle()

    (_, said), (_, heard) = await events(line, 2)
    assert said["text"] == REPORT
    assert heard["from"] == ""


async def test_a_line_goes_on_after_the_last_event(house: WebHouse) -> None:
    await house.look()
    for number in range(4):
        await house.says(f"第{number}句", key=f"before-break-{number}")
    first = await listen(house)
    seen = await events(first, 2)
    first.close()

    again = await listen(house, headers={"Last-Event-ID": seen[-1][0]})
    by_query = await listen(house, params={"after": seen[-1][0]})

    assert [row["text"] for _, row in await events(again, 2)] == ["第2句", "第3句"]
    assert [row["text"] for _, row in await events(by_query, 2)] == ["第2句", "第3句"]


async def test_another_process_is_heard_as_well(house: WebHouse) -> None:
    seen = await house.look()
    line = await listen(house)
    author = seen["people"][0]["author"]
    await house.says("在吗", key="so-that-we-know")
    await events(line, 1)

    def elsewhere(tx: Any) -> None:
        tx.transcripts.add(
            Address(channel="web", chat=house.account()),
            direction="in",
            content={"text": "别处写的", "from": author},
            at=tx.now,
            person=None,
            request_key="elsewhere",
        )

    await house.database.run(elsewhere)

    assert (await events(line, 1))[0][1]["text"] == "别处写的"


async def test_what_another_process_writes_comes_at_once(
    new_database_url: NewDatabase, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks by itself only now and then; over PostgreSQL the other process rings."""
    monkeypatch.setattr(web_stream, "LOOK", 10_000.0)
    with new_database_url("postgresql") as url:
        async with built_house(url, keyring) as house, built_house(url, keyring) as other:
            await house.look()
            line = await listen(house)

            await house.says(REPORT, key="heard-by-one-process")
            await other.settle()

            (_, said), (_, answer) = await events(line, 2)
    assert said["text"] == REPORT
    assert answer["from"] == ""


async def test_one_line_carries_all_faces_of_the_sample(house: WebHouse) -> None:
    line = await listen(house, "/sample")

    await house.says("您好", key="from-a-resident", base="/sample/resident")
    await house.says("大家好", key="from-a-neighbour", base="/sample/neighbour", chat=GROUP)

    got = [row["chat"] for _, row in await events(line, 2)]
    assert got == ["resident/me", GROUP]


async def test_a_page_with_a_bad_connection_reads_what_the_database_has(
    database_url: str, keyring: Keyring
) -> None:
    """Connections break at random while messages come (reliability.md, F24)."""
    chance = random.Random(24)
    count = 50  # as many as one visitor may send at once
    async with built_house(database_url, keyring) as house:
        await house.look()
        got: list[tuple[int, str]] = []

        async def page() -> None:
            after = ""
            while len(got) < count:
                line = await listen(house, headers={"Last-Event-ID": after})
                for _ in range(chance.randint(1, 20)):
                    if len(got) == count:
                        break
                    after, row = (await events(line, 1))[0]
                    got.append((row["cursor"], row["text"]))
                line.close()

        reading = asyncio.create_task(page())
        for number in range(count):
            answer = await house.says(f"第{number}句", key=f"numbered-{number:06}")
            assert answer.ok
        await reading
        kept = (await house.look())["rows"]

    assert got == [(row["cursor"], row["text"]) for row in kept]
    assert [text for _, text in got] == [f"第{number}句" for number in range(count)]


async def test_a_long_absence_is_read_page_by_page(house: WebHouse) -> None:
    await house.look()
    await house.says("开头", key="the-very-first")
    after = (await house.look())["after"]
    address = Address(channel="web", chat=house.account())

    def much(tx: Any) -> None:
        for number in range(450):
            tx.transcripts.add(
                address,
                direction="out",
                content={"text": str(number)},
                at=tx.now,
                person=None,
                request_key=f"much-{number}",
            )

    await house.database.run(much)
    texts: list[str] = []
    pages = 0
    more = True
    while more:
        found = await house.look(after=after)
        texts += [row["text"] for row in found["rows"]]
        after, more, pages = found["after"], found["more"], pages + 1

    assert texts == [str(number) for number in range(450)]
    assert pages == 3
    assert len((await house.look())["rows"]) == 200


async def test_a_stopping_service_ends_its_lines(house: WebHouse) -> None:
    await house.look()
    line = await listen(house)

    house.channel._wakers.close()
    rest = await line.content.read()
    refused = await house.client.get("/chat/events")

    assert b"message" not in rest
    assert refused.status == 503


async def test_a_page_that_goes_away_leaves_nothing_behind(house: WebHouse) -> None:
    await house.look()
    line = await listen(house)
    await events_begin(line)
    line.close()

    while house.channel._wakers._streams:
        await house.says("在吗", key=f"poke-{random.getrandbits(40):010}")
        await asyncio.sleep(0.05)

    assert not house.channel._wakers._sleeping


async def events_begin(line: ClientResponse) -> None:
    assert (await line.content.readline()).strip() == b"event: beat"


@pytest.mark.parametrize(
    ("text", "cursors"),
    [
        ("", {}),
        ("me=12,group:C01=7", {"me": 12, "group:C01": 7}),
        ("me=-1,x=1e9,=5,me", {}),
        ("me=" + "9" * 30, {}),
        ("me=١٢", {}),
        ("resident/me=3", {"resident/me": 3}),
    ],
)
def test_cursors_are_read_leniently(text: str, cursors: dict[str, int]) -> None:
    assert cursors_of(text) == cursors
    assert cursors_of(cursors_as_text(cursors)) == cursors
