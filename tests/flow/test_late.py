"""Whoever slept through its lease writes nothing late: what it held is somebody else's by then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.channels.base import Limits
from bot.line import TOO_LATE
from bot.relay import Relay
from domain.messages import Address, Attachment, AttachmentKind, Lane, Outbound, Sent
from scheduler.clock import Clock
from scheduler.job import Job
from scheduler.times import Times
from storage.attachments import PendingAttachment
from storage.inbox_rows import InboxRow
from storage.schema import AttachmentState, OutboxState
from storage.transaction import Transaction
from tests.flow.means import LIGHT, run_out, states, unfinished, until
from tests.town import SOUND, MemoryChannel, Town


def begun(tx: Transaction, conversation: str, owner: str) -> tuple[InboxRow, ...]:
    return tx.inbox.begin(conversation, owner=owner, alone=True)


async def test_a_message_taken_over_is_neither_ended_failed_nor_postponed_by_the_first(
    hardy: Town,
) -> None:
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.intake.accept(inbound)
    await run_out(hardy.database)
    where = inbound.conversation
    slept = await hardy.database.run(lambda tx: begun(tx, where, "slept"))
    await run_out(hardy.database)
    awake = await hardy.database.run(lambda tx: begun(tx, where, "awake"))

    assert not await hardy.database.run(lambda tx: tx.inbox.finish(slept))
    assert not await hardy.database.run(lambda tx: tx.inbox.postpone(slept, tx.now))
    assert await hardy.database.run(lambda tx: tx.inbox.failed(slept, "Late")) == ()

    (row,) = await hardy.read(lambda tx: tx.inbox.unfinished(where))
    assert (row.owner, row.attempts, row.waited) == ("awake", 2, False)
    assert await hardy.database.run(lambda tx: tx.inbox.finish(awake))


async def test_what_one_process_failed_late_is_no_dead_letter_of_the_other(hardy: Town) -> None:
    """Also when the one that slept was at its last attempt."""
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.intake.accept(inbound)
    await run_out(hardy.database)
    where = inbound.conversation
    for _ in range(4):
        await hardy.database.run(lambda tx: tx.inbox.failed(begun(tx, where, "a"), "Trouble"))
        hardy.hands[0] += timedelta(minutes=1)
    slept = await hardy.database.run(lambda tx: begun(tx, where, "slept"))
    await run_out(hardy.database)
    await hardy.database.run(lambda tx: begun(tx, where, "awake"))
    assert await hardy.database.run(lambda tx: tx.inbox.failed(slept, "Late")) == ()
    assert await hardy.read(lambda tx: tx.inbox.dead_letters()) == ()
    assert await unfinished(hardy) == 1


async def test_a_file_fetched_late_is_what_the_other_one_fetched(hardy: Town) -> None:
    voice = Attachment(kind=AttachmentKind.VOICE, reference="v")

    def take(tx: Transaction, owner: str) -> PendingAttachment:
        (taken,) = tx.attachments.pending(5, owner=owner)
        return taken

    added = await hardy.database.run(lambda tx: tx.attachments.add(None, voice, channel="web"))
    slept = await hardy.database.run(lambda tx: take(tx, "slept"))
    await run_out(hardy.database)
    awake = await hardy.database.run(lambda tx: take(tx, "awake"))

    await hardy.database.run(lambda tx: tx.attachments.failed(slept, "late", final=True))
    assert not await hardy.database.run(lambda tx: tx.attachments.store(slept, "x/y", b"late"))
    known = await hardy.read(lambda tx: tx.attachments.get(added))
    assert known.state is AttachmentState.PENDING
    assert await hardy.database.run(lambda tx: tx.attachments.store(awake, *SOUND))
    assert await hardy.read(lambda tx: tx.attachments.content(added)) == SOUND


async def test_a_job_goes_on_with_whoever_took_it_over_and_with_nobody_else(hardy: Town) -> None:
    ran: list[str] = []

    def clock(owner: str) -> Clock:
        def chunk(tx: Transaction, fire_time: object, cursor: int) -> int | None:
            ran.append(f"{owner} {cursor}")
            return cursor + 1 if cursor < 2 else None

        job = Job(name="count", times=Times(), run=chunk)
        return Clock(hardy.database, owner=owner, after_commit=lambda: None, jobs=(job,))

    slept, awake = clock("slept"), clock("awake")
    (job,) = slept._others
    claimed = await hardy.database.run(lambda tx: slept._claim(job, tx))
    assert claimed is not None
    await awake.tick()
    assert ran == []

    await run_out(hardy.database)
    await awake.tick()
    await slept._run(job, claimed.fire_time)

    assert ran == ["awake 0", "awake 1", "awake 2"]
    assert not await hardy.database.run(
        lambda tx: tx.jobs.finished("count", claimed.fire_time, "slept", "late")
    )


class Asleep(MemoryChannel):
    """Its process is stopped once, after a row was marked as being sent and before the call."""

    def __init__(self) -> None:
        super().__init__("web")
        self.clock = 0.0

    def is_group(self, address: Address) -> bool:
        if not self.clock:  # asked for the pace, just before the mark
            self.clock = TOO_LATE + 1
        return False


async def test_a_call_is_not_made_by_whoever_slept_since_it_was_marked(hardy: Town) -> None:
    """By the end of the call its row might be somebody else's, and said by them already."""
    telling = Outbound(
        id=0, address=Address(channel="web", chat="one"), lane=Lane.BROADCAST, text="通知"
    )
    number = await hardy.database.run(
        lambda tx: tx.outbox.add(telling, person=None, phrase="test", values={})
    )
    channel = Asleep()
    relay = Relay(hardy.database, {"web": channel}, owner="slept", clock=lambda: channel.clock)
    await relay.settle()
    row = await hardy.read(lambda tx: tx.outbox.get(number))
    assert (row.state, row.attempts, len(channel.sent)) == (OutboxState.SENT, 2, 1)


class Hangs(MemoryChannel):
    """One call a second, and the first hangs."""

    def __init__(self) -> None:
        super().__init__("web", limits=Limits(per_second=1))
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def send(self, outbound: Outbound) -> Sent:
        self.began.set()
        await self.may_end.wait()
        return await super().send(outbound)


async def test_a_call_that_waited_too_long_for_others_to_end_is_not_made(hardy: Town) -> None:
    """Marked as being sent, it waits until the platform can count no more calls in its second."""
    passed, channel = [0.0], Hangs()

    def two(tx: Transaction) -> None:
        for chat in ("one", "other"):
            address = Address(channel="web", chat=chat)
            telling = Outbound(id=0, address=address, lane=Lane.BROADCAST, text="通知")
            tx.outbox.add(telling, person=None, phrase="test", values={})

    await hardy.database.run(two)
    relay = Relay(hardy.database, {"web": channel}, owner="relay", clock=lambda: passed[0])
    delivering = asyncio.create_task(relay.run())
    await channel.began.wait()
    passed[0] = 1.5
    await until(hardy, lambda rows: all(row.state is OutboxState.SENDING for row in rows))
    passed[0] += TOO_LATE + 0.5
    await until(hardy, lambda rows: rows[1].attempts == 2)  # it went back, and is tried anew
    channel.may_end.set()
    passed[0] += 5
    await until(hardy, lambda rows: all(row.state is OutboxState.SENT for row in rows))
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    assert [outbound.address.chat for outbound in channel.sent] == ["one", "other"]


async def test_nothing_is_claimed_under_a_lease_that_was_lost(hardy: Town) -> None:
    """The one that slept looks into the outbox before it looks at its lease."""
    slept = Relay(hardy.database, hardy.channels, owner="slept", clock=lambda: 0.0)
    token = await hardy.database.run(lambda tx: slept._take(tx, "web"))
    assert token is not None
    await run_out(hardy.database)
    await hardy.database.run(lambda tx: tx.leases.take("relay:web", "awake", 60))
    await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    await hardy.intake.settle()

    assert not await slept._lines["web"].begin_some(token)
    assert not await slept._lines["web"].deliver_some(token)
    assert set(await states(hardy.database)) == {OutboxState.QUEUED}


async def test_what_a_dead_process_claimed_is_sent_by_the_next_at_once(hardy: Town) -> None:
    """It was not marked as being sent, so it was not sent, and nobody need wait for its lease."""
    await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    await hardy.intake.settle()
    await hardy.database.run(lambda tx: tx.outbox.claim("web", token="dead", limit=10))
    await hardy.relay.settle()
    assert set(await states(hardy.database)) == {OutboxState.SENT}
