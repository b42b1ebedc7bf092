"""Two people do the same thing at the same instant: one did it, the other is told politely."""

from __future__ import annotations

import asyncio

from domain.orders import EventKind, Status
from storage.keyring import Keyring
from tests.flow.means import reopened, unfinished
from tests.town import Town


async def test_two_leaders_accept_one_order_at_the_same_instant(
    hardy: Town, database_url: str, keyring: Keyring
) -> None:
    await hardy.says("小李", "明天到后天休假 小赵顶")
    await hardy.says("王阿姨", "5栋2单元垃圾两天没人收")
    (order,) = await hardy.orders()
    async with reopened(database_url, keyring, hardy, owner="other") as other:
        await asyncio.gather(
            *(
                town.intake.accept(town.inbound(who, f"接 {order.number}"))
                for town, who in ((hardy, "小李"), (other, "小李"))
            )
        )
        await asyncio.gather(hardy.intake.settle(), other.intake.settle())
        await hardy.settle()
        await other.settle()
        accepted = await hardy.order(order.number)
        assert accepted.status is Status.ACCEPTED
        kinds = [event.kind for event in accepted.history]
        assert kinds.count(EventKind.ACCEPTED) == 1
        assert await unfinished(hardy) == 0
