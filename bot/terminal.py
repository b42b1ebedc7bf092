"""The terminal as a channel: chatting, reading one sentence, and replaying a chat log."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import app
from bot.channels.base import Door, Limits
from bot.findings import Finding
from bot.service import Service
from bot.settings import (
    CoreSettings,
    DatabaseSettings,
    IntakeSettings,
    LimitSettings,
    SecuritySettings,
)
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
from knowledge.policies import outcome

NAME = "terminal"
# A log says at once what people said over hours, so nobody waits for the rest of a sentence.
AT_ONCE = IntakeSettings(quiet=0.01, cap=0.02, album=0.01)

Print = Callable[[str], None]
Show = Callable[[dict[str, Any]], None]


class BadLine(Exception):
    """A line of a chat log cannot be replayed."""


@dataclass(slots=True)
class TerminalChannel:
    """Keeps what was said until it is printed."""

    name: str = NAME
    limits: Limits = field(default_factory=Limits)
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

    async def close(self) -> None:
        """Nothing to let go of."""

    def is_group(self, address: Address) -> bool:
        """Whether the chat was named as a group in the log."""
        return address.chat.startswith("group:")

    async def diagnose(self, now: datetime) -> Sequence[Finding]:
        """Nothing can be wrong with a terminal."""
        return ()

    def taken(self) -> list[Outbound]:
        """What was said since last asked."""
        said, self.said = self.said, []
        return said


@dataclass(frozen=True, slots=True)
class Terminal:
    """The service with a terminal for its only channel."""

    service: Service
    channel: TerminalChannel

    async def says(self, inbound: Inbound) -> list[Outbound]:
        """Hands over a message and returns all that was said after it."""
        await self.service.intake.accept(inbound)
        await self.service.intake.settle()
        while await self._is_waiting(inbound.conversation):
            await asyncio.sleep(AT_ONCE.quiet)
            await self.service.intake.settle()
        await self.service.relay.settle()
        return self.channel.taken()

    async def _is_waiting(self, conversation: str) -> bool:
        """Whether an incomplete message still waits for its rest."""
        unfinished = await self.service.database.read(lambda tx: tx.inbox.unfinished(conversation))
        return any(row.waited for row in unfinished)


@asynccontextmanager
async def opened(settings: CoreSettings) -> AsyncIterator[Terminal]:
    """The service of these settings, with the terminal for its only channel; at the terminal
    nobody is too fast.
    """
    channel = TerminalChannel()
    at_once = settings.model_copy(
        update={"intake": AT_ONCE, "limits": LimitSettings(enabled=False)}
    )
    async with app.assembled(at_once, channels={NAME: channel}) as service:
        try:
            yield Terminal(service, channel)
        finally:
            await service.relay.let_go()


async def chat(settings: CoreSettings, *, account: str, first: str | None, show: Print) -> None:
    """One message, or a conversation until the input ends; a number presses that button."""
    async with opened(settings) as terminal:
        buttons: tuple[Button, ...] = ()
        text = first if first is not None else await _typed()
        while text is not None:
            for outbound in await terminal.says(_heard(account, text, buttons)):
                show(outbound.text)
                buttons = outbound.buttons or buttons
                if outbound.buttons:
                    show("  ".join(f"[{button.label}]" for button in outbound.buttons))
            text = None if first is not None else await _typed()


def _heard(account: str, text: str, buttons: tuple[Button, ...]) -> Inbound:
    pressed = (button.token for button in buttons if button.label.split(" ")[0] == text.strip())
    press = next(pressed, "")
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


async def ask(settings: CoreSettings, text: str) -> dict[str, Any]:
    """What policy entries answer a question: the outcome, and every entry found with its score."""
    async with app.assembled(settings, channels={}) as service:
        today = app.wall_clock().astimezone(service.database.catalogue.rules.zone).date()
        reading = await service.understanding.read(text, ReadingContext(today=today))
        found = reading.policies
        entries = await service.database.read(
            lambda tx: tx.policies.some([one.code for one in found])
        )
    known = {entry.code: entry for entry in entries}
    return {
        "text": reading.text,
        "outcome": outcome(found).value,
        "model": None if reading.advice is None else asdict(reading.advice),
        "found": [
            {
                **asdict(one),
                "question": known[one.code].question,
                "answer": known[one.code].answer,
                "source": known[one.code].source,
                "updated_on": known[one.code].updated_on.isoformat(),
                "current": known[one.code].is_current(today),
                "sample": known[one.code].sample,
            }
            for one in found
            if one.code in known
        ],
    }


async def replay(
    settings: CoreSettings, file: Path, show: Callable[[dict[str, Any]], None]
) -> int:
    """Shows what the service would have said to each line of a chat log; returns how many lines.

    It runs on a throw-away database with the sample community: the installation's own tables are
    not touched. Raises BadLine.
    """
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        apart = settings.model_copy(
            update={
                "sample": True,
                "database": DatabaseSettings(url=f"sqlite:///{folder}/replay.db"),
                "security": SecuritySettings(key_file=Path(folder) / "replay.key"),
            }
        )
        async with opened(apart) as terminal:
            with file.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        said = await terminal.says(_from_log(file.name, number, line))
                        answers = [{"chat": out.address.chat, "text": out.text} for out in said]
                        show({"line": number, "answers": answers})
                        count += 1
    return count


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
