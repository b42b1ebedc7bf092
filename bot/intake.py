"""接入: commits what channels hear, then lets one handler speak about it, conversation by conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.channels.base import CannotAccept
from bot.gate import Gate
from bot.hearing import bundle, heard_from
from domain.messages import Inbound
from domain.readings import Reading, ReadingContext
from handlers.router import dispatch
from handlers.turn import Turn
from knowledge.places import PlaceBook
from storage.database import Database, Unavailable
from storage.inbox import InboxRow
from storage.transaction import Transaction

logger = structlog.get_logger()

LEASE = 30.0  # seconds a message belongs to the process that took it


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
    version: int
    context: ReadingContext


class _Moved(Exception):
    """The conversation changed while its message was being read; it is read again."""


class Intake:
    """The door for channels, and the workers behind it.

    `accept` returns after the commit. Workers take one conversation each; one conversation is never handled twice at
    the same time by one process, and the conversation lock settles it between processes.
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
    ) -> None:
        self._database = database
        self._reader = reader
        self._places = places
        self._owner = owner
        self._after_commit = after_commit
        self._patience = patience
        self._workers = workers
        self._gate = Gate()
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._timers: set[asyncio.TimerHandle] = set()

    async def accept(self, inbound: Inbound) -> bool:
        """Commits the message; False when it is a redelivery. Raises CannotAccept when it cannot be kept."""
        try:
            _, fresh = await self._database.run(
                lambda tx: tx.inbox.accept(inbound, owner=self._owner, lease=LEASE), first=True
            )
        except Unavailable as trouble:
            logger.error("message refused", channel=inbound.channel, key=inbound.key, why=str(trouble))
            raise CannotAccept(str(trouble)) from trouble
        if fresh:
            self.wake(inbound.conversation)
        return fresh

    def wake(self, conversation: str) -> None:
        """Says that a conversation has something to handle."""
        if conversation in self._busy:
            self._again.add(conversation)
        elif conversation not in self._queued:
            self._queued.add(conversation)
            self._waiting.put_nowait(conversation)

    async def run(self, *, poll: float = 1.0) -> None:
        """Handles messages until cancelled, also those that a dead process left behind."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_for_left_over(poll), name="intake: left over")
            for number in range(self._workers):
                tasks.create_task(self._work(), name=f"intake: worker {number}")

    async def settle(self) -> None:
        """Handles everything that is ready now and returns; for the terminal chat, replays and tests."""
        while True:
            for conversation in await self._database.run(self._ready):
                self.wake(conversation)
            if self._waiting.empty():
                return
            while not self._waiting.empty():
                await self._handle_next()

    async def idle(self) -> None:
        """Returns once nothing that was begun is still being handled."""
        while self._busy or not self._waiting.empty():
            await asyncio.sleep(0.02)

    def _ready(self, tx: Transaction) -> tuple[str, ...]:
        return tx.inbox.ready(limit=200, owner=self._owner)

    async def _look_for_left_over(self, poll: float) -> None:
        while True:
            try:
                for conversation in await self._database.run(self._ready):
                    self.wake(conversation)
            except Unavailable as trouble:
                logger.warning("database unavailable", why=str(trouble))
            await asyncio.sleep(poll)

    async def _work(self) -> None:
        while True:
            await self._handle_next()

    async def _handle_next(self) -> None:
        conversation = await self._waiting.get()
        self._queued.discard(conversation)
        if conversation in self._busy:
            self._again.add(conversation)
            return
        self._busy.add(conversation)
        try:
            while await self._handle(conversation):
                pass
        except Unavailable as trouble:
            logger.warning("message postponed", why=str(trouble))
        finally:
            self._busy.discard(conversation)
            if conversation in self._again:
                self._again.discard(conversation)
                self.wake(conversation)

    async def _handle(self, conversation: str) -> bool:
        """Handles the next message of a conversation; False when there is none ready."""
        look = await self._database.run(lambda tx: self._begin(tx, conversation))
        if not look.rows:
            return False
        alone = look.rows[0].attempts > 1
        async with self._gate.alone() if alone else self._gate.together():
            try:
                return await self._understand_and_handle(look)
            except Unavailable:
                raise
            except Exception as failure:
                await self._failed(look, failure)
                return True

    def _begin(self, tx: Transaction, conversation: str) -> Look:
        """Counts the attempt and takes the message, in a commit of its own."""
        rows = bundle(tx.inbox.begin(conversation, owner=self._owner, lease=LEASE))
        return self._look(tx, conversation, rows)

    def _look(self, tx: Transaction, conversation: str, rows: tuple[InboxRow, ...]) -> Look:
        if not rows:
            return Look(rows=(), version=-1, context=ReadingContext())
        first = rows[0].inbound
        known = tx.conversations.get(conversation)
        contact = tx.people.of_account(first.channel, first.account)
        pending = (
            tx.questions.open_for(contact[0].id, first.address) if known and contact else None
        )
        local = tx.now.astimezone(tx.rules.zone)
        return Look(
            rows=rows,
            version=known.version if known else -1,
            context=ReadingContext(
                group=first.chat_kind == "group",
                addressed=first.addressed,
                staff=contact is not None and tx.people.actor(contact[0].id, tx.now).is_staff,
                pending=pending.step if pending else "",
                today=local.date(),
                now=local,
                community=known.community if known else None,
            ),
        )

    async def _understand_and_handle(self, look: Look) -> bool:
        conversation = look.rows[0].conversation
        text = "\n".join(row.inbound.text for row in look.rows if row.inbound.text)
        while True:
            reading = await self._reader.read(text, look.context)
            until = self._wait_for_more(look, reading)
            if until is not None:
                await self._postpone(look, until)
                return False
            try:
                await self._database.run(lambda tx: self._speak(tx, look, reading))  # noqa: B023
            except _Moved:
                rows = look.rows
                look = await self._database.run(
                    lambda tx: self._look(tx, conversation, rows)  # noqa: B023
                )
                continue
            self._after_commit()
            return True

    def _speak(self, tx: Transaction, look: Look, reading: Reading) -> None:
        """The one transaction: lock, check, let a handler speak, end the inbox rows."""
        first = look.rows[0].inbound
        person, contact = tx.people.arrive(first)
        chat = tx.chats.seen(first)
        conversation = tx.conversations.lock(first, person=person.id, community=chat.unit)
        if conversation.version != max(look.version, 0):
            raise _Moved
        mine = {row.id for row in look.rows}
        unfinished = tx.inbox.unfinished(conversation.key)
        if not any(row.id in mine for row in unfinished):
            return  # another process ended it while we were reading
        turn = Turn(
            tx=tx,
            person=person,
            contact=contact,
            actor=tx.people.actor(person.id, tx.now),
            chat=chat,
            conversation=conversation,
            reading=reading,
            heard=heard_from(tx, look.rows, person.id),
            places=self._places(),
            question=tx.questions.open_for(person.id, conversation.address),
        )
        dispatch(turn)
        tx.conversations.save(turn.conversation)
        tx.inbox.done(tuple(mine))

    def _wait_for_more(self, look: Look, reading: Reading) -> datetime | None:
        """Until when an incomplete message waits; None when it is to be handled now."""
        newest = look.rows[-1]
        if newest.inbound.album and not newest.waited:
            return newest.received_at + timedelta(seconds=self._patience.album)
        talk = newest.inbound.kind == "message" and not newest.inbound.press
        if reading.complete or reading.emergency or look.context.pending or not talk:
            return None
        first = look.rows[0]
        if newest.waited:
            return None
        return min(
            newest.received_at + timedelta(seconds=self._patience.quiet),
            first.received_at + timedelta(seconds=self._patience.cap),
        )

    async def _postpone(self, look: Look, until: datetime) -> None:
        ids = tuple(row.id for row in look.rows)
        seconds = await self._database.run(lambda tx: tx.inbox.postpone(ids, until))
        conversation = look.rows[0].conversation
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(seconds, 0.0), self._wake_later, conversation)
        self._timers.add(timer)

    def _wake_later(self, conversation: str) -> None:
        self._timers = {timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()}
        self.wake(conversation)

    async def _failed(self, look: Look, failure: Exception) -> None:
        """Gives the message back; after the fifth attempt it is a dead letter, and its person is told once."""
        ids = tuple(row.id for row in look.rows)
        name = type(failure).__name__
        logger.error(
            "handling failed",
            channel=look.rows[0].inbound.channel,
            key=look.rows[0].inbound.key,
            attempts=look.rows[0].attempts,
            error=name,
            exc_info=failure,
        )
        await self._database.run(lambda tx: self._give_back(tx, look, ids, name))
        self._after_commit()

    def _give_back(
        self, tx: Transaction, look: Look, ids: tuple[int, ...], error: str
    ) -> None:
        if dead := tx.inbox.failed(ids, error):
            apologise(tx, dead[0])


def apologise(tx: Transaction, row: InboxRow) -> None:
    """Says once that a message could not be handled, and lets the duty desk know it waits as a dead letter."""
    inbound = row.inbound
    person, _ = tx.people.arrive(inbound)
    chat = tx.chats.seen(inbound)
    conversation = tx.conversations.lock(inbound, person=person.id, community=chat.unit)
    tx.apologise(conversation, person=person)
