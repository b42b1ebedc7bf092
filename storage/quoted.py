"""What others wrote about a person who is erased, and what was handed on of their words.

Most of it is sealed under the person's own key and goes with it. What staff wrote stands under the
keys of days and of staff: it is looked for among what they said while they had to do with the
person, by the numbers of the work orders, the words of their events, and the person's names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, exists, select, update

from storage import inbox, order_rows, outbox, questions, transcripts
from storage.keyring import BadKey
from storage.schema import (
    InboxState,
    OutboxState,
    grants,
    hand_overs,
    moment,
    order_events,
    orders,
    stored,
)
from storage.schema import inbox as heard_rows
from storage.schema import outbox as said_rows
from storage.schema import questions as asked_rows
from storage.schema import transcripts as shown_rows
from storage.statements import Statement, among

if TYPE_CHECKING:
    from storage.transaction import Transaction

AROUND = timedelta(hours=1)  # words are said before, and shown after, the event they make
SHORT = 4  # shorter words mean the person only when nothing else was said

_WHOSE: BindParameter[Any] = bindparam("whose")
_REPORTED = Statement(
    select(orders.c.id, orders.c.number, orders.c.created_at).where(orders.c.reporter == _WHOSE)
)
_JOINED = Statement(
    select(orders.c.number, order_events.c.at, order_events.c.key, order_events.c.private)
    .join(orders, orders.c.id == order_events.c.order_id)
    .where(order_events.c.person == _WHOSE, order_events.c.person.is_not(None))
)
_EVENTS = Statement(
    select(
        order_events.c.person, order_events.c.at, order_events.c.key, order_events.c.private
    ).where(
        among(order_events.c.order_id, "ids"),
        # Who held a post is known by it; neighbours keep what they said themselves.
        exists().where(grants.c.person == order_events.c.person),
    )
)
_HANDED = Statement(
    select(hand_overs.c.staff, hand_overs.c.opened_at, hand_overs.c.ended_at).where(
        hand_overs.c.person == _WHOSE
    )
)
_HEARD = Statement(
    select(heard_rows.c.id, heard_rows.c.key, heard_rows.c.private, heard_rows.c.received_at)
    .where(
        among(heard_rows.c.conversation, "conversations"),
        heard_rows.c.state != InboxState.NEW.value,
        heard_rows.c.received_at >= bindparam("since"),
        heard_rows.c.received_at <= bindparam("until"),
        heard_rows.c.private.is_not(None),
    )
    .order_by(heard_rows.c.id)
)
_BLANK_HEARD = Statement(
    update(heard_rows).where(among(heard_rows.c.id, "ids")).values(private=None)
)
_SHOWN = Statement(
    select(shown_rows.c.id, shown_rows.c.key, shown_rows.c.private, shown_rows.c.at).where(
        shown_rows.c.person == bindparam("writer"),
        shown_rows.c.person.is_not(None),
        shown_rows.c.at >= bindparam("since"),
        shown_rows.c.at <= bindparam("until"),
    )
)
_DROP_SHOWN = Statement(delete(shown_rows).where(among(shown_rows.c.id, "ids")))
_DROP_SHOWN_OF = Statement(delete(shown_rows).where(among(shown_rows.c.outbox, "ids")))
_SAID = Statement(
    select(said_rows.c.id, said_rows.c.number, said_rows.c.key, said_rows.c.private).where(
        among(said_rows.c.number, "numbers"),
        said_rows.c.number != "",
        said_rows.c.private.is_not(None),
    )
)
_WAITS = said_rows.c.state.in_([OutboxState.QUEUED.value, OutboxState.CLAIMED.value])
_CANCEL_SAID = Statement(
    update(said_rows)
    .where(among(said_rows.c.id, "ids"), _WAITS)
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"), reason="erased")
)
_BLANK_SAID = Statement(update(said_rows).where(among(said_rows.c.id, "ids")).values(private=None))
_ASKED = Statement(
    select(
        asked_rows.c.id,
        asked_rows.c.number,
        asked_rows.c.key,
        asked_rows.c.private,
        asked_rows.c.answered_at,
    ).where(
        asked_rows.c.person == bindparam("writer"),
        asked_rows.c.asked_at >= bindparam("since"),
        asked_rows.c.asked_at <= bindparam("until"),
        asked_rows.c.private.is_not(None),
    )
)
_BLANK_ASKED = Statement(
    update(asked_rows).where(among(asked_rows.c.id, "ids")).values(private=None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what the words of others are known to be about the person."""

    numbers: frozenset[str]  # of the person's own work orders
    joined: frozenset[str]  # of those of others to which they said something
    words: frozenset[str]
    writers: frozenset[int]
    talks: tuple[tuple[int, int, int], ...]  # who talked with them, from when to when
    since: int
    until: int

    def is_talk(self, writer: int, at: int) -> bool:
        """Whether this member of staff talked with the person at that time."""
        return any(who == writer and begun <= at <= ended for who, begun, ended in self.talks)

    def shows(self, plain: Any) -> bool:
        """Whether these words are about the person."""
        text = json.dumps(plain, ensure_ascii=False)
        return any(
            word in text if len(word) >= SHORT else f'"{word}"' in text
            for word in (*self.words, *self.numbers)
        )


def forget(tx: Transaction, person: int) -> None:
    """Remove the words of others that are about this person; while they can still be told."""
    traces = _traces(tx, person)
    _forget_said(tx, traces)
    for writer in sorted(traces.writers):
        _forget_written(tx, traces, writer)


def _forget_written(tx: Transaction, traces: Traces, writer: int) -> None:
    db = tx.session
    span = {"since": traces.since, "until": traces.until}
    conversations = [*tx.conversations.digests_of(writer)]
    heard = [
        row.id
        for row in db.all(_HEARD, conversations=conversations, **span)
        if traces.is_talk(writer, row.received_at) or traces.shows(_open(tx, row, inbox.COLUMN))
    ]
    shown = [
        row.id
        for row in db.all(_SHOWN, writer=writer, **span)
        if traces.is_talk(writer, row.at) or traces.shows(_open(tx, row, transcripts.COLUMN))
    ]
    asked = [
        row.id
        for row in db.all(_ASKED, writer=writer, since=traces.since, until=traces.until)
        if (row.answered_at is not None and row.number in traces.numbers)
        or traces.shows(_open(tx, row, questions.COLUMN))
    ]
    for statement, ids in ((_BLANK_HEARD, heard), (_DROP_SHOWN, shown), (_BLANK_ASKED, asked)):
        if ids:
            db.run(statement, ids=ids)


def _forget_said(tx: Transaction, traces: Traces) -> None:
    rows = tx.session.all(_SAID, numbers=[*traces.numbers, *traces.joined])
    ids = [
        row.id
        for row in rows
        if row.number in traces.numbers or traces.shows(_open(tx, row, outbox.COLUMN))
    ]
    if ids:
        tx.session.run(_CANCEL_SAID, ids=ids, now=stored(tx.now))
        tx.session.run(_BLANK_SAID, ids=ids)
        tx.session.run(_DROP_SHOWN_OF, ids=ids)


def _traces(tx: Transaction, person: int) -> Traces:
    db = tx.session
    reported = db.all(_REPORTED, whose=person)
    joined = db.all(_JOINED, whose=person)
    events = db.all(_EVENTS, ids=[row.id for row in reported]) if reported else []
    handed = db.all(_HANDED, whose=person)
    now = stored(tx.now)
    numbers = frozenset(row.number for row in reported)
    times = [row.created_at for row in reported] + [row.at for row in (*joined, *events)]
    times += [row.opened_at for row in handed] + [row.ended_at or now for row in handed]
    around = stored(moment(0) + AROUND)
    words = {*_names(tx, person), *_words(tx, (*joined, *events))}
    writers = {row.person for row in events} | {row.staff for row in handed if row.staff}
    return Traces(
        numbers=numbers,
        joined=frozenset(row.number for row in joined) - numbers,
        words=frozenset(words),
        writers=frozenset(writers - {person}),
        talks=tuple((row.staff, row.opened_at, row.ended_at or now) for row in handed),
        since=min(times, default=now) - around,
        until=max(times, default=now) + around,
    )


def _names(tx: Transaction, person: int) -> Iterable[str]:
    found = tx.people.get(person)
    names = [found.name if found else "", tx.people.phone(person)]
    names += [contact.name for contact in tx.people.contacts(person)]
    return [name for name in names if len(name) > 1]


def _words(tx: Transaction, events: Iterable[Any]) -> Iterable[str]:
    for row in events:
        yield from (word for word in _open(tx, row, order_rows.EVENT) or () if len(word) > 1)


def _open(tx: Transaction, row: Any, column: bytes) -> Any:
    try:
        return tx.vault.open(row.key, column, row.private) if row.key else None
    except (BadKey, ValueError):
        return None
