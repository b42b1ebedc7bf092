"""What is to be said, kept until the platform has it or refused it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, exists, or_, select, update

from domain.messages import Address, Button, Lane, Outbound
from storage.bell import Topic
from storage.keyring import BadKey
from storage.schema import UNSENT, OutboxState, moment, outbox, stored
from storage.statements import Statement, Store, adding, among

COLUMN = b"outbox.private"
TOO_LATE = "too late"  # what was good until a moment that is over
CLAIMED_FOR = 10.0  # seconds; it waits for a moment's pace at most
LEASE = 60.0  # seconds for sending
LANES = tuple(Lane)
# Said again when nobody knows whether it arrived; worst case somebody reads it twice. A broadcast
# is not: worst case is a reported gap (design.md §1, "Three outcomes").
SAID_AGAIN = frozenset({Lane.EMERGENCY, Lane.DIALOGUE, Lane.STAFF})
MAX_UNKNOWN = 5  # whoever is killed over and over may be killed at the same answer twice

_earlier = outbox.alias("earlier")
_ROW: BindParameter[Any] = bindparam("row")
_HELD = outbox.c.token == bindparam("holder")
_SENDING = outbox.c.state == OutboxState.SENDING.value
_CLAIMED = outbox.c.state == OutboxState.CLAIMED.value
# Said as the indexes say it, or SQLite would not use them.
_IS_HELD = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.SENDING.value])
_IS_UNSENT = outbox.c.state.in_([state.value for state in UNSENT])
_EXPIRED = outbox.c.lease_until <= bindparam("clock")

_ADD = Statement(
    adding(
        outbox,
        "channel",
        "address_digest",
        "lane",
        "key",
        "private",
        "person",
        "phrase",
        "number",
        "request_key",
        "created_at",
        "due_at",
        "ready_at",
    )
    .on_conflict_do_nothing(index_elements=["request_key"])
    .returning(outbox.c.id)
)
_KNOWN = Statement(select(outbox.c.id).where(outbox.c.request_key == bindparam("request_key")))
_HEADS = Statement(
    select(outbox.c.id)
    .where(
        outbox.c.channel == bindparam("on_channel"),
        outbox.c.state == OutboxState.QUEUED.value,
        outbox.c.ready_at <= bindparam("now"),
        outbox.c.lane >= bindparam("first_lane"),
        outbox.c.lane <= bindparam("last_lane"),
        ~among(outbox.c.address_digest, "busy"),
        ~exists(
            select(_earlier.c.id).where(
                _earlier.c.address_digest == outbox.c.address_digest,
                _earlier.c.lane == outbox.c.lane,
                _earlier.c.id < outbox.c.id,
                _earlier.c.state.in_([state.value for state in UNSENT]),
            )
        ),
    )
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True, of=outbox)
)
# The same for one lane with few addresses and long lines: from address to address.
_IS_STAFF = outbox.c.lane == LANES.index(Lane.STAFF)
_first = (
    select(outbox.c.id)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_STAFF, _IS_UNSENT)
    .order_by(outbox.c.address_digest, outbox.c.id)
    .limit(1)
)
_heads = select(_first.scalar_subquery().label("id")).cte("heads", recursive=True)
_behind = outbox.alias("behind")
_next = (
    select(_behind.c.id)
    .where(
        _behind.c.channel == bindparam("on_channel"),
        _behind.c.lane == LANES.index(Lane.STAFF),
        _behind.c.state.in_([state.value for state in UNSENT]),
        _behind.c.address_digest > _earlier.c.address_digest,
    )
    .order_by(_behind.c.address_digest, _behind.c.id)
    .limit(1)
    .correlate(_earlier)
)
_heads = _heads.union_all(
    select(_next.scalar_subquery()).select_from(
        _heads.join(_earlier, _earlier.c.id == _heads.c.id)
    )
)
STAFF_HEADS = Statement(
    select(outbox.c.id)
    .select_from(_heads.join(outbox, outbox.c.id == _heads.c.id))
    .where(
        outbox.c.state == OutboxState.QUEUED.value,
        outbox.c.ready_at <= bindparam("now"),
        ~among(outbox.c.address_digest, "busy"),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True, of=outbox)
)
_CLAIM = Statement(
    update(outbox)
    .where(among(outbox.c.id, "ids"), outbox.c.state == OutboxState.QUEUED.value)
    .values(
        state=OutboxState.CLAIMED.value,
        token=bindparam("holder"),
        lease_until=bindparam("until"),
    )
    .returning(outbox)
)
_START = Statement(
    update(outbox)
    .where(among(outbox.c.id, "ids"), _HELD, or_(_CLAIMED, _SENDING))
    .values(
        state=OutboxState.SENDING.value,
        attempts=outbox.c.attempts + case((_CLAIMED, 1), else_=0),
        lease_until=bindparam("until"),
    )
    .returning(outbox.c.id)
)
_SENT = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, _SENDING)
    .values(
        state=OutboxState.SENT.value,
        message=bindparam("platform_message"),
        finished_at=bindparam("now"),
    )
)
_END = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        finished_at=bindparam("now"),
    )
)
_LATER = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(
        state=OutboxState.QUEUED.value,
        reason=bindparam("why"),
        ready_at=bindparam("ready"),
        token=None,
    )
)
_RELEASE = Statement(
    update(outbox)
    .where(
        outbox.c.channel == bindparam("on_channel"),
        _IS_HELD,
        _CLAIMED,
        or_(outbox.c.token != bindparam("holder"), _EXPIRED),
    )
    .values(state=OutboxState.QUEUED.value)
)
_LET_GO = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _CLAIMED, _HELD)
    .values(state=OutboxState.QUEUED.value, token=None)
)
_GIVE_UP = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _HELD)
    .values(lease_until=0)
)
_LOST = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _SENDING, _EXPIRED)
    .values(
        state=case(
            (
                (outbox.c.unknowns + 1 < MAX_UNKNOWN)
                & outbox.c.lane.in_([LANES.index(lane) for lane in SAID_AGAIN]),
                OutboxState.QUEUED.value,
            ),
            else_=OutboxState.UNKNOWN.value,
        ),
        unknowns=outbox.c.unknowns + 1,
        reason="lease expired",
        finished_at=bindparam("now"),
    )
    .returning(outbox.c.id)
)
_COUNT_UNKNOWN = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(unknowns=outbox.c.unknowns + 1)
)
_CANCEL_PERSON = Statement(
    update(outbox)
    .where(
        outbox.c.person == bindparam("whose"),
        outbox.c.state.in_([OutboxState.QUEUED.value, OutboxState.CLAIMED.value]),
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
)
_CANCEL_ADDRESS = Statement(
    update(outbox)
    .where(
        outbox.c.address_digest == bindparam("where"),
        _IS_UNSENT,
        outbox.c.state != OutboxState.SENDING.value,
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
)
_BY_MESSAGE = Statement(
    select(outbox)
    .where(
        outbox.c.address_digest == bindparam("where"),
        outbox.c.message == bindparam("platform_message"),
        outbox.c.message.is_not(None),
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)
_GET = Statement(select(outbox).where(outbox.c.id == _ROW))
_UNSENT_AT = Statement(
    select(outbox).where(
        outbox.c.address_digest == bindparam("where"),
        _IS_UNSENT,
    )
)
_MOVE = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW)
    .values(address_digest=bindparam("where"), private=bindparam("sealed"))
)
_OF_PERSON = Statement(
    select(outbox).where(outbox.c.person == bindparam("whose")).order_by(outbox.c.id)
)
_BLANK = Statement(
    update(outbox).where(outbox.c.person == bindparam("whose")).values(private=None)
)
_GIVE = Statement(
    update(outbox).where(outbox.c.person == bindparam("drop")).values(person=bindparam("keep"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A queued message and how far it has come; `kind` is its lane."""

    id: int
    outbound: Outbound
    person: int | None
    phrase: str
    number: str
    attempts: int
    state: OutboxState
    heard: str = ""  # the key of the message it answers

    @property
    def kind(self) -> Lane:
        """What kind of message it is: what happens when nobody knows whether it arrived hangs on
        it.
        """
        return self.outbound.lane


class OutboxStore(Store):
    """Messages in the order they were said, per address and lane.

    Whoever delivers holds a row under a token; every later word about the row must name it, so a
    deliverer that was thought dead cannot change what another one has done. Leases run by the
    database's clock.
    """

    __slots__ = ()

    def add(
        self,
        outbound: Outbound,
        *,
        person: int | None,
        phrase: str,
        values: Mapping[str, Any],
        about: int | None = None,
        number: str = "",
        due_at: datetime | None = None,
        request_key: str = "",
    ) -> int:
        """Queue one message and return its row (the id of `outbound` is not looked at).

        It is sealed under the key of the person it is `about`, else of the one it is for, else of
        the day. Adding the same `request_key` again queues nothing and returns the first row.
        """
        key = self._key(about, person)
        now = stored(self.tx.now)
        added = self.db.value(
            _ADD,
            channel=outbound.address.channel,
            address_digest=self.tx.address_digest(outbound.address),
            lane=LANES.index(outbound.lane),
            key=key,
            private=self.tx.vault.seal(key, COLUMN, _as_plain(outbound, values, self.tx.heard)),
            person=person,
            phrase=phrase,
            number=number,
            request_key=request_key or None,
            created_at=now,
            due_at=None if due_at is None else stored(due_at),
            ready_at=now,
        )
        self.tx.ring(Topic.OUTBOX)
        if added is None:
            added = self.db.value(_KNOWN, request_key=request_key)
        row: int = added
        return row

    def claim(
        self,
        channel: str,
        *,
        token: str,
        limit: int,
        busy: Collection[str] = (),
        lease: float = CLAIMED_FOR,
        first: Lane = LANES[0],
        last: Lane = LANES[-1],
    ) -> tuple[OutboxRow, ...]:
        """The next messages to send, each the oldest unsent of its address and lane, urgent lanes
        first; of the lanes from `first` to `last` only.

        Nothing goes to the `busy` chats. The rows are held under `token` for `lease` seconds.
        """
        heads: list[int] = []
        kept_out = [self.tx.address_digest(Address(channel=channel, chat=chat)) for chat in busy]
        for statement, lanes in _ways(LANES.index(first), LANES.index(last)):
            if len(heads) < limit:
                found = self.db.all(
                    statement,
                    on_channel=channel,
                    now=stored(self.tx.now),
                    busy=kept_out,
                    many=limit - len(heads),
                    **lanes,
                )
                heads += (row.id for row in found)
        if not heads:
            return ()
        rows = self.db.all(
            _CLAIM,
            ids=heads,
            holder=token,
            until=self.tx.clock_after(lease),
        )
        readable = (
            self._row_or_end(row, token)
            for row in sorted(rows, key=lambda row: (row.lane, row.id))
        )
        return tuple(row for row in readable if row is not None)

    def sending(self, ids: Iterable[int], token: str, *, lease: float = LEASE) -> tuple[int, ...]:
        """Which of these may be sent now: still held, and not cancelled meanwhile. Commit before
        the call.

        Asked again, because nobody knows whether the first commit was one, it says the same.
        """
        rows = self.db.all(_START, ids=list(ids), holder=token, until=self.tx.clock_after(lease))
        return tuple(row.id for row in rows)

    def sent(self, row: int, token: str, message: str) -> bool:
        """The platform has it, under this number of its own; False when it is ours no more."""
        touched = self.db.run(
            _SENT, row=row, holder=token, platform_message=message or None, now=self._now()
        )
        return touched == 1

    def later(self, row: int, token: str, after: float, reason: str) -> bool:
        """Not sent; try again after so many seconds."""
        ready = stored(self.tx.now + timedelta(seconds=after))
        return self.db.run(_LATER, row=row, holder=token, ready=ready, why=reason) == 1

    def refused(self, row: int, token: str, reason: str) -> bool:
        """The platform will never take it."""
        return self._end(row, token, OutboxState.REFUSED, reason)

    def unknown(self, row: int, token: str, reason: str, *, retry: bool) -> bool:
        """Nobody knows whether it arrived; with `retry` it is said again, four times at most."""
        self.db.run(_COUNT_UNKNOWN, row=row, holder=token)
        found = self.db.one(_GET, row=row)
        if retry and found is not None and found.unknowns < MAX_UNKNOWN:
            return self.later(row, token, 0, reason)
        return self._end(row, token, OutboxState.UNKNOWN, reason)

    def sweep(self, channel: str, token: str) -> tuple[int, ...]:
        """Take up what those left who delivered before: what they claimed waits again, what they
        were sending is unknown once their time is over.

        Of the unknown those that may be said twice wait again, four times at most. Returns the
        rows that were being sent. `token` is ours; a row that another one claimed can no longer be
        sent by them.
        """
        clock = self.tx.clock_after(0)
        self.db.run(_RELEASE, on_channel=channel, holder=token, clock=clock)
        lost = self.db.all(_LOST, on_channel=channel, clock=clock, now=self._now())
        return tuple(row.id for row in lost)

    def give_up(self, channel: str, token: str) -> None:
        """Whoever held rows under this token is dead: nobody need wait for their time to end."""
        self.db.run(_GIVE_UP, on_channel=channel, holder=token)

    def let_go(self, channel: str, token: str) -> None:
        """What we claimed and have not begun to send waits again: we stop."""
        if self.db.run(_LET_GO, on_channel=channel, holder=token):
            self.tx.ring(Topic.OUTBOX)

    def cancel_for(self, person: int) -> int:
        """Nothing that still waits goes to this person; how much that was."""
        return self.db.run(_CANCEL_PERSON, whose=person, now=self._now())

    def cancel_address(self, address: Address) -> int:
        """Nothing that still waits goes to this address; how much that was."""
        where = self.tx.address_digest(address)
        return self.db.run(_CANCEL_ADDRESS, where=where, now=self._now())

    def by_platform_message(self, address: Address, message: str) -> OutboxRow | None:
        """Our message that has this number on the platform: somebody replies to it."""
        if not message:
            return None
        row = self.db.one(
            _BY_MESSAGE, where=self.tx.address_digest(address), platform_message=message
        )
        return None if row is None else self._row(row)

    def message_of(self, row: int) -> str:
        """The platform's number of a message that was sent, "" when it has none."""
        found = self.db.one(_GET, row=row)
        return "" if found is None else found.message or ""

    def get(self, row: int) -> OutboxRow | None:
        """One message."""
        found = self.db.one(_GET, row=row)
        return None if found is None else self._row(found)

    def move(self, old: Address, new: Address) -> None:
        """What still waits for one address goes to another: the chat got a new name."""
        for row in self.db.all(_UNSENT_AT, where=self.tx.address_digest(old)):
            plain = self.tx.vault.open(row.key, COLUMN, row.private)
            if plain is not None:
                sealed = self.tx.vault.seal(row.key, COLUMN, {**plain, "chat": new.chat})
                self.db.run(_MOVE, row=row.id, where=self.tx.address_digest(new), sealed=sealed)

    def said_to(self, person: int) -> tuple[OutboxRow, ...]:
        """Everything said to a person, oldest first."""
        return tuple(self._row(row) for row in self.db.all(_OF_PERSON, whose=person))

    def blank(self, person: int) -> None:
        """Remove the words said to a person; that something was said stays."""
        self.db.run(_BLANK, whose=person)

    def give(self, *, keep: int, drop: int) -> None:
        """What was said to one person was said to the other."""
        self.db.run(_GIVE, keep=keep, drop=drop)

    def _row_or_end(self, row: Any, token: str) -> OutboxRow | None:
        """The message; one that does not open must not keep the others from going."""
        try:
            readable = self._row(row)
            good_until = readable.outbound.good_until
            if not readable.outbound.address.chat:
                # Whom it was about was erased since: nothing of it opens any more.
                self._end(row.id, token, OutboxState.REFUSED, "erased")
            elif good_until is not None and good_until <= self.tx.now:
                self._end(row.id, token, OutboxState.CANCELLED, TOO_LATE)
            else:
                return readable
            return None
        except (BadKey, ValueError, TypeError, KeyError):
            self._end(row.id, token, OutboxState.REFUSED, "unreadable")
            return None

    def _end(self, row: int, token: str, state: OutboxState, reason: str) -> bool:
        touched = self.db.run(
            _END, row=row, holder=token, new_state=state.value, why=reason, now=self._now()
        )
        return touched == 1

    def _key(self, about: int | None, person: int | None) -> int:
        for whose in (about, person):
            if whose is not None:
                key: int = self.tx.people.key_of(whose)
                # The last word to somebody who was just erased.
                return self._today() if self.tx.vault.is_destroyed(key) else key
        return self._today()

    def _today(self) -> int:
        return self.tx.vault.day_key(self.tx.now)

    def _now(self) -> int:
        return stored(self.tx.now)

    def _row(self, row: Any) -> OutboxRow:
        plain = self.tx.vault.open(row.key, COLUMN, row.private) or {}
        outbound = Outbound(
            id=row.id,
            address=Address(channel=row.channel, chat=plain.get("chat", "")),
            lane=LANES[row.lane],
            text=plain.get("text", ""),
            buttons=tuple(Button(**button) for button in plain.get("buttons", ())),
            photos=tuple(plain.get("photos", ())),
            reply_to=plain.get("reply_to", ""),
            takes_back=plain.get("takes_back", ""),
            link=plain.get("link", ""),
            good_until=moment(plain["good_until"]) if "good_until" in plain else None,
        )
        return OutboxRow(
            id=row.id,
            outbound=outbound,
            person=row.person,
            phrase=row.phrase,
            number=row.number,
            attempts=row.attempts,
            state=OutboxState(row.state),
            heard=plain.get("heard", ""),
        )


def _as_plain(outbound: Outbound, values: Mapping[str, Any], heard: str) -> dict[str, Any]:
    plain = {
        "chat": outbound.address.chat,
        "text": outbound.text,
        "buttons": [{"label": one.label, "token": one.token} for one in outbound.buttons],
        "photos": list(outbound.photos),
        "reply_to": outbound.reply_to,
        "takes_back": outbound.takes_back,
        "link": outbound.link,
        "good_until": None if outbound.good_until is None else stored(outbound.good_until),
        "values": dict(values),
        "heard": heard,
    }
    return {name: value for name, value in plain.items() if value}


def _ways(first: int, last: int) -> Iterator[tuple[Statement, dict[str, int]]]:
    """How the heads of the lanes from `first` to `last` are found, urgent lanes first."""
    staff = LANES.index(Lane.STAFF)
    if first < staff:
        yield _HEADS, {"first_lane": first, "last_lane": min(last, staff - 1)}
    if first <= staff <= last:
        yield STAFF_HEADS, {}
    if last > staff:
        yield _HEADS, {"first_lane": max(first, staff + 1), "last_lane": last}
