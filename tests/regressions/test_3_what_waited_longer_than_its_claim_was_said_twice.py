"""What waits for the pace is claimed for ten seconds. Where the platform made everybody wait for
longer, the same message was claimed once more beside the first and both calls were made.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import update

from bot.channels.base import Limits
from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Sent
from storage.schema import OutboxState, outbox
from storage.statements import Statement
from storage.transaction import Transaction
from tests.flow.means import until
from tests.town import MemoryChannel, Town

FIRST, SECOND = "先", "后"
_CLAIM_IS_OVER = Statement(
    update(outbox).where(outbox.c.state == OutboxState.CLAIMED.value).values(lease_until=0)
)


class Slow(MemoryChannel):
    """A platform that lets one message a second into a chat, and takes its time."""

    def __init__(self) -> None:
        super().__init__("web", limits=Limits(chat_per_second=1))
        self.tried: list[str] = []
        self.tries_second, self.may_end = asyncio.Event(), asyncio.Event()

    async def send(self, outbound: Outbound) -> Sent:
        self.tried.append(outbound.text)
        if outbound.text == SECOND:
            self.tries_second.set()
            await self.may_end.wait()
        return await super().send(outbound)


def two_for_one_chat(tx: Transaction) -> None:
    for text in (FIRST, SECOND):
        address = Address(channel="web", chat="one")
        said = Outbound(id=0, address=address, lane=Lane.BROADCAST, text=text)
        tx.outbox.add(said, person=None, phrase="test", values={})


async def test_it_is_said_once(town: Town) -> None:
    passed, channel = [0.0], Slow()
    await town.database.run(two_for_one_chat)
    relay = Relay(town.database, {"web": channel}, owner="relay", clock=lambda: passed[0])
    delivering = asyncio.create_task(relay.run())
    await until(town, lambda rows: rows[1].state is OutboxState.CLAIMED)
    # It waits for its second, which on a clock that stands still never comes.
    await town.database.run(lambda tx: tx.session.run(_CLAIM_IS_OVER))
    passed[0] = 2.5
    relay.wake()
    await channel.tries_second.wait()
    passed[0] = 5.0
    await asyncio.sleep(2)  # whoever waited first would call now
    channel.may_end.set()
    await relay.drain()
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    assert channel.tried == [FIRST, SECOND]
    assert [outbound.text for outbound in channel.sent] == [FIRST, SECOND]
