"""办理: one attempt at a message, from the look around to the commit that ends its rows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from bot import counts
from bot.hearing import bundle, heard_from, is_full, overheard, words
from domain.flooding import Outcome
from domain.messages import ChatKind, InboundKind
from domain.readings import Reading, ReadingContext
from handlers import flooding
from handlers.late import said_at
from handlers.router import dispatch
from handlers.turn import Turn
from knowledge.notice_templates import Templates, shipped
from knowledge.places import PlaceBook
from storage.database import Database, Unavailable
from storage.inbox import MAX_ATTEMPTS, message_key
from storage.inbox_rows import InboxRow
from storage.transaction import Conflict, Transaction

logger = structlog.get_logger()

LEASE = 15.0  # seconds a message belongs to the process that began to handle it
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of an attempt: whether a message came to its end in it, also a bad one, and after
    how many seconds there is something to do again, where that is known.
    """

    done: bool = False
    look_again: float | None = None


class Handling:
    """Reads a message and lets one handler speak, in the name of `owner`."""

    def __init__(
        self,
        database: Database,
        reader: Understands,
        places: Callable[[], PlaceBook],
        *,
        owner: str,
        patience: Patience = Patience(),
        templates: Templates | None = None,
    ) -> None:
        self.owner = owner
        self._database = database
        self._reader = reader
        self._places = places
        self._patience = patience
        self._templates = shipped() if templates is None else templates

    async def handle(self, conversation: str, *, alone: bool) -> Step:
        """One attempt at the next message of the conversation. Raises MustBeAlone when it failed
        before and others are handled beside it, Unavailable when the database is away.
        """
        look = await self._begun(conversation, alone=alone)
        if not look.rows:
            return Step()
        with bound_contextvars(message=message_key(self._database.keyring, look.rows[0].inbound)):
            try:
                return await self._attempt(look)
            except Unavailable:
                await self._hand_back(look)
                raise

    async def _attempt(self, look: Look) -> Step:
        try:
            if look.rows[0].attempts > MAX_ATTEMPTS:
                raise Crashed
            return await self._understand_and_handle(look)
        except Unavailable:
            raise
        except _TakenOver:
            return Step()
        except Exception as failure:
            await self._failed(look, failure)
            return Step(done=True)

    async def _begun(self, conversation: str, *, alone: bool) -> Look:
        """Counts the attempt and takes the message, in a commit of its own."""
        rows = await self._database.run(
            lambda tx: tx.inbox.begin(
                conversation, owner=self.owner, lease=LEASE, alone=alone, leading=bundle
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
            if contact
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
                standing=pending is not None and pending.is_standing(tx.now),
                today=local.date(),
                now=local,
                community=known.community if known else None,
                names=(first.name, *(one.name for one in contact or ())),
            ),
        )

    async def _understand_and_handle(self, look: Look) -> Step:
        for _ in range(READINGS):
            rows = look.rows
            look = await self._database.read(lambda tx: self._look(tx, rows))  # noqa: B023
            reading = await self._reader.read(words(look.rows), look.context)
            until = self._wait_for_more(look, reading)
            if until is not None:
                return Step(look_again=await self._postpone(look, until))
            try:
                wait = await self._database.run(lambda tx: self._speak(tx, look, reading))  # noqa: B023
            except _Moved:
                continue
            logger.info("message handled", intent=reading.intent, attempts=look.rows[0].attempts)
            return Step(done=True, look_again=wait)
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
            templates=self._templates,
            question=tx.questions.open_for(
                person.id, conversation.address, said_at=said_at(first, tx.now)
            ),
        )
        verdict = flooding.admitted(
            turn,
            messages=len(look.rows),
            again=look.rows[0].held,
            received=look.rows[-1].received_at,
        )
        if verdict.outcome is not Outcome.HANDLED:
            return _set_aside(tx, look.rows, verdict.until)
        turn.heard = heard_from(tx, look.rows, person.id, too_fast=verdict.too_fast)
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

    async def _postpone(self, look: Look, until: datetime) -> float | None:
        def postpone(tx: Transaction) -> float | None:
            waits = tx.inbox.postpone(look.rows, until)
            return (until - tx.now).total_seconds() if waits else None

        return await self._database.run(postpone)

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


def _set_aside(
    tx: Transaction, rows: tuple[InboxRow, ...], until: datetime | None
) -> float | None:
    """Messages that came too fast: held until then, in seconds; or only counted, when never."""
    if until is None:
        tx.inbox.empty(rows)
        return None
    tx.inbox.hold(rows, until)
    return max((until - tx.now).total_seconds(), 0)


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
