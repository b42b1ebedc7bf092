"""Which inbox rows belong together, and what they say as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.messages import Attachment, AttachmentKind, Inbound, InboundKind, Location
from handlers.turn import Heard
from knowledge.normal import normal
from storage.inbox_rows import InboxRow
from storage.transaction import Transaction

# An upload that is already in the attachment store is named so by its channel.
STORED = "stored:"
BEYOND_BELIEF = 2**31  # bytes or seconds
TOGETHER = 30  # messages handled as one at most
LONGEST_TOGETHER = 6_000  # characters of them


# What a platform names things by; the words themselves are kept exactly as they came.
NAMES = (
    "chat",
    "chat_title",
    "account",
    "name",
    "language",
    "album",
    "message",
    "reply_to",
    "press",
    "start",
    "migrated_to",
)


def storable(inbound: Inbound) -> Inbound:
    """The message with names every database can look for, and with figures that can be."""
    broken: dict[str, Any] = {
        name: _whole(value)
        for name in NAMES
        if not (value := getattr(inbound, name)).isascii() or "\0" in value
    }
    if inbound.attachments:
        broken["attachments"] = tuple(_storable(one) for one in inbound.attachments)
    if inbound.location is not None and not _is_on_earth(inbound.location):
        broken["location"] = None
    return replace(inbound, **broken) if broken else inbound


def _storable(attachment: Attachment) -> Attachment:
    return replace(
        attachment,
        reference=_whole(attachment.reference),
        media_type=_whole(attachment.media_type),
        size=_believable(attachment.size),
        seconds=_believable(attachment.seconds),
    )


def _is_on_earth(place: Location) -> bool:
    return -90 <= place.latitude <= 90 and -180 <= place.longitude <= 180


def _whole(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _believable(declared: int | None) -> int | None:
    """What a platform says of a file, unless it cannot be."""
    return declared if declared is not None and 0 <= declared < BEYOND_BELIEF else None


def bundle(rows: tuple[InboxRow, ...]) -> tuple[InboxRow, ...]:
    """The leading rows to handle as one message: those that waited for more, and the photos of
    one album.
    """
    together = list(rows[:1])
    for row in rows[1:]:
        if is_full(together) or not _continues(together, row):
            break
        together.append(row)
    return tuple(together)


def is_full(rows: Sequence[InboxRow]) -> bool:
    """Whether no more messages are taken together with these."""
    return len(rows) >= TOGETHER or sum(len(row.inbound.text) for row in rows) >= LONGEST_TOGETHER


def _continues(together: list[InboxRow], after: InboxRow) -> bool:
    """Whether it was said while the others still waited, or is of the same album."""
    before = together[-1].inbound
    if before.kind is not InboundKind.MESSAGE or after.inbound.kind is not InboundKind.MESSAGE:
        return False
    same_album = before.album and before.album == after.inbound.album
    return bool(same_album) or any(row.waited for row in together)


def words(rows: tuple[InboxRow, ...]) -> str:
    """What the rows say together; what came too fast and says the same again is left out."""
    said: dict[str, str] = {}
    for row in rows:
        words = row.inbound.text
        said.setdefault(normal(words).key if row.held else f"{row.id}", words)
    return "\n".join(filter(None, said.values()))


def overheard(rows: tuple[InboxRow, ...]) -> Heard:
    """The rows as one message, for a look at who said it where: without files."""
    first = rows[0].inbound
    return Heard(
        kind=first.kind,
        text=words(rows),
        first=first,
        addressed=any(row.inbound.addressed for row in rows),
        edited=first.kind is InboundKind.EDIT,
    )


def heard_from(
    tx: Transaction, rows: tuple[InboxRow, ...], person: int, *, too_fast: bool
) -> Heard:
    """The rows as one message; its files get their place in the attachment store."""
    first = rows[0].inbound
    files: dict[AttachmentKind, list[int]] = {kind: [] for kind in AttachmentKind}
    for row in rows:
        for attachment in row.inbound.attachments:
            kept = _keep(tx, attachment, first.channel, person)
            files[attachment.kind].append(kept)
    about = ""
    if first.reply_to:
        answered = tx.outbox.by_platform_message(first.address, first.reply_to)
        about = answered.number if answered else ""
    late = tx.now - first.sent_at if first.sent_at else timedelta(0)
    return replace(
        overheard(rows),
        photos=tuple(files[AttachmentKind.PHOTO]),
        voices=tuple(files[AttachmentKind.VOICE]),
        files=tuple(files[AttachmentKind.VIDEO] + files[AttachmentKind.FILE]),
        location=next((row.inbound.location for row in rows if row.inbound.location), None),
        about=about,
        too_fast=too_fast,
        late=max(late, timedelta(0)),
    )


def _keep(tx: Transaction, attachment: Attachment, channel: str, person: int) -> int:
    if attachment.reference.startswith(STORED):
        return int(attachment.reference.removeprefix(STORED))
    return tx.attachments.add(person, attachment, channel=channel)
