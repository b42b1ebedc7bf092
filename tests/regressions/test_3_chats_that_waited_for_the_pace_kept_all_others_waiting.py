"""A chat may be written to once a second. Whoever waited for that took one of the 32 ways out, so
that a town in which everybody was told two things heard fifty of them a second at best.
"""

from __future__ import annotations

import asyncio

from bot.channels.base import Limits
from bot.line import AT_ONCE
from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Sent
from storage.transaction import Transaction
from tests.town import MemoryChannel, Town

CHATS = 3 * AT_ONCE


class OncePerSecond(MemoryChannel):
    """A channel whose platform lets one message a second into a chat."""

    def __init__(self) -> None:
        super().__init__("web", limits=Limits(chat_per_second=1))
        self.all_have_heard = asyncio.Event()

    async def send(self, outbound: Outbound) -> Sent:
        sent = await super().send(outbound)
        if len({one.address.chat for one in self.sent}) == CHATS:
            self.all_have_heard.set()
        return sent


async def test_everybody_hears_the_first_thing_before_anybody_hears_the_second(
    town: Town,
) -> None:
    channel = OncePerSecond()

    def add(tx: Transaction) -> None:
        for text in ("先", "后"):
            for chat in range(CHATS):
                address = Address(channel="web", chat=str(chat))
                said = Outbound(id=0, address=address, lane=Lane.DIALOGUE, text=text)
                tx.outbox.add(said, person=None, phrase="test", values={})

    await town.database.run(add)
    # Its clock stands still: nobody's second is ever over.
    relay = Relay(town.database, {"web": channel}, owner="relay", clock=lambda: 0.0)
    delivering = asyncio.create_task(relay.run())
    await channel.all_have_heard.wait()
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    assert {outbound.text for outbound in channel.sent} == {"先"}
