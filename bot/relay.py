"""投递: takes what was said from the outbox to the channels, in order, within the platforms' limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from bot.channels.base import Channel
from bot.limiter import Limiter
from domain.messages import Address, Lane, Refused, Sent, TryLater, Unknown
from storage.database import Database, Unavailable
from storage.outbox import OutboxRow
from storage.transaction import Transaction

logger = structlog.get_logger()

LEASE = 20.0  # seconds one process delivers for a channel account before it renews
AT_ONCE = 16  # calls in flight on one channel

# Whose repeat is better than its silence: an answer in a dialogue is sent again when nobody knows whether it arrived.
REPEATED_WHEN_UNKNOWN = frozenset({Lane.EMERGENCY, Lane.DIALOGUE})


class Relay:
    """Delivers for every channel this process holds the lease of."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        owner: str,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._channels = channels
        self._owner = owner
        self._clock = clock
        self._wakers = {name: asyncio.Event() for name in channels}
        self._limiters = {name: Limiter(channel.limits) for name, channel in channels.items()}

    def wake(self) -> None:
        """Says that the outbox has something new."""
        for waker in self._wakers.values():
            waker.set()

    async def run(self) -> None:
        """Delivers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._channels:
                tasks.create_task(self._deliver(name), name=f"relay: {name}")

    async def settle(self) -> None:
        """Delivers what is due now on every channel and returns; for the terminal chat and tests."""
        for name in self._channels:
            token = await self._database.run(lambda tx, name=name: self._lease(tx, name))  # type: ignore[misc]
            while token and (rows := await self._claim(name, token, limit=AT_ONCE)):
                for row in rows:
                    await self._send(name, row, token)

    async def _deliver(self, name: str) -> None:
        while True:
            try:
                token = await self._database.run(lambda tx: self._lease(tx, name))
                if token is None:
                    await asyncio.sleep(LEASE / 4)
                    continue
                await self._deliver_for(name, token, until=self._clock() + LEASE / 2)
            except Unavailable as trouble:
                logger.warning("database unavailable", why=str(trouble))
                await asyncio.sleep(1)

    def _lease(self, tx: Transaction, name: str) -> str | None:
        token = tx.leases.take(f"relay:{name}", owner=self._owner, seconds=LEASE)
        if token is not None:
            tx.outbox.sweep(name)
        return token

    async def _deliver_for(self, name: str, token: str, *, until: float) -> None:
        """Keeps up to AT_ONCE sends in flight until it is time to renew the lease."""
        flying: set[asyncio.Task[None]] = set()
        waker = self._wakers[name]
        try:
            while self._clock() < until:
                waker.clear()
                for row in await self._claim(name, token, limit=AT_ONCE - len(flying)):
                    flying.add(asyncio.create_task(self._send(name, row, token)))
                woken = asyncio.create_task(waker.wait())
                done, _ = await asyncio.wait(
                    {woken, *flying}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
                )
                woken.cancel()
                for task in done & flying:
                    task.result()
                flying -= done
        finally:
            if flying:
                await asyncio.wait(flying)

    async def _claim(self, name: str, token: str, *, limit: int) -> tuple[OutboxRow, ...]:
        if limit <= 0:
            return ()
        return await self._database.run(
            lambda tx: tx.outbox.claim(name, token=token, limit=limit)
        )

    async def _send(self, name: str, row: OutboxRow, token: str) -> None:
        channel, limiter = self._channels[name], self._limiters[name]
        address = row.outbound.address
        group = channel.is_group(address)
        wait = limiter.wait(address.chat, group, self._clock())
        if wait > LEASE / 4:
            await self._end(lambda tx: tx.outbox.later(row.id, token, wait, "limit"))
            return
        await asyncio.sleep(wait)
        while (more := limiter.wait(address.chat, group, self._clock())) > 0:
            await asyncio.sleep(more)
        limiter.sent(address.chat, group, self._clock())
        if not await self._database.run(lambda tx: tx.outbox.sending((row.id,), token)):
            return
        await self._call(channel, row, token)

    async def _call(self, channel: Channel, row: OutboxRow, token: str) -> None:
        """One call to the platform and its one outcome."""
        address = row.outbound.address
        try:
            sent: Sent = await channel.send(row.outbound)
        except TryLater as later:
            if later.scope == "channel":
                self._limiters[channel.name].pause(None, self._clock() + later.after)
            else:
                self._limiters[channel.name].pause(address.chat, self._clock() + later.after)
            after, reason = later.after, later.reason
            await self._end(lambda tx: tx.outbox.later(row.id, token, after, reason))
        except Refused as refused:
            refusal = refused
            await self._end(lambda tx: _refuse(tx, row, token, refusal))
        except Unknown as unknown:
            reason = unknown.reason
            retry = row.outbound.lane in REPEATED_WHEN_UNKNOWN
            await self._end(lambda tx: tx.outbox.unknown(row.id, token, reason, retry=retry))
        except Exception as failure:
            logger.error("send failed", channel=channel.name, outbox=row.id, exc_info=failure)
            reason = type(failure).__name__
            retry = row.outbound.lane in REPEATED_WHEN_UNKNOWN
            await self._end(lambda tx: tx.outbox.unknown(row.id, token, reason, retry=retry))
        else:
            await self._end(lambda tx: tx.outbox.sent(row.id, token, sent.message))

    async def _end(self, work: Callable[[Transaction], object]) -> None:
        await self._database.run(work)
        self.wake()


def _refuse(tx: Transaction, row: OutboxRow, token: str, refused: Refused) -> None:
    """Ends the message and learns from it: a moved chat is re-keyed, an unreachable one is no longer written to."""
    address = row.outbound.address
    if refused.migrated_to:
        tx.chats.migrate(address, Address(channel=address.channel, chat=refused.migrated_to))
        tx.outbox.later(row.id, token, 0, refused.reason)
        return
    tx.outbox.refused(row.id, token, refused.reason)
    if refused.gone:
        tx.chats.deactivate(address)
        tx.people.mark_unreachable(address)
