"""线路: the way to one channel, at the platform's pace, with what is on its way there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from bot import counts
from bot.breaker import Breaker
from bot.channels.base import Channel
from bot.last_words import let_go
from bot.limiter import Limiter
from bot.outcomes import OUTCOMES, Outcome, record, with_files
from bot.pause import Pause
from domain.messages import STOPPED, Lane, Outbound, Refused, TryLater, Unknown
from storage.bell import woken
from storage.database import Database, Unavailable
from storage.outbox import LEASE as SENDING
from storage.outbox import OutboxRow
from storage.transaction import Transaction

logger = structlog.get_logger()

AT_ONCE = 32  # messages of one channel on their way
BULK = 32  # of a broadcast, on their way or waiting for the pace
BULK_AT_ONCE = 24  # of a broadcast, on their way: there is always room for an answer
MOST_SPARED = 4  # answers that wait for the pace and go before the next of a broadcast
WAITING = 512  # that wait beside them for the platform's pace
MOMENT = 0.02  # seconds between two looks whether one of those on their way has arrived
SHORT_WAIT = 1.2  # seconds; who must wait longer goes back into the outbox
LONGEST_CALL = 45.0  # seconds; shorter than the lease of a row that is being sent
LAST_CALLS = 4.0  # seconds a stopping process gives to the calls it has made
TOO_LATE = SENDING - LONGEST_CALL  # seconds after which a call would outlast the row's lease
LOOK_FOR_FILES = 1.0  # seconds between two looks whether a file has come


class Line:
    """The way to one channel: its pace, and the calls that are under way."""

    def __init__(
        self, database: Database, channel: Channel, *, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._channel = channel
        self._clock = clock
        self._limiter = Limiter(channel.limits)
        self._breaker = Breaker()
        self._calls: set[asyncio.Task[None]] = set()
        self._waiting = 0  # of the calls: those that have not begun
        self._bulk = 0  # of the calls: those of broadcasts
        self._bulk_waiting = 0
        self._turns = 0  # rows whose turn it is, and whose calls begin once that is written down
        self._bulk_turns = 0
        self._claimed: set[int] = set()  # rows whose calls have not begun
        # What is being sent, and its outcome until that is recorded.
        self._sending: dict[int, tuple[OutboxRow, Outcome]] = {}
        self._pause = Pause()
        self._all_recorded = asyncio.Event()
        self._all_recorded.set()
        self._unrecorded = 0
        self.something_new = asyncio.Event()
        self.may_be_free = False  # whether somebody has let go of a lease
        self.asked = 0  # how often somebody has asked for rest
        self._rested_when = 0
        self._came_to_rest = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns when there is something new, or after so long."""
        await woken(self.something_new, seconds)

    async def rest(self) -> None:
        """Returns once a look that began after this found nothing to do."""
        self.asked += 1
        asked = self.asked
        self.something_new.set()
        while self._rested_when < asked:
            self._came_to_rest.clear()
            await self._came_to_rest.wait()

    def rests(self, asked: int) -> None:
        """A look that began when rest had been asked for so often found nothing to do."""
        self._rested_when = asked
        self._came_to_rest.set()

    async def begin_some(self, token: str) -> bool:
        """Begins to send what is due, as many as may be under way at once; whether any is."""
        room = min(self._room(), WAITING - self._waiting)
        if room > 0:
            rows = await self._claim(token, room, BULK - self._bulk)
            if len(rows) == room:
                self.something_new.set()  # for all we know there is more
            # What waits for longer than it is claimed for is claimed again, and has its call.
            rows = tuple(row for row in rows if row.id not in self._claimed)
            began = self._clock()
            for row in await self._start(rows, token, patient=True):
                self._begin(row, self._call(row, token, began))
        return bool(self._calls)

    def _room(self) -> int:
        """How many more may be on their way; who waits for the pace keeps nobody else back."""
        most = 1 if self._breaker.is_open else AT_ONCE
        return most - (len(self._calls) - self._waiting) - self._turns

    def _bulk_room(self) -> int:
        """How many more of broadcasts may be on their way."""
        return BULK_AT_ONCE - (self._bulk - self._bulk_waiting) - self._bulk_turns

    def _has_room_for(self, row: OutboxRow) -> bool:
        return self._room() > 0 and (not _is_bulk(row) or self._bulk_room() > 0)

    async def deliver_some(self, token: str) -> bool:
        """Sends what may go now, one after the other; False when there was nothing."""
        rows = await self._claim(token, AT_ONCE, BULK)
        for row in rows:
            began = self._clock()
            for started in await self._start((row,), token, patient=False):
                await self._call(started, token, began)
        return bool(rows)

    async def recorded(self) -> None:
        """Returns when nothing is left that could not be written down."""
        await self._all_recorded.wait()

    async def finish(self, token: str | None) -> None:
        """Gives the calls under way a little time, tells what became of them, and lets go of all
        that was not begun, so that the next one can go on at once.
        """
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=LAST_CALLS)
            for call in late:
                call.cancel()
        if token is None:
            return
        await let_go(self._database, lambda tx: self._let_go(tx, token))

    def _let_go(self, tx: Transaction, token: str) -> None:
        for row, outcome in self._sending.values():
            record(tx, row, token, outcome)
        tx.outbox.let_go(self._channel.name, token)
        tx.leases.release(lease_of(self._channel.name), token)

    async def _claim(self, token: str, limit: int, bulk: int) -> tuple[OutboxRow, ...]:
        """What may be sent next, at most `bulk` of it of broadcasts."""
        name = self._channel.name

        def claim(tx: Transaction) -> tuple[OutboxRow, ...]:
            if not tx.leases.holds(lease_of(name), token):
                return ()
            ready = []
            rows = tx.outbox.claim(name, token=token, limit=limit, last=Lane.STAFF)
            for lane, most in ((Lane.MORNING, limit), (Lane.BROADCAST, bulk)):
                left = min(limit - len(rows), most)
                if left > 0:
                    rows += tx.outbox.claim(name, token=token, limit=left, first=lane, last=lane)
            for row in rows:
                whole = with_files(tx, row)
                if whole is None:
                    tx.outbox.later(row.id, token, LOOK_FOR_FILES, "files are coming")
                else:
                    ready.append(whole)
            return tuple(ready)

        return await self._database.run(claim)

    async def _start(
        self, rows: tuple[OutboxRow, ...], token: str, *, patient: bool
    ) -> list[OutboxRow]:
        """Those of the rows that go now, marked as being sent in one commit.

        Who must wait a moment does so beside the others when `patient`; who must wait longer goes
        back, and gives room to chats that need not.
        """
        now, back, bulk = [], [], 0
        for row in rows:
            full = patient and _is_bulk(row) and bulk >= self._bulk_room()
            wait = MOMENT if full else self._pace(row)
            if wait == 0:
                now.append(row)
                bulk += _is_bulk(row)
            elif patient and wait <= SHORT_WAIT:
                self._claimed.add(row.id)
                self._begin(row, self._call_in_time(row, token, wait))
            else:
                back.append((row.id, wait))
        if not now and not back:
            return []

        def start(tx: Transaction) -> frozenset[int]:
            for row, seconds in back:
                tx.outbox.later(row, token, seconds, "pace")
            return frozenset(tx.outbox.sending([row.id for row in now], token) if now else ())

        self._turns += len(now)
        self._bulk_turns += bulk
        try:
            started = await self._database.run(start)
        finally:
            self._turns -= len(now)
            self._bulk_turns -= bulk
        return [row for row in now if row.id in started]

    def _pace(self, row: OutboxRow) -> float:
        """How long the row must wait; with 0 it counts as sent now."""
        address, at = row.outbound.address, self._clock()
        group, bulk = self._channel.is_group(address), _is_bulk(row)
        spare = min(self._waiting - self._bulk_waiting, MOST_SPARED) if bulk else 0
        wait = self._limiter.wait(address.chat, group, at, bulk=bulk, spare=spare)
        if wait == 0:
            self._limiter.sent(address.chat, group, at, bulk=bulk)
        return wait

    async def _call_in_time(self, row: OutboxRow, token: str, wait: float) -> None:
        try:
            await self._wait(row, wait)
            began = self._clock()
            started = await self._database.run(lambda tx: tx.outbox.sending([row.id], token))
        finally:
            self._claimed.discard(row.id)
        if started:
            await self._call(row, token, began)

    async def _wait(self, row: OutboxRow, wait: float) -> None:
        """Returns when the row may go; it counts as sent then."""
        bulk = int(_is_bulk(row))
        self._waiting += 1
        self._bulk_waiting += bulk
        try:
            while wait > 0:
                await asyncio.sleep(wait)
                wait = self._pace(row) if self._has_room_for(row) else MOMENT
        finally:
            self._waiting -= 1
            self._bulk_waiting -= bulk

    async def _call(self, row: OutboxRow, token: str, began: float) -> None:
        with bound_contextvars(message=row.heard, outbox=row.id):
            await self._call_once(row, token, began)

    async def _call_once(self, row: OutboxRow, token: str, began: float) -> None:
        """One call to the platform and its one outcome."""
        if not await self._departs(began):
            outcome: Outcome = TryLater("began too late", after=0)
        else:
            self._sending[row.id] = (row, Unknown(STOPPED))
            left = self._clock()
            outcome = await self._outcome(row.outbound)
            self._limiter.answered(row.outbound.address.chat, left, self._clock())
        lane = row.outbound.lane.value
        counts.DELIVERED.labels(self._channel.name, lane, OUTCOMES[type(outcome)]).inc()
        logger.info("message tried", channel=self._channel.name, outcome=OUTCOMES[type(outcome)])
        well_again = self._pause_after(outcome, row.outbound.address.chat)
        if isinstance(outcome, Unknown) and self._breaker.is_rough(self._clock()):
            outcome = Unknown(outcome.reason, in_disorder=True)
        self._sending[row.id] = (row, outcome)
        try:
            await self._record(row, token, outcome)
            if well_again:
                await self._database.run(lambda tx: tx.outbox.wake(self._channel.name))
        except Exception:
            # The row keeps its lease; when that is over somebody takes it up.
            logger.error("outcome not recorded", outbox=row.id, exc_info=True)
        self._sending.pop(row.id, None)
        self.something_new.set()

    async def _departs(self, began: float) -> bool:
        """Whether the call leaves, as soon as it may.

        It is not made by whoever slept or waited too long since it was marked as being sent: by
        its end the row might be somebody else's.
        """
        while self._clock() - began <= TOO_LATE:
            wait = self._limiter.departs(self._clock())
            if wait == 0:
                return True
            await asyncio.sleep(wait)
        return False

    def _pause_after(self, outcome: Outcome, chat: str) -> bool:
        """Holds back the chat or the whole channel, where the outcome asks for it; whether the
        platform is well again after a disorder.
        """
        match outcome:
            case TryLater():
                whose = None if outcome.scope == "channel" else chat
                self._limiter.pause(whose, self._clock() + outcome.after)
            case Unknown():
                until = self._breaker.doubtful(chat, self._clock())
                if until is not None:
                    logger.warning("platform out of order", channel=self._channel.name)
                    self._limiter.pause(None, until)
            case _:
                return self._breaker.answered(self._clock())
        return False

    async def _outcome(self, outbound: Outbound) -> Outcome:
        try:
            async with asyncio.timeout(LONGEST_CALL):
                return await self._channel.send(outbound)
        except (TryLater, Refused, Unknown) as error:
            return error
        except TimeoutError:
            return Unknown("timed out")
        except Exception as failure:
            logger.error(
                "send failed", channel=self._channel.name, outbox=outbound.id, exc_info=failure
            )
            return Unknown(type(failure).__name__)

    async def _record(self, row: OutboxRow, token: str, outcome: Outcome) -> None:
        """Writes the outcome down, however long the database is away."""
        try:
            await self._database.run(lambda tx: record(tx, row, token, outcome))
        except Unavailable:
            self._unrecorded += 1
            self._all_recorded.clear()
        else:
            return
        try:
            while not await self._is_recorded(row, token, outcome):
                pass
        finally:
            self._unrecorded -= 1
            if not self._unrecorded:
                self._all_recorded.set()
                self._pause.over()

    async def _is_recorded(self, row: OutboxRow, token: str, outcome: Outcome) -> bool:
        self._pause.begin()
        await self._pause.wait()
        try:
            await self._database.run(lambda tx: record(tx, row, token, outcome))
        except Unavailable:
            return False
        return True

    def _begin(self, row: OutboxRow, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call, name=f"relay: call on {self._channel.name}")
        self._calls.add(task)
        self._bulk += _is_bulk(row)
        task.add_done_callback(partial(self._ended, _is_bulk(row)))

    def _ended(self, bulk: bool, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._bulk -= bulk
        self.something_new.set()
        if not call.cancelled() and (failure := call.exception()) is not None:
            # The row keeps its lease; when that is over somebody takes it up.
            logger.error("delivery failed", channel=self._channel.name, exc_info=failure)


def _is_bulk(row: OutboxRow) -> bool:
    return row.kind is Lane.BROADCAST


def lease_of(channel: str) -> str:
    """The lease that whoever delivers for the channel holds."""
    return f"relay:{channel}"
