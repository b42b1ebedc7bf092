"""The page lets everybody in, and nobody in without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.channels.web_crowd import (
    BY_VISITOR,
    FILES_BY_VISITOR,
    FORWARDED,
    NEWCOMERS,
    address_of,
)
from storage.keyring import Keyring
from tests.channels.web_house import WebHouse, built_house, photo

OURS = (ip_network("127.0.0.0/8"), ip_network("::1"))


@pytest.fixture
async def house(database_url: str, keyring: Keyring) -> AsyncIterator[WebHouse]:
    async with built_house(database_url, keyring) as built:
        await built.look()
        yield built


def request(peer: str, forwarded: str = "") -> web.Request:
    headers = {FORWARDED: forwarded} if forwarded else {}
    asked = make_mocked_request("POST", "/chat/messages", headers=headers)
    return asked.clone(remote=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a stranger's word is nothing
        ("127.0.0.1", "", ""),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "9.9.9.9, 198.51.100.1", "198.51.100.1"),  # what it claimed itself
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "unknown", ""),
        ("127.0.0.1", "' OR 1=1 --", ""),
        ("127.0.0.1", "1.2.3.4, " + "9" * 5000, ""),
        ("", "", ""),
    ],
)
def test_where_a_request_comes_from(peer: str, forwarded: str, address: str) -> None:
    assert address_of(request(peer, forwarded), OURS) == address


async def test_one_visitor_may_type_as_fast_as_people_can(house: WebHouse) -> None:
    for number in range(BY_VISITOR.burst):
        assert (await house.says("你好", key=f"quick-message-{number}")).status == 200

    refused = await house.says("你好", key="one-too-many-1")

    told = await refused.json()
    assert (refused.status, told["error"]) == (429, "too_fast")
    assert told["text"].endswith("。")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "one-too-many-1" not in str((await house.look())["rows"])


async def test_others_are_let_in_meanwhile(house: WebHouse) -> None:
    for number in range(BY_VISITOR.burst + 5):
        await house.says("你好", key=f"quick-message-{number}")
    await somebody_new(house)

    assert (await house.says("你好", key="somebody-else")).status == 200


async def test_an_address_cannot_bring_visitors_without_end(house: WebHouse) -> None:
    statuses = []
    for number in range(NEWCOMERS.burst + 5):
        await somebody_new(house)
        statuses.append((await house.says("你好", key=f"a-newcomer-{number}")).status)

    assert statuses == [200] * NEWCOMERS.burst + [429] * 5


async def somebody_new(house: WebHouse) -> None:
    """From here on another browser asks."""
    house.client.session.cookie_jar.clear()
    await house.look()


async def test_files_are_counted_before_they_are_read(house: WebHouse) -> None:
    statuses = []
    for _ in range(FILES_BY_VISITOR.burst + 3):
        answer = await house.client.post(
            "/chat/voice", data=b"OggS", headers={"Content-Type": "audio/ogg"}
        )
        statuses.append(answer.status)
    photo_too = await house.client.post(
        "/chat/photos", data=photo(), headers={"Content-Type": "image/jpeg"}
    )

    assert statuses == [200] * FILES_BY_VISITOR.burst + [429] * 3
    assert photo_too.status == 429
