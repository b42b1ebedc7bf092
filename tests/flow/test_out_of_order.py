"""While a platform is out of order few messages are tried; it was every one, and each given up."""

from __future__ import annotations

from datetime import timedelta

from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Unknown
from storage.transaction import Transaction
from tests.town import MemoryChannel, Town

CHATS = 50


class OutOfOrder(MemoryChannel):
    """A channel that answers nothing one could rely on, until it is well again."""

    def __init__(self) -> None:
        super().__init__("web")
        self.well, self.tried = False, 0

    async def send(self, outbound: Outbound) -> object:  # type: ignore[override]
        self.tried += 1
        if not self.well:
            raise Unknown("502")
        return await super().send(outbound)


def answers(tx: Transaction) -> None:
    for number in range(CHATS):
        outbound = Outbound(
            id=0,
            address=Address(channel="web", chat=f"chat {number}"),
            lane=Lane.DIALOGUE,
            text="好的",
        )
        tx.outbox.add(outbound, person=None, phrase="test", values={})


async def test_few_messages_are_tried_while_the_platform_is_out_of_order(hardy: Town) -> None:
    passed = 0.0
    channel = OutOfOrder()
    relay = Relay(hardy.database, {"web": channel}, owner="relay", clock=lambda: passed)
    await hardy.database.run(answers)
    for _ in range(10):
        await relay.settle()
        passed += 10
        hardy.hands[0] += timedelta(seconds=10)
    assert channel.tried <= 15

    channel.well = True
    for _ in range(10):
        await relay.settle()
        passed += 10
        hardy.hands[0] += timedelta(seconds=10)
    assert len(channel.sent) >= CHATS - channel.tried // 2
    assert len({outbound.address.chat for outbound in channel.sent}) == len(channel.sent)
