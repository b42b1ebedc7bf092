"""A model's server on loopback: it says what a test wants, and remembers what it heard.

async with model_server() as server:
    server.says("大白话")             # cites the entry it was given, with these words
    server.answers = some_handler    # or anything else
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aiohttp import web

from domain.policies import Policy, PolicyState

QUESTION = "垃圾分类怎么分"  # that the sample answers
ENTRY = Policy(
    code="shelter",
    state=PolicyState.PUBLISHED,
    question="应急避难场所在哪里",
    answer="应急避难场所在梧桐公园草坪，能住 300 人，不能带宠物，每天 8:00 开门。",
    phone="025-84120001",
    link="https://example.org/shelter",
    source="梧桐社区居委会",
    updated_on=date(2026, 5, 1),
)

Answers = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class ModelServer:
    """What it heard, and how it answers."""

    url: str = ""
    heard: list[Mapping[str, Any]] = field(default_factory=list)  # bodies, in order
    keys: list[str] = field(default_factory=list)  # what was sent as Authorization
    answers: Answers | None = None
    models: tuple[str, ...] = ("talker", "vectors")

    @property
    def said_to_it(self) -> str:
        """Everything that reached it, as one text."""
        return json.dumps(self.heard, ensure_ascii=False)

    def says(self, words: str, *, cites: object = "first") -> None:
        """It cites the first entry offered, or this, with these words."""

        async def answer(_: web.Request, body: Mapping[str, Any]) -> web.Response:
            mark = entries(body)[0]["id"] if cites == "first" else cites
            return chat(json.dumps({"cites": mark, "answer": words}, ensure_ascii=False))

        self.answers = answer

    def replies(self, text: str, *, status: int = 200, **headers: str) -> None:
        """It answers with exactly this body."""

        async def answer(_: web.Request, __: Mapping[str, Any]) -> web.Response:
            return web.Response(text=text, status=status, headers=headers)

        self.answers = answer


def entries(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The entries that were offered in the body of a call."""
    return list(shown(body)["entries"])


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """The data between the fences."""
    _, data, _ = body["messages"][1]["content"].split("\n")
    return dict(json.loads(data))


def chat(content: object) -> web.Response:
    """An answer in the form every such server has."""
    message = {"role": "assistant", "content": content}
    return web.json_response({"choices": [{"index": 0, "message": message}]})


@asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    """The server, on a port of its own."""
    server = ModelServer()

    async def asked(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        server.heard.append(body)
        server.keys.append(request.headers.get("Authorization", ""))
        assert server.answers is not None
        return await server.answers(request, body)

    async def listed(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": name} for name in server.models]})

    application = web.Application()
    application.router.add_post("/v1/{path:.*}", asked)
    application.router.add_get("/v1/models", listed)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
