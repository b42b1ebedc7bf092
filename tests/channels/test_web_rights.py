"""Every route of the web chat, as somebody else: nothing of another visitor is shown or done.

The routes are asked of the application; one without a rule here fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from bot.channels.web_identity import COOKIE
from storage.keyring import Keyring
from tests.channels.web_house import WebHouse, built_house, photo
from tests.databases import NewDatabase

Client = TestClient[web.Request, web.Application]
WORDS = "我家钥匙在花盆底下，3栋2单元楼道灯不亮了"
VOICE = b"OggS of somebody"
OPEN = {("GET", "/"), ("GET", "/chat/static/{name}")}  # the same for everybody
NEEDS_A_COOKIE = {
    ("GET", "/chat/events"),
    ("GET", "/chat/files/{id}"),
    ("POST", "/chat/messages"),
    ("POST", "/chat/photos"),
    ("POST", "/chat/press"),
    ("POST", "/chat/voice"),
}
GIVES_A_COOKIE = {("GET", "/chat/transcript")}  # and shows a stranger what is open to all
MOVES_THE_CLOCK = {("GET", "/sample/clock"), ("POST", "/sample/clock")}  # in the sample alone
OF_THE_SAMPLE = {
    ("GET", "/sample/events"),
    ("GET", "/sample/transcript"),
    ("GET", "/sample/{persona}/files/{id}"),
    ("POST", "/sample/{persona}/messages"),
    ("POST", "/sample/{persona}/photos"),
    ("POST", "/sample/{persona}/press"),
    ("POST", "/sample/{persona}/voice"),
}


@pytest.fixture
async def house(new_database_url: NewDatabase, keyring: Keyring) -> AsyncIterator[WebHouse]:
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring, groups=False) as built:
            await built.look()
            yield built


def _routes(house: WebHouse) -> set[tuple[str, str]]:
    found = house.server.app.router.routes()
    return {
        (route.method, route.resource.canonical)
        for route in found
        if route.resource is not None and route.method != "HEAD"
    }


async def _asked(client: Client, method: str, path: str, **more: Any) -> ClientResponse:
    for part, value in (("{persona}", "resident"), ("{id}", "1"), ("{name}", "chat.js")):
        path = path.replace(part, value)
    body = {"json": {"key": "somebody-elses", "text": "你好", "token": "x.0"}}
    return await client.request(method, path, **(body if method == "POST" else {}), **more)


async def test_every_route_has_its_rule(house: WebHouse) -> None:
    assert (
        _routes(house) == OPEN | NEEDS_A_COOKIE | GIVES_A_COOKIE | MOVES_THE_CLOCK | OF_THE_SAMPLE
    )


async def test_a_service_that_is_no_sample_has_no_persons_pages(
    new_database_url: NewDatabase, keyring: Keyring
) -> None:
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring, personas=()) as house:
            assert _routes(house) == OPEN | NEEDS_A_COOKIE | GIVES_A_COOKIE | MOVES_THE_CLOCK
            for method, path in MOVES_THE_CLOCK:
                assert (await _asked(house.client, method, path)).status == 403
            for method, path in OF_THE_SAMPLE:
                assert (await _asked(house.client, method, path)).status == 404


@pytest.mark.parametrize("cookie", ["", "sample-secretary", "{account}.", "{account}.AAAA"])
async def test_a_forged_cookie_opens_nothing(house: WebHouse, cookie: str) -> None:
    await house.says(WORDS, key="said-in-private")
    await house.settle()
    value = cookie.format(account=house.account())
    forged = {"Cookie": f"{COOKIE}={value}"} if cookie else {}
    async with house.stranger() as client:
        for method, path in NEEDS_A_COOKIE:
            answer = await _asked(client, method, path, headers=forged)
            assert answer.status == 401, path
            assert "花盆" not in await answer.text()
        shown = await client.get("/chat/transcript", headers=forged)
        assert "花盆" not in await shown.text()


async def test_another_visitor_sees_and_does_nothing(house: WebHouse) -> None:
    picture = await (await house.client.post("/chat/photos", data=photo(), headers=BYTES)).json()
    voice = await (await house.client.post("/chat/voice", data=VOICE, headers=BYTES)).json()
    kept = {"photos": [picture["id"]], "voice": voice["id"]}
    assert (await house.says(WORDS, key="mine-with-files", **kept)).status == 200
    await house.settle()
    await house.says("转人工", key="mine-a-human")
    await house.says("把我的信息删了", key="mine-to-delete")
    await house.settle()
    rows = (await house.look())["rows"]
    shown = next(row for row in rows if row.get("photos"))
    asked = next(row for row in reversed(rows) if row.get("buttons"))
    async with house.stranger() as client:
        await client.get("/chat/transcript")
        for file in (*shown["photos"], *shown.get("voices", ())):
            seal = {"chat": "me", "seal": file["seal"]}
            foreign = await client.get(f"/chat/files/{file['id']}", params=seal)
            unknown = await client.get("/chat/files/999999", params=seal)
            assert (foreign.status, await foreign.text()) == (404, await unknown.text())
            sample = await client.get(f"/sample/resident/files/{file['id']}", params=seal)
            assert sample.status == 404
        for token in (picture["id"], voice["id"]):
            for field in ({"photos": [token]}, {"voice": token}):
                body = {"text": "看", "key": "taken-from-others", **field}
                assert (await client.post("/chat/messages", json=body)).status >= 400
        for chat in (house.account(), "resident/me", "group:C01"):
            body = {"text": "看", "key": "in-their-chat", "chat": chat}
            assert (await client.post("/chat/messages", json=body)).status in (400, 404)
        for row, button in enumerate(asked["buttons"]):
            body = {"key": f"pressed-by-others-{row}", "token": button["token"]}
            assert (await client.post("/chat/press", json=body)).status == 200
        await house.settle()
        after = ",".join(f"{row['chat']}:0" for row in rows[:1])
        for query in ({}, {"after": after}):
            theirs = await (await client.get("/chat/transcript", params=query)).text()
            assert "花盆" not in theirs
            assert "给别人的" in theirs
            for button in asked["buttons"]:
                assert button["label"].partition(" ")[2] not in theirs
        assert any(row.get("text") == WORDS for row in (await house.look())["rows"])


BYTES = {"Content-Type": "application/octet-stream"}
