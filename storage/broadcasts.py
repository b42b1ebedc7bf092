"""Broadcasts, and one row for everybody they go to: planned, fed to the outbox in portions, and
settled with what became of them.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from domain import audiences, broadcast_telling
from domain.acts import Act
from domain.audiences import Addressee
from domain.broadcasts import (
    Action,
    Broadcast,
    BroadcastState,
    Delivery,
    Heads,
    needs_second,
)
from domain.changes import Notice
from domain.messages import Address
from domain.numbers import RANDOM_DIGITS, make_number
from domain.people import CLOCK
from storage.bell import Topic
from storage.schema import (
    OutboxState,
    broadcast_answers,
    broadcast_recipients,
    broadcasts,
    chats,
    contacts,
    moment,
    notice_days,
    outbox,
    stored,
)
from storage.statements import Statement, Store, adding, among

COLUMN = b"broadcasts.private"
RESCUED_AT_ONCE = 20_000  # rows that are tried again by one word; more need another
LISTED = 20

_rows = broadcast_recipients
_COLUMNS = (
    "number", "unit", "author", "approver", "state", "action", "of", "template", "asks", "merges",
    "overrides", "starts_at", "created_at", "planned_at", "ended_at", "plan", "heads", "counts",
    "doubts", "told", "key", "private",
)  # fmt: skip
_OF: BindParameter[Any] = bindparam("which")
_ADD = Statement(adding(broadcasts, *_COLUMNS).returning(broadcasts.c.id))
_CHANGING = tuple(
    name for name in _COLUMNS if name not in {"number", "unit", "author", "created_at", "of"}
)
_SAVE = Statement(
    update(broadcasts)
    .where(broadcasts.c.id == _OF)
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_GET = Statement(select(broadcasts).where(broadcasts.c.id == _OF))
_LOCK = Statement(select(broadcasts).where(broadcasts.c.id == _OF).with_for_update())
_NUMBERED = Statement(select(broadcasts.c.id).where(broadcasts.c.number == bindparam("named")))
# Said as its index says it.
_LIVE: ColumnElement[bool] = broadcasts.c.state.not_in(
    [BroadcastState.DONE.value, BroadcastState.CANCELLED.value]
)
_UNDER_WAY = Statement(
    select(broadcasts.c.id)
    .where(
        _LIVE,
        or_(
            broadcasts.c.plan.is_not(None),
            broadcasts.c.state == BroadcastState.SENDING.value,
            and_(
                broadcasts.c.state == BroadcastState.SCHEDULED.value,
                broadcasts.c.starts_at <= bindparam("now"),
            ),
        ),
    )
    .order_by(broadcasts.c.overrides.desc(), broadcasts.c.id)
)
_OF_AUTHOR = Statement(
    select(broadcasts)
    .where(broadcasts.c.author == bindparam("whose"))
    .order_by(broadcasts.c.id.desc())
    .limit(bindparam("many"))
)
_NEWEST = Statement(select(broadcasts).order_by(broadcasts.c.id.desc()).limit(bindparam("many")))

_PLAN_PERSON = Statement(
    adding(_rows, "broadcast", "channel", "person", "contact", "state").on_conflict_do_nothing(
        index_elements=["broadcast", "person"]
    )
)
_PLAN_GROUP = Statement(
    adding(_rows, "broadcast", "channel", "chat", "unit", "state").on_conflict_do_nothing(
        index_elements=["broadcast", "channel", "chat"]
    )
)
_REACHED_BY = Statement(
    select(_rows)
    .where(
        _rows.c.broadcast == _OF,
        _rows.c.id > bindparam("after"),
        _rows.c.state.in_([Delivery.SENT.value, Delivery.UNKNOWN.value]),
    )
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
_WAITING = Statement(
    select(_rows)
    .where(_rows.c.broadcast == _OF, _rows.c.state == Delivery.WAITING.value)
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
_OPEN = Statement(
    select(_rows.c.state, func.count().label("count"))
    .where(_rows.c.broadcast == _OF, _rows.c.state.in_(["queued", "held"]))
    .group_by(_rows.c.state)
)
_SETTLE = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        at=bindparam("now"),
    )
)
_QUEUE = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(
        state=Delivery.QUEUED.value,
        outbox=bindparam("queued_as"),
        tries=_rows.c.tries + 1,
        reason=None,
    )
)
_FINISHED = Statement(
    select(
        _rows.c.id,
        _rows.c.person,
        outbox.c.state,
        outbox.c.reason,
        contacts.c.reachable,
        chats.c.active,
    )
    .select_from(
        _rows.join(outbox, outbox.c.id == _rows.c.outbox)
        .outerjoin(contacts, contacts.c.id == _rows.c.contact)
        .outerjoin(chats, and_(chats.c.channel == _rows.c.channel, chats.c.chat == _rows.c.chat))
    )
    .where(
        _rows.c.broadcast == _OF,
        _rows.c.state == Delivery.QUEUED.value,
        outbox.c.state.in_(
            [
                OutboxState.SENT.value,
                OutboxState.REFUSED.value,
                OutboxState.UNKNOWN.value,
                OutboxState.CANCELLED.value,
            ]
        ),
    )
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
_IN_OUTBOX = Statement(
    select(_rows.c.id, _rows.c.outbox).where(
        _rows.c.broadcast == _OF,
        _rows.c.state == Delivery.QUEUED.value,
        _rows.c.ready_at.is_(None),  # a digest tells of others too
    )
)
_STOP = Statement(
    update(outbox)
    .where(
        among(outbox.c.id, "ids"),
        outbox.c.state.in_([OutboxState.QUEUED.value, OutboxState.CLAIMED.value]),
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
    .returning(outbox.c.id)
)
_BACK = Statement(
    update(_rows)
    .where(among(_rows.c.outbox, "ids"), _rows.c.broadcast == _OF)
    .values(state=bindparam("new_state"), outbox=None)
)
_RESCUE = Statement(
    update(_rows)
    .where(
        _rows.c.id.in_(
            select(_rows.c.id)
            .where(_rows.c.broadcast == _OF, among(_rows.c.state, "states"))
            .order_by(_rows.c.id)
            .limit(bindparam("many"))
        )
    )
    .values(state=Delivery.WAITING.value, outbox=None)
)
_UNWELL = Statement(
    select(_rows)
    .where(_rows.c.broadcast == _OF, among(_rows.c.state, "states"))
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
_CLAIM_DAY = Statement(
    adding(notice_days, "channel", "chat", "day", "broadcast").on_conflict_do_nothing(
        index_elements=["channel", "chat", "day"]
    )
)
_TODAYS = Statement(
    select(func.count())
    .select_from(_rows.join(notice_days, and_(
        notice_days.c.channel == _rows.c.channel,
        notice_days.c.chat == _rows.c.chat,
        notice_days.c.day == bindparam("day"),
    )))
    .where(_rows.c.broadcast == _OF)
)  # fmt: skip
_HELD_CHATS = Statement(
    select(_rows.c.channel, _rows.c.chat)
    .where(
        _rows.c.state == Delivery.HELD.value,
        _rows.c.ready_at <= bindparam("now"),
        exists().where(
            broadcasts.c.id == _rows.c.broadcast,
            broadcasts.c.state == BroadcastState.SENDING.value,
        ),
    )
    .distinct()
    .limit(bindparam("many"))
)
_HELD_OF_CHAT = Statement(
    select(_rows)
    .where(
        _rows.c.state == Delivery.HELD.value,
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("of_chat"),
    )
    .order_by(_rows.c.id)
)
_HOLD = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(state=Delivery.HELD.value, ready_at=bindparam("ready"))
)
_MESSAGE = Statement(
    select(_rows.c.outbox)
    .where(
        _rows.c.broadcast == _OF,
        _rows.c.ready_at.is_(None),  # a digest tells of others too
        or_(
            _rows.c.person == bindparam("whose"),
            and_(_rows.c.channel == bindparam("on_channel"), _rows.c.chat == bindparam("chat")),
        ),
    )
    .limit(1)
)
_vote = adding(broadcast_answers, "broadcast", "person", "value", "at")
_VOTE = Statement(
    _vote.on_conflict_do_update(
        index_elements=["broadcast", "person"],
        set_={"value": _vote.excluded.value, "at": _vote.excluded.at},
    )
)
_TALLY = Statement(
    select(broadcast_answers.c.value, func.count().label("count"))
    .where(broadcast_answers.c.broadcast == _OF)
    .group_by(broadcast_answers.c.value)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """One recipient of a broadcast and what became of it."""

    id: int
    broadcast: int
    addressee: Addressee
    state: Delivery
    reason: str = ""
    outbox: int | None = None
    tries: int = 0


class BroadcastStore(Store):
    """Broadcasts and their recipients; whoever changes one has locked it."""

    __slots__ = ()

    def add(self, broadcast: Broadcast) -> Broadcast:
        """Keep a new one under a number of its own."""
        day = self.tx.rules.calendar.local_day(self.tx.now)
        number = make_number(day, secrets.randbelow(10**RANDOM_DIGITS))
        while self.db.value(_NUMBERED, named=number) is not None:
            number = make_number(day, secrets.randbelow(10**RANDOM_DIGITS))
        kept = replace(broadcast, number=number)
        made: int = self.db.value(_ADD, **self._as_row(kept))
        self.tx.ring(Topic.BROADCASTS)
        return replace(kept, id=made)

    def save(self, broadcast: Broadcast) -> None:
        """Keep a changed one; who sends is woken."""
        row = self._as_row(broadcast)
        changed = {f"new_{name}": row[name] for name in _CHANGING}
        self.db.run(_SAVE, which=broadcast.id, **changed)
        self.tx.ring(Topic.BROADCASTS)

    def get(self, which: int) -> Broadcast | None:
        """The one with this id."""
        row = self.db.one(_GET, which=which)
        return None if row is None else self._broadcast(row)

    def lock(self, which: int) -> Broadcast | None:
        """The same, which nobody else changes until this transaction ends."""
        row = self.db.one(_LOCK, which=which)
        return None if row is None else self._broadcast(row)

    def numbered(self, number: str) -> Broadcast | None:
        """The one with this number."""
        found = self.db.value(_NUMBERED, named=number)
        return None if found is None else self.get(found)

    def under_way(self) -> tuple[int, ...]:
        """Those with which there is something to do now, emergencies first."""
        return tuple(row.id for row in self.db.all(_UNDER_WAY, now=stored(self.tx.now)))

    def of_author(self, person: int, many: int = LISTED) -> tuple[Broadcast, ...]:
        """What this person wrote, newest first."""
        rows = self.db.all(_OF_AUTHOR, whose=person, many=many)
        return tuple(self._broadcast(row) for row in rows)

    def newest(self, many: int = LISTED) -> tuple[Broadcast, ...]:
        """What anybody wrote, newest first."""
        return tuple(self._broadcast(row) for row in self.db.all(_NEWEST, many=many))

    def plan_some(self, broadcast: Broadcast, many: int) -> Broadcast:
        """Give the next of the audience their rows; everybody has one however often they come."""
        if broadcast.plan is None:
            return broadcast
        if broadcast.of is None:
            chunk = self.tx.audiences.expand(broadcast.audience, broadcast.plan, many=many)
            found, following, left_out = chunk.addressees, chunk.following, chunk.left_out
        else:
            found, following = self._reached_by(broadcast.of, broadcast.plan, many)
            left_out = 0
        heads = broadcast.heads
        people, groups = Counter(heads.people), Counter(heads.groups)
        for channel in {one.channel for one in found}:
            here = [one for one in found if one.channel == channel]
            private = [one for one in here if one.person is not None]
            people[channel] += self._plan(_PLAN_PERSON, broadcast, private)
            if len(private) < len(here):
                shared = [one for one in here if one.person is None]
                groups[channel] += self._plan(_PLAN_GROUP, broadcast, shared)
        return replace(
            broadcast,
            plan=following,
            heads=Heads(people=+people, groups=+groups, left_out=heads.left_out + left_out),
        )

    def preview(self, broadcast: Broadcast) -> Notice:
        """What its author is shown once all recipients are known."""
        rules, zone = self.tx.rules.limits.broadcasts, self.tx.rules.zone
        act = Act(actor=CLOCK, at=self.tx.now, rules=self.tx.rules, org=self.tx.org)
        return broadcast_telling.preview(
            broadcast,
            second=needs_second(broadcast, act),
            night=not rules.may_send_at(broadcast.starts_at or self.tx.now, zone),
            spared=self.had_one_today(broadcast),
        )

    def waiting(self, broadcast: Broadcast, many: int) -> tuple[RecipientRow, ...]:
        """The next recipients to be written to."""
        rows = self.db.all(_WAITING, which=broadcast.id, many=many)
        return tuple(_recipient(row) for row in rows)

    def open_rows(self, broadcast: Broadcast) -> Mapping[Delivery, int]:
        """How many are in the outbox or held for the digest."""
        rows = self.db.all(_OPEN, which=broadcast.id)
        return {Delivery(row.state): row.count for row in rows}

    def queued(self, row: RecipientRow, outbox_row: int) -> None:
        """It is in the outbox."""
        self.db.run(_QUEUE, row=row.id, queued_as=outbox_row)

    def ended(self, row: RecipientRow, state: Delivery, reason: str) -> None:
        """What became of one that never went into the outbox."""
        self.db.run(
            _SETTLE, row=row.id, new_state=state.value, why=reason, now=stored(self.tx.now)
        )

    def settle(self, broadcast: Broadcast, many: int) -> Counter[Delivery]:
        """Write down what became of those that left the outbox; how many of each."""
        rows = self.db.all(_FINISHED, which=broadcast.id, many=many)
        now = stored(self.tx.now)
        results = [(row, _result(row)) for row in rows]
        self.db.many(
            _SETTLE,
            [
                {"row": row.id, "new_state": state.value, "why": row.reason, "now": now}
                for row, state in results
            ],
        )
        return Counter(state for _, state in results)

    def take_back(self, broadcast: Broadcast, state: Delivery = Delivery.WAITING) -> int:
        """What is in the outbox and has not begun to go does not go; how many."""
        ids = [row.outbox for row in self.db.all(_IN_OUTBOX, which=broadcast.id)]
        stopped = self.db.all(_STOP, ids=ids, now=stored(self.tx.now)) if ids else []
        if stopped:
            back = [row.id for row in stopped]
            self.db.run(_BACK, which=broadcast.id, ids=back, new_state=state.value)
        return len(stopped)

    def rescue(self, broadcast: Broadcast, states: Iterable[Delivery]) -> int:
        """Those with such a result wait again; how many, never more than one word may ask for."""
        return self.db.run(
            _RESCUE,
            which=broadcast.id,
            states=[state.value for state in states],
            many=RESCUED_AT_ONCE,
        )

    def unwell(
        self, broadcast: Broadcast, states: Iterable[Delivery], many: int = LISTED
    ) -> tuple[RecipientRow, ...]:
        """Some of those with such a result."""
        wanted = [state.value for state in states]
        rows = self.db.all(_UNWELL, which=broadcast.id, states=wanted, many=many)
        return tuple(_recipient(row) for row in rows)

    def is_first_today(self, address: Address, broadcast: Broadcast) -> bool:
        """Whether the group has had no ordinary notice today; from now on it has."""
        day = self.tx.rules.calendar.local_day(self.tx.now).isoformat()
        values = {"channel": address.channel, "chat": address.chat, "day": day}
        return self.db.run(_CLAIM_DAY, broadcast=broadcast.id, **values) == 1

    def had_one_today(self, broadcast: Broadcast) -> int:
        """How many of its groups have had a notice today."""
        day = self.tx.rules.calendar.local_day(self.tx.now).isoformat()
        found: int = self.db.value(_TODAYS, which=broadcast.id, day=day)
        return found

    def hold(self, row: RecipientRow, until: datetime) -> None:
        """It is told with others, later."""
        self.db.run(_HOLD, row=row.id, ready=stored(until))

    def held_chats(self, many: int) -> tuple[Address, ...]:
        """Groups whose digest is due."""
        rows = self.db.all(_HELD_CHATS, now=stored(self.tx.now), many=many)
        return tuple(Address(channel=row.channel, chat=row.chat) for row in rows)

    def held_of(self, chat: Address) -> tuple[RecipientRow, ...]:
        """What is held for a group, oldest first."""
        rows = self.db.all(_HELD_OF_CHAT, on_channel=chat.channel, of_chat=chat.chat)
        return tuple(_recipient(row) for row in rows)

    def message_of(self, broadcast: int, addressee: Addressee) -> str:
        """The platform's number of what this recipient got of it, "" when there is none."""
        row = self.db.value(
            _MESSAGE,
            which=broadcast,
            whose=addressee.person,
            on_channel=addressee.channel,
            chat=addressee.chat or None,
        )
        return "" if row is None else self.tx.outbox.message_of(row)

    def vote(self, broadcast: int, person: int, value: str) -> None:
        """Their answer; a later one stands."""
        now = stored(self.tx.now)
        self.db.run(_VOTE, broadcast=broadcast, person=person, value=value, at=now)

    def tally(self, broadcast: Broadcast) -> Mapping[str, int]:
        """How many gave which answer."""
        rows = self.db.all(_TALLY, which=broadcast.id)
        return {row.value: row.count for row in rows}

    def _plan(self, statement: Statement, broadcast: Broadcast, found: Sequence[Addressee]) -> int:
        rows = [
            {
                "broadcast": broadcast.id,
                "channel": one.channel,
                "person": one.person,
                "contact": one.contact,
                "chat": one.chat,
                "unit": one.unit,
                "state": Delivery.WAITING.value,
            }
            for one in found
        ]
        return self.db.many(statement, rows)

    def _reached_by(
        self, of: int, cursor: str, many: int
    ) -> tuple[tuple[Addressee, ...], str | None]:
        rows = self.db.all(_REACHED_BY, which=of, after=int(cursor or 0), many=many)
        following = str(rows[-1].id) if len(rows) == many else None
        return tuple(_recipient(row).addressee for row in rows), following

    def _as_row(self, broadcast: Broadcast) -> dict[str, Any]:
        key = self.tx.vault.service_key()
        heads = broadcast.heads
        private = {
            "title": broadcast.title,
            "text": broadcast.text,
            "reason": broadcast.reason,
            "audience": audiences.as_plain(broadcast.audience),
        }
        return {
            "number": broadcast.number,
            "unit": broadcast.unit,
            "author": broadcast.author,
            "approver": broadcast.approver,
            "state": broadcast.state.value,
            "action": broadcast.action.value,
            "of": broadcast.of,
            "template": broadcast.template,
            "asks": broadcast.asks,
            "merges": broadcast.merges,
            "overrides": broadcast.overrides,
            "starts_at": _stored(broadcast.starts_at),
            "created_at": stored(broadcast.created_at),
            "planned_at": stored(broadcast.planned_at),
            "ended_at": _stored(broadcast.ended_at),
            "plan": broadcast.plan,
            "heads": json.dumps([dict(heads.people), dict(heads.groups), heads.left_out]),
            "counts": json.dumps({state.value: n for state, n in broadcast.counts.items()}),
            "doubts": broadcast.doubts,
            "told": broadcast.told,
            "key": key,
            "private": self.tx.vault.seal(key, COLUMN, private),
        }

    def _broadcast(self, row: Any) -> Broadcast:
        private = self.tx.vault.open(row.key, COLUMN, row.private)
        people, groups, left_out = json.loads(row.heads)
        return Broadcast(
            id=row.id,
            number=row.number,
            unit=row.unit,
            author=row.author,
            approver=row.approver,
            state=BroadcastState(row.state),
            action=Action(row.action),
            of=row.of,
            template=row.template,
            title=private["title"],
            text=private["text"],
            reason=private["reason"],
            audience=audiences.from_plain(private["audience"]),
            asks=bool(row.asks),
            merges=bool(row.merges),
            overrides=bool(row.overrides),
            starts_at=_moment(row.starts_at),
            created_at=moment(row.created_at),
            planned_at=moment(row.planned_at),
            ended_at=_moment(row.ended_at),
            plan=row.plan,
            heads=Heads(people=people, groups=groups, left_out=left_out),
            counts={Delivery(name): n for name, n in json.loads(row.counts).items()},
            doubts=row.doubts,
            told=row.told,
        )


def _result(row: Any) -> Delivery:
    """What the end of its outbox row means; who can be reached no more is named apart."""
    match OutboxState(row.state):
        case OutboxState.SENT:
            return Delivery.SENT
        case OutboxState.UNKNOWN:
            return Delivery.UNKNOWN
        case OutboxState.CANCELLED:
            return Delivery.CANCELLED
        case _:
            reached = row.active if row.person is None else row.reachable
            return Delivery.FAILED if reached else Delivery.BLOCKED


def _recipient(row: Any) -> RecipientRow:
    return RecipientRow(
        id=row.id,
        broadcast=row.broadcast,
        addressee=Addressee(
            channel=row.channel,
            person=row.person,
            contact=row.contact,
            chat=row.chat or "",
            unit=row.unit,
        ),
        state=Delivery(row.state),
        reason=row.reason or "",
        outbox=row.outbox,
        tries=row.tries,
    )


def _stored(at: datetime | None) -> int | None:
    return None if at is None else stored(at)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
