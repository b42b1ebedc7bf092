"""The terminal as a channel: chatting, reading one sentence, and replaying a chat log."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import app
from bot.channels.base import Door, Limits
from bot.settings import CoreSettings, DatabaseSettings, SecuritySettings
from domain.messages import (
    Address,
    Attachment,
    Button,
    ChatKind,
    Inbound,
    InboundKind,
    Outbound,
    Refused,
    Sent,
)
from domain.readings import Reading, ReadingContext

NAME = "terminal"


class BadLine(Exception):
    """A line of a chat log cannot be replayed."""


@dataclass(slots=True)
class TerminalChannel:
    """Keeps what was said until it is printed."""

    name: str = NAME
    limits: Limits = Limits()
    can_write_first: bool = True
    polls: bool = False
    said: list[Outbound] = field(default_factory=list)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """None: a terminal has no server."""
        return ()

    async def run(self, door: Door) -> None:
        """Nothing to listen to; the command hands over what was typed."""

    async def send(self, outbound: Outbound) -> Sent:
        """Keeps the message for printing."""
        self.said.append(outbound)
        return Sent()

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """Refused: nothing but words comes from a terminal."""
        raise Refused("no files in a terminal")

    def is_group(self, address: Address) -> bool:
        """Whether the chat was named as a group in the log."""
        return address.chat.startswith("group:")

    def taken(self) -> list[Outbound]:
        """What was said since last asked."""
        said, self.said = self.said, []
        return said


@asynccontextmanager
async def _speaking(settings: CoreSettings) -> AsyncIterator[tuple[app.Service, TerminalChannel]]:
    channel = TerminalChannel()
    async with app.assembled(settings, channels={NAME: channel}) as service:
        yield service, channel


async def _says(service: app.Service, channel: TerminalChannel, inbound: Inbound) -> list[Outbound]:
    await service.intake.accept(inbound)
    await service.intake.settle()
    await service.relay.settle()
    return channel.taken()


async def chat(settings: CoreSettings, *, account: str, first: str | None) -> None:
    """One message, or a conversation until the input ends; a number presses that button."""
    async with _speaking(settings) as (service, channel):
        buttons: tuple[Button, ...] = ()
        text = first if first is not None else await _typed()
        while text is not None:
            for outbound in await _says(service, channel, _heard(account, text, buttons)):
                print(outbound.text)
                buttons = outbound.buttons or buttons
                if outbound.buttons:
                    print("  ".join(f"[{button.label}]" for button in outbound.buttons))
            text = None if first is not None else await _typed()


def _heard(account: str, text: str, buttons: tuple[Button, ...]) -> Inbound:
    press = next(
        (button.token for button in buttons if button.label.split(" ")[0] == text.strip()), ""
    )
    return Inbound(
        channel=NAME,
        key=secrets.token_hex(8),
        kind=InboundKind.PRESS if press else InboundKind.MESSAGE,
        chat=account,
        account=account,
        name=account,
        text="" if press else text,
        press=press,
        addressed=True,
        order=time.monotonic_ns(),
    )


async def _typed() -> str | None:
    try:
        return await asyncio.to_thread(input, "> ")
    except EOFError:
        return None


async def read(settings: CoreSettings, text: str, *, staff: bool, group: bool) -> Reading:
    """How a message is understood with the tables of this installation."""
    async with app.assembled(settings, channels={}) as service:
        now = app.wall_clock().astimezone(service.database.catalogue.rules.zone)
        context = ReadingContext(group=group, staff=staff, today=now.date(), now=now)
        return await service.understanding.read(text, context)


def replay(settings: CoreSettings, file: Path) -> Iterator[dict[str, Any]]:
    """What the service would have said to each line of a chat log, on a throw-away database.

    The installation's own tables are not touched; the sample community's are used. Raises BadLine.
    """
    with tempfile.TemporaryDirectory() as folder:
        apart = settings.model_copy(
            update={
                "sample": True,
                "database": DatabaseSettings(url=f"sqlite:///{folder}/replay.db"),
                "security": SecuritySettings(key_file=Path(folder) / "replay.key"),
            }
        )
        with asyncio.Runner() as runner:
            lines = _answers(apart, file)
            while True:
                try:
                    yield runner.run(anext(lines))
                except StopAsyncIteration:
                    return


async def _answers(settings: CoreSettings, file: Path) -> AsyncIterator[dict[str, Any]]:
    async with _speaking(settings) as (service, channel):
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                inbound = _from_log(file.name, number, line)
                said = await _says(service, channel, inbound)
                yield {
                    "line": number,
                    "answers": [
                        {"chat": out.address.chat, "text": out.text} for out in said
                    ],
                }


def _from_log(file: str, number: int, line: str) -> Inbound:
    try:
        heard = json.loads(line)
        account, text = str(heard["account"]), str(heard["text"])
    except (ValueError, KeyError, TypeError):
        raise BadLine(f"{file}, line {number}: needs an object with account and text") from None
    group = str(heard.get("group") or "")
    return Inbound(
        channel=NAME,
        key=f"replay-{number}",
        chat=f"group:{group}" if group else account,
        chat_kind=ChatKind.GROUP if group else ChatKind.PRIVATE,
        account=account,
        name=str(heard.get("name") or account),
        text=text,
        addressed=bool(heard.get("addressed", not group)),
        order=number,
    )
