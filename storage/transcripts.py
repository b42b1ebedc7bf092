"""What the pages of the web chat show: every word of a chat, read on from a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.conversations import Question
from domain.messages import Address
from storage.bell import of_chat
from storage.schema import moment, stored, transcripts
from storage.schema import outbox as said
from storage.statements import Statement, Store, adding

COLUMN = b"transcripts.private"

_AT = transcripts.c.address_digest == bindparam("where")
_ADD = Statement(
    adding(
        transcripts,
        "address_digest",
        "person",
        "direction",
        "outbox",
        "request_key",
        "key",
        "private",
        "at",
        "answered",
    )
    .on_conflict_do_nothing()
    .returning(transcripts.c.id)
)
_BY_OUTBOX = Statement(select(transcripts.c.id).where(transcripts.c.outbox == bindparam("said")))
_KEY_SAID = Statement(select(said.c.key).where(said.c.id == bindparam("said")))
_BY_KEY = Statement(
    select(transcripts.c.id).where(_AT, transcripts.c.request_key == bindparam("heard"))
)
_SINCE = Statement(
    select(transcripts)
    .where(_AT, transcripts.c.id > bindparam("cursor"))
    .order_by(transcripts.c.id)
    .limit(bindparam("many"))
)
_LATEST = Statement(
    select(transcripts).where(_AT).order_by(transcripts.c.id.desc()).limit(bindparam("many"))
)
_OURS = Statement(
    select(transcripts.c.key).where(
        _AT, transcripts.c.id == bindparam("cursor"), transcripts.c.direction == "out"
    )
)
_EMPTY = Statement(
    update(transcripts)
    .where(transcripts.c.id == bindparam("cursor"))
    .values(private=bindparam("sealed"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptEntry:
    """One message as the page shows it; `content` is what the channel gave."""

    cursor: int
    direction: str  # "in" or "out"
    key: str  # of the inbound; "" for what we said
    content: Mapping[str, Any]
    at: datetime
    answered: str  # the question that was answered at this point, or ""


class TranscriptStore(Store):
    """Transcripts per address; cursors of one address become visible in their order."""

    __slots__ = ()

    def add(
        self,
        address: Address,
        *,
        direction: str,
        content: Mapping[str, Any],
        at: datetime,
        person: int | None,
        outbox: int | None = None,
        request_key: str | None = None,
        answered: str | None = None,
    ) -> int:
        """Show this from now on and return its cursor; the same `outbox` row or `request_key` is
        shown once.
        """
        where = self.tx.address_digest(address)
        # Else a page might read past a row with a lower cursor that commits later.
        self.db.lock(where)
        self.tx.ring(of_chat(where))
        key = self._key(person, outbox)
        digest = None if request_key is None else self._digest(request_key)
        added = self.db.value(
            _ADD,
            address_digest=where,
            person=person,
            direction=direction,
            outbox=outbox,
            request_key=digest,
            key=key,
            private=self.tx.vault.seal(
                key, COLUMN, {"key": request_key or "", "content": dict(content)}
            ),
            at=stored(at),
            answered=answered,
        )
        if added is None and outbox is not None:
            added = self.db.value(_BY_OUTBOX, said=outbox)
        if added is None:
            added = self.db.value(_BY_KEY, where=where, heard=digest)
        cursor: int = added
        return cursor

    def take_back(self, address: Address, cursor: int, *, instead: str) -> None:
        """Whoever opens the transcript from now on sees these words where we had said others."""
        where = self.tx.address_digest(address)
        row = self.db.one(_OURS, where=where, cursor=cursor)
        if row is not None:
            plain = {"key": "", "content": {"text": instead}}
            sealed = self.tx.vault.seal(row.key, COLUMN, plain)
            self.db.run(_EMPTY, cursor=cursor, sealed=sealed)

    def since(self, address: Address, cursor: int, limit: int) -> tuple[TranscriptEntry, ...]:
        """What came after the cursor, oldest first."""
        where = self.tx.address_digest(address)
        rows = self.db.all(_SINCE, where=where, cursor=cursor, many=limit)
        return tuple(self._entry(row) for row in rows)

    def latest(self, address: Address, limit: int) -> tuple[TranscriptEntry, ...]:
        """The last messages, oldest first."""
        rows = self.db.all(_LATEST, where=self.tx.address_digest(address), many=limit)
        return tuple(self._entry(row) for row in reversed(rows))

    def close(self, question: Question, outbox: int | None) -> None:
        """Tells pages that the question, asked by this message, is answered; where it stands in a
        transcript, and as a row of its own, so that whoever reads on learns of it.
        """
        if outbox is not None and self.db.value(_BY_OUTBOX, said=outbox) is not None:
            self.add(
                question.address,
                direction="out",
                content={},
                at=self.tx.now,
                person=question.person,
                answered=question.token,
            )

    def _key(self, person: int | None, outbox: int | None) -> int:
        """What we said is under the key of whom it is about, as it is in the outbox."""
        key: int | None = None if outbox is None else self.db.value(_KEY_SAID, said=outbox)
        if key is None and person is not None:
            key = self.tx.people.key_of(person)
        if key is not None and not self.tx.vault.is_destroyed(key):
            return key
        return self.tx.vault.day_key(self.tx.now)

    def _digest(self, key: str) -> str:
        return self.tx.keyring.digest("transcript", key)

    def _entry(self, row: Any) -> TranscriptEntry:
        plain = self.tx.vault.open(row.key, COLUMN, row.private) or {"key": "", "content": {}}
        return TranscriptEntry(
            cursor=row.id,
            direction=row.direction,
            key=plain["key"],
            content=plain["content"],
            at=moment(row.at),
            answered=row.answered or "",
        )
