"""What stands in a transcript, and how a page is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.web_identity import Seals
from domain.messages import Address, AttachmentKind, Outbound
from storage.transaction import Transaction
from storage.transcripts import TranscriptEntry

SHOWN_AT_FIRST = 200
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A chat as one visitor calls it: `me`, `group:C01`, in the sample `resident/me`."""

    name: str
    address: Address
    title: str = ""
    group: bool = False


# How the page shows a file of each kind: a picture, a player, or something to be downloaded.
SHOWN_AS = {
    AttachmentKind.PHOTO: "photos",
    AttachmentKind.VOICE: "voices",
    AttachmentKind.VIDEO: "files",
    AttachmentKind.FILE: "files",
}


def content_of(tx: Transaction, outbound: Outbound) -> Mapping[str, Any]:
    """What is kept of a message of ours; files that were erased meanwhile are left out."""
    content: dict[str, Any] = {"text": outbound.text}
    if outbound.buttons:
        content["buttons"] = [
            {"label": button.label, "token": button.token} for button in outbound.buttons
        ]
    for number in outbound.photos:
        file = tx.attachments.get(number)
        if file is not None:
            content.setdefault(SHOWN_AS[file.kind], []).append(number)
    if outbound.reply_to:
        content["reply_to"] = outbound.reply_to
    if outbound.link:
        content["link"] = outbound.link
    return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rows of several chats after their cursors, and whether there may be more."""

    rows: tuple[tuple[View, TranscriptEntry], ...]
    more: bool


def read_on(tx: Transaction, views: Iterable[View], cursors: Mapping[str, int]) -> Reading:
    """What is new in these chats; the last messages of one that has no cursor yet."""
    found: list[tuple[View, TranscriptEntry]] = []
    more = False
    for view in views:
        cursor = cursors.get(view.name)
        if cursor is None:
            entries = tx.transcripts.latest(view.address, SHOWN_AT_FIRST)
        else:
            entries = tx.transcripts.since(view.address, cursor, PAGE)
            more = more or len(entries) == PAGE
        found += [(view, entry) for entry in entries]
    found.sort(key=lambda pair: pair[1].cursor)
    return Reading(rows=tuple(found), more=more)


def as_json(view: View, entry: TranscriptEntry, seals: Seals) -> dict[str, Any]:
    """One row for the page; files come with the seal that lets this chat's readers see them."""
    content = entry.content
    told: dict[str, Any] = {
        "chat": view.name,
        "cursor": entry.cursor,
        "from": content.get("from", ""),
        "name": content.get("name", ""),
        "text": content.get("text", ""),
        "at": entry.at.isoformat(),
    }
    if entry.answered:
        told["answers"] = entry.answered
    for name in ("key", "location", "reply_to", "link", "buttons"):
        if content.get(name):
            told[name] = content[name]
    chat = view.address.chat
    for name in ("photos", "voices", "files"):
        if content.get(name):
            told[name] = [{"id": one, "seal": seals.shown(chat, one)} for one in content[name]]
    return told


def cursors_of(text: str) -> dict[str, int]:
    """The cursors a page hands back ("me=12,group:C01=7"); what is not understood is left out."""
    found = {}
    for part in text.split(",")[:64]:
        name, _, cursor = part.rpartition("=")
        if name and cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18:
            found[name] = int(cursor)
    return found


def cursors_as_text(cursors: Mapping[str, int]) -> str:
    """The cursors as a page keeps them."""
    return ",".join(f"{name}={cursor}" for name, cursor in cursors.items())


def as_text(told: Mapping[str, Any]) -> str:
    """JSON as it travels: Chinese as it is, on one line."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
