"""The whole service in one test: its people, its clock, its channel, and a real database.

    answers = await town.says("王阿姨", "3号楼灯坏了")   # what came back in that chat
    await town.press("小李", "接单")                     # the newest button that says so
    await town.heard("小李")                             # what reached them in private since then
    await town.pass_time(hours=2)                        # and let the clock do what became due

`says` waits out the patience for an incomplete message; `mutters` does not. A handler that raises
fails the test at once, unless the town was built `strict=False` to watch how failures are met.
"""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aiohttp import web
from PIL import Image

from bot import sample
from bot.channels.base import Door, Limits
from bot.fetching import Fetcher
from bot.findings import Finding
from bot.handling import Handling, Look, Patience
from bot.intake import Intake
from bot.relay import Relay
from bot.understanding import Advises, Understanding
from domain.flooding import Paces
from domain.messages import (
    Address,
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
    Outbound,
    Refused,
    Sent,
    TryLater,
)
from domain.orders import WorkOrder
from domain.rules import Limits as OrderLimits
from knowledge.intents import Intents
from knowledge.phrasebook import Phrasebook
from scheduler.broadcasts import Broadcaster
from scheduler.clock import Clock
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction

# A Tuesday morning; the holidays of 2026 are imported.
MORNING = datetime(2026, 6, 9, 10, 0, tzinfo=UTC) - timedelta(hours=8)
GROUP = "group:C01"
PATIENCE = Patience()
SOUND = ("audio/ogg", b"OggS of somebody")


def picture() -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "JPEG")
    return out.getvalue()


class MemoryChannel:
    """A channel that only remembers; it can be told to fail."""

    polls = False

    def __init__(
        self, name: str, *, can_write_first: bool = True, limits: Limits | None = None
    ) -> None:
        self.name = name
        self.limits = limits or Limits()
        self.can_write_first = can_write_first
        self.sent: list[Outbound] = []
        self.failures: list[Exception] = []  # raised by the next sends, first first
        self.closed: set[str] = set()  # chats that blocked us
        self.opened: set[str] = set()  # private chats that were written in
        self.lost: set[str] = set()  # references of files that cannot be had
        self.slow: set[str] = set()  # references of files that are long in coming
        self.files: dict[str, tuple[str, bytes]] = {}  # by reference; others are all the same

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return ()

    async def run(self, door: Door) -> None:
        return None

    async def send(self, outbound: Outbound) -> Sent:
        if self.failures:
            raise self.failures.pop(0)
        chat = outbound.address.chat
        if chat in self.closed:
            raise Refused("blocked", gone=True)
        if not (self.can_write_first or self.is_group(outbound.address) or chat in self.opened):
            raise Refused("a bot cannot write first", gone=True)
        self.sent.append(outbound)
        return Sent(message=str(1000 + len(self.sent)))

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        if attachment.reference in self.lost:
            raise Refused("no such file")
        if attachment.reference in self.slow:
            raise TryLater("slow", after=0)
        if attachment.reference in self.files:
            return self.files[attachment.reference]
        return ("image/jpeg", picture()) if attachment.kind is AttachmentKind.PHOTO else SOUND

    async def close(self) -> None:
        return None

    def is_group(self, address: Address) -> bool:
        return address.chat.startswith("group:")

    async def diagnose(self, now: datetime) -> Sequence[Finding]:
        return ()


USUAL = Paces()


class StrictHandling(Handling):
    """Under which nothing that goes wrong stays unseen."""

    async def _failed(self, look: Look, failure: Exception) -> None:
        raise failure


@dataclass(slots=True)
class Town:
    """梧桐社区 with the service running in it."""

    database: Database
    understanding: Understanding
    channels: dict[str, MemoryChannel]
    intake: Intake
    relay: Relay
    clock: Clock
    fetcher: Fetcher
    broadcaster: Broadcaster
    hands: list[datetime]  # the town clock's one moment, so that everybody reads the same
    accounts: dict[str, tuple[str, str]]  # name → channel, account
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    seen: dict[Address, int] = field(default_factory=lambda: defaultdict(int))
    newest: dict[str, Inbound] = field(default_factory=dict)  # what each person said last

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.hands[0]

    async def says(self, who: str, text: str = "", **more: Any) -> list[str]:
        """Somebody says something; the texts that came back to that chat.

        What may be said besides words: see `inbound`. Incomplete words wait until they are whole.
        """
        return await self.hears(self.inbound(who, text, **more))

    async def mutters(self, who: str, text: str = "", **more: Any) -> list[str]:
        """The same without waiting whether more will come."""
        return await self.hears(self.inbound(who, text, **more), wait=False)

    async def sends_album(
        self, who: str, photos: int, text: str = "", *, shuffled: bool = False, **more: Any
    ) -> list[str]:
        """Somebody sends several photos as one, with words to the first."""
        album = f"album{next(self.numbers)}"
        parts = [
            self.inbound(who, "" if number else text, photo=True, album=album, **more)
            for number in range(photos)
        ]
        return await self.hears(*(reversed(parts) if shuffled else parts))

    async def edits(self, who: str, text: str) -> list[str]:
        """Somebody changes the words of what they said last."""
        last = self.newest[who]
        number = next(self.numbers)
        edited = replace(
            last,
            key=f"m{number}",
            kind=InboundKind.EDIT,
            text=text,
            order=number,
            sent_at=self.now,
        )
        return await self.hears(edited)

    async def wait_for_more(self) -> None:
        """Nobody says anything more for a while: incomplete messages are handled as they are."""
        self.hands[0] += timedelta(seconds=PATIENCE.cap)
        await self.settle()

    def inbound(
        self,
        who: str,
        text: str,
        *,
        group: bool = False,
        chat: str = "",
        at: bool = False,
        photo: bool | int = False,
        voice: bool = False,
        location: tuple[float, float] | None = None,
        reply_to: Outbound | None = None,
        kind: InboundKind = InboundKind.MESSAGE,
        **more: Any,
    ) -> Inbound:
        """What the channel would hear. `at`: we are addressed; `photo`: one or so many."""
        channel, account = self.accounts.get(who) or self._newcomer(who)
        number = next(self.numbers)
        in_group = group or bool(chat)
        files = [
            Attachment(kind=AttachmentKind.PHOTO, reference=f"p{number}.{one}")
            for one in range(int(photo))
        ]
        if voice:
            files.append(Attachment(kind=AttachmentKind.VOICE, reference=f"v{number}", seconds=5))
        if location:
            more["location"] = Location(latitude=location[0], longitude=location[1])
        if reply_to:
            more["reply_to"] = str(1001 + self.channels[channel].sent.index(reply_to))
        self.newest[who] = inbound = Inbound(
            channel=channel,
            key=f"m{number}",
            kind=kind,
            chat=(chat or GROUP) if in_group else account,
            chat_kind=ChatKind.GROUP if in_group else ChatKind.PRIVATE,
            account=account,
            name=who,
            text=text,
            message=str(number),
            addressed=at or not in_group or reply_to is not None,
            attachments=tuple(files),
            order=number,
            sent_at=self.now,
            **more,
        )
        return inbound

    async def hears(self, *inbounds: Inbound, wait: bool = True) -> list[str]:
        """Messages as a channel hands them over, all before any is handled; what came back."""
        address = inbounds[0].address
        self.unread(address)
        for inbound in inbounds:
            if inbound.chat_kind is ChatKind.PRIVATE:
                self.channels[inbound.channel].opened.add(inbound.chat)
            await self.intake.accept(inbound)
        await self.settle()
        if wait and await self._somebody_waits(inbounds):
            await self.wait_for_more()
        return [outbound.text for outbound in self.unread(address)]

    async def _somebody_waits(self, inbounds: Iterable[Inbound]) -> bool:
        keys = {inbound.conversation for inbound in inbounds}
        return await self.database.read(
            lambda tx: any(row.waited for key in keys for row in tx.inbox.unfinished(key))
        )

    async def press(self, who: str, label: str, *, group: bool = False) -> list[str]:
        """Presses the newest button whose label holds these words in the person's chat."""
        channel, account = self.accounts[who]
        chat = GROUP if group else account
        for outbound in reversed(self.channels[channel].sent):
            if outbound.address.chat != chat:
                continue
            for button in outbound.buttons:
                if label in button.label:
                    return await self.presses(who, button.token, group=group)
        raise AssertionError(f"{who} has no button {label!r}")

    async def presses(self, who: str, token: str, *, group: bool = False) -> list[str]:
        """Presses the button with this token."""
        return await self.says(who, group=group, kind=InboundKind.PRESS, press=token)

    def button(self, who: str, label: str) -> str:
        """The token of the newest button so labelled that this person got."""
        channel, account = self.accounts[who]
        return next(
            button.token
            for outbound in reversed(self.channels[channel].sent)
            if outbound.address.chat == account
            for button in outbound.buttons
            if label in button.label
        )

    async def heard(self, who: str) -> list[str]:
        """What reached the person's private chat since last asked."""
        channel, account = self.accounts[who]
        await self.settle()
        return [out.text for out in self.unread(Address(channel=channel, chat=account))]

    async def heard_in_group(self, chat: str = GROUP, channel: str = "web") -> list[str]:
        """What was said by us in the group since last asked."""
        await self.settle()
        return [out.text for out in self.unread(Address(channel=channel, chat=chat))]

    def last(self, who: str) -> Outbound:
        """The newest message in the person's private chat."""
        channel, account = self.accounts[who]
        return next(
            out for out in reversed(self.channels[channel].sent) if out.address.chat == account
        )

    def unread(self, address: Address) -> list[Outbound]:
        """Messages to this chat not yet looked at."""
        here = [out for out in self.channels[address.channel].sent if out.address == address]
        new = here[self.seen[address] :]
        self.seen[address] = len(here)
        return new

    async def pass_time(self, **duration: float) -> None:
        """Lets time go by, and the clock do what became due."""
        self.hands[0] += timedelta(**duration)
        await self.clock.tick()
        await self.settle()

    async def settle(self) -> None:
        """Everything heard is handled and everything said is delivered, with the newest tables."""
        await self.intake.settle()
        if await self.database.refresh():
            await self.understanding.follow(self.database)
        while await self.fetcher.once():
            pass
        await self.relay.settle()
        while await self.broadcaster.once():
            await self.relay.settle()

    async def orders(self, who: str = "", *, running: bool = False) -> list[WorkOrder]:
        """The work orders of a person, newest first; of everybody without a name."""

        def look(tx: Transaction) -> list[WorkOrder]:
            if not who:
                return list(tx.orders.newest(limit=100))
            known = tx.people.of_account(*self.accounts[who])
            if known is None:
                return []
            return list(tx.orders.of_reporter(known[0].id, running_only=running, limit=100))

        return await self.database.read(look)

    async def bind(self, chat: str, unit: str = "C01", *, channel: str = "telegram") -> None:
        """A group, known from now on, that speaks for the unit with this code."""
        group = self.inbound("建群的", "", chat=chat, kind=InboundKind.BOT_ADDED)
        group = replace(group, channel=channel, chat_title=chat)

        def bound(tx: Transaction) -> None:
            tx.chats.seen(group)
            tx.chats.bind(group.address, tx.org.coded(unit).id)

        await self.database.run(bound)

    async def order(self, number: str) -> WorkOrder:
        """The work order as it stands in the database."""
        found = await self.database.read(lambda tx: tx.orders.get(number))
        assert found is not None
        return found

    async def photos(self, number: str) -> set[int]:
        """The photos sent for the work order, when it was made and later."""
        order = await self.order(number)
        later = (event.values.get("photos", ()) for event in order.history)
        return set(order.photos).union(*later)

    async def read(self, query: Callable[[Transaction], Any]) -> Any:
        """Looks into the database."""
        return await self.database.read(query)

    def move_in(self, who: str, *, channel: str, account: str) -> None:
        """Somebody new in town, on a channel of their own choice."""
        self.accounts[who] = (channel, account)

    def _newcomer(self, who: str) -> tuple[str, str]:
        self.accounts[who] = ("web", f"account-{len(self.accounts)}")
        return self.accounts[who]


# People of the sample by the names the stories use; all but the four personas get an account here.
STAFF = {
    "刘书记": ("P01", "sample-secretary"),
    "陈静": ("P02", "chen"),
    "小李": ("P03", "sample-leader"),
    "小赵": ("P04", "zhao"),
    "孙强": ("P05", "sun"),
    "吴磊": ("P07", "wu"),
    "钱师傅": ("P08", "qian"),
    "何伟": ("P09", "he"),
    "马丽": ("P10", "ma"),
    "消防郑浩": ("P11", "zheng"),
    "供电冯波": ("P12", "feng"),
    "管理员": ("P15", "admin"),
}
RESIDENTS = {"王阿姨": "sample-resident", "李叔": "sample-neighbour"}


@asynccontextmanager
async def built_town(
    url: str,
    keyring: Keyring,
    *,
    strict: bool = True,
    owner: str = "town",
    paces: Paces = USUAL,
    model: Advises | None = None,
) -> AsyncIterator[Town]:
    """梧桐社区 on this migrated database, with every member of staff reachable.

    On a database that holds it already the town goes on as it was.
    """
    hands = [MORNING]
    database = Database.open(
        url,
        keyring=keyring,
        wording=_wording(),
        now=lambda: hands[0],
        limits=OrderLimits(paces=paces),
    )
    try:
        await sample.load(database)
        await database.run(_introduce_staff)
        understanding = Understanding(database.catalogue, _intents(), model=model)
        await understanding.follow(database)
        channels = {
            "web": MemoryChannel("web"),
            "telegram": MemoryChannel("telegram", can_write_first=False),
        }
        relay = Relay(database, channels, owner=owner, clock=lambda: hands[0].timestamp())
        handling = (StrictHandling if strict else Handling)(
            database, understanding, understanding.places, owner=owner, patience=PATIENCE
        )
        intake = Intake(database, handling, after_commit=relay.wake)
        people = {name: ("web", account) for name, (_, account) in STAFF.items()}
        people |= {name: ("web", account) for name, account in RESIDENTS.items()}
        yield Town(
            database=database,
            understanding=understanding,
            channels=channels,
            intake=intake,
            relay=relay,
            clock=Clock(database, owner=owner, after_commit=relay.wake),
            fetcher=Fetcher(database, channels, owner=owner),
            broadcaster=Broadcaster(database, after_commit=relay.wake),
            hands=hands,
            accounts=people,
        )
    finally:
        await database.close()


@cache
def _wording() -> Phrasebook:
    return Phrasebook.load()


@cache
def _intents() -> Intents:
    return Intents.load()


def _introduce_staff(tx: Transaction) -> None:
    for code, account in STAFF.values():
        person = tx.people.coded(code)
        assert person is not None
        tx.people.reached_by(person, "web", account)
