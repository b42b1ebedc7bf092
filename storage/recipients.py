"""Those a broadcast goes to, one row for each: planned, fed to the outbox, held for a digest, and
settled with what became of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, exists, func, or_, select, update

from domain.audiences import Addressee
from domain.broadcasts import Broadcast, BroadcastState, Delivery
from domain.messages import Address
from storage.schema import (
    OutboxState,
    broadcast_recipients,
    broadcasts,
    chats,
    contacts,
    notice_days,
    outbox,
    stored,
)
from storage.statements import Statement, Store, adding, among

RESCUED_AT_ONCE = 20_000  # rows that are tried again by one word; more need another
LISTED = 20

_rows = broadcast_recipients
_OF: BindParameter[Any] = bindparam("which")
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
_there = _rows.alias("there")
_IS_THERE = Statement(
    select(_rows.c.id).where(
        _rows.c.broadcast == _OF,
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("chat"),
    )
)
_MOVE = Statement(
    update(_rows)
    .where(
        _rows.c.broadcast.in_(select(broadcasts.c.id)),  # the index goes by broadcast
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("old"),
        ~exists(
            select(_there.c.id).where(
                _there.c.broadcast == _rows.c.broadcast,
                _there.c.channel == _rows.c.channel,
                _there.c.chat == bindparam("new"),
            )
        ),
    )
    .values(chat=bindparam("new"))
)
_day = notice_days.alias("day_there")
_MOVE_DAYS = Statement(
    update(notice_days)
    .where(
        notice_days.c.channel == bindparam("on_channel"),
        notice_days.c.chat == bindparam("old"),
        ~exists(
            select(_day.c.day).where(
                _day.c.channel == notice_days.c.channel,
                _day.c.chat == bindparam("new"),
                _day.c.day == notice_days.c.day,
            )
        ),
    )
    .values(chat=bindparam("new"))
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


class RecipientStore(Store):
    """Recipients of broadcasts; whoever changes some has locked their broadcast."""

    __slots__ = ()

    def plan_people(self, broadcast: Broadcast, found: Sequence[Addressee]) -> int:
        """Give these people their rows; how many had none yet."""
        return self._plan(_PLAN_PERSON, broadcast, found)

    def plan_groups(self, broadcast: Broadcast, found: Sequence[Addressee]) -> int:
        """Give these groups their rows; how many had none yet."""
        return self._plan(_PLAN_GROUP, broadcast, found)

    def reached_by(
        self, of: int, cursor: str, many: int
    ) -> tuple[tuple[Addressee, ...], str | None]:
        """The next of those whom another broadcast reached or may have reached, and the cursor of
        what follows, None after the last.
        """
        rows = self.db.all(_REACHED_BY, which=of, after=int(cursor or 0), many=many)
        following = str(rows[-1].id) if len(rows) == many else None
        return tuple(_recipient(row).addressee for row in rows), following

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

    def has(self, broadcast: Broadcast, chat: Address) -> bool:
        """Whether it goes to the group under this name."""
        where = {"on_channel": chat.channel, "chat": chat.chat}
        return self.db.value(_IS_THERE, which=broadcast.id, **where) is not None

    def move(self, old: Address, new: Address) -> None:
        """The group got a new name: what goes to it goes there, and it has had what it had."""
        names = {"on_channel": old.channel, "old": old.chat, "new": new.chat}
        self.db.run(_MOVE, **names)
        self.db.run(_MOVE_DAYS, **names)

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


def _result(row: Any) -> Delivery:
    """What the end of its outbox row means; who can be reached no more is named apart."""
    reached = row.active if row.person is None else row.reachable
    match OutboxState(row.state):
        case OutboxState.SENT:
            return Delivery.SENT
        case OutboxState.UNKNOWN:
            return Delivery.UNKNOWN
        case OutboxState.CANCELLED if reached:
            return Delivery.CANCELLED
        case _:
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
