"""Brings the files people sent from their channel into the attachment store, outside every
transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from bot.channels.base import Channel
from bot.first_bytes import is_picture, voice_type
from bot.images import Unreadable, sanitise
from bot.movies import is_boxes, without_whereabouts
from domain.changes import Audience, Change, Notice, Recipient
from domain.messages import (
    Attachment,
    AttachmentKind,
    Lane,
    Refused,
    SendError,
    TryLater,
    Unknown,
)
from storage.attachments import PendingAttachment
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.transaction import Transaction

logger = structlog.get_logger()

AT_ONCE = 4
UNKNOWN = "application/octet-stream"
PAUSE = 2.0  # seconds between two looks at the store


class Fetcher:
    """Fetches what is pending; a file that cannot be had is marked so, with the reason."""

    def __init__(self, database: Database, channels: Mapping[str, Channel], *, owner: str) -> None:
        self._database = database
        self._channels = channels
        self._owner = owner
        self._something_new = asyncio.Event()

    def heard(self, topics: frozenset[str]) -> None:
        """Something was written, perhaps by another process."""
        if not topics.isdisjoint({Topic.FILES, Topic.ALL}):
            self._something_new.set()

    async def run(self) -> None:
        """Fetches until cancelled."""
        while True:
            try:
                found = await self.once()
            except Unavailable as trouble:
                logger.warning("database unavailable", why=str(trouble))
                found = 0
            if not found:
                await woken(self._something_new, self._database.between_looks(PAUSE))

    async def once(self) -> int:
        """Fetches one batch and returns how many files were tried."""
        pending = await self._database.run(
            lambda tx: tx.attachments.pending(AT_ONCE, owner=self._owner)
        )
        await asyncio.gather(*(self._fetch(one) for one in pending))
        return len(pending)

    async def _fetch(self, pending: PendingAttachment) -> None:
        try:
            media_type, data = await self._bytes(pending)
        except Exception as trouble:  # a strange file must not keep others from being fetched
            if not isinstance(trouble, SendError | Unreadable):
                logger.error("fetch failed", channel=pending.channel, exc_info=trouble)
            final = not isinstance(trouble, TryLater | Unknown)
            why = trouble
            await self._database.run(lambda tx: _failed(tx, pending, why, final=final))
            return
        await self._database.run(lambda tx: _store(tx, pending, media_type, data))

    async def _bytes(self, pending: PendingAttachment) -> tuple[str, bytes]:
        channel = self._channels.get(pending.channel)
        if channel is None:
            raise Refused("no such channel")
        attachment: Attachment = pending.attachment
        claimed, data = await channel.fetch(attachment)
        if attachment.kind is AttachmentKind.VOICE:
            heard_as = voice_type(data)
            if heard_as is None:
                raise Unreadable("no_voice")
            claimed = heard_as
        elif attachment.kind is AttachmentKind.PHOTO or is_picture(data):
            return await sanitise(data)
        if is_boxes(data):
            data = await asyncio.to_thread(without_whereabouts, data)
        return (UNKNOWN if claimed.startswith("image/") else claimed), data


def _store(tx: Transaction, pending: PendingAttachment, media_type: str, data: bytes) -> None:
    if tx.attachments.has_room(pending.person, len(data)):
        tx.attachments.store(pending, media_type, data)
    else:
        _failed(tx, pending, Unreadable("too_many"), final=True)


def _failed(
    tx: Transaction, pending: PendingAttachment, trouble: Exception, *, final: bool
) -> None:
    """Marks it so, and tells whoever sent it what to do when it will never be had."""
    marked = tx.attachments.failed(pending, type(trouble).__name__, final=final)
    if not (final and marked) or pending.person is None:
        return
    sender = Recipient(audience=Audience.PERSON, person=pending.person)
    why = trouble.why if isinstance(trouble, Unreadable) else "lost"
    notice = Notice(to=sender, phrase=f"file.{why}", lane=Lane.DIALOGUE)
    tx.record(Change(notices=(notice,)), by=None)
