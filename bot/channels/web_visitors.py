"""Whose page it is, and which chats they read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.channels.base import Persona
from bot.channels.web_identity import COOKIE, Seals, is_own_site, remember
from bot.channels.web_reading import Refusal
from bot.channels.web_rows import View
from domain.conversations import Chat
from domain.messages import Address
from storage.database import Database

NAME = "web"
OWN = "me"  # what a page calls the private chat
SAMPLE = "/sample/"
# What a form on another site could send without asking the browser's leave.
FORMS = frozenset({"text/plain", "multipart/form-data", "application/x-www-form-urlencoded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at a page; nameless unless it is somebody of the sample."""

    account: str
    name: str = ""
    title: str = ""


class Visitors:
    """Knows people by their cookie, and the people of the sample by the path."""

    def __init__(
        self,
        database: Database,
        seals: Seals,
        *,
        groups: bool,
        public_url: str,
        personas: Iterable[Persona],
    ) -> None:
        self._database = database
        self._seals = seals
        self._groups = groups
        self._public_url = public_url
        self._personas = {
            persona.key: Visitor(account=persona.account, name=persona.name, title=persona.title)
            for persona in personas
        }

    def reading(self, request: web.Request) -> Mapping[str, Visitor]:
        """Whose chats a page shows, by the prefix of their names; empty for a stranger."""
        if request.path.startswith(SAMPLE):
            return {f"{key}/": visitor for key, visitor in self._personas.items()}
        account = self._seals.account(request.cookies.get(COOKIE, ""))
        return {"": Visitor(account=account)} if account else {}

    def here(self, request: web.Request) -> Visitor:
        """Who asks. Raises Refusal."""
        if "persona" in request.match_info:
            persona = self._personas.get(request.match_info["persona"])
            if persona is None:
                raise Refusal("web.not_found", status=404)
            return persona
        account = self._seals.account(request.cookies.get(COOKIE, ""))
        if account is None:
            raise Refusal("web.unknown_visitor", status=401)
        return Visitor(account=account)

    def acting(self, request: web.Request) -> Visitor:
        """Who wants to change something. Raises Refusal when another site may have sent it."""
        if not is_own_site(request, self._public_url):
            raise Refusal("web.foreign", status=403)
        if request.content_type in FORMS:
            raise Refusal("web.no_json", status=415)
        return self.here(request)

    def welcome(self, request: web.Request, response: web.StreamResponse) -> Visitor | None:
        """Gives a stranger their cookie; None when they have one."""
        if self._seals.account(request.cookies.get(COOKIE, "")):
            return None
        visitor = Visitor(account=self._seals.new_account())
        secure = request.secure or self._public_url.startswith("https://")
        remember(response, self._seals.cookie(visitor.account), secure=secure)
        return visitor

    async def open_groups(self) -> tuple[Chat, ...]:
        """The groups every visitor reads."""
        if not self._groups:
            return ()
        return await self._database.read(lambda tx: tx.chats.of_channel(NAME))

    async def view(self, visitor: Visitor, chat: str) -> View:
        """The chat as this visitor calls it. Raises Refusal when there is none for them."""
        groups = await self.open_groups() if chat != OWN else ()
        for view in views({"": visitor}, groups):
            if view.name == chat:
                return view
        raise Refusal("web.no_such_chat", status=404)


def views(visitors: Mapping[str, Visitor], groups: Iterable[Chat]) -> tuple[View, ...]:
    """The private chat of each, and the groups, which all of them read."""
    own = [
        View(name=f"{prefix}{OWN}", address=Address(channel=NAME, chat=visitor.account))
        for prefix, visitor in visitors.items()
    ]
    shared = [
        View(name=group.address.chat, address=group.address, title=group.title, group=True)
        for group in groups
    ]
    return (*own, *shared)
