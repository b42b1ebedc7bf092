"""Claims, leases, codes, questions, hand-overs, attachments and transcripts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from domain.changes import AuditEntry
from domain.conversations import HandOver, HandOverState, Question
from domain.messages import Address, Attachment, AttachmentKind, Choice
from storage.database import Database
from storage.jobs import LastRun
from storage.keyring import Keyring
from storage.questions import new_token
from storage.schema import AttachmentState
from storage.transaction import Transaction
from tests.storage.conftest import Clock, opened
from tests.storage.values import queue, said

WANG = Address(channel="web", chat="wang")


def arrive(tx: Transaction, account: str = "wang") -> int:
    person, _ = tx.people.arrive(said("你好", key="1", account=account))
    return person.id


async def test_a_fire_time_is_claimed_once_and_again_only_when_it_was_left(
    database: Database, clock: Clock
) -> None:
    claims = (
        database.run(lambda tx, one=one: tx.jobs.claim("card", clock.at, f"clock {one}"))
        for one in range(8)
    )
    assert sum(await asyncio.gather(*claims)) == 1
    later = clock.at + timedelta(days=1)
    assert await database.run(lambda tx: tx.jobs.claim("card", later, "dead", lease=0))
    last = await database.read(lambda tx: tx.jobs.last("card", later))
    assert last == LastRun(fire_time=later, left=True)
    assert await database.run(lambda tx: tx.jobs.claim("card", later, "alive"))
    assert await database.run(lambda tx: tx.jobs.finished("card", later, "alive", "done"))
    assert not await database.run(lambda tx: tx.jobs.claim("card", later, "late", lease=0))
    last = await database.read(lambda tx: tx.jobs.last("card", later))
    assert last == LastRun(fire_time=later, left=False)
    assert await database.read(lambda tx: tx.jobs.last("other", later)) is None


async def test_a_lease_is_held_by_one_and_lost_to_another_with_a_greater_token(
    database: Database,
) -> None:
    first = await database.run(lambda tx: tx.leases.take("relay:web", "a", 60))
    assert first is not None
    assert await database.run(lambda tx: tx.leases.take("relay:web", "b", 60)) is None
    assert await database.run(lambda tx: tx.leases.take("relay:web", "a", 0)) == first
    second = await database.run(lambda tx: tx.leases.take("relay:web", "b", 60))
    assert second is not None
    assert int(second) > int(first)
    assert not await database.run(lambda tx: tx.leases.renew("relay:web", first, 60))
    assert await database.run(lambda tx: tx.leases.renew("relay:web", second, 60))
    await database.run(lambda tx: tx.leases.release("relay:web", second))
    assert await database.run(lambda tx: tx.leases.take("relay:web", "a", 60))


async def test_whoever_slept_past_a_lease_gets_another_token(database: Database) -> None:
    first = await database.run(lambda tx: tx.leases.take("relay:web", "a", 0))
    assert await database.run(lambda tx: tx.leases.take("relay:web", "a", 60)) != first


async def test_a_code_works_once_in_time_and_for_its_purpose(
    database: Database, clock: Clock
) -> None:
    until = clock.at + timedelta(hours=1)

    def make(tx: Transaction) -> str:
        return tx.codes.make("link", {"person": 7}, until)

    code = await database.run(make)
    assert await database.run(lambda tx: tx.codes.redeem(code, "invite")) is None
    assert await database.read(lambda tx: tx.codes.peek(code.lower(), "link")) == {"person": 7}
    assert await database.run(lambda tx: tx.codes.redeem(f" {code} ", "link")) == {"person": 7}
    assert await database.run(lambda tx: tx.codes.redeem(code, "link")) is None
    late = await database.run(make)
    clock.pass_time(hours=2)
    assert await database.run(lambda tx: tx.codes.redeem(late, "link")) is None


def a_question(tx: Transaction, person: int, *, step: str = "confirm.answer") -> Question:
    return Question(
        token=new_token(),
        person=person,
        address=WANG,
        step=step,
        choices=(Choice(value="solved", label="修好了"), Choice(value="unsolved")),
        number="0621482135",
        version=3,
        context={"n": 1},
        asked_at=tx.now,
        until=tx.now + timedelta(days=1),
    )


async def test_the_newest_question_really_asked_is_the_open_one(
    database: Database, clock: Clock
) -> None:
    def ask(tx: Transaction) -> tuple[int, Question, int]:
        person = arrive(tx)
        first, second = a_question(tx, person), a_question(tx, person, step="rate.answer")
        tx.questions.ask(first, outbox=queue(tx, "修好了吗"))
        row = queue(tx, "请评价")
        tx.questions.ask(second, outbox=row)
        return person, first, row

    person, first, row = await database.run(ask)
    newest = await database.read(lambda tx: tx.questions.open_for(person, WANG))
    assert newest is not None
    assert newest.step == "rate.answer"
    await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=9))
    await database.run(lambda tx: tx.outbox.refused(row, "t", "blocked"))
    await database.run(lambda tx: tx.outbox.cancel_address(WANG))
    assert await database.read(lambda tx: tx.questions.open_for(person, WANG)) is None
    assert await database.read(lambda tx: tx.questions.by_token(first.token)) == first


async def test_a_button_stands_for_its_choice_and_for_nothing_else(database: Database) -> None:
    def ask(tx: Transaction) -> Question:
        question = a_question(tx, arrive(tx))
        tx.questions.ask(question)
        return question

    question = await database.run(ask)

    def pressed(tx: Transaction, token: str) -> str | None:
        found = tx.questions.pressed(token)
        return None if found is None else found[1]

    for token, value in (
        (f"{question.token}.1", "unsolved"),
        (f"{question.token}.2", None),
        (f"{question.token}.x", None),
        (f"{question.token}.-1", None),
        ("", None),
        ("\ud83d\x00.0", None),
    ):
        assert await database.read(lambda tx, token=token: pressed(tx, token)) == value
    assert await database.run(lambda tx: tx.questions.answered(question.token))
    assert not await database.run(lambda tx: tx.questions.answered(question.token))


async def test_questions_end_by_time_or_when_dropped(database: Database, clock: Clock) -> None:
    def ask(tx: Transaction) -> int:
        person = arrive(tx)
        tx.questions.ask(a_question(tx, person))
        return person

    person = await database.run(ask)
    assert await database.run(lambda tx: tx.questions.drop(person, WANG, "confirm.answer")) == 1
    assert await database.read(lambda tx: tx.questions.open_for(person, WANG)) is None
    await database.run(ask)
    clock.pass_time(days=2)
    assert await database.read(lambda tx: tx.questions.open_for(person, WANG)) is None


async def test_a_hand_over_goes_from_waiting_to_ended(database: Database) -> None:
    unit = database.catalogue.org.coded("wutong").id
    key = said("你好", key="1").conversation

    def open_one(tx: Transaction) -> HandOver:
        return tx.hand_overs.open(
            HandOver(
                conversation=key,
                person=arrive(tx),
                address=WANG,
                unit=unit,
                opened_at=tx.now,
            )
        )

    def take(tx: Transaction) -> HandOver:
        staff = arrive(tx, "li")
        taken = replace(
            opened_one,
            state=HandOverState.ACTIVE,
            staff=staff,
            staff_address=Address(channel="web", chat="li"),
        )
        tx.hand_overs.save(taken)
        return taken

    opened_one = await database.run(open_one)
    assert await database.read(lambda tx: tx.hand_overs.waiting([unit])) == (opened_one,)
    taken = await database.run(take)
    assert await database.read(lambda tx: tx.hand_overs.waiting([unit])) == ()
    assert await database.read(lambda tx: tx.hand_overs.of_conversation(key)) == taken
    assert await database.read(lambda tx: tx.hand_overs.of_staff(taken.staff or 0)) == taken
    ended = replace(taken, state=HandOverState.ENDED, ended_at=taken.opened_at)
    await database.run(lambda tx: tx.hand_overs.save(ended))
    assert await database.read(lambda tx: tx.hand_overs.of_conversation(key)) is None
    assert await database.read(lambda tx: tx.hand_overs.of_staff(taken.staff or 0)) is None


async def test_a_photo_is_fetched_by_one_and_read_back(database: Database) -> None:
    photo = Attachment(kind=AttachmentKind.PHOTO, reference="file-1", size=9)
    added = await database.run(
        lambda tx: tx.attachments.add(arrive(tx), photo, channel="telegram")
    )
    (waiting,) = await database.run(lambda tx: tx.attachments.pending(5, owner="a"))
    assert (waiting.id, waiting.attachment) == (added, photo)
    assert await database.run(lambda tx: tx.attachments.pending(5, owner="b")) == ()
    assert await database.read(lambda tx: tx.attachments.content(added)) is None
    assert await database.run(lambda tx: tx.attachments.store(waiting, "image/png", b"bytes"))
    assert not await database.run(lambda tx: tx.attachments.store(waiting, "image/gif", b"other"))
    await database.run(lambda tx: tx.attachments.attach((added,), "0621482135"))
    assert await database.read(lambda tx: tx.attachments.content(added)) == ("image/png", b"bytes")
    known = await database.read(lambda tx: tx.attachments.get(added))
    assert known is not None
    assert (known.number, known.state) == ("0621482135", AttachmentState.STORED)


async def test_a_photo_that_cannot_be_had_is_tried_again_unless_it_never_can(
    database: Database,
) -> None:
    photo = Attachment(kind=AttachmentKind.PHOTO, reference="file-1")
    added = await database.run(lambda tx: tx.attachments.add(None, photo, channel="telegram"))
    (waiting,) = await database.run(lambda tx: tx.attachments.pending(5, owner="a"))
    await database.run(lambda tx: tx.attachments.failed(waiting, "timeout", final=False))
    known = await database.read(lambda tx: tx.attachments.get(added))
    assert known is not None
    assert known.state is AttachmentState.PENDING
    await database.run(lambda tx: tx.attachments.failed(waiting, "too big", final=True))
    assert await database.run(lambda tx: tx.attachments.pending(5, owner="a")) == ()


async def test_a_page_reads_on_from_its_cursor(database: Database) -> None:
    def add(tx: Transaction, text: str, **other: object) -> int:
        return tx.transcripts.add(
            WANG,
            direction="out" if "outbox" in other else "in",
            content={"text": text, "buttons": [{"label": "好", "token": f"{text}.0"}]},
            at=tx.now,
            person=arrive(tx),
            **other,  # type: ignore[arg-type]
        )

    said_row = await database.run(lambda tx: queue(tx, "答"))
    first = await database.run(lambda tx: add(tx, "问", request_key="k1"))
    again = await database.run(lambda tx: add(tx, "问", request_key="k1"))
    second = await database.run(lambda tx: add(tx, "答", outbox=said_row))
    once_more = await database.run(lambda tx: add(tx, "答", outbox=said_row))
    assert first == again
    assert second == once_more
    (entry,) = await database.read(lambda tx: tx.transcripts.since(WANG, first, 9))
    assert (entry.cursor, entry.direction, entry.content["text"]) == (second, "out", "答")
    (latest,) = await database.read(lambda tx: tx.transcripts.latest(WANG, 1))
    assert latest == entry


async def test_no_page_reads_past_a_message_that_commits_late(database: Database) -> None:
    seen: list[int] = []

    def add(tx: Transaction, turn: int) -> None:
        tx.transcripts.add(
            WANG,
            direction="in",
            content={"text": str(turn)},
            at=tx.now,
            person=None,
            request_key=str(turn),
        )

    async def read_on(cursor: int) -> None:
        entries = await database.read(lambda tx: tx.transcripts.since(WANG, cursor, 99))
        seen.extend(entry.cursor for entry in entries)

    writing = asyncio.gather(
        *(database.run(lambda tx, turn=turn: add(tx, turn)) for turn in range(60))
    )
    while not writing.done():
        await read_on(seen[-1] if seen else 0)
    await read_on(seen[-1] if seen else 0)
    assert len(seen) == 60
    assert seen == sorted(set(seen))


async def test_the_audit_tells_what_was_done_to_something(database: Database) -> None:
    entry = AuditEntry(action="order.accepted", subject="order:1", detail={"unit": 3})
    await database.run(lambda tx: tx.audit.add(entry))
    (row,) = await database.read(lambda tx: tx.audit.of("order:1"))
    assert row.entry == entry


async def test_the_business_clock_moves_and_the_database_clock_does_not(
    database: Database, clock: Clock
) -> None:
    before = await database.read(lambda tx: tx.database_now())
    await database.run(lambda tx: tx.tables.move_clock(timedelta(days=3)))
    assert await database.refresh()
    assert not await database.refresh()
    now, after = await database.read(lambda tx: (tx.now, tx.database_now()))
    assert now == clock.at + timedelta(days=3)
    assert after - before < timedelta(hours=1)


async def test_another_process_forgets_keys_destroyed_here(
    database_url: str, database: Database, keyring: Keyring, clock: Clock
) -> None:
    async with opened(database_url, keyring, clock) as there:
        person = await database.run(arrive)
        await database.run(lambda tx: tx.people.rename(person, "王桂兰"))
        known = await there.read(lambda tx: tx.people.get(person))
        assert known is not None
        assert known.name == "王桂兰"
        key = await there.read(lambda tx: tx.people.key_of(person))
        await database.run(lambda tx: tx.people.erase(person))
        assert await there.read(lambda tx: tx.open_keys.remembered(key)) is not None
        assert await there.refresh()
        assert await there.read(lambda tx: tx.open_keys.remembered(key)) is None
