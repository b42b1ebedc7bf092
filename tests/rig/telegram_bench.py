"""A fake Bot API on a real socket, a channel that speaks to it, and a door that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot.channels.base import CannotAccept
from bot.channels.telegram import Pauses, Settings, TelegramChannel
from domain.messages import Address, Button, Inbound, Lane, Outbound
from tests.rig.telegram_server import Server
from tests.rig.telegram_world import World

SECRET = "a-secret-of-at-least-thirty-two-characters"
PNG = b"\x89PNG\r\n\x1a\n not really, but it begins like one"


@dataclass(slots=True)
class RememberingDoor:
    """Takes what it hears, each key once; can be told to refuse the next ones."""

    heard: list[Inbound] = field(default_factory=list)
    refuse: list[Exception] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, inbound: Inbound) -> bool:
        if self.refuse:
            raise self.refuse.pop(0)
        await asyncio.sleep(0)
        if any(known.key == inbound.key for known in self.heard):
            return False
        self.heard.append(inbound)
        self.changed.set()
        return True

    async def until(self, count: int) -> list[Inbound]:
        """What was heard, once there is that much of it."""
        while len(self.heard) < count:
            self.changed.clear()
            await self.changed.wait()
        return self.heard

    def refuse_next(self, count: int = 1) -> None:
        """Cannot commit the next ones."""
        self.refuse += [CannotAccept("disk full", after=7)] * count


@dataclass(slots=True, kw_only=True)
class Bench:
    """The channel between the fake platform and the door."""

    world: World
    server: Server
    url: str
    channel: TelegramChannel
    door: RememberingDoor
    hook: str = ""  # where the channel's own webhook is served

    async def say(self, text: str, *, chat: int = 11, **more: Any) -> Any:
        """Sends one message and returns what the platform shows of it."""
        self.world.chat(chat)
        sent = await self.channel.send(outbound(text, chat=chat, **more))
        return self.world.chats[chat].messages[int(sent.message)]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[RememberingDoor]:
        """The channel runs."""
        task = asyncio.create_task(self.channel.run(self.door))
        try:
            yield self.door
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def outbound(text: str, *, chat: int = 11, id: int = 1, **more: Any) -> Outbound:
    """A message on its way out."""
    buttons = tuple(Button(label=label, token=token) for label, token in more.pop("buttons", ()))
    return Outbound(
        id=id,
        address=Address(channel="telegram", chat=str(chat)),
        lane=Lane.DIALOGUE,
        text=text,
        buttons=buttons,
        **more,
    )


async def until(claim: Callable[[], bool]) -> None:
    """Returns when the claim has come true."""
    while True:
        if claim():
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """The application on a socket of its own; gives its root."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bench(
    *,
    mode: str = "polling",
    photos: dict[int, tuple[str, bytes]] | None = None,
    world: Callable[[], World] = World,
    patience: float = 5.0,
) -> AsyncIterator[Bench]:
    """Everything on real sockets of this machine."""
    there = world()
    server = Server(there, retry_scale=0.01)
    kept = photos or {}

    async def photo(id: int) -> tuple[str, bytes] | None:
        return kept.get(id)

    async with served(server.application()) as url:
        settings = Settings.model_validate(
            {"token": server.token, "api_url": url, "mode": mode, "secret": SECRET}
        )
        assert settings.token == SecretStr(server.token)
        door = RememberingDoor()
        hook = web.Application(client_max_size=1 << 20)
        parts: list[TelegramChannel] = []

        async def to_channel(request: web.Request) -> web.StreamResponse:
            route = next(iter(parts[0].routes()))
            return await route.handler(request)  # type: ignore[attr-defined,no-any-return]

        hook.router.add_post("/telegram/webhook", to_channel)
        async with served(hook) as hook_url:
            channel = TelegramChannel(
                settings,
                secret=SECRET,
                photos=photo,
                link_label="到私聊里看",
                public_url=hook_url,
                pauses=Pauses(between_parts=0.0, answer=patience, standing_by=0.05),
            )
            parts.append(channel)
            try:
                yield Bench(
                    world=there,
                    server=server,
                    url=url,
                    channel=channel,
                    door=door,
                    hook=f"{hook_url}/telegram/webhook",
                )
            finally:
                await channel.close()
