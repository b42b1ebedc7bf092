"""What was said arrives in order, at the platform's pace, and no chat waits for another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.channels.base import Limits
from bot.relay import Relay
from domain.messages import Address, Lane, Outbound, Refused, Sent, TryLater, Unknown
from storage.outbox import OutboxRow
from storage.schema import OutboxState
from storage.transaction import Transaction
from tests.flow.means import LIGHT, run_out, said
from tests.town import MemoryChannel, Town


def telling(text: str, *, chat: str = "one", lane: Lane = Lane.DIALOGUE) -> Outbound:
    return Outbound(id=0, address=Address(channel="web", chat=chat), lane=lane, text=text)


async def queue(town: Town, *messages: Outbound) -> list[int]:
    def add(tx: Transaction) -> list[int]:
        return [tx.outbox.add(one, person=None, phrase="test", values={}) for one in messages]

    return await town.database.run(add)


async def row(town: Town, number: int) -> OutboxRow:
    found = await town.read(lambda tx: tx.outbox.get(number))
    assert found is not None
    return found  # type: ignore[no-any-return]


def texts(town: Town) -> list[str]:
    return [outbound.text for outbound in town.channels["web"].sent]


async def test_one_chat_hears_things_in_the_order_they_were_said(hardy: Town) -> None:
    await queue(hardy, *(telling(str(number)) for number in range(20)))
    await hardy.relay.settle()
    assert texts(hardy) == [str(number) for number in range(20)]


async def test_emergencies_go_first(hardy: Town) -> None:
    await queue(
        hardy,
        telling("通知", lane=Lane.BROADCAST),
        telling("回答"),
        telling("快跑", lane=Lane.EMERGENCY),
    )
    await hardy.relay.settle()
    assert texts(hardy)[0] == "快跑"
    assert texts(hardy)[-1] == "通知"


async def test_nothing_overtakes_what_the_platform_put_off(hardy: Town) -> None:
    hardy.channels["web"].failures = [TryLater("slow down", after=30)]
    await queue(hardy, telling("先"), telling("后"), telling("别处", chat="two"))
    await hardy.relay.settle()
    assert texts(hardy) == ["别处"]
    await hardy.pass_time(seconds=31)
    assert texts(hardy) == ["别处", "先", "后"]


async def test_a_pause_for_the_channel_holds_all_its_chats(hardy: Town) -> None:
    hardy.channels["web"].failures = [TryLater("slow down", after=30, scope="channel")]
    await queue(hardy, telling("先"))
    await hardy.relay.settle()
    await queue(hardy, telling("别处", chat="two"))
    await hardy.relay.settle()
    assert texts(hardy) == []
    await hardy.pass_time(seconds=31)
    assert sorted(texts(hardy)) == ["先", "别处"]


@pytest.mark.parametrize(
    ("lane", "sends"),
    [(Lane.EMERGENCY, 5), (Lane.DIALOGUE, 5), (Lane.STAFF, 5), (Lane.BROADCAST, 1)],
)
async def test_when_nobody_knows_whether_it_arrived(hardy: Town, lane: Lane, sends: int) -> None:
    """An answer is said again, a broadcast never; both end as unknown and are not lost."""
    channel = hardy.channels["web"]
    channel.failures = [Unknown("timed out") for _ in range(6)]
    (number,) = await queue(hardy, telling("到了吗", lane=lane))
    for _ in range(6):
        await hardy.relay.settle()
    assert len(channel.failures) == 6 - sends
    assert (await row(hardy, number)).state is OutboxState.UNKNOWN


async def test_a_channel_with_a_mistake_in_it_stops_nobody(hardy: Town) -> None:
    hardy.channels["web"].failures = [KeyError("oops"), KeyError("oops")]
    await queue(hardy, telling("坏"), telling("好", chat="two"))
    for _ in range(3):
        await hardy.relay.settle()
    assert "好" in texts(hardy)


async def test_what_was_refused_is_not_tried_again(hardy: Town) -> None:
    hardy.channels["web"].failures = [Refused("too long")]
    (number, _) = await queue(hardy, telling("太长"), telling("下一条"))
    for _ in range(3):
        await hardy.relay.settle()
    assert (await row(hardy, number)).state is OutboxState.REFUSED
    assert texts(hardy) == ["下一条"]


async def test_whoever_blocked_us_is_tried_once(hardy: Town) -> None:
    channel = hardy.channels["web"]
    channel.closed.add("one")
    await queue(hardy, *(telling(str(number)) for number in range(5)))
    await hardy.relay.settle()
    first, *others = [one.state for one in await said(hardy)]
    assert first is OutboxState.REFUSED
    assert set(others) == {OutboxState.CANCELLED}


async def test_the_next_card_of_a_leader_who_cannot_be_reached_goes_up(hardy: Town) -> None:
    leader = hardy.accounts["小李"][1]
    hardy.channels["web"].closed.add(leader)
    await hardy.says("王阿姨", "5栋1单元门禁刷不开，进不去")
    (first,) = await hardy.orders()
    assert [order.number for order in await hardy.read(lambda tx: tx.orders.untold())] == [
        first.number
    ]
    before = len(hardy.channels["web"].sent)
    await hardy.says("王阿姨", "5栋2单元垃圾两天没人收")
    reached = {
        outbound.address.chat
        for outbound in hardy.channels["web"].sent[before:]
        if outbound.lane is Lane.STAFF
    }
    assert reached
    assert leader not in reached


async def test_whoever_writes_again_can_be_reached_again(hardy: Town) -> None:
    channel, (_, account) = hardy.channels["web"], hardy.accounts["小李"]
    channel.closed.add(account)
    await hardy.says("王阿姨", "5栋1单元门禁刷不开，进不去")
    channel.closed.clear()
    assert await hardy.says("小李", "帮助")
    await hardy.says("王阿姨", "5栋2单元垃圾两天没人收")
    assert await hardy.heard("小李")


async def test_a_group_that_moved_gets_the_message_under_its_new_name(hardy: Town) -> None:
    hardy.channels["web"].failures = [Refused("migrated", migrated_to="group:new")]
    await hardy.says("李叔", LIGHT, group=True)
    assert await hardy.heard_in_group("group:new")
    assert len(await hardy.orders()) == 1
    assert await hardy.says("李叔", "5栋1单元门禁刷不开，进不去", chat="group:new")


async def test_a_group_that_says_it_moved_to_itself_is_refused(hardy: Town) -> None:
    hardy.channels["web"].failures = [Refused("migrated", migrated_to="group:C01")]
    await hardy.says("李叔", LIGHT, group=True)
    assert await said(hardy, OutboxState.REFUSED)


async def test_words_to_the_old_name_of_a_group_follow_it(hardy: Town) -> None:
    """Also those queued for the old name after everything had been moved."""
    old, new = (Address(channel="web", chat=name) for name in ("group:C01", "group:new"))
    await hardy.says("李叔", "大家好", group=True)
    await hardy.database.run(lambda tx: tx.chats.migrate(old, new))
    hardy.channels["web"].failures = [Refused("migrated", migrated_to="group:new")]
    await queue(hardy, telling("迟了", chat="group:C01"))
    await hardy.relay.settle()
    assert hardy.channels["web"].sent[-1].address == new


async def test_who_lost_the_message_can_no_longer_say_what_became_of_it(hardy: Town) -> None:
    (number,) = await queue(hardy, telling("你好"))

    def claim(tx: Transaction) -> tuple[OutboxRow, ...]:
        return tx.outbox.claim("web", token="old", limit=1, lease=-1)

    await hardy.database.run(claim)
    await hardy.database.run(lambda tx: tx.outbox.sending([number], "old", lease=-1))
    await hardy.relay.settle()  # takes up what the dead one left, and says it again
    assert texts(hardy) == ["你好"]
    assert not await hardy.database.run(lambda tx: tx.outbox.later(number, "old", 0, "late"))
    assert (await row(hardy, number)).state is OutboxState.SENT


async def test_a_broadcast_that_was_being_sent_at_a_crash_is_unknown(hardy: Town) -> None:
    (number,) = await queue(hardy, telling("通知", lane=Lane.BROADCAST))
    await hardy.database.run(lambda tx: tx.outbox.claim("web", token="old", limit=1))
    await hardy.database.run(lambda tx: tx.outbox.sending([number], "old"))
    await run_out(hardy.database)
    await hardy.relay.settle()
    assert texts(hardy) == []
    assert (await row(hardy, number)).state is OutboxState.UNKNOWN


async def test_a_notice_to_many_groups_goes_on_after_a_crash_where_it_was(hardy: Town) -> None:
    """None is left out, none told twice; where it was under way at the crash it is doubtful."""
    groups, told, at_once = 40, 12, 3
    await queue(
        hardy,
        *(telling("停水", chat=f"group {one}", lane=Lane.BROADCAST) for one in range(groups)),
    )

    def deliver(tx: Transaction) -> None:
        for row in tx.outbox.claim("web", token="dead", limit=told + at_once):
            tx.outbox.sending([row.id], "dead")
            if row.id <= told:
                tx.outbox.sent(row.id, "dead", str(row.id))

    await hardy.database.run(deliver)
    await run_out(hardy.database)
    await hardy.relay.settle()

    ends = Counter(one.state for one in await said(hardy))
    assert ends == {
        OutboxState.SENT: groups - at_once,
        OutboxState.UNKNOWN: at_once,
    }
    heard = [outbound.address.chat for outbound in hardy.channels["web"].sent]
    assert len(heard) == len(set(heard)) == groups - told - at_once


class Stuck(MemoryChannel):
    """A channel on which one chat does not answer until it is let."""

    def __init__(self, name: str, *, limits: Limits | None = None) -> None:
        super().__init__(name, limits=limits)
        self.let = asyncio.Event()
        self.arrived = asyncio.Condition()

    async def send(self, outbound: Outbound) -> Sent:
        if outbound.address.chat == "stuck":
            await self.let.wait()
        sent = await super().send(outbound)
        async with self.arrived:
            self.arrived.notify_all()
        return sent

    async def until(self, count: int) -> None:
        """Returns once so many messages have arrived."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.sent) >= count)


@asynccontextmanager
async def delivering(town: Town, channel: MemoryChannel) -> AsyncIterator[Relay]:
    """A relay at work on this channel."""
    relay = Relay(
        town.database,
        {channel.name: channel},
        owner="running",
        clock=asyncio.get_running_loop().time,
    )
    working = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_chat_that_does_not_answer_holds_up_no_other(hardy: Town) -> None:
    channel = Stuck("web")
    await queue(hardy, telling("卡住", chat="stuck"))
    async with delivering(hardy, channel) as relay:
        for number in range(50):
            await queue(hardy, telling(str(number), chat=f"chat {number % 5}"))
            relay.wake()
        await channel.until(50)
        assert {outbound.address.chat for outbound in channel.sent} == {
            f"chat {number}" for number in range(5)
        }
        channel.let.set()
        await channel.until(51)
    for chat in range(5):
        heard = [int(one.text) for one in channel.sent if one.address.chat == f"chat {chat}"]
        assert heard == sorted(heard)


async def test_a_channel_that_takes_one_a_second_per_chat_serves_the_others(hardy: Town) -> None:
    channel = Stuck("web", limits=Limits(chat_per_second=1))
    await queue(hardy, *(telling(str(number), chat="busy") for number in range(3)))
    await queue(hardy, *(telling("别处", chat=f"chat {number}") for number in range(5)))
    async with delivering(hardy, channel):
        await channel.until(6)
        assert [one.text for one in channel.sent].count("别处") == 5


async def test_a_relay_that_stops_lets_the_next_one_begin_at_once(hardy: Town) -> None:
    channel = Stuck("web")
    async with delivering(hardy, channel):
        await queue(hardy, telling("一"))
        await channel.until(1)
    await queue(hardy, telling("二"))
    await hardy.relay.settle()
    assert texts(hardy) == ["二"]


async def test_only_one_relay_delivers_for_a_channel(hardy: Town) -> None:
    channel = Stuck("web")
    async with delivering(hardy, channel):
        await queue(hardy, telling("一"))
        await channel.until(1)
        await queue(hardy, telling("二"))
        await hardy.relay.settle()
        assert texts(hardy) == []
        await channel.until(2)
