"""接入: commits what channels hear, then has it handled, conversation by conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot import counts
from bot.channels.base import CannotAccept
from bot.doorway import Doorway
from bot.gate import Gate
from bot.handling import Handling
from bot.hearing import storable
from bot.last_words import let_go
from bot.pause import Pause
from domain.messages import Inbound
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.inbox import MustBeAlone, message_key

logger = structlog.get_logger()

KEPT = 5.0  # seconds it is kept for the process that accepted it, which comes to it at once
AT_A_LOOK = 200  # conversations taken up at one look for what was left over
WAITING = 20_000  # conversations known to wait; what comes beyond is left over, and looked for

# One interpreter computes one thing at a time: more workers would only let the door wait longer
# for its turn (docs/performance.md). Those that wait for a model compute nothing meanwhile.
WORKERS, WORKERS_WITH_A_MODEL = 4, 32


class Intake:
    """The door for channels, and the workers behind it.

    `accept` returns after the commit. Workers take one conversation each; one conversation is
    never handled twice at the same time by one process, and the lease settles it between
    processes. With `handles` off it is a door only: others find at once what it accepted.
    """

    def __init__(
        self,
        database: Database,
        handling: Handling,
        *,
        after_commit: Callable[[], None],
        workers: int = WORKERS,
        handles: bool = True,
    ) -> None:
        self._database = database
        self._handling = handling
        self._after_commit = after_commit
        self._workers = workers
        self._handles = handles
        self._doorway = Doorway(database, owner=handling.owner, kept=self._kept)
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
            await let_go(self._database, lambda tx: tx.inbox.release(self._handling.owner))

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
            lambda tx: tx.inbox.left_over(AT_A_LOOK, owner=self._handling.owner)
        )
        taken = found.free and await self._database.run(
            lambda tx: tx.inbox.keep(found.free, owner=self._handling.owner, lease=KEPT)
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
                step = await self._handling.handle(conversation, alone=False)
        except MustBeAlone:
            async with self._gate.alone():
                step = await self._handling.handle(conversation, alone=True)
        if step.done:
            self._after_commit()
        self._wake_later(conversation, step.look_again)
        return step.done

    def _wake_later(self, conversation: str, seconds: float | None) -> None:
        if seconds is not None:
            asyncio.get_running_loop().call_later(max(seconds, 0.0), self.wake, conversation)
