"""The fake Bot API is as strict as the real one, and runs as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.rig.telegram_bench import served, until
from tests.rig.telegram_server import Server
from tests.rig.telegram_world import Pace, World


class Caller:
    """Calls methods of the Bot API."""

    def __init__(self, session: aiohttp.ClientSession, root: str, server: Server) -> None:
        self.session = session
        self.root = root
        self.server = server
        self.world = server.world

    async def call(self, method: str, **asked: Any) -> tuple[int, Any]:
        url = f"{self.root}/bot{self.server.token}/{method}"
        async with self.session.post(url, json=asked) as answer:
            said = await answer.json()
            return answer.status, said.get("result", said.get("description"))


@pytest.fixture
async def api() -> AsyncIterator[Caller]:
    server = Server(World(), retry_scale=0.01)
    async with served(server.application()) as root, aiohttp.ClientSession() as session:
        yield Caller(session, root, server)


async def test_an_unknown_parameter_is_a_violation(api: Caller) -> None:
    status, _ = await api.call("sendMessage", chat_id=1, text="x", parse_mode="HTML")

    assert (status, api.world.violations) == (400, ["sendMessage: unknown parameter parse_mode"])


async def test_an_unknown_method_is_a_violation(api: Caller) -> None:
    assert await api.call("sendTelepathy") == (404, "Not Found")
    assert api.world.violations == ["unknown method sendTelepathy"]


async def test_another_token_is_unauthorised(api: Caller) -> None:
    async with api.session.get(f"{api.root}/bot1:x/getMe") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("way", ["json", "data", "params"])
async def test_parameters_come_in_every_way(api: Caller, way: str) -> None:
    api.world.chat(1)
    url = f"{api.root}/bot{api.server.token}/sendMessage"
    async with api.session.post(url, **{way: {"chat_id": "1", "text": "喂"}}) as answer:  # type: ignore[arg-type]
        assert answer.status == 200


@pytest.mark.parametrize(("text", "status"), [("😀" * 2048, 200), ("😀" * 2048 + "a", 400)])
async def test_a_text_is_counted_in_utf_16_units(api: Caller, text: str, status: int) -> None:
    api.world.chat(1)

    assert (await api.call("sendMessage", chat_id=1, text=text))[0] == status


async def test_updates_stay_until_they_are_confirmed(api: Caller) -> None:
    first = api.world.say(chat=1, user=1, text="一")["update_id"]
    api.world.say(chat=1, user=1, text="二")

    assert len((await api.call("getUpdates"))[1]) == 2
    assert len((await api.call("getUpdates", offset=first + 1))[1]) == 1
    assert len((await api.call("getUpdates"))[1]) == 1


async def test_a_second_request_for_updates_ends_the_first(api: Caller) -> None:
    waiting = asyncio.create_task(api.call("getUpdates", timeout=30))
    await until(lambda: api.server._poll is not None)
    await api.call("getUpdates")

    status, description = await waiting
    assert (status, description[:9]) == (409, "Conflict:")


async def test_a_chat_nobody_opened_cannot_be_written_to(api: Caller) -> None:
    answer = await api.call("sendMessage", chat_id=9, text="喂")

    assert answer == (400, "Bad Request: chat not found")


async def test_a_limit_passed_is_flood_control_until_its_time_is_over() -> None:
    now = [0.0]
    world = World(pace=Pace(), clock=lambda: now[0])
    async with (
        served(Server(world).application()) as root,
        aiohttp.ClientSession() as session,
    ):
        api = Caller(session, root, Server(world))
        world.chat(1)
        statuses = []
        for moment in (0.0, 0.5, 2.0, 3.6):
            now[0] = moment
            statuses.append((await api.call("sendMessage", chat_id=1, text="喂"))[0])

    assert statuses == [200, 429, 429, 200]
    assert world.violations == ["sent to 1 1.50 s before retry_after"]


async def test_a_webhook_gets_each_chat_in_order_again_and_again(api: Caller) -> None:
    got: list[str] = []
    refuse = [500, 503, 500]

    async def hook(request: web.Request) -> web.Response:
        if refuse:
            return web.Response(status=refuse.pop(), headers={"Retry-After": "1"})
        got.append((await request.json())["message"]["text"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hook)
    async with served(app) as url:
        await api.call("setWebhook", url=url, secret_token="s")
        for text in ("一", "二", "三"):
            api.world.say(chat=1, user=1, text=text)
        await until(lambda: len(got) == 3)
        await api.call("deleteWebhook")

    assert got == ["一", "二", "三"]


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.rig.telegram_server", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    where = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession(where["url"]) as session:
        said = {"chat": 5, "user": 5, "text": "灯坏了"}
        async with session.post("/control/say", json=said) as answer:
            update = await answer.json()
        async with session.post(f"/bot{where['token']}/getUpdates") as answer:
            updates = (await answer.json())["result"]
        sent = {"chat_id": 5, "text": "记下了"}
        async with session.post(f"/bot{where['token']}/sendMessage", json=sent) as answer:
            assert answer.status == 200
        async with session.get("/control/sent") as answer:
            (call,) = await answer.json()
    process.terminate()
    await process.wait()

    assert updates == [update]
    assert (call["method"], call["asked"]) == ("sendMessage", sent)
