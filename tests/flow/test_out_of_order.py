"""While a platform is out of order few messages are tried; it was every one, and each given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Unknown
from storage.transaction import Transaction
from tests.town import MemoryChannel, Town

CHATS, FEW = 50, 4
STEP = 10.0  # seconds


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


def answers(tx: Transaction, chats: int = CHATS) -> None:
    for number in range(chats):
        outbound = Outbound(
            id=0,
            address=Address(channel="web", chat=f"chat {number}"),
            lane=Lane.DIALOGUE,
            text="好的",
        )
        tx.outbox.add(outbound, person=None, phrase="test", values={})


def later(tx: Transaction) -> None:
    address = Address(channel="web", chat="another")
    outbound = Outbound(id=0, address=address, lane=Lane.DIALOGUE, text="您好")
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


@pytest.mark.parametrize("lasts", [timedelta(minutes=20), timedelta(hours=1)])
async def test_a_few_answers_are_not_given_up_in_a_disorder(hardy: Town, lasts: timedelta) -> None:
    """Each was tried whenever anything was, and so five times within two minutes.

    What waits for the platform to be well hears of it from whatever else gets through.
    """
    passed = 0.0
    channel = OutOfOrder()
    relay = Relay(hardy.database, {"web": channel}, owner="relay", clock=lambda: passed)

    async def pass_time(seconds: float) -> None:
        nonlocal passed
        for _ in range(int(seconds / STEP)):
            await relay.settle()
            passed += STEP
            hardy.hands[0] += timedelta(seconds=STEP)

    await hardy.database.run(lambda tx: answers(tx, FEW))
    await pass_time(lasts.total_seconds())
    assert channel.sent == []

    channel.well = True
    await pass_time(120)
    await hardy.database.run(later)
    await pass_time(180)
    assert {outbound.address.chat for outbound in channel.sent} == {
        "another",
        *(f"chat {number}" for number in range(FEW)),
    }
