"""接入: commits what channels hear, then lets one handler speak, conversation by conversation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from bot import counts
from bot.channels.base import CannotAccept
from bot.doorway import Doorway
from bot.gate import Gate
from bot.hearing import bundle, heard_from, is_full, overheard, storable, words
from bot.last_words import let_go
from bot.pause import Pause
from domain.flooding import Outcome
from domain.messages import ChatKind, Inbound, InboundKind
from domain.readings import Reading, ReadingContext
from handlers import flooding
from handlers.late import said_at
from handlers.router import dispatch
from handlers.turn import Turn
from knowledge.places import PlaceBook
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.inbox import MAX_ATTEMPTS, MustBeAlone, message_key
from storage.inbox_rows import InboxRow
from storage.transaction import Conflict, Transaction

logger = structlog.get_logger()

LEASE = 15.0  # seconds a message belongs to the process that began to handle it
KEPT = 5.0  # seconds it is kept for the process that accepted it, which comes to it at once
AT_A_LOOK = 200  # conversations taken up at one look for what was left over
WAITING = 20_000  # conversations known to wait; what comes beyond is left over, and looked for
READINGS = 5  # of one message whose conversation keeps changing meanwhile


class Understands(Protocol):
    """The reader's side of the intake: text in, reading out, no transaction open."""

    async def read(self, text: str, context: ReadingContext) -> Reading:
        """What the text says."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an incomplete message waits for the rest, in seconds (design.md §9, Debounce)."""

    quiet: float = 8.0
    cap: float = 15.0
    album: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known before reading: the rows to handle and where the conversation stands."""

    rows: tuple[InboxRow, ...]
    version: int = 0
    context: ReadingContext = field(default_factory=ReadingContext)


class Crashed(Exception):
    """Every attempt to handle the message ended with the process."""


class _Moved(Exception):
    """The conversation changed while its message was being read; it is read again."""


class _TakenOver(Exception):
    """Our lease ran out and somebody else has begun to handle the message."""


class Intake:
    """The door for channels, and the workers behind it.

    `accept` returns after the commit. Workers take one conversation each; one conversation is
    never handled twice at the same time by one process, and the lease settles it between
    processes. With `handles` off it is a door only: others find at once what it accepted.
    """

    def __init__(
        self,
        database: Database,
        reader: Understands,
        places: Callable[[], PlaceBook],
        *,
        owner: str,
        after_commit: Callable[[], None],
        patience: Patience = Patience(),
        workers: int = 32,
        handles: bool = True,
    ) -> None:
        self._database = database
        self._reader = reader
        self._places = places
        self._owner = owner
        self._after_commit = after_commit
        self._patience = patience
        self._workers = workers
        self._handles = handles
        self._doorway = Doorway(database, owner=owner, kept=self._kept)
        self._gate = Gate()
        self._pause = Pause()
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._left_over = asyncio.Event()

    async def accept(self, inbound: Inbound) -> bool:
        """Commits the message; False when it is a redelivery. Raises CannotAccept when it
        cannot be kept.
        """
        inbound = storable(inbound)
        try:
            fresh = await self._doorway.enter(inbound, lease=KEPT if self._handles else 0.0)
        except Unavailable as trouble:
            counts.HEARD.labels(inbound.channel, "refused").inc()
            raise CannotAccept(str(trouble)) from trouble
        counts.HEARD.labels(inbound.channel, "accepted" if fresh else "repeated").inc()
        counts.LAST_HEARD.labels(inbound.channel).set_to_current_time()
        return fresh

    def _kept(self, inbound: Inbound) -> None:
        logger.info("message accepted", channel=inbound.channel, message=self._key(inbound))
        if self._handles:
            self.wake(inbound.conversation)

    def _key(self, inbound: Inbound) -> str:
        return message_key(self._database.keyring, inbound)

    def wake(self, conversation: str) -> None:
        """Says that a conversation has something to handle."""
        if conversation in self._busy:
            self._again.add(conversation)
        elif conversation not in self._queued and len(self._queued) < WAITING:
            self._queued.add(conversation)
            self._waiting.put_nowait(conversation)
            self._at_rest.clear()

    def heard(self, topics: frozenset[str]) -> None:
        """Something was written, perhaps by another process."""
        if not topics.isdisjoint({Topic.INBOX, Topic.ALL}):
            self._left_over.set()

    async def run(self, *, poll: float = 1.0) -> None:
        """Handles messages until cancelled, also those that a dead process left behind."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look_for_left_over(poll), name="intake: left over")
                for number in range(self._workers):
                    tasks.create_task(self._work(), name=f"intake: worker {number}")
        finally:
            await let_go(self._database, lambda tx: tx.inbox.release(self._owner))

    async def settle(self) -> None:
        """Handles everything that is ready now and returns; for the terminal, replays, tests."""
        while True:
            await self._take_up_left_over()
            if self._waiting.empty():
                return
            while not self._waiting.empty():
                await self.handle_next()

    async def drain(self) -> None:
        """Leaves what comes from now on to others; returns once what was taken is handled."""
        self._handles = False
        await self._at_rest.wait()

    async def _take_up_left_over(self) -> None:
        found = await self._database.read(
            lambda tx: tx.inbox.left_over(AT_A_LOOK, owner=self._owner)
        )
        taken = found.free and await self._database.run(
            lambda tx: tx.inbox.keep(found.free, owner=self._owner, lease=KEPT)
        )
        for row, conversation in found.conversations.items():
            if row in taken or row not in found.free:
                self.wake(conversation)
        if found.unreadable:
            logger.error("messages unreadable", rows=found.unreadable)
            await self._database.run(lambda tx: tx.inbox.bury(found.unreadable))

    async def _look_for_left_over(self, poll: float) -> None:
        while True:
            try:
                if self._handles:
                    await self._take_up_left_over()
            except Unavailable:
                pass  # told by the database itself, once (bot/vitals.py)
            except Exception as failure:
                # What was accepted is still handled; only what was left over is not found.
                logger.critical("left-over messages not found", exc_info=failure)
            await woken(self._left_over, self._database.between_looks(poll))

    async def _work(self) -> None:
        """One worker; whatever a message does, it lives on."""
        while True:
            await self._pause.wait()
            try:
                await self.handle_next()
            except Exception as failure:
                # The message keeps its lease and its attempt; it is looked for again.
                logger.critical("message left behind", exc_info=failure)

    async def handle_next(self) -> None:
        """Handles the conversation that waits longest, once there is one."""
        conversation = await self._waiting.get()
        self._queued.discard(conversation)
        self._busy.add(conversation)
        try:
            while await self._handle(conversation):
                self._pause.over()
        except Unavailable:
            self._pause.begin()  # it is looked for again
        finally:
            self._busy.discard(conversation)
            if conversation in self._again:
                self._again.discard(conversation)
                self.wake(conversation)
            if not self._busy and self._waiting.empty():
                self._at_rest.set()

    async def _handle(self, conversation: str) -> bool:
        """Handles the next message of a conversation; False when there is none ready.

        One that failed before gets through the gate first and is counted then, so that waiting
        for its turn cannot use its attempts up.
        """
        try:
            async with self._gate.together():
                return await self._handle_one(conversation, alone=False)
        except MustBeAlone:
            async with self._gate.alone():
                return await self._handle_one(conversation, alone=True)

    async def _handle_one(self, conversation: str, *, alone: bool) -> bool:
        look = await self._begun(conversation, alone=alone)
        if not look.rows:
            return False
        with bound_contextvars(message=self._key(look.rows[0].inbound)):
            try:
                return await self._attempt(look)
            except Unavailable:
                await self._hand_back(look)
                raise

    async def _attempt(self, look: Look) -> bool:
        try:
            if look.rows[0].attempts > MAX_ATTEMPTS:
                raise Crashed
            return await self._understand_and_handle(look)
        except Unavailable:
            raise
        except _TakenOver:
            return False
        except Exception as failure:
            await self._failed(look, failure)
            return True

    async def _begun(self, conversation: str, *, alone: bool) -> Look:
        """Counts the attempt and takes the message, in a commit of its own."""
        rows = await self._database.run(
            lambda tx: tx.inbox.begin(
                conversation, owner=self._owner, lease=LEASE, alone=alone, leading=bundle
            )
        )
        return Look(rows=rows)

    async def _hand_back(self, look: Look) -> None:
        """The database went away: that attempt was no fault of the message."""
        with contextlib.suppress(Unavailable):
            await self._database.run(lambda tx: tx.inbox.hand_back(look.rows))

    def _look(self, tx: Transaction, rows: tuple[InboxRow, ...]) -> Look:
        """Looks around; it comes after the attempt was counted, since it may fail too."""
        first = rows[0].inbound
        known = tx.conversations.get(first.conversation)
        contact = tx.people.of_account(first.channel, first.account)
        pending = (
            tx.questions.open_for(contact[0].id, first.address, said_at=said_at(first, tx.now))
            if known and contact
            else None
        )
        local = tx.now.astimezone(tx.rules.zone)
        return Look(
            rows=rows,
            version=known.version if known else 0,
            context=ReadingContext(
                group=first.chat_kind is ChatKind.GROUP,
                addressed=first.addressed,
                staff=contact is not None and tx.people.actor(contact[0].id, tx.now).is_staff,
                pending=pending.step if pending else "",
                today=local.date(),
                now=local,
                community=known.community if known else None,
                names=(first.name, *(one.name for one in contact or ())),
            ),
        )

    async def _understand_and_handle(self, look: Look) -> bool:
        for _ in range(READINGS):
            rows = look.rows
            look = await self._database.read(lambda tx: self._look(tx, rows))  # noqa: B023
            reading = await self._reader.read(words(look.rows), look.context)
            until = self._wait_for_more(look, reading)
            if until is not None:
                await self._postpone(look, until)
                return False
            try:
                wait = await self._database.run(lambda tx: self._speak(tx, look, reading))  # noqa: B023
            except _Moved:
                continue
            logger.info("message handled", intent=reading.intent, attempts=look.rows[0].attempts)
            self._after_commit()
            self._wake_later(look, wait)
            return True
        raise Conflict("the conversation", look.version)

    def _speak(self, tx: Transaction, look: Look, reading: Reading) -> float | None:
        """The one transaction: end the inbox rows, lock, check, let a handler speak.

        Seconds until the message is looked at again, if it came too fast; else None.
        """
        if not tx.inbox.finish(look.rows):
            raise _TakenOver
        first = look.rows[0].inbound
        tx.heard = message_key(tx.keyring, first)
        person, contact = tx.people.arrive(first)
        chat = tx.chats.seen(first)
        conversation = tx.conversations.lock(first, person=person.id, community=chat.unit)
        if conversation.version != look.version:
            raise _Moved
        turn = Turn(
            tx=tx,
            person=person,
            contact=contact,
            actor=tx.people.actor(person.id, tx.now),
            chat=chat,
            conversation=conversation,
            reading=reading,
            heard=overheard(look.rows),
            places=self._places(),
            question=tx.questions.open_for(
                person.id, conversation.address, said_at=said_at(first, tx.now)
            ),
        )
        again = look.rows[0].held
        verdict = flooding.admitted(turn, messages=len(look.rows), again=again)
        if verdict.outcome is not Outcome.HANDLED:
            return _set_aside(tx, look.rows, verdict.until)
        turn.heard = heard_from(tx, look.rows, person.id)
        dispatch(turn)
        tx.conversations.save(turn.conversation)
        return None

    def _wait_for_more(self, look: Look, reading: Reading) -> datetime | None:
        """Until when an incomplete message waits; None when it is to be handled now."""
        first, newest = look.rows[0], look.rows[-1]
        if newest.waited or reading.emergency or is_full(look.rows):
            return None
        if newest.inbound.album:
            return newest.received_at + timedelta(seconds=self._patience.album)
        is_talk = newest.inbound.kind is InboundKind.MESSAGE
        if reading.complete or look.context.pending or not is_talk:
            return None
        return min(
            newest.received_at + timedelta(seconds=self._patience.quiet),
            first.received_at + timedelta(seconds=self._patience.cap),
        )

    async def _postpone(self, look: Look, until: datetime) -> None:
        def postpone(tx: Transaction) -> float | None:
            waits = tx.inbox.postpone(look.rows, until)
            return (until - tx.now).total_seconds() if waits else None

        self._wake_later(look, await self._database.run(postpone))

    def _wake_later(self, look: Look, seconds: float | None) -> None:
        if seconds is not None:
            conversation = look.rows[0].conversation
            asyncio.get_running_loop().call_later(max(seconds, 0.0), self.wake, conversation)

    async def _failed(self, look: Look, failure: Exception) -> None:
        """Gives the message back; after the fifth attempt it is a dead letter, and its person is
        told once.
        """
        name = type(failure).__name__
        is_dead = look.rows[0].attempts >= MAX_ATTEMPTS
        counts.HEARD.labels(look.rows[0].inbound.channel, "dead" if is_dead else "failed").inc()
        logger.error(
            "handling failed",
            channel=look.rows[0].inbound.channel,
            attempts=look.rows[0].attempts,
            error=name,
            exc_info=failure,
        )
        try:
            await self._database.run(lambda tx: _give_back(tx, look.rows, name))
        except Unavailable:
            raise
        except Exception as trouble:
            logger.error("apology failed", exc_info=trouble)
            await self._database.run(lambda tx: tx.inbox.failed(look.rows, name))
        self._after_commit()


def _set_aside(
    tx: Transaction, rows: tuple[InboxRow, ...], until: datetime | None
) -> float | None:
    """Messages that came too fast: held until then, in seconds; or only counted, when never."""
    if until is None:
        tx.inbox.empty(rows)
        return None
    tx.inbox.hold(rows, until)
    return (until - tx.now).total_seconds()


def _give_back(tx: Transaction, rows: tuple[InboxRow, ...], error: str) -> None:
    if dead := tx.inbox.failed(rows, error):
        apologise(tx, dead[0])


def apologise(tx: Transaction, row: InboxRow) -> None:
    """Says once that a message could not be handled, and lets the duty desk know of it."""
    inbound = row.inbound
    person, _ = tx.people.arrive(inbound)
    chat = tx.chats.seen(inbound)
    conversation = tx.conversations.lock(inbound, person=person.id, community=chat.unit)
    aloud = inbound.addressed or inbound.chat_kind is ChatKind.PRIVATE
    tx.apologise(conversation, person=person, aloud=aloud)
