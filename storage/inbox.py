"""What was heard, kept until it has been handled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, not_, or_, select, update

from domain.messages import (
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
)
from storage.bell import Topic
from storage.errors import Conflict
from storage.keyring import BadKey, Keyring
from storage.schema import InboxState, inbox, moment, stored
from storage.statements import Statement, Store, adding, among

COLUMN = b"inbox.private"
LEASE = 30.0  # seconds
MAX_ATTEMPTS = 5
_NEVER_MISSING = {"channel": "", "key": "", "chat": "", "account": ""}
LAST = 2**63 - 1  # a platform's own numbers are smaller
FIRST_BACK_OFF = timedelta(seconds=1)  # doubled at every attempt
FORGOTTEN_AT_ONCE = 2_000
_FIELDS = tuple(field.name for field in fields(Inbound))
AT_A_GLANCE = 64  # messages of one conversation looked at together
BLANK_FOR = timedelta(days=2)  # longer than any platform repeats itself

_NEW = inbox.c.state == InboxState.NEW.value
_OF_CONVERSATION = inbox.c.conversation == bindparam("conversation")
_LISTED = among(inbox.c.id, "ids")

_INSERT = adding(
    inbox,
    "digest",
    "channel",
    "conversation",
    "position",
    "key",
    "private",
    "received_at",
    "ready_at",
    "owner",
    "lease_until",
).on_conflict_do_nothing(index_elements=["digest"])
_ADD = Statement(_INSERT.returning(inbox.c.id))
_ADD_MANY = Statement(_INSERT)
_KNOWN_OF = Statement(select(inbox.c.digest).where(among(inbox.c.digest, "digests")))
_KNOWN = Statement(select(inbox.c.id).where(inbox.c.digest == bindparam("digest")))
_UNFINISHED = Statement(
    select(inbox).where(_NEW, _OF_CONVERSATION).order_by(inbox.c.position, inbox.c.id)
)
_IN_SIGHT = Statement(
    select(inbox)
    .where(_NEW, _OF_CONVERSATION, or_(not_(inbox.c.held), inbox.c.ready_at <= bindparam("now")))
    .order_by(inbox.c.position, inbox.c.id)
    .limit(AT_A_GLANCE)
    .with_for_update()
)
_LET_GO = Statement(
    update(inbox)
    .where(_NEW, _OF_CONVERSATION, inbox.c.owner == bindparam("me"))
    .values(lease_until=0)
)
_RELEASE = Statement(
    update(inbox).where(_NEW, inbox.c.owner == bindparam("me")).values(lease_until=0)
)
_INHERIT = Statement(
    update(inbox)
    .where(
        _NEW,
        inbox.c.owner.startswith(bindparam("family")),
        inbox.c.owner != bindparam("me"),
    )
    .values(lease_until=0)
)
_TAKE = Statement(
    update(inbox)
    .where(_LISTED)
    .values(attempts=inbox.c.attempts + 1, owner=bindparam("me"), lease_until=bindparam("until"))
)
# Whoever begins a message writes its name on it and counts the attempt: both together are the
# fencing token that every later word about it must show.
_BEGUN_BY_ME = (
    _NEW,
    inbox.c.owner == bindparam("me"),
    inbox.c.attempts == bindparam("attempt"),
)
_POSTPONE = Statement(
    update(inbox)
    .where(_LISTED, *_BEGUN_BY_ME)
    .values(ready_at=bindparam("ready"), waited=True, attempts=inbox.c.attempts - 1, lease_until=0)
)
_HAND_BACK = Statement(
    update(inbox)
    .where(_LISTED, *_BEGUN_BY_ME)
    .values(attempts=inbox.c.attempts - 1, lease_until=0)
)
_BURY = Statement(
    update(inbox)
    .where(_NEW, _LISTED)
    .values(state=InboxState.DEAD.value, error="Unreadable", lease_until=0)
)
_FINISH = Statement(
    update(inbox).where(_LISTED, *_BEGUN_BY_ME).values(state=InboxState.DONE.value, lease_until=0)
)
_HOLD = Statement(
    update(inbox)
    .where(_LISTED, inbox.c.state == InboxState.DONE.value)
    .values(
        state=InboxState.NEW.value,
        held=True,
        waited=True,
        ready_at=bindparam("ready"),
        attempts=inbox.c.attempts - 1,
    )
)
_EMPTY = Statement(update(inbox).where(_LISTED).values(private=None))
_FAILED = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), *_BEGUN_BY_ME)
    .values(
        state=bindparam("new_state"),
        error=bindparam("failure"),
        ready_at=bindparam("ready"),
        lease_until=0,
    )
)
_HELD_BY_ANOTHER = case(
    (and_(inbox.c.owner != bindparam("me"), inbox.c.lease_until > bindparam("clock")), 1), else_=0
)
_HELD_BY_ME = case(
    (and_(inbox.c.owner == bindparam("me"), inbox.c.lease_until > bindparam("clock")), 1), else_=0
)
_BACKING_OFF = case((and_(inbox.c.attempts > 0, inbox.c.ready_at > bindparam("now")), 1), else_=0)
_READY = Statement(
    select(
        inbox.c.conversation,
        func.min(inbox.c.id).label("first"),
        func.max(_HELD_BY_ME).label("mine"),
    )
    .where(_NEW)
    .group_by(inbox.c.conversation)
    .having(
        func.min(inbox.c.ready_at) <= bindparam("now"),
        func.max(_HELD_BY_ANOTHER) == 0,
        func.max(_BACKING_OFF) == 0,
    )
    .order_by(func.min(inbox.c.id))
    .limit(bindparam("many"))
)
_FREE = Statement(
    select(inbox.c.id)
    .where(_NEW, _LISTED, inbox.c.lease_until <= bindparam("clock"))
    .with_for_update(skip_locked=True)
)
_KEEP = Statement(
    update(inbox)
    .where(_NEW, _LISTED)
    .values(owner=bindparam("me"), lease_until=bindparam("until"))
)
_ROW = Statement(select(inbox).where(inbox.c.id == bindparam("row")))
_DEAD = Statement(
    select(inbox)
    .where(inbox.c.state == InboxState.DEAD.value)
    .order_by(inbox.c.id.desc())
    .limit(bindparam("many"))
)
_REPLAY = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.state == InboxState.DEAD.value)
    .values(state=InboxState.NEW.value, attempts=0, ready_at=bindparam("now"), lease_until=0)
)
_FORGET = Statement(
    delete(inbox).where(
        inbox.c.id.in_(
            select(inbox.c.id)
            .where(
                inbox.c.private.is_(None),
                inbox.c.received_at < bindparam("before"),
                inbox.c.state == InboxState.DONE.value,
            )
            .order_by(inbox.c.received_at)
            .limit(FORGOTTEN_AT_ONCE)
        )
    )
)
_BLANK = Statement(
    update(inbox)
    .where(among(inbox.c.conversation, "conversations"), inbox.c.state != InboxState.NEW.value)
    .values(private=None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """An accepted message that is not handled yet; `attempts` counts the one `owner` now makes."""

    id: int
    inbound: Inbound
    owner: str
    attempts: int
    received_at: datetime
    ready_at: datetime
    waited: bool
    held: bool

    @property
    def conversation(self) -> str:
        """The key of the conversation it belongs to."""
        return self.inbound.conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that failed every time it was tried; staff may have it tried again."""

    id: int
    inbound: Inbound | None  # None once its day's key is gone
    attempts: int
    error: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """What waits and no other is at: the oldest row of each, and its conversation."""

    conversations: Mapping[int, str]
    free: frozenset[int]  # rows nobody holds; the others are ours
    unreadable: tuple[int, ...]


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
        added = self.db.value(_ADD, **row)
        if lease <= 0:
            self.tx.ring(Topic.INBOX)
        if added is not None:
            return added, True
        return self.db.value(_KNOWN, digest=row["digest"]), False

    def accept_all(
        self, inbounds: Sequence[Inbound], *, owner: str, lease: float = LEASE
    ) -> tuple[bool, ...]:
        """Which of these events are new, all of them kept; of one twice the second is a repeat.

        Raises Conflict when another process is keeping one of them at this moment.
        """
        digests = [self._event(inbound) for inbound in inbounds]
        seen = {row.digest for row in self.db.all(_KNOWN_OF, digests=digests)}
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
        if self.db.many(_ADD_MANY, rows) != len(rows):
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
        rows = self.db.all(_IN_SIGHT, conversation=digest, now=stored(self.tx.now))
        clock = self.tx.clock_after(0)
        if any(row.lease_until > clock and row.owner != owner for row in rows):
            self.db.run(_LET_GO, conversation=digest, me=owner)
            return ()
        turn = self._turn(rows)
        if turn and turn[0].attempts > 0 and not alone:
            raise MustBeAlone
        taken = leading(self._readable(turn, owner))
        if taken:
            self.db.run(
                _TAKE,
                ids=[row.id for row in taken],
                me=owner,
                until=self.tx.clock_after(lease),
            )
        return taken

    def unfinished(self, conversation: str) -> tuple[InboxRow, ...]:
        """Every row of the conversation that is not handled yet, oldest first."""
        rows = self.db.all(_UNFINISHED, conversation=self._conversation(conversation))
        heard = ((row, self._inbound(row)) for row in rows)
        return tuple(
            _row(row, inbound, row.owner, row.attempts)
            for row, inbound in heard
            if inbound is not None
        )

    def postpone(self, rows: Sequence[InboxRow], until: datetime) -> bool:
        """Wait for more words until then; the attempt does not count. False when somebody else has
        begun since.
        """
        return self._end(_POSTPONE, rows, ready=stored(until))

    def hand_back(self, rows: Sequence[InboxRow]) -> bool:
        """The attempt did not count, through no fault of theirs; False as with `postpone`."""
        return self._end(_HAND_BACK, rows)

    def finish(self, rows: Sequence[InboxRow]) -> bool:
        """These were handled by whoever began them; False when somebody else has begun since.

        After False nothing may be committed: some of them may be handled elsewhere.
        """
        return self._end(_FINISH, rows)

    def hold(self, rows: Sequence[InboxRow], until: datetime) -> None:
        """These, just finished, are not handled after all: nobody sees them before then, and what
        was said later goes before them.
        """
        self.db.run(_HOLD, ids=[row.id for row in rows], ready=stored(until))

    def empty(self, rows: Sequence[InboxRow]) -> None:
        """What these said is removed; that they were said stays known while they may be
        repeated.
        """
        self.db.run(_EMPTY, ids=[row.id for row in rows])

    def release(self, owner: str) -> None:
        """Whatever this owner holds is free at once: it stops."""
        if self.db.run(_RELEASE, me=owner):
            self.tx.ring(Topic.INBOX)

    def inherit(self, owner: str) -> None:
        """What former lives of this owner ("name.3": "name.1", "name.2") held is free: they are
        dead.
        """
        family, _, _ = owner.rpartition(".")
        self.db.run(_INHERIT, family=f"{family}.", me=owner)

    def failed(self, rows: Sequence[InboxRow], error_class: str) -> tuple[InboxRow, ...]:
        """Try these again after a back-off; those tried too often are returned and are dead
        letters now. What somebody else has begun since is left to them.
        """
        dead = []
        for row in rows:
            is_dead = row.attempts >= MAX_ATTEMPTS
            back_off = FIRST_BACK_OFF * 2 ** max(row.attempts - 1, 0)
            touched = self.db.run(
                _FAILED,
                row=row.id,
                me=row.owner,
                attempt=row.attempts,
                new_state=(InboxState.DEAD if is_dead else InboxState.NEW).value,
                failure=error_class,
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
            _READY,
            now=stored(self.tx.now),
            clock=self.tx.clock_after(0),
            me=owner,
            many=limit,
        )
        rows = (self.db.one(_ROW, row=row.first) for row in found)
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
        rows = self.db.all(_FREE, ids=list(free), clock=self.tx.clock_after(0))
        kept = [row.id for row in rows]
        self.db.run(_KEEP, ids=kept, me=owner, until=self.tx.clock_after(lease))
        return frozenset(kept)

    def bury(self, ids: Sequence[int]) -> None:
        """These do not open and never will by themselves: dead letters."""
        self.db.run(_BURY, ids=list(ids))

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
            for row in self.db.all(_DEAD, many=limit)
        )

    def replay(self, letter: int) -> bool:
        """Have a dead letter tried again from the start; whether it was one."""
        self.tx.ring(Topic.INBOX)
        return self.db.run(_REPLAY, row=letter, now=stored(self.tx.now)) == 1

    def forget(self) -> bool:
        """Drop a share of what was only counted a while ago; whether there is more."""
        before = stored(self.tx.now - BLANK_FOR)
        return self.db.run(_FORGET, before=before) == FORGOTTEN_AT_ONCE

    def blank(self, conversations: Sequence[str]) -> None:
        """Remove what was said in these conversations (digests); that it was said stays known."""
        self.db.run(_BLANK, conversations=list(conversations))

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
            _row(row, inbound, owner, row.attempts + 1)
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
            return None if plain is None else _as_inbound(plain)
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
                "private": self.tx.vault.seal(key, COLUMN, _as_plain(inbound)),
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


def _row(row: Any, inbound: Inbound, owner: str, attempts: int) -> InboxRow:
    return InboxRow(
        id=row.id,
        inbound=inbound,
        owner=owner,
        attempts=attempts,
        received_at=moment(row.received_at),
        ready_at=moment(row.ready_at),
        waited=bool(row.waited),
        held=bool(row.held),
    )


def _as_plain(inbound: Inbound) -> dict[str, Any]:
    plain = {name: value for name in _FIELDS if (value := getattr(inbound, name))}
    if inbound.attachments:
        plain["attachments"] = [asdict(one) for one in inbound.attachments]
    if inbound.location is not None:
        plain["location"] = asdict(inbound.location)
    return plain


def _as_inbound(plain: dict[str, Any]) -> Inbound:
    values = {**_NEVER_MISSING, **plain}
    values["kind"] = InboundKind(values["kind"])
    values["chat_kind"] = ChatKind(values["chat_kind"])
    if "attachments" in values:
        values["attachments"] = tuple(as_attachment(one) for one in values["attachments"])
    if "location" in values:
        values["location"] = Location(**values["location"])
    if "sent_at" in values:
        values["sent_at"] = datetime.fromisoformat(values["sent_at"])
    return Inbound(**values)


def as_attachment(plain: dict[str, Any]) -> Attachment:
    """The attachment that was stored as these values."""
    return Attachment(**{**plain, "kind": AttachmentKind(plain["kind"])})
