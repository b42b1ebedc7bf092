"""What was accepted is handled once, in order, and nothing else is accepted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.channels.base import CannotAccept
from bot.handling import Handling
from bot.intake import Intake
from domain.messages import InboundKind
from domain.orders import Status
from knowledge.phrasebook import Phrasebook
from storage.database import Database, Unavailable
from storage.keyring import Keyring
from tests.flow.means import LIGHT, accepted, reopened, report, run_out, said, unfinished
from tests.town import Town


async def test_a_message_is_kept_before_anybody_handles_it(hardy: Town) -> None:
    assert await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    assert await unfinished(hardy) == 1
    assert await hardy.orders() == []


async def test_the_same_update_twenty_times_at_once_is_one(hardy: Town) -> None:
    inbound = hardy.inbound("王阿姨", LIGHT)
    fresh = await asyncio.gather(*(hardy.intake.accept(inbound) for _ in range(20)))
    await hardy.settle()
    assert fresh.count(True) == 1
    assert await accepted(hardy) == 1
    assert len(await hardy.orders()) == 1


async def test_a_redelivery_after_a_restart_is_known(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.hears(inbound)
    async with reopened(town_url, keyring, hardy) as later:
        assert not await later.intake.accept(inbound)
        await later.settle()
        assert len(await later.orders()) == 1
        assert later.channels["web"].sent == []


async def test_the_same_key_on_another_channel_is_another_message(hardy: Town) -> None:
    inbound = hardy.inbound("王阿姨", "你好")
    assert await hardy.intake.accept(inbound)
    assert await hardy.intake.accept(replace(inbound, channel="telegram"))


async def test_messages_of_one_person_are_handled_in_the_order_they_were_said(
    hardy: Town,
) -> None:
    first = hardy.inbound("李叔", "楼道里堆的全是纸箱子，没人管")
    second = hardy.inbound("李叔", "五栋二单元")
    for inbound in (second, first):
        await hardy.intake.accept(inbound)
    await hardy.settle()
    (order,) = await hardy.orders("李叔")
    assert (order.place.building, order.place.entrance) == ("5", "2")


async def test_an_older_update_after_a_newer_one_is_still_handled(hardy: Town) -> None:
    older = hardy.inbound("李叔", "5栋1单元门禁刷不开，进不去")
    await hardy.says("李叔", LIGHT)
    assert await hardy.hears(older)
    assert len(await hardy.orders("李叔")) == 2
    assert await unfinished(hardy) == 0


async def test_two_messages_at_the_same_moment_are_one_conversation(hardy: Town) -> None:
    """Whoever sends the problem and the place 200 ms apart has one draft, not two."""
    pair = [hardy.inbound("李叔", "楼道里声控灯坏了"), hardy.inbound("李叔", "五栋二单元")]
    await asyncio.gather(*(hardy.intake.accept(inbound) for inbound in pair))
    await hardy.settle()
    (order,) = await hardy.orders("李叔")
    assert order.status is not Status.DRAFT
    assert order.place.building == "5"


async def test_the_same_at_two_processes_is_one_conversation_too(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    """Each process hears one half of what a person says; whoever handles it has both."""
    people = [f"住户{number}" for number in range(12)]
    async with reopened(town_url, keyring, hardy, owner="other") as other:
        halves = [
            (hardy.inbound(who, "楼道里声控灯坏了"), hardy.inbound(who, f"{number + 1}栋二单元"))
            for number, who in enumerate(people)
        ]
        await asyncio.gather(
            *(
                town.intake.accept(half)
                for pair in halves
                for town, half in zip((hardy, other), pair, strict=True)
            )
        )
        await asyncio.gather(hardy.intake.settle(), other.intake.settle())
        await run_out(hardy.database)
        await asyncio.gather(hardy.settle(), other.settle())
        await hardy.wait_for_more()
        for who in people:
            (order,) = await hardy.orders(who)
            assert order.status is not Status.DRAFT


async def test_two_messages_at_once_are_both_a_first_attempt(hardy: Town) -> None:
    """Taking the first must not use up an attempt of the second."""
    for text in ("帮助", "查进度"):
        await hardy.intake.accept(hardy.inbound("李叔", text))
    await hardy.intake.settle()
    assert len(await said(hardy)) >= 2
    assert await unfinished(hardy) == 0


async def test_many_people_at_once_are_all_answered(hardy: Town) -> None:
    inbounds = [hardy.inbound(f"住户{number}", report(number)) for number in range(40)]
    workers = asyncio.create_task(hardy.intake.run(poll=0.01))
    await asyncio.gather(*(hardy.intake.accept(inbound) for inbound in inbounds))
    await hardy.intake.drain()
    workers.cancel()
    await asyncio.gather(workers, return_exceptions=True)
    assert len(await hardy.orders()) == 40
    assert await unfinished(hardy) == 0


async def test_what_comes_while_stopping_is_left_to_the_next_process(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    await hardy.intake.drain()
    await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    async with reopened(town_url, keyring, hardy) as later:
        await later.settle()
        assert len(await later.orders()) == 1


async def test_a_process_without_the_role_only_keeps_what_it_hears(hardy: Town) -> None:
    door = Intake(
        hardy.database,
        Handling(hardy.database, hardy.understanding, hardy.understanding.places, owner="door"),
        after_commit=lambda: None,
        handles=False,
    )
    await door.accept(hardy.inbound("王阿姨", LIGHT))
    await hardy.settle()
    assert len(await hardy.orders()) == 1


class Away(Database):
    """A database that cannot be reached."""

    async def run(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise Unavailable("disk full")


async def test_what_cannot_be_kept_is_not_accepted(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    away = Away.open(town_url, keyring=keyring, wording=Phrasebook.load(), now=lambda: hardy.now)
    intake = Intake(
        away,
        Handling(away, hardy.understanding, hardy.understanding.places, owner="away"),
        after_commit=lambda: None,
    )
    with pytest.raises(CannotAccept) as refusal:
        await intake.accept(hardy.inbound("王阿姨", LIGHT))
    assert refusal.value.after > 0
    await away.close()
    assert await accepted(hardy) == 0


@pytest.mark.parametrize("kind", list(InboundKind))
async def test_every_kind_of_event_is_handled(hardy: Town, kind: InboundKind) -> None:
    for group in (False, True):
        await hardy.hears(hardy.inbound("李叔", "", kind=kind, group=group))
    assert await unfinished(hardy) == 0
    assert await hardy.read(lambda tx: tx.inbox.dead_letters()) == ()
