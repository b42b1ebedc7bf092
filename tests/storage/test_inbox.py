"""What was heard is handled once, in order, whatever fails in between."""

from __future__ import annotations

from datetime import timedelta

from domain.messages import Attachment, AttachmentKind, Inbound, Location
from storage.database import Database
from storage.inbox import MAX_ATTEMPTS
from storage.inbox_rows import InboxRow
from storage.transaction import Transaction
from tests.storage.conftest import Clock
from tests.storage.values import said

LIGHT = said("楼道灯不亮", key="1")


async def accept(database: Database, inbound: Inbound, *, owner: str = "a") -> bool:
    _, fresh = await database.run(lambda tx: tx.inbox.accept(inbound, owner=owner), first=True)
    return fresh


async def begin(
    database: Database, *, owner: str = "a", lease: float = 30, alone: bool = True
) -> list[str]:
    rows = await database.run(
        lambda tx: tx.inbox.begin(LIGHT.conversation, owner=owner, lease=lease, alone=alone)
    )
    return [row.inbound.text for row in rows]


def all_rows(tx: Transaction) -> tuple[InboxRow, ...]:
    return tx.inbox.unfinished(LIGHT.conversation)


async def test_a_repeat_finds_the_row_there_is(database: Database) -> None:
    first = await database.run(lambda tx: tx.inbox.accept(LIGHT, owner="a"))
    again = await database.run(lambda tx: tx.inbox.accept(LIGHT, owner="b"))
    assert (first[1], again[1]) == (True, False)
    assert first[0] == again[0]


async def test_a_message_comes_back_as_it_was_heard(database: Database) -> None:
    whole = said(
        "灯\ud83d不亮\x00\u202e",
        key="whole",
        attachments=(Attachment(kind=AttachmentKind.PHOTO, reference="f1", size=12),),
        location=Location(latitude=31.2, longitude=121.4),
        sent_at=Clock().at,
        reply_to="77",
    )
    await accept(database, whole)
    (row,) = await database.read(all_rows)
    assert row.inbound == whole


async def test_messages_kept_together_stay_in_the_order_they_came(database: Database) -> None:
    heard = [said(text, key=text, order=7) for text in "甲乙丙丁戊"]
    fresh = await database.run(lambda tx: tx.inbox.accept_all([*heard, heard[0]], owner="a"))
    assert fresh == (True,) * 5 + (False,)
    assert await begin(database) == list("甲乙丙丁戊")


async def test_messages_come_in_the_order_they_were_said(database: Database) -> None:
    await accept(database, said("后", key="2", order=8))
    await accept(database, said("先", key="1", order=7))
    assert await begin(database) == ["先", "后"]


async def test_only_one_owner_at_a_time_handles_a_conversation(database: Database) -> None:
    await accept(database, LIGHT)
    assert await begin(database, owner="a") == ["楼道灯不亮"]
    assert await begin(database, owner="b") == []
    assert await database.run(lambda tx: tx.inbox.ready(10, owner="b")) == ()


async def test_an_expired_lease_lets_another_owner_go_on(database: Database) -> None:
    await accept(database, LIGHT, owner="dead")
    await begin(database, owner="dead", lease=0)
    assert await database.run(lambda tx: tx.inbox.ready(10, owner="b")) == (LIGHT.conversation,)
    assert await begin(database, owner="b") == ["楼道灯不亮"]


async def test_who_comes_second_leaves_its_words_to_the_first(database: Database) -> None:
    await accept(database, LIGHT, owner="a")
    first = await database.run(lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a"))
    await accept(database, said("3栋", key="2", order=2), owner="b")
    assert await begin(database, owner="b") == []
    assert await database.run(lambda tx: tx.inbox.finish(first))
    assert await begin(database, owner="a") == ["3栋"]


async def test_an_incomplete_message_waits_and_its_attempt_does_not_count(
    database: Database, clock: Clock
) -> None:
    await accept(database, said("那个", key="1"))
    (row,) = await database.run(lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a"))
    until = clock.at + timedelta(seconds=15)
    assert await database.run(lambda tx: tx.inbox.postpone((row,), until))
    assert await begin(database) == []
    clock.pass_time(seconds=16)
    (row,) = await database.run(lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a"))
    assert (row.attempts, row.waited) == (1, True)


async def test_new_words_end_the_waiting(database: Database, clock: Clock) -> None:
    await accept(database, said("那个", key="1", order=1))
    (row,) = await database.run(lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a"))
    until = clock.at + timedelta(seconds=15)
    await database.run(lambda tx: tx.inbox.postpone((row,), until))
    await accept(database, said("灯坏了", key="2", order=2))
    assert await begin(database) == ["那个", "灯坏了"]


async def test_a_message_that_failed_comes_alone_and_holds_back_what_follows(
    database: Database, clock: Clock
) -> None:
    await accept(database, said("毒", key="1", order=1))
    await accept(database, said("好", key="2", order=2))
    rows = await database.run(lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a"))
    await database.run(lambda tx: tx.inbox.failed(rows, "ValueError"))
    assert await begin(database) == []
    clock.pass_time(seconds=5)
    assert await begin(database) == ["毒"]


async def test_after_five_attempts_it_is_a_dead_letter_and_the_chat_goes_on(
    database: Database, clock: Clock
) -> None:
    await accept(database, said("毒", key="1", order=1))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        clock.pass_time(minutes=1)
        (row,) = await database.run(
            lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a", alone=True)
        )
        assert row.attempts == attempt
        dead = await database.run(lambda tx, row=row: tx.inbox.failed((row,), "ValueError"))
        assert bool(dead) is (attempt == MAX_ATTEMPTS)
    await accept(database, said("好", key="2", order=2))
    assert await begin(database) == ["好"]
    (letter,) = await database.read(lambda tx: tx.inbox.dead_letters())
    assert letter.inbound is not None
    assert (letter.inbound.text, letter.error) == ("毒", "ValueError")


async def test_what_died_in_all_five_attempts_was_not_tried_six_times(
    database: Database,
) -> None:
    await accept(database, said("毒", key="1"))
    for _ in range(MAX_ATTEMPTS + 1):  # nobody says how the ones before ended
        rows = await database.run(
            lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a", alone=True)
        )
    assert await database.run(lambda tx: tx.inbox.failed(rows, "Crashed"))
    (letter,) = await database.read(lambda tx: tx.inbox.dead_letters())
    assert letter.attempts == MAX_ATTEMPTS


async def test_a_dead_letter_can_be_tried_again(database: Database, clock: Clock) -> None:
    await accept(database, said("毒", key="1"))
    for _ in range(MAX_ATTEMPTS):
        clock.pass_time(minutes=1)
        rows = await database.run(
            lambda tx: tx.inbox.begin(LIGHT.conversation, owner="a", alone=True)
        )
        await database.run(lambda tx, rows=rows: tx.inbox.failed(rows, "ValueError"))
    (letter,) = await database.read(lambda tx: tx.inbox.dead_letters())
    assert await database.run(lambda tx: tx.inbox.replay(letter.id))
    assert await begin(database) == ["毒"]
    assert not await database.run(lambda tx: tx.inbox.replay(letter.id))
