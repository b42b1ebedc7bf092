"""What is to be said, kept until the platform has it or refused it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.messages import Address, Button, Lane, Outbound
from storage import outbox_statements as statements
from storage.bell import Topic
from storage.keyring import BadKey
from storage.outbox_statements import IN_DANGER, LANES, MAX_UNKNOWN, PATIENCE
from storage.schema import OutboxState, moment, stored
from storage.statements import Store

COLUMN = b"outbox.private"
TOO_LATE = "too late"  # what was good until a moment that is over
CLAIMED_FOR = 10.0  # seconds; it waits for a moment's pace at most
LEASE = 60.0  # seconds for sending


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
        not_before: datetime | None = None,
    ) -> int:
        """Queue one message and return its row (the id of `outbound` is not looked at).

        It is sealed under the key of the person it is `about`, else of the one it is for, else of
        the day. Adding the same `request_key` again queues nothing and returns the first row.
        """
        key = self._key(about, person)
        now = stored(self.tx.now)
        added = self.db.value(
            statements.ADD,
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
            ready_at=now if not_before is None else stored(not_before),
        )
        self.tx.ring(Topic.OUTBOX)
        if added is None:
            added = self.db.value(statements.KNOWN, request_key=request_key)
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
        for statement, lanes in statements.heads(LANES.index(first), LANES.index(last)):
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
            statements.CLAIM,
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
        rows = self.db.all(
            statements.START, ids=list(ids), holder=token, until=self.tx.clock_after(lease)
        )
        return tuple(row.id for row in rows)

    def sent(self, row: int, token: str, message: str) -> bool:
        """The platform has it, under this number of its own; False when it is ours no more."""
        touched = self.db.run(
            statements.SENT,
            row=row,
            holder=token,
            platform_message=message or None,
            now=self._now(),
        )
        return touched == 1

    def later(self, row: int, token: str, after: float, reason: str) -> bool:
        """Not sent; try again after so many seconds."""
        ready = stored(self.tx.now + timedelta(seconds=after))
        return self.db.run(statements.LATER, row=row, holder=token, ready=ready, why=reason) == 1

    def refused(self, row: int, token: str, reason: str) -> bool:
        """The platform will never take it."""
        return self._end(row, token, OutboxState.REFUSED, reason)

    def unknown(
        self, row: int, token: str, reason: str, *, retry: bool, patient: bool = False
    ) -> bool:
        """Nobody knows whether it arrived; with `retry` it is said again, four times at most.

        With `patient` that is not at once, and ever later (`wake`).
        """
        self.db.run(statements.COUNT_UNKNOWN, row=row, holder=token)
        found = self.db.one(statements.GET, row=row)
        if retry and found is not None and found.unknowns < MAX_UNKNOWN:
            hurry = IN_DANGER if found.lane == LANES.index(Lane.EMERGENCY) else 1.0
            after = hurry * PATIENCE[found.unknowns - 1] if patient else 0.0
            return self.later(row, token, after, reason)
        return self._end(row, token, OutboxState.UNKNOWN, reason)

    def wake(self, channel: str) -> None:
        """The platform is well again: what waits for that may be said at once."""
        if self.db.run(statements.WAKE, on_channel=channel, now=self._now()):
            self.tx.ring(Topic.OUTBOX)

    def sweep(self, channel: str, token: str) -> tuple[int, ...]:
        """Take up what those left who delivered before: what they claimed waits again, what they
        were sending is unknown once their time is over.

        Of the unknown those that may be said twice wait again, four times at most. Returns the
        rows that were being sent. `token` is ours; a row that another one claimed can no longer be
        sent by them.
        """
        clock = self.tx.clock_after(0)
        self.db.run(statements.RELEASE, on_channel=channel, holder=token, clock=clock)
        lost = self.db.all(statements.LOST, on_channel=channel, clock=clock, now=self._now())
        return tuple(row.id for row in lost)

    def give_up(self, channel: str, token: str) -> None:
        """Whoever held rows under this token is dead: nobody need wait for their time to end."""
        self.db.run(statements.GIVE_UP, on_channel=channel, holder=token)

    def let_go(self, channel: str, token: str) -> None:
        """What we claimed and have not begun to send waits again: we stop."""
        if self.db.run(statements.LET_GO, on_channel=channel, holder=token):
            self.tx.ring(Topic.OUTBOX)

    def cancel_for(self, person: int) -> int:
        """Nothing that still waits goes to this person; how much that was."""
        return self.db.run(statements.CANCEL_PERSON, whose=person, now=self._now())

    def cancel_address(self, address: Address) -> int:
        """Nothing that still waits goes to this address; how much that was."""
        where = self.tx.address_digest(address)
        return self.db.run(statements.CANCEL_ADDRESS, where=where, now=self._now())

    def by_platform_message(self, address: Address, message: str) -> OutboxRow | None:
        """Our message that has this number on the platform: somebody replies to it."""
        if not message:
            return None
        row = self.db.one(
            statements.BY_MESSAGE, where=self.tx.address_digest(address), platform_message=message
        )
        return None if row is None else self._row(row)

    def message_of(self, row: int) -> str:
        """The platform's number of a message that was sent, "" when it has none."""
        found = self.db.one(statements.GET, row=row)
        return "" if found is None else found.message or ""

    def get(self, row: int) -> OutboxRow | None:
        """One message."""
        found = self.db.one(statements.GET, row=row)
        return None if found is None else self._row(found)

    def move(self, old: Address, new: Address) -> None:
        """What still waits for one address goes to another: the chat got a new name."""
        for row in self.db.all(statements.UNSENT_AT, where=self.tx.address_digest(old)):
            plain = self.tx.vault.open(row.key, COLUMN, row.private)
            if plain is not None:
                sealed = self.tx.vault.seal(row.key, COLUMN, {**plain, "chat": new.chat})
                self.db.run(
                    statements.MOVE, row=row.id, where=self.tx.address_digest(new), sealed=sealed
                )

    def said_to(self, person: int) -> tuple[OutboxRow, ...]:
        """Everything said to a person, oldest first."""
        return tuple(self._row(row) for row in self.db.all(statements.OF_PERSON, whose=person))

    def blank(self, person: int) -> None:
        """Remove the words said to a person; that something was said stays."""
        self.db.run(statements.BLANK, whose=person)

    def give(self, *, keep: int, drop: int) -> None:
        """What was said to one person was said to the other."""
        self.db.run(statements.GIVE, keep=keep, drop=drop)

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
            statements.END,
            row=row,
            holder=token,
            new_state=state.value,
            why=reason,
            now=self._now(),
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
