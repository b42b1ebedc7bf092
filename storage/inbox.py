"""What was heard, kept until it has been handled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from domain.messages import Inbound
from storage import inbox_statements as statements
from storage.bell import Topic
from storage.errors import Conflict
from storage.inbox_rows import DeadLetter, InboxRow, LeftOver, as_inbound, as_plain, row_of
from storage.keyring import BadKey, Keyring
from storage.schema import InboxState, moment, stored
from storage.statements import Statement, Store

COLUMN = b"inbox.private"
LEASE = 30.0  # seconds
MAX_ATTEMPTS = 5
LAST = 2**63 - 1  # a platform's own numbers are smaller
FIRST_BACK_OFF = timedelta(seconds=1)  # doubled at every attempt
BLANK_FOR = timedelta(days=2)  # longer than any platform repeats itself


class MustBeAlone(Exception):
    """The next message failed before: whoever tries it again must do so with nothing beside."""


def message_key(keyring: Keyring, inbound: Inbound) -> str:
    """What stands for one message wherever it goes, logs included."""
    return keyring.digest("inbound", f"{inbound.channel}:{inbound.key}")


class InboxStore(Store):
    """Messages in the order they were said, each handled once.

    Leases run by the database's clock; when a message may be tried (again) by the business clock.
    """

    __slots__ = ()

    def accept(self, inbound: Inbound, *, owner: str, lease: float = LEASE) -> tuple[int, bool]:
        """The row of this event and whether it is new; a repeat finds the row there is."""
        (row,) = self._rows([(self._event(inbound), inbound)], owner=owner, lease=lease)
        added = self.db.value(statements.ADD, **row)
        if lease <= 0:
            self.tx.ring(Topic.INBOX)
        if added is not None:
            return added, True
        return self.db.value(statements.KNOWN, digest=row["digest"]), False

    def accept_all(
        self, inbounds: Sequence[Inbound], *, owner: str, lease: float = LEASE
    ) -> tuple[bool, ...]:
        """Which of these events are new, all of them kept; of one twice the second is a repeat.

        Raises Conflict when another process is keeping one of them at this moment.
        """
        digests = [self._event(inbound) for inbound in inbounds]
        seen = {row.digest for row in self.db.all(statements.KNOWN_OF, digests=digests)}
        new: list[tuple[str, Inbound]] = []
        fresh: list[bool] = []
        for digest, inbound in zip(digests, inbounds, strict=True):
            fresh.append(digest not in seen)
            if digest not in seen:
                seen.add(digest)
                new.append((digest, inbound))
        rows = self._rows(new, owner=owner, lease=lease)
        if lease <= 0:
            self.tx.ring(Topic.INBOX)
        if self.db.many(statements.ADD_MANY, rows) != len(rows):
            raise Conflict("the inbox", 0)
        return tuple(fresh)

    def begin(
        self,
        conversation: str,
        *,
        owner: str,
        lease: float = LEASE,
        alone: bool = False,
        leading: Callable[[tuple[InboxRow, ...]], tuple[InboxRow, ...]] = tuple,
    ) -> tuple[InboxRow, ...]:
        """The rows to handle now, their attempt counted and leased to `owner`; none when it is
        not our turn.

        Of those that may be handled it takes what `leading` picks; the others stay as they are.
        Nothing is taken while somebody else holds a living lease on an older or newer row of the
        conversation; our own leases on it are given up, so that whoever is at it goes on with
        them. A row that failed before comes by itself, after its back-off, and everything said
        later waits for it; raises MustBeAlone when the caller is not `alone`.
        """
        digest = self._conversation(conversation)
        rows = self.db.all(statements.IN_SIGHT, conversation=digest, now=stored(self.tx.now))
        clock = self.tx.clock_after(0)
        if any(row.lease_until > clock and row.owner != owner for row in rows):
            self.db.run(statements.LET_GO, conversation=digest, me=owner)
            return ()
        turn = self._turn(rows)
        if turn and turn[0].attempts > 0 and not alone:
            raise MustBeAlone
        taken = leading(self._readable(turn, owner))
        if taken:
            self.db.run(
                statements.TAKE,
                ids=[row.id for row in taken],
                me=owner,
                until=self.tx.clock_after(lease),
            )
        return taken

    def unfinished(self, conversation: str) -> tuple[InboxRow, ...]:
        """Every row of the conversation that is not handled yet, oldest first."""
        rows = self.db.all(statements.UNFINISHED, conversation=self._conversation(conversation))
        heard = ((row, self._inbound(row)) for row in rows)
        return tuple(
            row_of(row, inbound, row.owner, row.attempts)
            for row, inbound in heard
            if inbound is not None
        )

    def postpone(self, rows: Sequence[InboxRow], until: datetime) -> bool:
        """Wait for more words until then; the attempt does not count. False when somebody else has
        begun since.
        """
        return self._end(statements.POSTPONE, rows, ready=stored(until))

    def hand_back(self, rows: Sequence[InboxRow]) -> bool:
        """The attempt did not count, through no fault of theirs; False as with `postpone`."""
        return self._end(statements.HAND_BACK, rows)

    def finish(self, rows: Sequence[InboxRow]) -> bool:
        """These were handled by whoever began them; False when somebody else has begun since.

        After False nothing may be committed: some of them may be handled elsewhere.
        """
        return self._end(statements.FINISH, rows)

    def hold(self, rows: Sequence[InboxRow], until: datetime) -> None:
        """These, just finished, are not handled after all: nobody sees them before then, and what
        was said later goes before them.
        """
        self.db.run(statements.HOLD, ids=[row.id for row in rows], ready=stored(until))

    def empty(self, rows: Sequence[InboxRow]) -> None:
        """What these said is removed; that they were said stays known while they may be
        repeated.
        """
        self.db.run(statements.EMPTY, ids=[row.id for row in rows])

    def release(self, owner: str) -> None:
        """Whatever this owner holds is free at once: it stops."""
        if self.db.run(statements.RELEASE, me=owner):
            self.tx.ring(Topic.INBOX)

    def inherit(self, owner: str) -> None:
        """What former lives of this owner ("name.3": "name.1", "name.2") held is free: they are
        dead.
        """
        family, _, _ = owner.rpartition(".")
        self.db.run(statements.INHERIT, family=f"{family}.", me=owner)

    def failed(self, rows: Sequence[InboxRow], error_class: str) -> tuple[InboxRow, ...]:
        """Try these again after a back-off; those tried too often are returned and are dead
        letters now. What somebody else has begun since is left to them.
        """
        dead = []
        for row in rows:
            is_dead = row.attempts >= MAX_ATTEMPTS
            back_off = FIRST_BACK_OFF * 2 ** max(row.attempts - 1, 0)
            touched = self.db.run(
                statements.FAILED,
                row=row.id,
                me=row.owner,
                attempt=row.attempts,
                new_state=(InboxState.DEAD if is_dead else InboxState.NEW).value,
                failure=error_class,
                tried=min(row.attempts, MAX_ATTEMPTS),  # one begun only to be ended is none
                ready=stored(self.tx.now + back_off),
            )
            if touched and is_dead:
                dead.append(row)
        return tuple(dead)

    def ready(self, limit: int, *, owner: str) -> tuple[str, ...]:
        """Conversations with something to handle that nobody else holds a living lease on, oldest
        first.
        """
        return tuple(self.left_over(limit, owner=owner).conversations.values())

    def left_over(self, limit: int, *, owner: str) -> LeftOver:
        """The same, and which messages keep theirs from being known: they do not open."""
        found = self.db.all(
            statements.READY,
            now=stored(self.tx.now),
            clock=self.tx.clock_after(0),
            me=owner,
            many=limit,
        )
        rows = (self.db.one(statements.ROW, row=row.first) for row in found)
        heard = [(row.id, self._inbound(row)) for row in rows if row]
        return LeftOver(
            conversations={row: inbound.conversation for row, inbound in heard if inbound},
            free=frozenset(row.first for row in found if not row.mine),
            unreadable=tuple(row for row, inbound in heard if inbound is None),
        )

    def keep(self, free: Iterable[int], *, owner: str, lease: float) -> frozenset[int]:
        """Which of these are kept for `owner` now: of several processes that look at once each
        gets others, and none waits for another.
        """
        rows = self.db.all(statements.FREE, ids=list(free), clock=self.tx.clock_after(0))
        kept = [row.id for row in rows]
        self.db.run(statements.KEEP, ids=kept, me=owner, until=self.tx.clock_after(lease))
        return frozenset(kept)

    def bury(self, ids: Sequence[int]) -> None:
        """These do not open and never will by themselves: dead letters."""
        self.db.run(statements.BURY, ids=list(ids))

    def dead_letters(self, limit: int = 20) -> tuple[DeadLetter, ...]:
        """The newest messages that were given up."""
        return tuple(
            DeadLetter(
                id=row.id,
                inbound=self._inbound(row),
                attempts=row.attempts,
                error=row.error or "",
                received_at=moment(row.received_at),
            )
            for row in self.db.all(statements.DEAD, many=limit)
        )

    def replay(self, letter: int) -> bool:
        """Have a dead letter tried again from the start; whether it was one."""
        self.tx.ring(Topic.INBOX)
        return self.db.run(statements.REPLAY, row=letter, now=stored(self.tx.now)) == 1

    def forget(self) -> bool:
        """Drop a share of what was only counted a while ago; whether there is more."""
        before = stored(self.tx.now - BLANK_FOR)
        return self.db.run(statements.FORGET, before=before) == statements.FORGOTTEN_AT_ONCE

    def blank(self, conversations: Sequence[str]) -> None:
        """Remove what was said in these conversations (digests); that it was said stays known."""
        self.db.run(statements.BLANK, conversations=list(conversations))

    def _turn(self, rows: list[Any]) -> list[Any]:
        """The rows that may be handled now: the one that failed before, or all fresh ones before
        it once any of them is due.
        """
        now = stored(self.tx.now)
        if rows and rows[0].attempts > 0:
            return rows[:1] if rows[0].ready_at <= now else []
        fresh = list(takewhile(lambda row: row.attempts == 0, rows))
        return fresh if any(row.ready_at <= now for row in fresh) else []

    def _readable(self, rows: list[Any], owner: str) -> tuple[InboxRow, ...]:
        """The rows as they are begun; one that does not open will never do: a dead letter."""
        opened = [(row, self._inbound(row)) for row in rows]
        if broken := [row.id for row, inbound in opened if inbound is None]:
            self.bury(broken)
        return tuple(
            row_of(row, inbound, owner, row.attempts + 1)
            for row, inbound in opened
            if inbound is not None
        )

    def _end(self, statement: Statement, rows: Sequence[InboxRow], **values: Any) -> bool:
        """Whether all of these rows were still ours to end so."""
        touched = self.db.run(
            statement,
            ids=[row.id for row in rows],
            me=rows[0].owner,
            attempt=rows[0].attempts,
            **values,
        )
        return touched == len(rows)

    def _inbound(self, row: Any) -> Inbound | None:
        """What was heard; None when its key is gone, or it does not open with it."""
        try:
            plain = self.tx.vault.open(row.key, COLUMN, row.private)
            return None if plain is None else as_inbound(plain)
        except (BadKey, ValueError, TypeError, KeyError):
            return None

    def _rows(
        self, events: Sequence[tuple[str, Inbound]], *, owner: str, lease: float
    ) -> list[dict[str, Any]]:
        """What is stored of events (each with its digest) that arrive now."""
        if not events:
            return []
        key, now = self.tx.vault.day_key(self.tx.now), stored(self.tx.now)
        until = self.tx.clock_after(lease)
        return [
            {
                "digest": digest,
                "channel": inbound.channel,
                "conversation": self._conversation(inbound.conversation),
                "position": max(-LAST, min(inbound.order, LAST)),
                "key": key,
                "private": self.tx.vault.seal(key, COLUMN, as_plain(inbound)),
                "received_at": now,
                "ready_at": now,
                "owner": owner,
                "lease_until": until,
            }
            for digest, inbound in events
        ]

    def _event(self, inbound: Inbound) -> str:
        return message_key(self.tx.keyring, inbound)

    def _conversation(self, key: str) -> str:
        return self._digest("conversation", key)

    def _digest(self, kind: str, value: str) -> str:
        return self.tx.keyring.digest(kind, value)
