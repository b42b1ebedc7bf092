"""Everything kept about one person, gathered for that person alone (个人信息保护法, 45).

What others said, and who they are, is left out: of a message that repeats somebody else's words
only its time stays. What a person wrote and was told while they held a post is the record of the
post, not theirs, and is only counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, or_, select

from domain.orders import EventKind, OrderEvent, WorkOrder
from domain.people import Grant
from storage import activity_people, broadcast_people, schema
from storage.conversations import COLUMN as TALK
from storage.inbox import COLUMN as HEARD
from storage.outbox import COLUMN as SAID
from storage.questions import COLUMN as ASKED
from storage.schema import moment
from storage.statements import Statement, among
from storage.telling import order_values
from storage.transcripts import COLUMN as SHOWN

if TYPE_CHECKING:
    from storage.transaction import Transaction

COPY = "my_data"  # the channel of files that are themselves such a gathering
# What a phrase is given that may be somebody's own words.
FREE_WORDS = frozenset({"text", "reason", "note", "name", "words", "said", "old"})
BY_RESIDENTS = frozenset(
    {
        EventKind.CONFIRMED,
        EventKind.CORRECTED,
        EventKind.DISAGREED,
        EventKind.FOLLOWED,
        EventKind.RATED,
        EventKind.REOPENED,
        EventKind.SUPPLEMENTED,
        EventKind.UNFOLLOWED,
        EventKind.URGED,
        EventKind.WITHDRAWN,
    }
)

_WHOSE: BindParameter[Any] = bindparam("whose")
_PERSON = Statement(select(schema.people).where(schema.people.c.id == _WHOSE))
_CONTACTS = Statement(
    select(schema.contacts.c.id, schema.contacts.c.heard_at).where(
        schema.contacts.c.person == _WHOSE
    )
)
_ABSENCES = Statement(
    select(schema.delegations)
    .where(or_(schema.delegations.c.person == _WHOSE, schema.delegations.c.deputy == _WHOSE))
    .order_by(schema.delegations.c.id)
)
_TALKS = Statement(select(schema.conversations).where(schema.conversations.c.person == _WHOSE))
_QUESTIONS = Statement(
    select(schema.questions)
    .where(schema.questions.c.person == _WHOSE)
    .order_by(schema.questions.c.id)
)
_HANDED = Statement(
    select(schema.hand_overs)
    .where(schema.hand_overs.c.person == _WHOSE)
    .order_by(schema.hand_overs.c.id)
)
_ORDERS = Statement(
    select(schema.orders.c.id, schema.orders.c.number)
    .where(schema.orders.c.reporter == _WHOSE)
    .order_by(schema.orders.c.id)
)
_JOINED = Statement(
    select(schema.order_events.c.seq, schema.orders.c.number)
    .join(schema.orders, schema.orders.c.id == schema.order_events.c.order_id)
    .where(schema.order_events.c.person == _WHOSE, schema.order_events.c.person.is_not(None))
    .order_by(schema.order_events.c.order_id, schema.order_events.c.seq)
)
_FOLLOWED = Statement(
    select(schema.orders.c.number)
    .join(schema.followers, schema.followers.c.order_id == schema.orders.c.id)
    .where(schema.followers.c.person == _WHOSE)
    .order_by(schema.orders.c.id)
)
_POLICY_QUESTIONS = Statement(
    select(schema.policy_questions)
    .where(among(schema.policy_questions.c.order_id, "ids"))
    .order_by(schema.policy_questions.c.id)
)
_ENTRIES = Statement(
    select(schema.policies.c.code)
    .where(or_(schema.policies.c.author == _WHOSE, schema.policies.c.reviewer == _WHOSE))
    .order_by(schema.policies.c.id)
)
_FILES = Statement(
    select(schema.attachments)
    .where(schema.attachments.c.person == _WHOSE, schema.attachments.c.channel != COPY)
    .order_by(schema.attachments.c.id)
)
_HEARD = Statement(
    select(schema.inbox.c.key, schema.inbox.c.private, schema.inbox.c.received_at)
    .where(among(schema.inbox.c.conversation, "conversations"))
    .order_by(schema.inbox.c.id)
)
_SHOWN = Statement(
    select(schema.transcripts.c.key, schema.transcripts.c.private, schema.transcripts.c.at)
    .where(
        schema.transcripts.c.person == _WHOSE,
        schema.transcripts.c.person.is_not(None),
        schema.transcripts.c.direction == "in",
    )
    .order_by(schema.transcripts.c.id)
)
_TOLD = Statement(
    select(
        schema.outbox.c.number,
        schema.outbox.c.created_at,
        schema.outbox.c.key,
        schema.outbox.c.private,
        schema.keys.c.person.label("about"),
    )
    .join(schema.keys, schema.keys.c.id == schema.outbox.c.key)
    .where(schema.outbox.c.person == _WHOSE, schema.outbox.c.person.is_not(None))
    .order_by(schema.outbox.c.id)
)
# Read by their own stores below.
BY_THEIR_STORES = frozenset({"audit", "consents", "grants", "memberships"})
# Of these, though they hold something of people, nothing is handed out.
KEPT_BACK: Mapping[str, str] = {
    "attachment_bytes": "they are the files themselves",
    "broadcast_recipients": "what reached somebody stands in what they were told",
    "broadcasts": "the record of an office",
    "keys": "what all of it is sealed with",
    "spot_checked": "the office's look at its own work",
}


def export(tx: Transaction, person: int) -> dict[str, Any]:
    """Who they are to us, what they said, reported, sent and agreed to, and what they were told:
    plain values, times as datetimes.
    """
    return _Gathered(tx, person).everything()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talked:
    at: datetime
    text: str
    channel: str = ""
    location: Any = None


class _Gathered:
    def __init__(self, tx: Transaction, person: int) -> None:
        self._tx = tx
        self._person = person

    def everything(self) -> dict[str, Any]:
        said, said_at_work = self._said()
        told, told_at_work = self._told()
        noted = [*self._noted()]
        at_work = {"said": said_at_work, "told": told_at_work, "files": self._files_at_work}
        return {
            **self._self(),
            "contacts": self._contacts(),
            "member_of": [
                {"unit": self._tx.org.unit(one.unit).name, "tag": one.tag}
                for one in self._tx.audiences.of_person(self._person)
            ],
            **activity_people.export(self._tx, self._person),
            "posts": [self._post(grant) for grant in self._grants],
            "absences": self._absences(),
            "conversations": [*self._conversations()],
            "questions": [*self._questions()],
            "hand_overs": [*self._hand_overs()],
            "work_orders": [self._order(order) for order in self._orders.values()],
            "joined": [*self._joined()],
            "followed": [{"number": row.number} for row in self._rows(_FOLLOWED)],
            "policy_questions": self._policy_questions(),
            **broadcast_people.export(self._tx, self._person),
            "entries": [row.code for row in self._rows(_ENTRIES)],
            "files": [self._file(row) for row in self.own_files],
            "said": [
                {"at": one.at, "channel": one.channel, "text": one.text, "location": one.location}
                for one in said
            ],
            "consents": [
                {
                    "word": one.word.value,
                    "version": one.version,
                    "at": one.at,
                    "channel": one.channel,
                }
                for one in self._tx.consents.of(self._person)
            ],
            "told": told,
            "at_work": at_work if any(at_work.values()) else {},
            "revealed": [one for one in noted if one["action"] == "contact.revealed"],
            "noted": noted,
        }

    @cached_property
    def own_files(self) -> list[Any]:
        """Those of their own matters; what was sent from a post is the order's."""
        return [
            row
            for row in self._rows(_FILES)
            if row.number in self._orders or not self._in_office(moment(row.created_at))
        ]

    @property
    def _files_at_work(self) -> int:
        return len(self._rows(_FILES)) - len(self.own_files)

    def _rows(self, statement: Statement) -> list[Any]:
        return self._tx.session.all(statement, whose=self._person)

    def _self(self) -> dict[str, Any]:
        (row,) = self._rows(_PERSON)
        found = self._tx.people.get(self._person)
        return {
            "name": found.name if found else "",
            "phone": self._tx.people.phone(self._person),
            "code": row.code or "",
            "language": row.language,
            "quiet": bool(row.quiet),
            "withdrew": bool(row.withdrew),
            "known_since": moment(row.created_at),
            "warned_at": None if row.warned_at is None else moment(row.warned_at),
        }

    def _contacts(self) -> list[dict[str, Any]]:
        heard = {row.id: moment(row.heard_at) for row in self._rows(_CONTACTS)}
        return [
            {
                "channel": one.channel,
                "account": one.account,
                "name": one.name,
                "chat": one.private_chat,
                "reachable": one.reachable,
                "heard_at": heard[one.id],
            }
            for one in self._tx.people.contacts(self._person)
        ]

    @cached_property
    def _grants(self) -> tuple[Grant, ...]:
        return self._tx.people.grants(self._person)

    def _in_office(self, at: datetime) -> bool:
        stood_in = (
            row.start <= schema.stored(at) <= row.end
            for row in self._delegations
            if row.deputy == self._person
        )
        return any(grant.holds_at(at) for grant in self._grants) or any(stood_in)

    def _post(self, grant: Grant) -> dict[str, Any]:
        return {
            "unit": self._tx.org.unit(grant.post.unit).name,
            "role": grant.post.role.value,
            "start": grant.start,
            "end": grant.end,
        }

    @cached_property
    def _delegations(self) -> list[Any]:
        return self._rows(_ABSENCES)

    def _absences(self) -> list[dict[str, Any]]:
        """When somebody stood in for them, and when they did for somebody; not who."""
        return [
            {
                "as": "person" if row.person == self._person else "deputy",
                "start": moment(row.start),
                "end": moment(row.end),
            }
            for row in self._delegations
        ]

    def _conversations(self) -> Iterator[dict[str, Any]]:
        for row in self._rows(_TALKS):
            plain = self._open(row, TALK) or {}
            yield {
                "channel": plain.get("channel", ""),
                "kind": row.chat_kind,
                "at": moment(row.changed_at),
                "place": plain.get("last_place", {}),
                "focus": plain.get("focus", ""),
                "notice": plain.get("greeted", ""),
                "memory": plain.get("memory", {}),
            }

    def _questions(self) -> Iterator[dict[str, Any]]:
        for row in self._rows(_QUESTIONS):
            context = (self._open(row, ASKED) or {}).get("context", {})
            yield {
                "at": moment(row.asked_at),
                "step": row.step,
                "number": row.number,
                "answered_at": None if row.answered_at is None else moment(row.answered_at),
                "words": [
                    value
                    for name in sorted(FREE_WORDS & context.keys())
                    if (value := context[name]) and self._is_own(value)
                ],
            }

    def _hand_overs(self) -> Iterator[dict[str, Any]]:
        for row in self._rows(_HANDED):
            yield {
                "opened_at": moment(row.opened_at),
                "ended_at": None if row.ended_at is None else moment(row.ended_at),
                "state": row.state,
                "unit": self._tx.org.unit(row.unit).name,
            }

    @cached_property
    def _order_ids(self) -> dict[str, int]:
        return {row.number: row.id for row in self._rows(_ORDERS)}

    @cached_property
    def _orders(self) -> dict[str, WorkOrder]:
        found = ((number, self._tx.orders.get(number)) for number in self._order_ids)
        return {number: order for number, order in found if order is not None}

    def _order(self, order: WorkOrder) -> dict[str, Any]:
        place = order.place
        return {
            **order_values(order, self._tx.rules, self._tx.org, full=True),
            "source": order.source.value,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "photos": len(order.photos),
            "history": [
                {"at": event.at, "kind": event.kind.value, "text": self._words(event)}
                for event in order.history
            ],
            "events": [
                {"at": event.at, "text": words}
                for event in order.history
                if (words := self._words(event))
            ],
        }

    def _words(self, event: OrderEvent) -> str:
        """What they said themselves."""
        if event.person != self._person:
            return ""
        return " ".join(filter(None, (event.reason, event.text)))

    @cached_property
    def _events_elsewhere(self) -> list[tuple[str, OrderEvent]]:
        """What they did to the work orders of others, as a neighbour."""
        found = []
        for row in self._rows(_JOINED):
            order = None if row.number in self._orders else self._tx.orders.get(row.number)
            for event in order.history if order else ():
                is_it = event.seq == row.seq and event.kind in BY_RESIDENTS
                if is_it and not self._in_office(event.at):
                    found.append((row.number, event))
        return found

    def _joined(self) -> Iterator[dict[str, Any]]:
        for number, event in self._events_elsewhere:
            text = self._words(event)
            yield {"number": number, "at": event.at, "kind": event.kind.value, "text": text}

    def _policy_questions(self) -> list[dict[str, Any]]:
        numbers = {ident: number for number, ident in self._order_ids.items()}
        rows = self._tx.session.all(_POLICY_QUESTIONS, ids=[*numbers]) if numbers else []
        return [
            {"number": numbers[row.order_id], "at": moment(row.asked_at), "state": row.state}
            for row in rows
        ]

    def _file(self, row: Any) -> dict[str, Any]:
        return {
            "id": row.id,
            "kind": row.kind,
            "at": moment(row.created_at),
            "number": row.number,
            "channel": row.channel,
            "media_type": row.media_type,
            "size": row.size,
            "seconds": row.seconds,
            "state": row.state,
        }

    @cached_property
    def _all_heard(self) -> list[_Talked]:
        """What they wrote, from the inbox and, once it is emptied there, from the page."""
        known = [*self._tx.conversations.digests_of(self._person)]
        found = []
        for row in self._tx.session.all(_HEARD, conversations=known):
            plain = self._open(row, HEARD) or {}
            if plain.get("text") or plain.get("location"):
                found.append(
                    _Talked(
                        at=moment(row.received_at),
                        text=plain.get("text", ""),
                        channel=plain.get("channel", ""),
                        location=plain.get("location"),
                    )
                )
        texts = {one.text for one in found}
        for row in self._rows(_SHOWN):
            text = ((self._open(row, SHOWN) or {}).get("content") or {}).get("text", "")
            if text and text not in texts:
                found.append(_Talked(at=moment(row.at), text=text, channel="web"))
        return sorted(found, key=lambda one: one.at)

    def _said(self) -> tuple[list[_Talked], int]:
        """What they said for themselves, and how much from a post."""
        own = [one for one in self._all_heard if not self._in_office(one.at)]
        return own, len(self._all_heard) - len(own)

    def _told(self) -> tuple[list[dict[str, Any]], int]:
        """What we said to them for themselves, and how much to their post."""
        told, at_work = [], 0
        for row in self._rows(_TOLD):
            at = moment(row.created_at)
            plain = self._open(row, SAID) or {}
            about_others = row.about is not None and row.about != self._person
            own = row.number in self._orders
            if not own and self._in_office(at):
                at_work += 1
                continue
            values = plain.get("values", {})
            mine = not about_others and all(
                self._is_own(values[name]) for name in FREE_WORDS & values.keys()
            )
            text = plain.get("text", "") if mine else ""
            told.append({"at": at, "number": row.number, "text": text, "of_others": not mine})
        return told, at_work

    def _noted(self) -> Iterator[dict[str, Any]]:
        """What the audit says of them and of their orders; who did it is somebody else's."""
        subjects = [f"person:{self._person}", *(f"order:{number}" for number in self._orders)]
        for subject in subjects:
            for row in self._tx.audit.of(subject):
                yield {
                    "at": row.at,
                    "action": row.entry.action,
                    "number": subject.removeprefix("order:") if subject[0] == "o" else "",
                    "own": row.entry.person == self._person,
                    "reason": str(row.entry.detail.get("reason", "")),
                }

    @cached_property
    def _own_words(self) -> str:
        """All they ever said to us, and what they are called, to tell it from what others said."""
        found = self._tx.people.get(self._person)
        parts = [found.name if found else "", self._tx.people.phone(self._person)]
        parts += [one.name for one in self._tx.people.contacts(self._person)]
        parts += [one.text for one in self._all_heard]
        parts += [order.text for order in self._orders.values()]
        parts += [self._words(event) for order in self._orders.values() for event in order.history]
        parts += [self._words(event) for _, event in self._events_elsewhere]
        return "\n".join(parts)

    def _is_own(self, value: Any) -> bool:
        """Whether these words are theirs; an empty one is nobody's."""
        if not value:
            return True
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return words in self._own_words

    def _open(self, row: Any, column: bytes) -> Any:
        return self._tx.vault.open(row.key, column, row.private)
