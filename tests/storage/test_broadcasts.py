"""Everybody of a broadcast has one row and one result, whoever is interrupted or helps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from domain.audiences import Addressee, AudienceQuery, groups_in, people_in
from domain.broadcasts import Broadcast, BroadcastState, Delivery
from domain.messages import LEFT_HALFWAY, Address, Lane
from scheduler.broadcasts import WINDOW, Broadcaster, plan, step
from storage.database import Database
from storage.transaction import Transaction
from tests.storage.conftest import Clock
from tests.storage.values import said, said_in_group

MANY = 40


class Killed(Exception):
    """The process dies here."""


def draft(tx: Transaction, *, groups: bool = False, **more: object) -> int:
    """A notice to the whole street, by somebody who lives there."""
    author, _ = tx.people.arrive(said("你好", key="author", account="author"))
    street = tx.org.coded("street").id
    part = groups_in(street) if groups else people_in(street)
    values: dict[str, object] = {
        "number": "",
        "unit": street,
        "author": author.id,
        "state": BroadcastState.SCHEDULED,
        "template": "free",
        "title": "通知",
        "text": "清洗水箱",
        "audience": AudienceQuery(parts=(part,)),
        "overrides": True,
        "merges": False,
        "starts_at": tx.now,
        "created_at": tx.now,
        "planned_at": tx.now,
    }
    made = tx.broadcasts.add(Broadcast(**{**values, **more}))  # type: ignore[arg-type]
    assert made.id is not None
    return made.id


def people(tx: Transaction, many: int = MANY) -> None:
    grid = tx.org.coded("grid1").id
    for number in range(many):
        person, _ = tx.people.arrive(said("你好", key=f"p{number}", account=f"p{number}"))
        tx.audiences.join(person.id, grid)


async def planned(database: Database, number: int) -> None:
    while await database.run(partial(plan, number)):
        pass


async def states(database: Database, number: int) -> dict[Delivery, int]:
    def look(tx: Transaction) -> dict[Delivery, int]:
        broadcast = tx.broadcasts.get(number)
        assert broadcast is not None
        return {**tx.recipients.open_rows(broadcast), **broadcast.counts}

    return await database.read(look)


def in_outbox(tx: Transaction) -> list[tuple[int, str]]:
    rows = tx.outbox.claim("web", token="t", limit=1000, first=Lane.BROADCAST)
    return [(row.id, row.outbound.address.chat) for row in rows]


async def test_planning_twice_or_by_two_gives_everybody_one_row(database: Database) -> None:
    await database.run(people)
    number = await database.run(draft)
    await asyncio.gather(planned(database, number), planned(database, number))

    def again(tx: Transaction) -> int:
        broadcast = tx.broadcasts.lock(number)
        assert broadcast is not None
        tx.broadcasts.save(replace(broadcast, plan=""))
        return broadcast.heads.total

    assert await database.run(again) == MANY
    await planned(database, number)
    broadcast = await database.read(lambda tx: tx.broadcasts.get(number))
    assert broadcast is not None
    assert (broadcast.heads.total, broadcast.is_planned) == (MANY, True)


async def test_who_dies_in_the_middle_of_a_portion_sends_nothing_twice(
    database: Database,
) -> None:
    await database.run(people)
    number = await database.run(draft)
    await planned(database, number)

    def dying(tx: Transaction) -> None:
        step(number, tx)
        raise Killed

    with pytest.raises(Killed):
        await database.run(dying)
    assert await database.run(in_outbox) == []
    await database.run(partial(step, number))
    await database.run(partial(step, number))
    chats = [chat for _, chat in await database.run(in_outbox)]
    assert sorted(chats) == sorted(f"p{number}" for number in range(MANY))


async def test_the_outbox_never_holds_the_whole_of_it(database: Database) -> None:
    await database.run(lambda tx: people(tx, WINDOW + 20))
    number = await database.run(draft)
    await planned(database, number)
    await database.run(partial(step, number))
    await database.run(partial(step, number))
    assert await states(database, number) == {Delivery.QUEUED: WINDOW}


async def test_results_are_those_of_the_outbox_each_counted_once(database: Database) -> None:
    await database.run(lambda tx: people(tx, 4))
    number = await database.run(draft)
    await planned(database, number)
    await database.run(partial(step, number))

    def deliver(tx: Transaction) -> None:
        ids = [one for one, _ in in_outbox(tx)]
        tx.outbox.sending(ids, "t")
        tx.outbox.sent(ids[0], "t", "1")
        tx.outbox.refused(ids[1], "t", "no rights")
        tx.outbox.refused(ids[2], "t", "blocked")
        tx.people.mark_unreachable(Address(channel="web", chat="p2"))
        tx.outbox.unknown(ids[3], "t", "timed out", retry=False)

    await database.run(deliver)
    one, other = (Broadcaster(database, after_commit=lambda: None) for _ in range(2))
    await asyncio.gather(one.once(), other.once())
    while await one.once():
        pass
    assert await states(database, number) == {
        Delivery.SENT: 1,
        Delivery.FAILED: 1,
        Delivery.BLOCKED: 1,
        Delivery.UNKNOWN: 1,
    }
    broadcast = await database.read(lambda tx: tx.broadcasts.get(number))
    assert broadcast is not None
    assert broadcast.state is BroadcastState.DONE


async def test_paused_what_waits_in_the_outbox_does_not_go(database: Database) -> None:
    await database.run(people)
    number = await database.run(draft)
    await planned(database, number)
    await database.run(partial(step, number))

    def pause(tx: Transaction) -> int:
        broadcast = tx.broadcasts.lock(number)
        assert broadcast is not None
        tx.broadcasts.save(broadcast.moved_to(BroadcastState.PAUSED))
        return tx.recipients.take_back(broadcast)

    assert await database.run(pause) == MANY
    assert await database.run(in_outbox) == []
    assert await states(database, number) == {}


async def after_doubts(
    database: Database, *, of: int, reason: str = "timed out"
) -> tuple[BroadcastState, dict[Delivery, int]]:
    """How a broadcast of so many stands, after its first ten ended with nobody knowing how."""
    await database.run(lambda tx: people(tx, of))
    number = await database.run(draft)
    await planned(database, number)
    await database.run(partial(step, number))

    def lose(tx: Transaction) -> None:
        ids = [one for one, _ in in_outbox(tx)][:10]
        tx.outbox.sending(ids, "t")
        for one in ids:
            tx.outbox.unknown(one, "t", reason, retry=False)

    await database.run(lose)
    await database.run(partial(step, number))
    broadcast = await database.read(lambda tx: tx.broadcasts.get(number))
    assert broadcast is not None
    return broadcast.state, dict(broadcast.counts)


async def test_after_ten_unknown_in_a_row_somebody_is_asked(database: Database) -> None:
    found = await after_doubts(database, of=12)
    assert found == (BroadcastState.PAUSED, {Delivery.UNKNOWN: 10})


@pytest.mark.parametrize("reason", sorted(LEFT_HALFWAY))
async def test_calls_that_died_with_us_say_nothing_of_the_platform(
    database: Database, reason: str
) -> None:
    found = await after_doubts(database, of=12, reason=reason)
    assert found == (BroadcastState.SENDING, {Delivery.UNKNOWN: 10})


async def test_where_nothing_is_left_there_is_nothing_to_pause(database: Database) -> None:
    state, counts = await after_doubts(database, of=10)
    assert (state, counts) == (BroadcastState.SENDING, {Delivery.UNKNOWN: 10})
    sender = Broadcaster(database, after_commit=lambda: None)
    while await sender.once():
        pass
    newest = await database.read(lambda tx: tx.broadcasts.newest())
    assert [one.state for one in newest] == [BroadcastState.DONE]


OLD, NEW = Address(channel="telegram", chat="-7"), Address(channel="telegram", chat="-1007")


def a_group(tx: Transaction) -> None:
    group = said_in_group("大家好", key="g", account="wang", chat=OLD.chat)
    tx.people.arrive(group)
    tx.chats.seen(group)
    tx.chats.bind(group.address, tx.org.coded("grid1").id)


async def delivered(database: Database, number: int) -> list[str]:
    """The chats of Telegram it goes to."""
    await database.run(partial(step, number))

    def look(tx: Transaction) -> list[str]:
        rows = tx.outbox.claim("telegram", token="t", limit=1000, first=Lane.BROADCAST)
        return [row.outbound.address.chat for row in rows]

    return await database.run(look)


async def test_a_group_that_moves_while_recipients_are_counted_is_one(database: Database) -> None:
    await database.run(a_group)
    number = await database.run(partial(draft, groups=True))
    await planned(database, number)

    def moved(tx: Transaction) -> None:
        tx.chats.migrate(OLD, NEW)
        broadcast = tx.broadcasts.lock(number)
        assert broadcast is not None
        tx.broadcasts.save(replace(broadcast, plan=""))

    await database.run(moved)
    await planned(database, number)
    broadcast = await database.read(lambda tx: tx.broadcasts.get(number))
    assert broadcast is not None
    assert broadcast.heads.total == 1
    assert await delivered(database, number) == [NEW.chat]


async def test_a_group_counted_under_both_of_its_names_hears_it_once(database: Database) -> None:
    """Who counts does not see what another transaction is about to move."""
    await database.run(a_group)
    number = await database.run(partial(draft, groups=True))
    await database.run(lambda tx: tx.chats.migrate(OLD, NEW))
    await planned(database, number)

    def counted_before(tx: Transaction) -> None:
        broadcast = tx.broadcasts.lock(number)
        assert broadcast is not None
        tx.recipients.plan_groups(broadcast, [Addressee(channel="telegram", chat=OLD.chat)])

    await database.run(counted_before)
    assert await delivered(database, number) == [NEW.chat]
    assert await states(database, number) == {Delivery.QUEUED: 1, Delivery.CANCELLED: 1}


async def test_a_group_that_moved_has_had_its_notice_of_the_day(database: Database) -> None:
    await database.run(a_group)
    await database.run(partial(draft, groups=True, overrides=False, merges=True))
    sender = Broadcaster(database, after_commit=lambda: None)
    while await sender.once():
        pass
    await database.run(lambda tx: tx.chats.migrate(OLD, NEW))
    second = await database.run(partial(draft, groups=True, overrides=False, merges=True))
    while await sender.once():
        pass
    assert await states(database, second) == {Delivery.HELD: 1}


async def test_a_group_whose_messages_were_dropped_because_it_is_gone_was_not_reached(
    database: Database,
) -> None:
    await database.run(a_group)
    number = await database.run(partial(draft, groups=True))
    await planned(database, number)
    await database.run(partial(step, number))

    def thrown_out(tx: Transaction) -> None:
        tx.chats.deactivate(OLD)
        tx.outbox.cancel_address(OLD)

    await database.run(thrown_out)
    await database.run(partial(step, number))
    assert await states(database, number) == {Delivery.BLOCKED: 1}


async def test_a_group_that_went_while_its_digest_waited_is_named(
    database: Database, clock: Clock
) -> None:
    await database.run(a_group)
    first = await database.run(partial(draft, groups=True, overrides=False, merges=True))
    second = await database.run(partial(draft, groups=True, overrides=False, merges=True))
    sender = Broadcaster(database, after_commit=lambda: None)
    while await sender.once():
        pass
    assert await states(database, first) == {Delivery.QUEUED: 1}
    assert await states(database, second) == {Delivery.HELD: 1}
    await database.run(lambda tx: tx.chats.deactivate(OLD))
    clock.pass_time(hours=25)
    while await sender.once():
        pass
    assert await states(database, second) == {Delivery.BLOCKED: 1}
