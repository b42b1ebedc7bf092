"""What a channel must be able to do, written so that a stranger can add one in a single file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from bot.findings import Finding
from domain.messages import Address, Attachment, Inbound, Outbound, Sent
from domain.wording import Wording
from storage.database import Database


class CannotAccept(Exception):
    """The message could not be committed; the platform is asked to send it again after `after`
    seconds.
    """

    def __init__(self, reason: str, *, after: int = 30) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Door(Protocol):
    """The one way in: what a channel hears is committed before the platform is answered."""

    async def accept(self, inbound: Inbound) -> bool:
        """Commits the message; False when its key was known already (redelivery). Raises
        CannotAccept.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the platform allows; None where it sets no limit."""

    per_second: int | None = None  # all chats together
    chat_per_second: int | None = None
    group_per_minute: int | None = None


class Channel(Protocol):
    """A chat platform. Failures of `send` are exactly Refused, TryLater and Unknown
    (domain/messages.py).
    """

    name: str
    limits: Limits
    can_write_first: bool  # whether a private chat can be opened by us
    polls: (
        bool  # whether `run` asks the platform for messages, so that one process alone may do it
    )

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The HTTP routes the channel owns (webhook, pages); none for a channel that polls."""
        ...

    async def run(self, door: Door) -> None:
        """Listens until cancelled; returns at once for a channel that only has routes."""
        ...

    async def send(self, outbound: Outbound) -> Sent:
        """Delivers one message."""
        ...

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """The media type and bytes of a file heard; raises SendError kinds."""
        ...

    async def close(self) -> None:
        """Lets go of connections; called once, after the last send."""
        ...

    def is_group(self, address: Address) -> bool:
        """Whether the address is a group, by the platform's own rule."""
        ...

    async def diagnose(self, now: datetime) -> Sequence[Finding]:
        """Why nobody may be heard or reached on this channel; for `xiaoqi check`, beside a
        running service, and without changing anything.
        """
        ...


# How a channel gets the photos, voices and files of an outbound message: attachment id → media
# type, by which it chooses how to show them, and bytes. None when they were erased.
Photos = Callable[[int], Awaitable[tuple[str, bytes] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Somebody of the sample community through whose eyes a stranger may look."""

    key: str
    name: str
    title: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the service lends a channel. `open_channel(settings, surroundings)` of its file returns
    the channel,

    or None when its settings leave it off. `key(purpose)` derives a secret of its own from the
    master key.
    """

    database: Database
    key: Callable[[str], bytes]
    now: Callable[[], datetime]
    photos: Photos
    wording: Wording
    public_url: str = ""
    personas: tuple[Persona, ...] = ()  # empty on real data
