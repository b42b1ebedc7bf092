"""The bot account on its Bot API server: the two HTTP clients, who we are, files people sent."""

from __future__ import annotations

import asyncio

import httpx
import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.channels.telegram_errors import NotDone, outcome
from bot.channels.telegram_reading import LARGEST_FILE, Me
from bot.channels.telegram_requests import Requests
from domain.messages import Attachment, Refused, TryLater

logger = structlog.get_logger()

AT_ONCE = 32  # connections
SLOWEST_FILE = 120.0  # seconds


class Account:
    """`bot` makes the calls the library knows, `http` those whose answers we read ourselves."""

    def __init__(self, token: str, root: str, *, patience: float) -> None:
        self.http = httpx.AsyncClient(base_url=f"{root}/bot{token}/", timeout=30)
        self._requests = Requests(at_once=AT_ONCE, patience=patience)
        self.bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._requests,
            get_updates_request=self._requests,
        )
        self._me: Me | None = None
        self._asking = asyncio.Lock()

    async def me(self) -> Me:
        """Our own account, asked for once; raises TelegramError."""
        if self._me is not None:
            return self._me
        async with self._asking:
            if self._me is None:
                user = await self.bot.get_me()
                self._me = Me(id=user.id, username=user.username or "")
                logger.info(
                    "telegram account known",
                    account=user.id,
                    hears_all_of_groups=bool(user.can_read_all_group_messages),
                )
            return self._me

    async def close(self) -> None:
        """Closes the connections; nothing can be called afterwards."""
        await self.http.aclose()
        await self._requests.shutdown()

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """The bytes of a file a person sent, at most 20 MB and as they were sent."""
        if (attachment.size or 0) > LARGEST_FILE:
            raise Refused("file is too big")
        try:
            file = await self.bot.get_file(attachment.reference)
            async with asyncio.timeout(SLOWEST_FILE):
                return attachment.media_type, await self._download(file.file_path or "")
        except NotDone as failure:
            if "temporarily unavailable" in failure.description:
                raise TryLater(failure.description, after=60) from failure
            raise outcome(failure) from failure
        except (TelegramError, httpx.HTTPError, TimeoutError) as failure:
            raise TryLater(type(failure).__name__, after=10) from failure

    async def _download(self, url: str) -> bytes:
        if not url:
            raise Refused("file is no longer there")
        data = bytearray()
        async with self.http.stream("GET", url) as answer:
            if answer.status_code == 404:
                raise Refused("file is no longer there")
            if not answer.is_success:
                raise NotDone(answer.status_code, "", {})
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > LARGEST_FILE:
                    raise Refused("file is too big")
        return bytes(data)
