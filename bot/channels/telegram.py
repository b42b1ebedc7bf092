"""Telegram: private chats and groups, by polling or webhook, through any Bot API server.

Of python-telegram-bot only `Bot`, its types and its HTTP client are used: its updater confirms
updates before they are handled and so loses them when the process dies.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx
import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from telegram.error import TelegramError

from bot.channels.base import CannotAccept, Door, Limits, Photos, Surroundings
from bot.channels.telegram_account import Account
from bot.channels.telegram_diagnosis import Expected, diagnose
from bot.channels.telegram_errors import outcome
from bot.channels.telegram_listening import PATH, Ear, Poller, answer_webhook
from bot.channels.telegram_reading import ALLOWED_UPDATES, NAME, Me
from bot.channels.telegram_sending import Speaker, is_group
from bot.findings import Finding
from domain.messages import (
    Address,
    Attachment,
    ChatKind,
    Inbound,
    InboundKind,
    Outbound,
    Sent,
)

logger = structlog.get_logger()

PRESSES_KEPT = 1000
PRESSES_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long the channel waits for what, in seconds."""

    between_parts: float = 1.1  # of one message: the limit per chat holds for them too
    answer: float = 15.0
    standing_by: float = 1.0  # the shortest, when the platform cannot be listened to


class Settings(BaseModel):
    """The section `telegram`; without a token the channel is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = SecretStr("")
    api_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    # What the platform shows in every webhook call; without it one is derived from the master key.
    secret: SecretStr = Field(default=SecretStr(""))
    # To all chats together; Telegram lets every bot send 30, and more when it is paid for it.
    per_second: int = Field(default=30, ge=1, le=1000)

    @field_validator("token")
    @classmethod
    def _token_shape(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9:_-]*", token.get_secret_value()):
            raise ValueError("is not a bot token such as 123456:ABC")
        return token

    @field_validator("api_url")
    @classmethod
    def _api_root(cls, url: str) -> str:
        try:
            usable = httpx.URL(url).scheme in ("http", "https") and httpx.URL(url).host
        except httpx.InvalidURL:
            usable = ""
        if not usable:
            raise ValueError("is not the root of a Bot API such as https://api.telegram.org")
        return url.rstrip("/")

    @field_validator("secret")
    @classmethod
    def _secret_shape(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.get_secret_value()):
            raise ValueError("may hold up to 256 letters, digits, _ and -")
        return secret


def open_channel(settings: Settings, surroundings: Surroundings) -> TelegramChannel | None:
    """The channel, or None when it has no token."""
    if not settings.token.get_secret_value():
        return None
    # The HTTP client logs every address, and here the address holds the token; the library logs
    # answers it cannot read, and those hold what people wrote.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    return TelegramChannel(
        settings,
        secret=settings.secret.get_secret_value() or surroundings.key("telegram webhook").hex(),
        public_url=surroundings.public_url,
        photos=surroundings.photos,
        link_label=surroundings.wording.say("telegram.private", {}),
    )


class TelegramChannel:
    """One bot account on one Bot API server."""

    name = NAME
    can_write_first = False

    def __init__(
        self,
        settings: Settings,
        *,
        secret: str,
        photos: Photos,
        link_label: str,
        public_url: str = "",
        pauses: Pauses = Pauses(),
    ) -> None:
        self.polls = settings.mode == "polling"
        self.limits = Limits(
            per_second=settings.per_second, chat_per_second=1, group_per_minute=20
        )
        self._settings = settings
        self._secret = secret
        self._public_url = public_url.rstrip("/")
        self._pauses = pauses
        self._account = Account(
            settings.token.get_secret_value(), settings.api_url, patience=pauses.answer
        )
        self._speaker = Speaker(
            self._account,
            photos=photos,
            link_label=link_label,
            between_parts=pauses.between_parts,
        )
        self._ear: Ear | None = None
        self._presses: asyncio.Queue[Inbound] = asyncio.Queue(PRESSES_KEPT)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhook, in webhook mode."""
        return (web.post(PATH, self._webhook),) if self._settings.mode == "webhook" else ()

    async def run(self, door: Door) -> None:
        """Listens until cancelled, whatever the network does."""
        self._ear = Ear(door, self._know_me_to_accept, self._notice)
        async with asyncio.TaskGroup() as tasks:
            for number in range(PRESSES_AT_ONCE):
                tasks.create_task(self._answer_presses(), name=f"telegram: presses {number}")
            if self._settings.mode == "webhook":
                await self._set_webhook()
            else:
                await self._poller(self._ear).run()

    async def close(self) -> None:
        """Closes the connections; nothing can be sent afterwards."""
        await self._account.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Delivers one message."""
        return await self._speaker.send(outbound)

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """The bytes of a file a person sent, at most 20 MB and as they were sent."""
        return await self._account.fetch(attachment)

    def is_group(self, address: Address) -> bool:
        """Telegram numbers groups below zero."""
        return is_group(address)

    async def diagnose(self, now: datetime) -> Sequence[Finding]:
        """Why nobody may be heard or reached: what the platform knows of the bot."""
        hook = f"{self._public_url}{PATH}" if self._public_url else ""
        expected = Expected(polls=self.polls, hook=hook, allowed=tuple(ALLOWED_UPDATES))
        return [one async for one in diagnose(self._account.http, expected, now)]

    def _poller(self, ear: Ear) -> Poller:
        return Poller(self._account.http, ear, standing_by=self._pauses.standing_by)

    async def _webhook(self, request: web.Request) -> web.Response:
        return await answer_webhook(request, secret=self._secret, ear=self._ear)

    async def _set_webhook(self) -> None:
        """Tells the platform where we listen, however long it takes to reach it."""
        if not self._public_url:
            logger.warning("webhook not set", channel=NAME, why="server.public_url is empty")
            return
        wait = self._pauses.standing_by
        while True:
            try:
                await self._account.bot.set_webhook(
                    f"{self._public_url}{PATH}",
                    secret_token=self._secret,
                    allowed_updates=ALLOWED_UPDATES,
                )
            except TelegramError as failure:
                logger.warning("webhook not set", channel=NAME, why=str(outcome(failure)))
                await asyncio.sleep(wait * random.uniform(0.75, 1.25))
                wait = min(wait * 2, 60.0)
            else:
                return

    async def _know_me_to_accept(self) -> Me:
        try:
            return await self._account.me()
        except TelegramError as failure:
            raise CannotAccept(str(outcome(failure)), after=5) from failure

    def _notice(self, inbound: Inbound) -> None:
        if inbound.kind is InboundKind.PRESS and not self._presses.full():
            self._presses.put_nowait(inbound)

    async def _answer_presses(self) -> None:
        """Stops the spinner of pressed buttons and takes used buttons away, as far as it goes.

        Only in private chats: in a group somebody else may have pressed, and the buttons stay for
        the one they are for.
        """
        while True:
            press = await self._presses.get()
            try:
                await self._account.bot.answer_callback_query(press.press_id)
                if press.chat_kind is ChatKind.PRIVATE:
                    await self._account.bot.edit_message_reply_markup(
                        int(press.chat), int(press.message), reply_markup=None
                    )
            except TelegramError as failure:
                logger.debug("press not answered", why=str(outcome(failure)))
