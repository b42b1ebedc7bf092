"""Those a broadcast goes to, one row for each: planned, fed to the outbox, held for a digest, and
settled with what became of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.audiences import Addressee
from domain.broadcasts import Broadcast, Delivery
from domain.messages import LEFT_HALFWAY, Address
from storage import recipient_statements as statements
from storage.schema import OutboxState, stored
from storage.statements import Statement, Store

RESCUED_AT_ONCE = 20_000  # rows that are tried again by one word; more need another
LISTED = 20


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
        return self._plan(statements.PLAN_PERSON, broadcast, found)

    def plan_groups(self, broadcast: Broadcast, found: Sequence[Addressee]) -> int:
        """Give these groups their rows; how many had none yet."""
        return self._plan(statements.PLAN_GROUP, broadcast, found)

    def reached_by(
        self, of: int, cursor: str, many: int
    ) -> tuple[tuple[Addressee, ...], str | None]:
        """The next of those whom another broadcast reached or may have reached, and the cursor of
        what follows, None after the last.
        """
        return self._next(statements.REACHED_BY, cursor, many, which=of)

    def silent(self, broadcast: Broadcast) -> int:
        """How many people it reached in private have not answered it."""
        found: int = self.db.value(
            statements.SILENT, which=broadcast.answered_as, author=broadcast.author
        )
        return found

    def silent_of(
        self, repeat: Broadcast, cursor: str, many: int
    ) -> tuple[tuple[Addressee, ...], str | None]:
        """The next of those who have not answered what is asked once more, and the cursor."""
        return self._next(
            statements.SILENT_OF, cursor, many, which=repeat.answered_as, author=repeat.author
        )

    def _next(
        self, statement: Statement, cursor: str, many: int, **values: Any
    ) -> tuple[tuple[Addressee, ...], str | None]:
        rows = self.db.all(statement, after=int(cursor or 0), many=many, **values)
        following = str(rows[-1].id) if len(rows) == many else None
        return tuple(_recipient(row).addressee for row in rows), following

    def waiting(self, broadcast: Broadcast, many: int) -> tuple[RecipientRow, ...]:
        """The next recipients to be written to."""
        rows = self.db.all(statements.WAITING, which=broadcast.id, many=many)
        return tuple(_recipient(row) for row in rows)

    def open_rows(self, broadcast: Broadcast) -> Mapping[Delivery, int]:
        """How many are in the outbox or held for the digest."""
        rows = self.db.all(statements.OPEN, which=broadcast.id)
        return {Delivery(row.state): row.count for row in rows}

    def queued(self, row: RecipientRow, outbox_row: int) -> None:
        """It is in the outbox."""
        self.db.run(statements.QUEUE, row=row.id, queued_as=outbox_row)

    def ended(self, row: RecipientRow, state: Delivery, reason: str) -> None:
        """What became of one that never went into the outbox."""
        self.db.run(
            statements.SETTLE,
            row=row.id,
            new_state=state.value,
            why=reason,
            now=stored(self.tx.now),
        )

    def settle(self, broadcast: Broadcast, many: int) -> tuple[Counter[Delivery], int]:
        """Write down what became of those that left the outbox; how many of each, and of how many
        the platform left us in doubt: for those that one of us left halfway it is not to blame.
        """
        rows = self.db.all(statements.FINISHED, which=broadcast.id, many=many)
        now = stored(self.tx.now)
        results = [(row, _result(row)) for row in rows]
        self.db.many(
            statements.SETTLE,
            [
                {"row": row.id, "new_state": state.value, "why": row.reason, "now": now}
                for row, state in results
            ],
        )
        doubts = sum(
            state is Delivery.UNKNOWN and row.reason not in LEFT_HALFWAY for row, state in results
        )
        return Counter(state for _, state in results), doubts

    def take_back(self, broadcast: Broadcast, state: Delivery = Delivery.WAITING) -> int:
        """What is in the outbox and has not begun to go does not go; how many."""
        ids = [row.outbox for row in self.db.all(statements.IN_OUTBOX, which=broadcast.id)]
        stopped = self.db.all(statements.STOP, ids=ids, now=stored(self.tx.now)) if ids else []
        if stopped:
            back = [row.id for row in stopped]
            self.db.run(statements.BACK, which=broadcast.id, ids=back, new_state=state.value)
        return len(stopped)

    def rescue(self, broadcast: Broadcast, states: Iterable[Delivery]) -> int:
        """Those with such a result wait again; how many, never more than one word may ask for."""
        return self.db.run(
            statements.RESCUE,
            which=broadcast.id,
            states=[state.value for state in states],
            many=RESCUED_AT_ONCE,
        )

    def unwell(
        self, broadcast: Broadcast, states: Iterable[Delivery], many: int = LISTED
    ) -> tuple[RecipientRow, ...]:
        """Some of those with such a result."""
        wanted = [state.value for state in states]
        rows = self.db.all(statements.UNWELL, which=broadcast.id, states=wanted, many=many)
        return tuple(_recipient(row) for row in rows)

    def is_first_today(self, address: Address, broadcast: Broadcast) -> bool:
        """Whether the group has had no ordinary notice today; from now on it has."""
        day = self.tx.rules.calendar.local_day(self.tx.now).isoformat()
        values = {"channel": address.channel, "chat": address.chat, "day": day}
        return self.db.run(statements.CLAIM_DAY, broadcast=broadcast.id, **values) == 1

    def had_one_today(self, broadcast: Broadcast) -> int:
        """How many of its groups have had a notice today."""
        day = self.tx.rules.calendar.local_day(self.tx.now).isoformat()
        found: int = self.db.value(statements.TODAYS, which=broadcast.id, day=day)
        return found

    def hold(self, row: RecipientRow, until: datetime) -> None:
        """It is told with others, later."""
        self.db.run(statements.HOLD, row=row.id, ready=stored(until))

    def held_chats(self, many: int) -> tuple[Address, ...]:
        """Groups whose digest is due."""
        rows = self.db.all(statements.HELD_CHATS, now=stored(self.tx.now), many=many)
        return tuple(Address(channel=row.channel, chat=row.chat) for row in rows)

    def held_of(self, chat: Address) -> tuple[RecipientRow, ...]:
        """What is held for a group, oldest first."""
        rows = self.db.all(statements.HELD_OF_CHAT, on_channel=chat.channel, of_chat=chat.chat)
        return tuple(_recipient(row) for row in rows)

    def message_of(self, broadcast: int, addressee: Addressee) -> str:
        """The platform's number of what this recipient got of it, "" when there is none."""
        row = self.db.value(
            statements.MESSAGE,
            which=broadcast,
            whose=addressee.person,
            on_channel=addressee.channel,
            chat=addressee.chat or None,
        )
        return "" if row is None else self.tx.outbox.message_of(row)

    def has(self, broadcast: Broadcast, chat: Address) -> bool:
        """Whether it goes to the group under this name."""
        where = {"on_channel": chat.channel, "chat": chat.chat}
        return self.db.value(statements.IS_THERE, which=broadcast.id, **where) is not None

    def move(self, old: Address, new: Address) -> None:
        """The group got a new name: what goes to it goes there, and it has had what it had."""
        names = {"on_channel": old.channel, "old": old.chat, "new": new.chat}
        self.db.run(statements.MOVE, **names)
        self.db.run(statements.MOVE_DAYS, **names)

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
