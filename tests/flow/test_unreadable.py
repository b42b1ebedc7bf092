"""A row that does not open with its key: put aside by itself, nobody else waits for it."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from storage.schema import OutboxState, inbox, outbox
from storage.statements import Statement
from tests.flow.means import HELP, LIGHT, report, said, unfinished
from tests.town import Town

_SPOIL_INBOX = Statement(
    update(inbox).where(inbox.c.id == bindparam("row")).values(private=bindparam("bytes"))
)
_SPOIL_OUTBOX = Statement(
    update(outbox).where(outbox.c.id == bindparam("row")).values(private=bindparam("bytes"))
)
BROKEN = b"\0" * 40


async def test_a_message_that_does_not_open_stops_nobody(hardy: Town) -> None:
    await hardy.intake.accept(hardy.inbound("甲", HELP))
    await hardy.database.run(lambda tx: tx.session.run(_SPOIL_INBOX, row=1, bytes=BROKEN))
    for number in range(3):
        await hardy.says(f"住户{number}", report(number))
    assert len(await hardy.orders()) == 3
    assert await unfinished(hardy) == 0
    (letter,) = await hardy.read(lambda tx: tx.inbox.dead_letters())
    assert (letter.inbound, letter.error) == (None, "Unreadable")


async def test_what_the_same_person_says_next_is_handled(hardy: Town) -> None:
    await hardy.intake.accept(hardy.inbound("甲", HELP))
    await hardy.database.run(lambda tx: tx.session.run(_SPOIL_INBOX, row=1, bytes=BROKEN))
    await hardy.says("甲", LIGHT)
    assert len(await hardy.orders("甲")) == 1


async def test_an_answer_that_does_not_open_stops_nobody(hardy: Town) -> None:
    await hardy.intake.accept(hardy.inbound("甲", HELP))
    await hardy.intake.settle()
    row, *_ = await said(hardy)
    await hardy.database.run(lambda tx: tx.session.run(_SPOIL_OUTBOX, row=row.id, bytes=BROKEN))
    assert await hardy.says("乙", HELP)
    states = await hardy.read(
        lambda tx: tx.session.value(
            Statement(
                outbox.select().with_only_columns(outbox.c.state).where(outbox.c.id == row.id)
            )
        )
    )
    assert states == OutboxState.REFUSED.value
