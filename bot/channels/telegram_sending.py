"""How a message goes out on Telegram: its calls in order, and what their failures mean."""

from __future__ import annotations

import asyncio
import mimetypes
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import TelegramError

from bot.channels import telegram_layout as layout
from bot.channels.base import Photos
from bot.channels.telegram_account import Account
from bot.channels.telegram_errors import AGAIN, NotDone, outcome
from bot.channels.telegram_reading import Me
from domain.messages import Address, Outbound, Refused, SendError, Sent, TryLater
from storage.database import Unavailable

logger = structlog.get_logger()

BEGUN_KEPT = 1000  # messages of which some parts are out
# What the platform shows or plays in the chat; everything else is a document.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
VOICE = "audio/ogg"
MUSIC = frozenset({"audio/mpeg", "audio/mp4"})
WHOLE_ACCOUNT = 3  # chats under flood control at once, from which on it is taken to hold for all


def is_group(address: Address) -> bool:
    """Telegram numbers groups below zero."""
    return address.chat.startswith("-")


class Speaker:
    """Says messages, in several parts where they are long or have files.

    A part that failed is where the next attempt at the same message goes on, in this process.
    """

    def __init__(
        self, account: Account, *, photos: Photos, link_label: str, between_parts: float
    ) -> None:
        self._account = account
        self._photos = photos
        self._link_label = link_label
        self._between_parts = between_parts
        self._begun: OrderedDict[int, tuple[int, str]] = OrderedDict()
        self._floods: dict[str, float] = {}

    async def send(self, outbound: Outbound) -> Sent:
        """Delivers one message; raises Refused, TryLater or Unknown."""
        chat = _chat(outbound.address)
        me = await self._me_for(outbound)
        steps = layout.steps(outbound, username=me.username)
        if not steps:
            raise Refused("nothing to say")
        if outbound.takes_back.isdecimal():
            await self._take_back(outbound.address, chat, int(outbound.takes_back))
        done, message = self._begun.pop(outbound.id, (0, ""))
        for number, step in enumerate(steps[done:], start=done):
            if number > done:
                await asyncio.sleep(self._between_parts)
            last = number == len(steps) - 1
            try:
                message = await self._say(
                    chat,
                    step,
                    markup=self._markup(outbound, me) if last else None,
                    reply_to=outbound.reply_to if number == 0 else "",
                )
            except (TelegramError, SendError) as failure:
                self._remember(outbound.id, number, message)
                if isinstance(failure, SendError):
                    raise
                raise self._meaning(outbound.address, failure) from failure
        return Sent(message=message)

    async def _take_back(self, address: Address, chat: int, message: int) -> None:
        """Removes a message of ours; one that is too old or gone stays, and the words follow.

        Nothing is said twice by trying again, so whatever else goes wrong is tried again.
        """
        try:
            await self._account.bot.delete_message(chat, message)
        except NotDone as failure:
            if failure.code != 400:
                raise self._meaning(address, failure) from failure
        except TelegramError as failure:
            raise TryLater(str(outcome(failure)), after=AGAIN) from failure

    async def _me_for(self, outbound: Outbound) -> Me:
        """Our own account where the message needs it: for its link, or to keep our own name."""
        if not (outbound.link or is_group(outbound.address)):
            return Me(id=0, username="")
        try:
            return await self._account.me()
        except TelegramError as failure:
            raise TryLater(str(outcome(failure)), after=5, scope="channel") from failure

    async def _say(
        self, chat: int, step: layout.Step, *, markup: InlineKeyboardMarkup | None, reply_to: str
    ) -> str:
        """One call; a file the platform takes in no way is left out, and its words go alone."""
        reply = (
            ReplyParameters(int(reply_to), allow_sending_without_reply=True)
            if reply_to.isdecimal()
            else None
        )
        file = await self._bytes(step.file) if step.file is not None else None
        message: Message
        for send in self._ways(*file) if file is not None else ():
            try:
                message = await send(
                    chat,
                    caption=step.text or None,
                    reply_parameters=reply,
                    reply_markup=markup,
                )
            except NotDone as failure:
                if not failure.about_the_file:
                    raise
                logger.warning("file refused", attachment=step.file, why=failure.description)
            else:
                return str(message.message_id)
        if not step.text:
            return ""
        message = await self._account.bot.send_message(
            chat,
            step.text,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_parameters=reply,
            reply_markup=markup,
        )
        return str(message.message_id)

    def _ways(self, media_type: str, data: bytes) -> Iterator[Callable[..., Awaitable[Message]]]:
        """How a file may go out, best first: as what it is, else as any file.

        A picture goes as a picture only: as a file nobody would see it without opening it.
        """
        name = f"file{mimetypes.guess_extension(media_type) or ''}"
        bot = self._account.bot
        if media_type in PICTURES:
            yield partial(bot.send_photo, photo=data, filename=name)
            return
        if media_type == VOICE:
            yield partial(bot.send_voice, voice=data, filename=name)
        elif media_type in MUSIC:
            yield partial(bot.send_audio, audio=data, filename=name)
        yield partial(bot.send_document, document=data, filename=name)

    async def _bytes(self, file: int) -> tuple[str, bytes] | None:
        try:
            return await self._photos(file)
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
            if len(self._begun) > BEGUN_KEPT:
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


def _chat(address: Address) -> int:
    try:
        return int(address.chat)
    except ValueError:
        raise Refused("not a chat of Telegram", gone=True) from None
