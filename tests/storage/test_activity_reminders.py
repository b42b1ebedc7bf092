"""However many sweep the reminders at once, everybody is told each thing once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from domain.activities import Activity, ActivityKind
from domain.audiences import one_of_parts, these_people
from storage.activity_telling import tell_due
from storage.schema import outbox, reminders
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import Town

PEOPLE = 60
_SAID = Statement(select(outbox.c.person).where(outbox.c.phrase == "activity.remind_silent"))
_STATES = Statement(select(reminders.c.state))


def _meeting(tx: Transaction) -> None:
    asked = []
    for number in range(PEOPLE):
        person = tx.people.add(f"N{number}").id
        tx.people.reached_by(person, "web", f"n{number}")
        asked.append(person)
    activity = tx.activities.add(
        Activity(
            unit=tx.org.coded("C01").id,
            kind=ActivityKind.FREE,
            title="x",
            place="y",
            starts_at=tx.now + timedelta(days=1),
            ends_at=tx.now + timedelta(days=1, hours=2),
            audience=one_of_parts(these_people(asked)),
            organiser=None,
        ),
        inviting=None,
    )
    assert activity is not None
    assert activity.id is not None
    tx.activities.ask(activity.id, asked)
    tx.reminders.plan(activity.id, asked, [("d1", tx.now)])
    tx.reminders.plan(activity.id, asked, [("d1", tx.now)])


async def test_many_sweepers_tell_everybody_once(town: Town) -> None:
    await town.database.run(_meeting)

    async def sweep() -> None:
        while await town.database.run(lambda tx: tell_due(tx, 7)):
            pass

    await asyncio.gather(*(sweep() for _ in range(5)))

    told = Counter(row.person for row in await town.read(lambda tx: tx.session.all(_SAID)))
    assert len(told) == PEOPLE
    assert set(told.values()) == {1}
    assert {row.state for row in await town.read(lambda tx: tx.session.all(_STATES))} == {"told"}
