"""The web chat: a page for residents without an account; in the sample, through others' eyes.

A message is "sent" once it stands in the transcript; pages read on from a cursor, so that a lost
connection loses nothing. Routes and shapes: docs/web-chat.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, field_validator

from bot.channels import web_rows
from bot.channels.base import Door, Limits, Persona, Surroundings
from bot.channels.web_acts import Acts
from bot.channels.web_crowd import Networks, networks
from bot.channels.web_identity import Seals
from bot.channels.web_page import GUARDS, Pages
from bot.channels.web_reading import Refusal
from bot.channels.web_refusals import Answer, guarded
from bot.channels.web_stream import Wakers, stream
from bot.channels.web_visitors import NAME, OWN, Visitor, Visitors, views
from bot.findings import Finding
from domain.messages import Address, Attachment, Outbound, Refused, Sent
from domain.wording import Wording
from storage.bell import address_digest, of_chat
from storage.database import Database
from storage.transaction import Transaction


class Settings(BaseModel):
    """The section `web`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    # Whether every visitor reads and writes in the groups of this channel; in the sample always.
    groups: bool = False
    # Machines whose word on where a request comes from is believed; addresses or networks.
    proxies: str = "127.0.0.0/8, ::1"

    @field_validator("proxies")
    @classmethod
    def _networks(cls, listed: str) -> str:
        try:
            networks(listed)
        except ValueError as wrong:
            raise ValueError("must be addresses or networks such as 10.0.0.0/24") from wrong
        return listed


def open_channel(settings: Settings, surroundings: Surroundings) -> WebChannel | None:
    """The channel, or None when it is switched off."""
    if not settings.enabled:
        return None
    return WebChannel(
        surroundings.database,
        Seals(key=surroundings.key("web chat")),
        wording=surroundings.wording,
        groups=settings.groups or bool(surroundings.personas),
        public_url=surroundings.public_url,
        personas=surroundings.personas,
        proxies=networks(settings.proxies),
    )


class WebChannel:
    """The page's server side."""

    name = NAME
    limits = Limits()
    can_write_first = True
    polls = False

    def __init__(
        self,
        database: Database,
        seals: Seals,
        *,
        wording: Wording,
        groups: bool = False,
        public_url: str = "",
        personas: Iterable[Persona] = (),
        proxies: Networks = (),
    ) -> None:
        personas = tuple(personas)
        self._database = database
        self._seals = seals
        self._sample = bool(personas)
        self._phrases = wording
        self._pages = Pages()
        self._wakers = Wakers(
            lambda chat: of_chat(
                address_digest(database.keyring, Address(channel=NAME, chat=chat))
            )
        )
        self._visitors = Visitors(
            database, seals, groups=groups, public_url=public_url, personas=personas
        )
        self._acts = Acts(
            database, self._visitors, seals, wording, proxies=proxies, wake=self._wakers.wake
        )

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The page, its files and what it asks for; the sample's only in the sample."""
        yield web.get("/", self._guarded(self._page))
        yield web.get("/chat/static/{name}", self._guarded(self._static))
        yield from self._chat_routes("/chat", "/chat")
        if self._sample:
            yield from self._chat_routes("/sample", "/sample/{persona}")

    def _chat_routes(self, line: str, person: str) -> Iterable[web.AbstractRouteDef]:
        yield web.get(f"{line}/transcript", self._guarded(self._transcript))
        yield web.get(f"{line}/events", self._guarded(self._events), allow_head=False)
        yield web.post(f"{person}/messages", self._guarded(self._acts.say))
        yield web.post(f"{person}/press", self._guarded(self._acts.press))
        yield web.post(f"{person}/photos", self._guarded(self._acts.take_photo))
        yield web.post(f"{person}/voice", self._guarded(self._acts.take_voice))
        yield web.get(f"{person}/files/{{id}}", self._guarded(self._acts.file))

    async def run(self, door: Door) -> None:
        """Keeps the page's door open until cancelled, then ends the streams."""
        self._acts.door = door
        try:
            with self._database.hearing(self._wakers.heard):
                await asyncio.Event().wait()
        finally:
            self._acts.door = None
            self._wakers.close()

    async def close(self) -> None:
        """Nothing to let go of but the pages, and they were closed with `run`."""

    async def send(self, outbound: Outbound) -> Sent:
        """Puts the message into the transcript and wakes the pages that show it."""

        def write_down(tx: Transaction) -> int:
            queued = tx.outbox.get(outbound.id)
            if outbound.takes_back.isdecimal():
                instead = tx.wording.say("notice.taken_back", {})
                cursor = int(outbound.takes_back)
                tx.transcripts.take_back(outbound.address, cursor, instead=instead)
            return tx.transcripts.add(
                outbound.address,
                direction="out",
                content=web_rows.content_of(tx, outbound),
                at=tx.now,
                person=queued.person if queued else None,
                outbox=outbound.id,
            )

        cursor = await self._database.run(write_down)
        self._wakers.wake(outbound.address.chat)
        return Sent(message=str(cursor))

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """Refused: uploads are in the store before they are heard of."""
        raise Refused("no such upload")

    def is_group(self, address: Address) -> bool:
        """Whether the address is a residents' group of the page."""
        return address.chat.startswith("group:")

    async def diagnose(self, now: datetime) -> Sequence[Finding]:
        """Nothing: whether its page is reached is asked of the server's address."""
        return ()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        sample = self._sample and request.query.get("as") != OWN
        page = self._file("sample.html" if sample else "index.html", request)
        self._visitors.welcome(request, page)
        return page

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["name"], request)

    def _file(self, name: str, request: web.Request) -> web.Response:
        found = self._pages.answer(request, name)
        if found is None:
            raise Refusal("web.not_found", status=404)
        return found

    async def _transcript(self, request: web.Request) -> web.StreamResponse:
        """The rows after `after`, and who and where the page is; strangers get their cookie."""
        response = web.json_response(headers=GUARDS)
        visitors = self._visitors.reading(request)
        if not visitors and (stranger := self._visitors.welcome(request, response)):
            visitors = {"": stranger}
        groups = await self._visitors.open_groups()
        shown = views(visitors, groups)
        cursors = web_rows.cursors_of(request.query.get("after", ""))
        reading = await self._database.read(lambda tx: web_rows.read_on(tx, shown, cursors))
        reached = {view.name: cursors.get(view.name, 0) for view in shown}
        reached |= {view.name: entry.cursor for view, entry in reading.rows}
        response.text = web_rows.as_text(
            {
                "rows": [web_rows.as_json(*row, self._seals) for row in reading.rows],
                "after": web_rows.cursors_as_text(reached),
                "more": reading.more,
                "zone": str(self._database.catalogue.rules.zone),
                "people": [self._about(*visitor) for visitor in visitors.items()],
                "groups": [{"chat": group.address.chat, "title": group.title} for group in groups],
            }
        )
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        visitors = self._visitors.reading(request)
        if not visitors:
            raise Refusal("web.unknown_visitor", status=401)
        if self._wakers.full or self._wakers.closing:
            raise Refusal("web.later", status=503)
        shown = views(visitors, await self._visitors.open_groups())
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        return await stream(
            request,
            shown,
            web_rows.cursors_of(after),
            wakers=self._wakers,
            look=lambda cursors: self._database.read(
                lambda tx: web_rows.read_on(tx, shown, cursors)
            ),
            between_looks=self._database.between_looks,
            as_json=lambda view, entry: web_rows.as_json(view, entry, self._seals),
        )

    def _about(self, prefix: str, visitor: Visitor) -> dict[str, str]:
        return {
            "prefix": prefix,
            "author": self._seals.author(visitor.account),
            "name": visitor.name,
            "title": visitor.title,
        }

    def _guarded(self, answer: Answer) -> Answer:
        return guarded(answer, self._phrases)
