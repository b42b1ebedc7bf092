"""What is said goes out once, in order, and nobody changes what another deliverer has done."""

from __future__ import annotations

import sqlite3
from functools import partial

import pytest

from bot.inheriting import inherit
from domain.messages import Address, Button, Lane, Outbound
from storage.database import Database
from storage.outbox import OutboxRow
from storage.outbox_statements import STAFF_HEADS
from storage.schema import OutboxState
from storage.statements import SQLITE
from storage.transaction import Transaction
from tests.storage.conftest import Clock
from tests.storage.values import outgoing, queue

LANES = pytest.mark.parametrize("lane", [Lane.DIALOGUE, Lane.STAFF])
WANG = Address(channel="web", chat="wang")


async def claim(
    database: Database, token: str = "t", *, lease: float = 60, busy: tuple[str, ...] = ()
) -> list[str]:
    rows = await database.run(
        lambda tx: tx.outbox.claim("web", token=token, limit=20, busy=busy, lease=lease)
    )
    return [row.outbound.text for row in rows]


async def state_of(database: Database, row: int) -> OutboxState:
    found = await database.read(lambda tx: tx.outbox.get(row))
    assert found is not None
    return found.state


async def test_a_message_goes_out_as_it_was_worded(database: Database) -> None:
    whole = Outbound(
        id=0,
        address=WANG,
        lane=Lane.STAFF,
        text="您好 \ud83d",
        buttons=(Button(label="接单", token="q.0"),),
        photos=(3,),
        reply_to="88",
        link="code",
    )
    row = await database.run(
        lambda tx: tx.outbox.add(whole, person=None, phrase="card", values={"at": tx.now})
    )
    (claimed,) = await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=5))
    assert claimed.id == row
    assert claimed.outbound == Outbound(
        id=row,
        address=WANG,
        lane=Lane.STAFF,
        text="您好 \ud83d",
        buttons=whole.buttons,
        photos=(3,),
        reply_to="88",
        link="code",
    )


async def test_saying_it_twice_under_one_key_says_it_once(database: Database) -> None:
    def say(tx: Transaction) -> int:
        return tx.outbox.add(
            outgoing("晨报"), person=None, phrase="card", values={}, request_key="card:7"
        )

    assert await database.run(say) == await database.run(say)
    assert await claim(database) == ["晨报"]


@LANES
async def test_only_the_oldest_of_an_address_and_lane_is_claimed(
    database: Database, lane: Lane
) -> None:
    for text, chat in (("一", "wang"), ("二", "wang"), ("三", "li")):
        await database.run(lambda tx, text=text, chat=chat: queue(tx, text, chat=chat, lane=lane))
    assert await claim(database) == ["一", "三"]
    assert await claim(database, "other") == []


@LANES
async def test_what_waits_for_later_holds_back_what_follows(
    database: Database, clock: Clock, lane: Lane
) -> None:
    first = await database.run(lambda tx: queue(tx, "一", lane=lane))
    await database.run(lambda tx: queue(tx, "二", lane=lane))
    await claim(database)
    await database.run(lambda tx: tx.outbox.later(first, "t", 30, "flood"))
    assert await claim(database) == []
    clock.pass_time(seconds=31)
    assert await claim(database) == ["一"]


async def test_an_urgent_lane_overtakes(database: Database) -> None:
    lanes = {"公告": Lane.BROADCAST, "派单": Lane.STAFF, "先离开": Lane.EMERGENCY}
    for text, lane in lanes.items():
        await database.run(lambda tx, text=text, lane=lane: queue(tx, text, lane=lane))
    assert await claim(database) == ["先离开", "派单", "公告"]


@LANES
async def test_nothing_goes_to_a_busy_chat(database: Database, lane: Lane) -> None:
    await database.run(lambda tx: queue(tx, "一", lane=lane))
    await database.run(lambda tx: queue(tx, "二", chat="li", lane=lane))
    assert await claim(database, busy=("wang",)) == ["二"]


async def test_the_long_line_of_a_post_is_not_walked_along(
    sqlite_database: tuple[str, Database],
) -> None:
    url, database = sqlite_database
    steps = []
    with sqlite3.connect(url.removeprefix("sqlite:///")) as other:
        for length in (10, 1_000):
            await database.run(partial(_line_up, length))
            steps.append(_steps(other))
    other.close()
    assert steps[1] <= steps[0] * 1.1


def _line_up(length: int, tx: Transaction) -> None:
    for number in range(length):
        queue(tx, f"{number}", lane=Lane.STAFF)


def _steps(connection: sqlite3.Connection) -> int:
    """How many instructions of SQLite it takes to find whom to write to."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    connection.set_progress_handler(count, 1)
    sql = STAFF_HEADS.on(SQLITE).sql
    values = {"on_channel": "web", "now": 1 << 60, "busy": "[]", "many": 20}
    assert len(connection.execute(sql, values).fetchall()) == 1
    connection.set_progress_handler(None, 0)
    return counted


async def test_an_expired_claim_is_queued_again(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    await claim(database, "dead", lease=0)
    assert await database.run(lambda tx: tx.outbox.sweep("web", "alive")) == ()
    assert await claim(database, "alive") == ["一"]
    assert not await database.run(lambda tx: tx.outbox.sending((row,), "dead"))


@pytest.mark.parametrize(
    ("lane", "states"),
    [
        (Lane.DIALOGUE, [*[OutboxState.QUEUED] * 4, OutboxState.UNKNOWN]),
        (Lane.BROADCAST, [OutboxState.UNKNOWN]),
    ],
)
async def test_a_send_nobody_saw_the_end_of_is_said_again_four_times_at_most(
    database: Database, lane: Lane, states: list[OutboxState]
) -> None:
    row = await database.run(lambda tx: queue(tx, "一", lane=lane))
    for state in states:
        await claim(database, "dead")
        await database.run(lambda tx: tx.outbox.sending((row,), "dead", lease=0))
        assert await database.run(lambda tx: tx.outbox.sweep("web", "alive")) == (row,)
        assert await state_of(database, row) is state


async def test_what_a_dead_life_was_sending_is_unknown_at_once(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))

    def begin(tx: Transaction) -> str:
        token = tx.leases.take("relay:web", "4f1c.1", 60)
        assert token is not None
        tx.outbox.claim("web", token=token, limit=1)
        assert tx.outbox.sending((row,), token) == (row,)
        return token

    token = await database.run(begin)

    def born_again(tx: Transaction) -> tuple[int, ...]:
        inherit(tx, "4f1c.2")
        mine = tx.leases.take("relay:web", "4f1c.2", 60)
        assert mine not in (None, token)
        return tx.outbox.sweep("web", str(mine))

    assert await database.run(born_again) == (row,)
    assert await state_of(database, row) is OutboxState.QUEUED


async def test_another_process_takes_nothing_from_one_that_may_live(database: Database) -> None:
    await database.run(lambda tx: tx.leases.take("relay:web", "4f1c.1", 60))
    await database.run(lambda tx: inherit(tx, "77aa.2"))
    assert await database.run(lambda tx: tx.leases.take("relay:web", "77aa.2", 60)) is None


async def test_a_deliverer_that_slept_too_long_changes_nothing(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    await claim(database, "asleep")
    await database.run(lambda tx: tx.outbox.sending((row,), "asleep", lease=0))
    await database.run(lambda tx: tx.outbox.sweep("web", "alive"))
    await claim(database, "awake")
    assert not await database.run(lambda tx: tx.outbox.sent(row, "asleep", "m1"))
    assert not await database.run(lambda tx: tx.outbox.refused(row, "asleep", "no"))
    assert await state_of(database, row) is OutboxState.CLAIMED


async def test_a_reply_finds_the_message_it_answers(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    await claim(database)
    await database.run(lambda tx: tx.outbox.sending((row,), "t"))
    assert await database.run(lambda tx: tx.outbox.sent(row, "t", "m1"))

    def found(tx: Transaction, chat: str, message: str) -> OutboxRow | None:
        return tx.outbox.by_platform_message(Address(channel="web", chat=chat), message)

    answered = await database.read(lambda tx: found(tx, "wang", "m1"))
    assert answered is not None
    assert answered.id == row
    assert await database.read(lambda tx: found(tx, "li", "m1")) is None
    assert await database.read(lambda tx: found(tx, "wang", "")) is None


async def test_an_unknown_send_is_repeated_only_when_asked(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    for again, state in ((True, OutboxState.QUEUED), (False, OutboxState.UNKNOWN)):
        await claim(database)
        await database.run(lambda tx: tx.outbox.sending((row,), "t"))
        await database.run(partial(_unknown, row=row, again=again))
        assert await state_of(database, row) is state


def _unknown(tx: Transaction, *, row: int, again: bool) -> None:
    tx.outbox.unknown(row, "t", "timeout", retry=again)


async def test_a_send_is_unknown_five_times_at_most(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    for state in (*[OutboxState.QUEUED] * 4, OutboxState.UNKNOWN):
        await claim(database)
        await database.run(lambda tx: tx.outbox.sending((row,), "t"))
        await database.run(partial(_unknown, row=row, again=True))
        assert await state_of(database, row) is state


async def test_what_is_cancelled_is_not_sent_any_more(database: Database) -> None:
    row = await database.run(lambda tx: queue(tx, "一"))
    await claim(database)
    assert await database.run(lambda tx: tx.outbox.cancel_address(WANG)) == 1
    assert await database.run(lambda tx: tx.outbox.sending((row,), "t")) == ()
