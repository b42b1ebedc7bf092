"""The chain over the audit entries: each sealed entry carries an HMAC over the one before it.

Entries are written unchained, so that nobody waits for anybody. One sealer then gives the
committed ones their place: a number of its own, since the ids of two transactions may become
visible in the other order. The key of the chain is derived from the master key, so whoever can
write to the database alone cannot mend the chain after changing it. Nothing that erasing or
merging people touches is part of an entry.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from storage.schema import audit, audit_head, moment, stored
from storage.statements import Statement, Store, adding

LEASE = 10.0  # seconds one process seals for all
LEASE_NAME = "audit sealer"
SEALED_AT_ONCE = 500
VERIFIED_AT_ONCE = 5_000
LATE = timedelta(minutes=1)  # an entry unsealed for longer is a sign that no sealer runs
NOTHING = bytes(32)

_UNSEALED = audit.c.seq.is_(None)
_SEALED_AFTER = audit.c.seq > bindparam("after")
_NEXT = Statement(select(audit).where(_UNSEALED).order_by(audit.c.id).limit(bindparam("many")))
_ANY_UNSEALED = Statement(select(audit.c.id).where(_UNSEALED).limit(1))
_LATE = Statement(
    select(func.count().label("count"), func.min(audit.c.at).label("oldest")).where(
        _UNSEALED, audit.c.at < bindparam("before")
    )
)
_SEAL = Statement(
    update(audit)
    .where(audit.c.id == bindparam("which"), _UNSEALED)
    .values(seq=bindparam("place"), digest=bindparam("chained"))
)
_HEAD = Statement(select(audit_head))
_HEAD_LOCKED = Statement(select(audit_head).with_for_update())
_head = adding(audit_head, "id", "seq", "digest", "cut_seq", "cut_digest", "seal")
_KEEP_HEAD = Statement(
    _head.on_conflict_do_update(
        index_elements=["id"],
        set_={
            name: getattr(_head.excluded, name)
            for name in ("seq", "digest", "cut_seq", "cut_digest", "seal")
        },
    )
)
_CHAIN = Statement(
    select(audit).where(_SEALED_AFTER).order_by(audit.c.seq).limit(bindparam("many"))
)
_OLDEST = Statement(
    select(audit.c.seq, audit.c.at, audit.c.digest)
    .where(_SEALED_AFTER)
    .order_by(audit.c.seq)
    .limit(bindparam("many"))
)
_CUT = Statement(delete(audit).where(audit.c.seq <= bindparam("until")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain ends, and where it begins since its oldest entries were dropped."""

    seq: int = 0
    digest: bytes = NOTHING
    cut_seq: int = 0
    cut_digest: bytes = NOTHING

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk along the chain found; `broken` names the first entry that is not as it was
    sealed.
    """

    head: Head
    verified: int
    unsealed: int = 0
    broken: str = ""


class ChainBroken(Exception):
    """The head of the chain is not as the sealer left it."""


class SealingChain(Store):
    """Seals committed entries in one order, walks along them, and cuts off the oldest."""

    __slots__ = ("__dict__",)

    def any_unsealed(self) -> bool:
        """Whether there is something to seal."""
        return self.db.value(_ANY_UNSEALED) is not None

    def unsealed_for_long(self) -> tuple[int, datetime | None]:
        """How many entries have waited for a sealer too long, and since when."""
        row = self.db.one(_LATE, before=stored(self.tx.now - LATE))
        assert row is not None
        return row.count, None if row.oldest is None else moment(row.oldest)

    def seal(self, owner: str) -> int | None:
        """Chain what is committed and unsealed; how many entries, or None while another seals.

        The lease and the head are held until the commit, so whoever slept through the lease can
        chain nothing.
        """
        if self.tx.leases.take(LEASE_NAME, owner, LEASE) is None:
            return None
        head = self._head(_HEAD_LOCKED)
        rows = self.db.all(_NEXT, many=SEALED_AT_ONCE)
        if not rows:
            return 0
        seq, digest, sealed = head.seq, head.digest, []
        for row in rows:
            seq += 1
            digest = self._digest(digest, seq, row)
            sealed.append({"which": row.id, "place": seq, "chained": digest})
        self.db.many(_SEAL, sealed)
        self._keep(Head(seq=seq, digest=digest, cut_seq=head.cut_seq, cut_digest=head.cut_digest))
        return len(rows)

    def cut(self, before: datetime, limit: int) -> int:
        """Drop the oldest sealed entries of before then, at most so many; how many went.

        What is kept goes on from the digest of the last one dropped.
        """
        head = self._head(_HEAD_LOCKED)
        last, dropped = None, 0
        for row in self.db.all(_OLDEST, after=head.cut_seq, many=limit):
            if row.at >= stored(before):
                break
            last, dropped = row, dropped + 1
        if last is None:
            return 0
        self.db.run(_CUT, until=last.seq)
        self._keep(
            Head(seq=head.seq, digest=head.digest, cut_seq=last.seq, cut_digest=last.digest)
        )
        return dropped

    def verify(
        self, known: str = "", step: Callable[[int], None] = lambda verified: None
    ) -> Verdict:
        """Walk along the whole chain; `known` is a head that was noted elsewhere before.

        Without `known` somebody who can write to the database may put back an older head together
        with the entries of its time; with it that shows too.
        """
        try:
            head = self._head(_HEAD)
        except ChainBroken as broken:
            return Verdict(head=Head(), verified=0, broken=str(broken))
        walk = _Walk(self._digest, head, known)
        while walk.broken == "":
            rows = self.db.all(_CHAIN, after=walk.seq, many=VERIFIED_AT_ONCE)
            walk.along(rows)
            step(walk.seq - head.cut_seq)
            if len(rows) < VERIFIED_AT_ONCE:
                walk.end()
                break
        unsealed = len(self.db.all(_NEXT, many=VERIFIED_AT_ONCE))
        verified = walk.seq - head.cut_seq
        return Verdict(head=head, verified=verified, unsealed=unsealed, broken=walk.broken)

    def _head(self, statement: Statement) -> Head:
        row = self.db.one(statement)
        if row is None:
            if self.db.all(_CHAIN, after=0, many=1):
                raise ChainBroken("the head of the chain is missing")
            return Head()
        head = Head(
            seq=row.seq,
            digest=bytes(row.digest),
            cut_seq=row.cut_seq,
            cut_digest=bytes(row.cut_digest),
        )
        if not hmac.compare_digest(self._seal_of(head), bytes(row.seal)):
            raise ChainBroken("the head of the chain was changed")
        return head

    def _keep(self, head: Head) -> None:
        self.db.run(
            _KEEP_HEAD,
            id=1,
            seq=head.seq,
            digest=head.digest,
            cut_seq=head.cut_seq,
            cut_digest=head.cut_digest,
            seal=self._seal_of(head),
        )

    def _seal_of(self, head: Head) -> bytes:
        told = f"head {head.seq} {head.digest.hex()} {head.cut_seq} {head.cut_digest.hex()}"
        return hmac.digest(self._key, told.encode(), "sha256")

    def _digest(self, before: bytes, seq: int, row: Any) -> bytes:
        told = _encode([seq, row.id, row.at, row.action, row.subject, row.person, row.detail])
        return hmac.digest(self._key, before + told.encode(), "sha256")

    @cached_property
    def _key(self) -> bytes:
        return self.tx.keyring.derived("audit chain")


_encode = json.JSONEncoder(separators=(",", ":")).encode


class _Walk:
    """Goes along the chain and stops at the first entry that is not as it was sealed."""

    def __init__(self, digest: Callable[[bytes, int, Any], bytes], head: Head, known: str) -> None:
        self._digest_of = digest
        self._head = head
        self._known_seq, _, self._known_digest = known.partition(":")
        self.seq = head.cut_seq
        self.digest = head.cut_digest
        self.broken = ""

    def along(self, rows: list[Any]) -> None:
        """One stretch of it."""
        for row in rows:
            wanted = self.seq + 1
            if row.seq > self._head.seq:
                self.broken = f"entry {row.id} was added behind the head, at place {row.seq}"
            elif row.seq != wanted:
                self.broken = f"the entry at place {wanted} is missing, before entry {row.id}"
            elif self._digest_of(self.digest, wanted, row) != bytes(row.digest or b""):
                self.broken = f"entry {row.id} at place {wanted} was changed or moved"
            if self.broken:
                return
            self.seq, self.digest = wanted, bytes(row.digest)
            if str(wanted) == self._known_seq and self.digest.hex() != self._known_digest:
                self.broken = f"entry {row.id} at place {wanted} is not the one of the known head"
                return

    def end(self) -> None:
        """Nothing follows: the head must be here, and the known one must have been passed."""
        if self.broken:
            return
        if self.seq != self._head.seq:
            self.broken = f"the entry at place {self.seq + 1} is missing, and all after it"
        elif self.digest != self._head.digest:
            self.broken = f"the head at place {self.seq} is not the last entry's"
        elif self._known_seq and int(self._known_seq) > self.seq:
            self.broken = f"the entries up to the known head, place {self._known_seq}, are missing"
