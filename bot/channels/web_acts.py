"""What people do at the page: say something, press a button, send a file, look at one."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.channels import web_files, web_reading
from bot.channels.base import CannotAccept, Door
from bot.channels.web_crowd import Networks, address_of, let_in, let_in_file
from bot.channels.web_identity import Seals
from bot.channels.web_page import GUARDS
from bot.channels.web_reading import Refusal, Said
from bot.channels.web_rows import View
from bot.channels.web_visitors import NAME, OWN, Visitor, Visitors
from bot.first_bytes import VOICES
from bot.hearing import STORED
from domain.messages import (
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
)
from domain.wording import Wording
from storage.database import Database
from storage.transaction import Transaction

JSON = "application/json"
INLINE = frozenset({"image/jpeg"})  # what we wrote ourselves, pixel by pixel
PLAYED = frozenset({*VOICES, "video/mp4"})
ANYTHING = "application/octet-stream"


class Acts:
    """Reads, writes into the transcript, commits at the door, and only then answers."""

    def __init__(
        self,
        database: Database,
        visitors: Visitors,
        seals: Seals,
        phrases: Wording,
        *,
        proxies: Networks,
        wake: Callable[[str], None],
    ) -> None:
        self._database = database
        self._visitors = visitors
        self._seals = seals
        self._phrases = phrases
        self._proxies = proxies
        self._wake = wake
        self._darkroom = web_files.Darkroom()
        self.door: Door | None = None

    async def say(self, request: web.Request) -> web.Response:
        """A message: 200 once it is committed; the same key again is the same message."""
        visitor = self._visitors.acting(request)
        said = web_reading.said(await _json(request))
        view = await self._visitors.view(visitor, said.chat)
        photos = self._uploaded(visitor, said.photos)
        voices = self._uploaded(visitor, (said.voice,) if said.voice else ())
        inbound = replace(
            _message(view, visitor, said),
            attachments=(
                *(_stored(AttachmentKind.PHOTO, photo) for photo in photos),
                *(_stored(AttachmentKind.VOICE, voice) for voice in voices),
            ),
        )
        content: dict[str, Any] = {"text": said.text, "photos": photos, "voices": voices}
        if said.reply_to:
            content["reply_to"] = str(said.reply_to)
        if said.location:
            content["location"] = [said.location.latitude, said.location.longitude]
        return await self._accept(inbound, said.key, content, address_of(request, self._proxies))

    async def press(self, request: web.Request) -> web.Response:
        """A button, by its token."""
        visitor = self._visitors.acting(request)
        pressed = web_reading.pressed(await _json(request))
        view = await self._visitors.view(visitor, pressed.chat)
        heard = _heard(view, visitor, pressed.key, pressed.name)
        inbound = replace(heard, kind=InboundKind.PRESS, press=pressed.token, addressed=True)
        return await self._accept(inbound, pressed.key, {}, address_of(request, self._proxies))

    async def take_photo(self, request: web.Request) -> web.Response:
        """Keeps a photo, made plain, until a message hands back its token."""
        visitor = await self._bringing(request)
        return await self._put(visitor, AttachmentKind.PHOTO, *await self._darkroom.photo(request))

    async def take_voice(self, request: web.Request) -> web.Response:
        """Keeps a recording until a message hands back its token."""
        visitor = await self._bringing(request)
        return await self._put(visitor, AttachmentKind.VOICE, *await web_files.voice(request))

    async def file(self, request: web.Request) -> web.Response:
        """A photo, voice or other file, for whoever reads the chat it was shown in.

        Its type is what the sender's platform claimed, so only known ones are passed on, and
        nothing but our own pictures is ever opened by the browser as a page.
        """
        visitor = self._visitors.here(request)
        view = await self._visitors.view(visitor, request.query.get("chat", OWN))
        number, seal = request.match_info["id"], request.query.get("seal", "")
        if not self._seals.was_shown(view.address.chat, number, seal):
            raise Refusal("web.not_found", status=404)
        found = await self._database.read(lambda tx: tx.attachments.content(int(number)))
        if found is None:
            raise Refusal("web.not_found", status=404)
        media_type, data = found
        headers = {
            **GUARDS,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": "inline"
            if media_type in INLINE
            else _download(number, media_type),
            "Cache-Control": "private, max-age=3600",
        }
        shown = media_type if media_type in INLINE | PLAYED else ANYTHING
        return web.Response(body=data, content_type=shown, headers=headers)

    async def _bringing(self, request: web.Request) -> Visitor:
        """Who brings a file; asked before it is read. Raises Refusal."""
        visitor = self._visitors.acting(request)
        address = address_of(request, self._proxies)
        await self._database.run(lambda tx: let_in_file(tx, visitor.account, address))
        return visitor

    async def _accept(
        self, inbound: Inbound, key: str, content: Mapping[str, Any], address: str
    ) -> web.Response:
        """Writes it into the transcript, then commits it at the door.

        In this order, so that no answer can stand above what it answers; a page that hears no
        200 sends it again.
        """
        if self.door is None:
            raise CannotAccept("starting", after=1)
        written = {**content, "from": self._seals.author(inbound.account), "key": key}

        def write_down(tx: Transaction) -> int:
            newcomer = tx.people.of_account(NAME, inbound.account) is None
            let_in(tx, inbound.account, address, newcomer=newcomer)
            return self._write_down(tx, inbound, written)

        cursor = await self._database.run(write_down)
        await self.door.accept(replace(inbound, order=cursor, message=str(cursor)))
        self._wake(inbound.chat)
        return web.json_response({"ok": True, "cursor": cursor}, headers=GUARDS)

    def _write_down(self, tx: Transaction, inbound: Inbound, content: dict[str, Any]) -> int:
        person, _ = tx.people.arrive(_arriving(inbound.account, inbound.name))
        return tx.transcripts.add(
            inbound.address,
            direction="in",
            content={
                **content,
                "name": inbound.name or self._nameless(inbound.account),
                **(self._meaning(tx, inbound) if inbound.press else {}),
            },
            at=tx.now,
            person=person.id,
            request_key=inbound.key,
        )

    def _meaning(self, tx: Transaction, inbound: Inbound) -> Mapping[str, str]:
        """The words on the button, in the chat it was shown in."""
        found = tx.questions.pressed(inbound.press)
        if found is None or found[0].address != inbound.address:
            return {"text": self._phrases.say("web.press", {})}
        question, value = found
        label = next(choice.label for choice in question.choices if choice.value == value)
        return {"text": label or self._phrases.say("web.press", {})}

    def _nameless(self, account: str) -> str:
        return self._phrases.say("web.visitor", {"number": self._seals.visitor_number(account)})

    async def _put(
        self, visitor: Visitor, kind: AttachmentKind, media_type: str, data: bytes
    ) -> web.Response:
        def keep(tx: Transaction) -> int:
            person, _ = tx.people.arrive(_arriving(visitor.account, visitor.name))
            if not tx.attachments.has_room(person.id, len(data)):
                raise Refusal("web.too_many_files", status=429, after=3600)
            return tx.attachments.put(person.id, kind, media_type, data, channel=NAME)

        token = self._seals.upload(visitor.account, await self._database.run(keep))
        return web.json_response({"id": token}, headers=GUARDS)

    def _uploaded(self, visitor: Visitor, tokens: Iterable[str]) -> list[int]:
        found = []
        for token in tokens:
            number = self._seals.uploaded(visitor.account, token)
            if number is None:
                raise Refusal("web.photo_gone")
            found.append(number)
        return found


async def _json(request: web.Request) -> bytes:
    if request.content_type != JSON:
        raise Refusal("web.no_json", status=415)
    return await web_files.body(request, most=web_files.LARGEST_BODY, too_big="web.too_big")


def _message(view: View, visitor: Visitor, said: Said) -> Inbound:
    text, addressed = said.text, True
    if view.group:
        text, addressed = web_reading.without_our_name(said.text)
    at = said.location
    return replace(
        _heard(view, visitor, said.key, said.name),
        kind=InboundKind.START if said.start else InboundKind.MESSAGE,
        text=text,
        location=Location(latitude=at.latitude, longitude=at.longitude) if at else None,
        reply_to=str(said.reply_to or ""),
        addressed=addressed or said.reply_to is not None,
        start=said.start,
    )


def _heard(view: View, visitor: Visitor, key: str, name: str) -> Inbound:
    return Inbound(
        channel=NAME,
        key=f"{visitor.account}:{key}",
        chat=view.address.chat,
        chat_kind=ChatKind.GROUP if view.group else ChatKind.PRIVATE,
        chat_title=view.title,
        account=visitor.account,
        name=visitor.name or web_reading.shown_name(name),
    )


def _arriving(account: str, name: str) -> Inbound:
    """Somebody at their own private chat, open to us from the first word on, said anywhere."""
    return Inbound(channel=NAME, key="", chat=account, account=account, name=name)


def _download(number: str, media_type: str) -> str:
    """Names a file by its number: the name it had is the sender's and may be anything."""
    ending = mimetypes.guess_extension(media_type) or ""
    return f'attachment; filename="{number}{ending}"'


def _stored(kind: AttachmentKind, attachment: int) -> Attachment:
    return Attachment(kind=kind, reference=f"{STORED}{attachment}")
