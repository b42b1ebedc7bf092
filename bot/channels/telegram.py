"""Telegram: private chats and groups, by polling or webhook, through any Bot API server.

Of python-telegram-bot only `Bot`, its types and its HTTP client are used: its updater confirms
updates before they are handled and so loses them when the process dies.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import httpx
import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import TelegramError

from bot.channels import telegram_layout as layout
from bot.channels.base import CannotAccept, Door, Limits, Photos, Surroundings
from bot.channels.telegram_errors import NotDone, Requests, outcome
from bot.channels.telegram_listening import PATH, Ear, Poller, answer_webhook
from bot.channels.telegram_reading import ALLOWED_UPDATES, LARGEST_FILE, NAME, Me
from domain.messages import (
    Address,
    Attachment,
    ChatKind,
    Inbound,
    InboundKind,
    Outbound,
    Refused,
    SendError,
    Sent,
    TryLater,
)
from knowledge.phrasebook import Phrasebook
from storage.database import Unavailable

logger = structlog.get_logger()

LIMITS = Limits(per_second=30, chat_per_second=1, group_per_minute=20)
AT_ONCE = 32  # connections
SLOWEST_FILE = 120.0  # seconds
PRESSES_KEPT = 1000
PRESSES_AT_ONCE = 4
WHOLE_ACCOUNT = 3  # chats under flood control at once, from which on it is taken to hold for all


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
        link_label=Phrasebook.load().say("telegram.private", {}),
    )


class TelegramChannel:
    """One bot account on one Bot API server."""

    name = NAME
    limits = LIMITS
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
        self._settings = settings
        self._secret = secret
        self._photos = photos
        self._link_label = link_label
        self._public_url = public_url.rstrip("/")
        self._pauses = pauses
        token, root = settings.token.get_secret_value(), settings.api_url
        self._http = httpx.AsyncClient(base_url=f"{root}/bot{token}/", timeout=30)
        self._requests = Requests(
            connection_pool_size=AT_ONCE,
            pool_timeout=5,
            connect_timeout=5,
            read_timeout=pauses.answer,
        )
        self._bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._requests,
            get_updates_request=self._requests,
        )
        self._me: Me | None = None
        self._getting_known = asyncio.Lock()
        self._ear: Ear | None = None
        self._presses: asyncio.Queue[Inbound] = asyncio.Queue(PRESSES_KEPT)
        self._begun: OrderedDict[int, tuple[int, str]] = OrderedDict()
        self._floods: dict[str, float] = {}

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
                await Poller(self._http, self._ear, standing_by=self._pauses.standing_by).run()

    async def close(self) -> None:
        """Closes the connections; nothing can be sent afterwards."""
        await self._http.aclose()
        await self._requests.shutdown()

    async def send(self, outbound: Outbound) -> Sent:
        """Delivers one message, in several parts where it is long.

        A part that failed is where the next attempt at the same message goes on, in this process.
        """
        chat = _chat(outbound.address)
        me = await self._know_me_to_send(outbound)
        steps = layout.steps(outbound, group=self.is_group(outbound.address), username=me.username)
        done, message = self._begun.pop(outbound.id, (0, ""))
        for number, step in enumerate(steps[done:], start=done):
            if number > done:
                await asyncio.sleep(self._pauses.between_parts)
            last = number == len(steps) - 1
            try:
                message = await self._say(
                    chat,
                    step,
                    markup=self._markup(outbound, me) if last else None,
                    reply_to=outbound.reply_to if number == 0 else "",
                )
            except TelegramError as failure:
                self._remember(outbound.id, number, message)
                raise self._meaning(outbound.address, failure) from failure
        return Sent(message=message)

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """The bytes of a file a person sent, at most 20 MB and as they were sent."""
        if (attachment.size or 0) > LARGEST_FILE:
            raise Refused("file is too big")
        try:
            file = await self._bot.get_file(attachment.reference)
            async with asyncio.timeout(SLOWEST_FILE):
                return attachment.media_type, await self._download(file.file_path or "")
        except NotDone as failure:
            if "temporarily unavailable" in failure.description:
                raise TryLater(failure.description, after=60) from failure
            raise outcome(failure) from failure
        except (TelegramError, httpx.HTTPError, TimeoutError) as failure:
            raise TryLater(type(failure).__name__, after=10) from failure

    def is_group(self, address: Address) -> bool:
        """Telegram numbers groups below zero."""
        return address.chat.startswith("-")

    # -- listening

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
                await self._bot.set_webhook(
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

    async def _know_me(self) -> Me:
        """Our own account, asked for once; raises TelegramError."""
        async with self._getting_known:
            if self._me is None:
                user = await self._bot.get_me()
                self._me = Me(id=user.id, username=user.username or "")
                logger.info(
                    "telegram account known",
                    account=user.id,
                    hears_all_of_groups=bool(user.can_read_all_group_messages),
                )
            return self._me

    async def _know_me_to_send(self, outbound: Outbound) -> Me:
        """Our own account where the message needs it: for its link, or to keep our own name."""
        if not (outbound.link or self.is_group(outbound.address)):
            return self._me or Me(id=0, username="")
        try:
            return self._me or await self._know_me()
        except TelegramError as failure:
            raise TryLater(str(outcome(failure)), after=5, scope="channel") from failure

    async def _know_me_to_accept(self) -> Me:
        try:
            return self._me or await self._know_me()
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
                await self._bot.answer_callback_query(press.press_id)
                if press.chat_kind is ChatKind.PRIVATE:
                    await self._bot.edit_message_reply_markup(
                        int(press.chat), int(press.message), reply_markup=None
                    )
            except TelegramError as failure:
                logger.debug("press not answered", why=str(outcome(failure)))

    # -- speaking

    async def _say(
        self, chat: int, step: layout.Step, *, markup: InlineKeyboardMarkup | None, reply_to: str
    ) -> str:
        """One call; a photo the platform does not take is left out, and its words go alone."""
        reply = (
            ReplyParameters(int(reply_to), allow_sending_without_reply=True)
            if reply_to.isdecimal()
            else None
        )
        photo = await self._bytes(step.photo) if step.photo is not None else None
        message: Message
        if photo is not None:
            try:
                message = await self._bot.send_photo(
                    chat,
                    photo[1],
                    caption=step.text or None,
                    reply_parameters=reply,
                    reply_markup=markup,
                    filename=f"photo.{photo[0].rpartition('/')[2]}",
                )
            except NotDone as failure:
                if not failure.about_the_photo:
                    raise
                logger.warning("photo refused", attachment=step.photo, why=failure.description)
            else:
                return str(message.message_id)
        if not step.text:
            return ""
        message = await self._bot.send_message(
            chat,
            step.text,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_parameters=reply,
            reply_markup=markup,
        )
        return str(message.message_id)

    async def _bytes(self, photo: int) -> tuple[str, bytes] | None:
        try:
            return await self._photos(photo)
        except Unavailable as trouble:
            raise TryLater(str(trouble), after=5) from trouble

    def _markup(self, outbound: Outbound, me: Me) -> InlineKeyboardMarkup | None:
        keyboard = [
            [InlineKeyboardButton(button.label, callback_data=button.token) for button in row]
            for row in layout.rows(outbound.buttons)
        ]
        if outbound.link:
            url = f"https://t.me/{me.username}?start={outbound.link}"
            keyboard.append([InlineKeyboardButton(self._link_label, url=url)])
        return InlineKeyboardMarkup(keyboard) if keyboard else None

    def _remember(self, outbound: int, done: int, message: str) -> None:
        if done:
            self._begun[outbound] = (done, message)
            if len(self._begun) > PRESSES_KEPT:
                self._begun.popitem(last=False)

    def _meaning(self, address: Address, failure: TelegramError) -> SendError:
        """The outcome; flood control in several chats at once is taken to be for the account."""
        meaning = outcome(failure)
        if not (isinstance(meaning, TryLater) and meaning.scope == "chat"):
            return meaning
        now = asyncio.get_running_loop().time()
        self._floods = {chat: until for chat, until in self._floods.items() if until > now}
        self._floods[address.chat] = now + meaning.after
        if len(self._floods) >= WHOLE_ACCOUNT:
            return TryLater(meaning.reason, after=meaning.after, scope="channel")
        return meaning

    async def _download(self, url: str) -> bytes:
        if not url:
            raise Refused("file is no longer there")
        data = bytearray()
        async with self._http.stream("GET", url) as answer:
            if answer.status_code == 404:
                raise Refused("file is no longer there")
            if not answer.is_success:
                raise NotDone(answer.status_code, "", {})
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > LARGEST_FILE:
                    raise Refused("file is too big")
        return bytes(data)


def _chat(address: Address) -> int:
    try:
        return int(address.chat)
    except ValueError:
        raise Refused("not a chat of Telegram", gone=True) from None
