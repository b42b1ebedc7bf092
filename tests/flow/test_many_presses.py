"""reliability.md, F45: however often a button is pressed, it does one thing, and only the
presses themselves and their answers are kept.

Ten thousand take minutes: PRESSES=10000 python -m pytest tests/flow/test_many_presses.py
"""

from __future__ import annotations

import os

from sqlalchemy import select

from domain.messages import InboundKind
from domain.orders import EventKind
from storage.schema import InboxState, inbox, metadata
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import Town

PRESSES = int(os.environ.get("PRESSES", "100"))
AT_ONCE = 50
# A row for each press and its answer, which go by retention, and what the clock writes by itself.
HEARD = frozenset({"inbox", "outbox", "transcripts", "job_runs"})
_INBOX = Statement(select(inbox.c.private, inbox.c.state))
_ALL = {table.name: Statement(select(table)) for table in metadata.sorted_tables}


def sizes(tx: Transaction) -> dict[str, int]:
    """How many rows there are of everything, but of what is heard and said and the clock's."""
    return {name: len(tx.session.all(rows)) for name, rows in _ALL.items() if name not in HEARD}


def unhandled(tx: Transaction) -> int:
    return sum(row.state == InboxState.NEW.value for row in tx.session.all(_INBOX))


async def press_often(town: Town, who: str, *tokens: str) -> list[str]:
    """Each press a message of its own, many at the same moment; what came back."""
    answers: list[str] = []
    for start in range(0, PRESSES, AT_ONCE):
        presses = [
            town.inbound(who, "", kind=InboundKind.PRESS, press=tokens[number % len(tokens)])
            for number in range(start, min(start + AT_ONCE, PRESSES))
        ]
        answers += await town.hears(*presses, wait=False)
    for _ in range(20):  # sixty presses of one person wait, five seconds each
        await town.pass_time(seconds=20)
    return answers + await town.heard(who)


async def test_a_button_pressed_very_often_does_one_thing(town: Town) -> None:
    await town.says("王阿姨", "5栋2单元垃圾两天没人收")
    token = town.button("小李", "接")
    await town.heard("小李")

    await press_often(town, "小李", token)

    (order,) = await town.orders()
    assert [event.kind for event in order.history].count(EventKind.ACCEPTED) == 1
    assert await town.read(unhandled) == 0


async def test_foreign_and_forged_buttons_do_nothing_however_often(town: Town) -> None:
    """Somebody else's, made up, beyond the choices, of strange signs, too long."""
    await town.says("王阿姨", "5栋2单元垃圾两天没人收")
    foreign = town.button("小李", "接")
    name = foreign.rpartition(".")[0]
    await town.says("李叔", "你好")
    (before,) = await town.orders()
    rows = await town.read(sizes)

    answers = await press_often(
        town, "李叔", foreign, "made-up.0", f"{name}.999", f"{name}.-1", f"{name}.٣", "x" * 64, "."
    )

    (after,) = await town.orders()
    assert after.history == before.history
    assert answers
    assert await town.read(unhandled) == 0
    grown = await town.read(sizes)
    assert {
        table: grown[table] - count for table, count in rows.items() if grown[table] - count > 2
    } == {}
