"""Two people do the same thing at the same instant: one did it, the other is told politely."""

from __future__ import annotations

import asyncio

from domain.messages import InboundKind
from domain.orders import EventKind, Status
from domain.people import Post, Role
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.flow.means import reopened, said, unfinished
from tests.town import STAFF, Town


def both_lead(tx: Transaction) -> None:
    """小赵 leads the first grid too."""
    person = tx.people.coded(STAFF["小赵"][0])
    assert person is not None
    post = Post(unit=tx.org.coded("G01").id, role=Role.GRID_LEADER)
    tx.people.grant(person, post)


async def test_of_two_leaders_who_accept_at_the_same_instant_one_has_the_order(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    await hardy.database.run(both_lead)
    await hardy.says("王阿姨", "5栋2单元垃圾两天没人收")
    (order,) = await hardy.orders()
    async with reopened(town_url, keyring, hardy, owner="other") as other:
        pairs = ((hardy, "小李"), (other, "小赵"))
        await asyncio.gather(
            *(town.intake.accept(town.inbound(who, f"接 {order.number}")) for town, who in pairs)
        )
        await asyncio.gather(hardy.intake.settle(), other.intake.settle())
        await other.settle()
    accepted = await hardy.order(order.number)
    assert accepted.status is Status.ACCEPTED
    assert [event.kind for event in accepted.history].count(EventKind.ACCEPTED) == 1
    told = [row.phrase for row in await said(hardy)]
    assert (told.count("accept.done"), told.count("accept.taken")) == (1, 1)
    assert await unfinished(hardy) == 0


async def test_a_button_pressed_twice_at_once_counts_once(hardy: Town) -> None:
    await hardy.says("王阿姨", "5栋2单元垃圾两天没人收")
    token = hardy.button("小李", "接")
    presses = [hardy.inbound("小李", "", kind=InboundKind.PRESS, press=token) for _ in range(2)]
    await asyncio.gather(*(hardy.intake.accept(press) for press in presses))
    await hardy.settle()
    (order,) = await hardy.orders()
    assert [event.kind for event in order.history].count(EventKind.ACCEPTED) == 1


LEADERS = [f"网格长{number}" for number in range(50)]
ROUNDS = 3  # the rig plays a thousand


def all_lead(tx: Transaction, town: Town) -> None:
    """Fifty people lead the first grid."""
    post = Post(unit=tx.org.coded("G01").id, role=Role.GRID_LEADER)
    for who in LEADERS:
        person, _ = tx.people.arrive(town.inbound(who, "你好"))
        tx.people.grant(person.id, post)


async def test_of_fifty_leaders_who_press_at_once_in_three_processes_one_has_the_order(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    """reliability.md, F43: the loser is told who won, and the history knows of one acceptance."""
    await hardy.database.run(lambda tx: all_lead(tx, hardy))
    async with (
        reopened(town_url, keyring, hardy, owner="second") as second,
        reopened(town_url, keyring, hardy, owner="third") as third,
    ):
        towns = (hardy, second, third)
        for number in range(ROUNDS):
            await hardy.says("王阿姨", f"{5 + number}栋2单元垃圾两天没人收")
            (order, *_) = await hardy.orders()
            before = len(await said(hardy))
            presses = [
                (
                    towns[place % 3],
                    hardy.inbound(
                        who, "", kind=InboundKind.PRESS, press=hardy.button(who, "接单")
                    ),
                )
                for place, who in enumerate(LEADERS)
            ]
            await asyncio.gather(*(town.intake.accept(press) for town, press in presses))
            working = [asyncio.create_task(town.intake.run(poll=0.05)) for town in towns]
            await asyncio.gather(*(town.intake.drain() for town in towns))
            for work in working:
                work.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            for town in towns:
                town.intake._handles = True

            accepted = await hardy.order(order.number)
            assert accepted.status is Status.ACCEPTED
            kinds = [event.kind for event in accepted.history]
            assert kinds.count(EventKind.ACCEPTED) == 1
            told = [row.phrase for row in (await said(hardy))[before:]]
            assert told.count("accept.done") == 1
            assert told.count("accept.taken") == len(LEADERS) - 1
            assert await unfinished(hardy) == 0
            assert await hardy.read(lambda tx: tx.inbox.dead_letters()) == ()
            await hardy.settle()
