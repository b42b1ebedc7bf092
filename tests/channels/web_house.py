"""The web chat with the whole service behind it, on aiohttp's test server."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from bot import sample
from bot.channels.base import Persona
from bot.channels.web import WebChannel
from bot.channels.web_identity import COOKIE, Seals
from bot.fast_forward import FastForward
from bot.handling import Handling
from bot.intake import Intake
from bot.relay import Relay
from bot.sample_clock import clock_routes
from bot.understanding import Understanding
from knowledge.intents import Intents
from knowledge.phrasebook import Phrasebook
from scheduler.clock import Clock
from storage.database import Database
from storage.keyring import Keyring
from tests.town import MORNING, PATIENCE

GROUP = "group:C01"
REPORT = "3栋2单元楼道灯不亮了"


@dataclass(slots=True)
class WebHouse:
    """A running web chat and the hands that answer what it hears."""

    channel: WebChannel
    seals: Seals
    database: Database
    intake: Intake
    relay: Relay
    server: TestServer
    client: TestClient[web.Request, web.Application]

    async def says(
        self, text: str, *, key: str, base: str = "/chat", **more: Any
    ) -> ClientResponse:
        """Posts a message as the page does."""
        body = {"text": text, "key": key, **more}
        return await self.client.post(f"{base}/messages", json=body)

    async def settle(self) -> None:
        """Everything heard is handled and everything said stands in the transcripts."""
        await self.intake.settle()
        await self.relay.settle()

    async def look(self, line: str = "/chat", after: str = "") -> dict[str, Any]:
        """What the page reads."""
        answer = await self.client.get(f"{line}/transcript", params={"after": after})
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found

    async def rows(self, chat: str, line: str = "/sample") -> list[dict[str, Any]]:
        """The rows of one chat."""
        return [row for row in (await self.look(line))["rows"] if row["chat"] == chat]

    def account(self) -> str:
        """The account of the visitor with the cookie."""
        cookies = self.client.session.cookie_jar.filter_cookies(self.server.make_url("/"))
        account = self.seals.account(cookies[COOKIE].value)
        assert account
        return account

    @asynccontextmanager
    async def stranger(self) -> AsyncIterator[TestClient[web.Request, web.Application]]:
        """Another browser, with a cookie of its own once it has looked."""
        async with TestClient(self.server) as client:
            yield client


@asynccontextmanager
async def built_house(
    url: str,
    keyring: Keyring,
    *,
    personas: tuple[Persona, ...] | None = None,
    groups: bool = True,
    public_url: str = "",
    port: int | None = None,
    busy: bool = False,
) -> AsyncIterator[WebHouse]:
    """The sample community behind the web chat; `busy` keeps answering by itself."""
    words = Phrasebook.load()
    database = Database.open(url, keyring=keyring, wording=words, now=lambda: MORNING)
    await sample.load(database)
    understanding = Understanding(database.catalogue, Intents.load())
    seals = Seals(key=keyring.derived("web chat"))
    channel = WebChannel(
        database,
        seals,
        wording=words,
        groups=groups,
        public_url=public_url,
        personas=sample.personas() if personas is None else personas,
    )
    loop = asyncio.get_running_loop()
    relay = Relay(database, {"web": channel}, owner="house", clock=loop.time)
    intake = Intake(
        database,
        Handling(database, understanding, understanding.places, owner="house", patience=PATIENCE),
        after_commit=relay.wake,
    )
    application = web.Application()
    application.add_routes(channel.routes())
    clock = Clock(database, owner="house", after_commit=relay.wake)
    forward = FastForward(database, clock, is_sample=personas is None)
    application.add_routes(clock_routes(forward, words, public_url=public_url))
    server = TestServer(application, port=port)
    hands = [channel.run(intake), *((intake.run(), relay.run()) if busy else ())]
    tasks = [asyncio.create_task(hand) for hand in hands]
    try:
        async with TestClient(server) as client:
            await asyncio.sleep(0)
            yield WebHouse(
                channel=channel,
                seals=seals,
                database=database,
                intake=intake,
                relay=relay,
                server=server,
                client=client,
            )
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
    finally:
        for task in tasks:
            task.cancel()
        await database.close()


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **more)
    return out.getvalue()


async def events(answer: ClientResponse, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The next messages of a stream, each with its id; beats are passed over."""
    found: list[tuple[str, dict[str, Any]]] = []
    identity = ""
    while len(found) < count:
        line = (await answer.content.readline()).decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if name == "id":
            identity = value
        elif name == "data" and value:
            found.append((identity, json.loads(value)))
    return found
