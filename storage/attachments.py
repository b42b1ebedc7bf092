"""Photos, voices and files people sent, with their bytes where every replica sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update

from domain.messages import Attachment, AttachmentKind
from storage.bell import Topic
from storage.schema import AttachmentState, attachment_bytes, attachments, moment, stored
from storage.statements import Statement, Store, adding, among

REFERENCE = b"attachments.private"
BYTES = b"attachment_bytes.bytes_sealed"
LEASE = 120.0  # seconds

_PENDING = attachments.c.state == AttachmentState.PENDING.value
_THIS = attachments.c.id == bindparam("which")
# Whoever takes it writes its name on it and counts the attempt: later words must show both.
_TAKEN_BY_ME = (
    _THIS,
    _PENDING,
    attachments.c.owner == bindparam("me"),
    attachments.c.attempts == bindparam("attempt"),
)

_ADD = Statement(
    adding(
        attachments,
        "person",
        "number",
        "channel",
        "kind",
        "key",
        "private",
        "media_type",
        "size",
        "seconds",
        "state",
        "created_at",
    ).returning(attachments.c.id)
)
_ATTACH = Statement(
    update(attachments).where(among(attachments.c.id, "ids")).values(number=bindparam("to_order"))
)
_NEXT = Statement(
    select(attachments.c.id)
    .where(_PENDING, attachments.c.lease_until <= bindparam("clock"))
    .order_by(attachments.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)
_TAKE = Statement(
    update(attachments)
    .where(among(attachments.c.id, "ids"))
    .values(
        owner=bindparam("me"),
        lease_until=bindparam("until"),
        attempts=attachments.c.attempts + 1,
    )
    .returning(attachments)
)
_STORED = Statement(
    update(attachments)
    .where(*_TAKEN_BY_ME)
    .values(
        state=AttachmentState.STORED.value,
        media_type=bindparam("known_type"),
        size=bindparam("length"),
        lease_until=0,
    )
)
_FAILED = Statement(
    update(attachments)
    .where(*_TAKEN_BY_ME)
    .values(state=bindparam("new_state"), reason=bindparam("why"), lease_until=bindparam("until"))
)
_RELEASE = Statement(
    update(attachments)
    .where(_PENDING, attachments.c.owner == bindparam("me"))
    .values(lease_until=0)
)
_GET = Statement(select(attachments).where(_THIS))
_BYTES = Statement(
    select(attachment_bytes.c.bytes_sealed).where(
        attachment_bytes.c.attachment == bindparam("which")
    )
)
_ADD_BYTES = Statement(
    adding(attachment_bytes, "attachment", "bytes_sealed").on_conflict_do_nothing(
        index_elements=["attachment"]
    )
)
_BROUGHT = Statement(
    select(func.coalesce(func.sum(attachments.c.size), 0)).where(
        attachments.c.person == bindparam("who"),
        attachments.c.created_at > bindparam("since"),
        attachments.c.state == AttachmentState.STORED.value,
    )
)
RETRY_AFTER = 10.0  # seconds
MOST_OF_ONE = 200 * 1024 * 1024  # bytes kept of one person
MOST_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAttachment:
    """An attachment whose bytes are still with the channel, taken by `owner` for this attempt."""

    id: int
    owner: str
    attempt: int
    person: int | None
    channel: str
    attachment: Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """What is known of an attachment besides its bytes; `number` is of the work order it belongs
    to.
    """

    id: int
    person: int | None
    number: str
    kind: AttachmentKind
    media_type: str
    state: AttachmentState
    seconds: int | None
    heard_at: datetime


class AttachmentStore(Store):
    """Attachments get an id when they are heard of; their bytes come later and are sealed."""

    __slots__ = ()

    def add(
        self, person: int | None, attachment: Attachment, *, channel: str, number: str = ""
    ) -> int:
        """Take note of an attachment; its bytes are still to be fetched."""
        self.tx.ring(Topic.FILES)
        return self._add(
            person,
            attachment,
            channel=channel,
            number=number,
            state=AttachmentState.PENDING,
        )

    def put(
        self,
        person: int | None,
        kind: AttachmentKind,
        media_type: str,
        data: bytes,
        *,
        channel: str,
        seconds: int | None = None,
    ) -> int:
        """Keep an attachment whose bytes are at hand."""
        attachment = Attachment(
            kind=kind, reference="", media_type=media_type, size=len(data), seconds=seconds
        )
        added = self._add(
            person, attachment, channel=channel, number="", state=AttachmentState.STORED
        )
        self._keep_bytes(added, data)
        return added

    def has_room(self, person: int | None, size: int) -> bool:
        """Whether so many bytes more of this person are kept today."""
        if person is None:
            return True
        since = stored(self.tx.now - MOST_WITHIN)
        brought: int = self.db.value(_BROUGHT, who=person, since=since)
        return brought + size <= MOST_OF_ONE

    def attach(self, ids: Iterable[int], number: str) -> None:
        """These belong to this work order."""
        listed = list(ids)
        if listed:
            self.db.run(_ATTACH, ids=listed, to_order=number)

    def pending(
        self, limit: int, *, owner: str, lease: float = LEASE
    ) -> tuple[PendingAttachment, ...]:
        """The next attachments to fetch, ours alone for `lease` seconds."""
        waiting = self.db.all(_NEXT, clock=self.tx.clock_after(0), many=limit)
        if not waiting:
            return ()
        taken = self.db.all(
            _TAKE,
            ids=[row.id for row in waiting],
            me=owner,
            until=self.tx.clock_after(lease),
        )
        return tuple(
            PendingAttachment(
                id=row.id,
                owner=owner,
                attempt=row.attempts,
                person=row.person,
                channel=row.channel,
                attachment=self._attachment(row),
            )
            for row in sorted(taken, key=lambda row: row.id)
        )

    def store(self, taken: PendingAttachment, media_type: str, data: bytes) -> bool:
        """The bytes are here; False when they came before, nobody may have them any more, or
        somebody else has taken it since.
        """
        touched = self.db.run(
            _STORED,
            which=taken.id,
            me=taken.owner,
            attempt=taken.attempt,
            known_type=media_type,
            length=len(data),
        )
        if touched == 1:
            self._keep_bytes(taken.id, data)
        return touched == 1

    def failed(self, taken: PendingAttachment, reason: str, *, final: bool) -> bool:
        """The bytes could not be had: never, when `final`, else perhaps a little later; False
        when somebody else has taken it since.
        """
        state = AttachmentState.FAILED if final else AttachmentState.PENDING
        touched = self.db.run(
            _FAILED,
            which=taken.id,
            me=taken.owner,
            attempt=taken.attempt,
            new_state=state.value,
            why=reason,
            until=self.tx.clock_after(RETRY_AFTER),
        )
        return touched == 1

    def release(self, owner: str) -> None:
        """Whatever this owner has taken is free at once: it stops."""
        if self.db.run(_RELEASE, me=owner):
            self.tx.ring(Topic.FILES)

    def get(self, attachment: int) -> StoredAttachment | None:
        """What is known of it."""
        row = self.db.one(_GET, which=attachment)
        if row is None:
            return None
        return StoredAttachment(
            id=row.id,
            person=row.person,
            number=row.number,
            kind=AttachmentKind(row.kind),
            media_type=row.media_type,
            state=AttachmentState(row.state),
            seconds=row.seconds,
            heard_at=moment(row.created_at),
        )

    def content(self, attachment: int) -> tuple[str, bytes] | None:
        """Its media type and bytes, or None while or because they are not here."""
        row = self.db.one(_GET, which=attachment)
        sealed = self.db.value(_BYTES, which=attachment)
        if row is None or sealed is None:
            return None
        data = self.tx.vault.open_bytes(row.key, BYTES, sealed)
        return None if data is None else (row.media_type, data)

    def _add(
        self,
        person: int | None,
        attachment: Attachment,
        *,
        channel: str,
        number: str,
        state: AttachmentState,
    ) -> int:
        key = self.tx.vault.service_key() if person is None else self.tx.people.key_of(person)
        added: int = self.db.value(
            _ADD,
            person=person,
            number=number,
            channel=channel,
            kind=attachment.kind.value,
            key=key,
            private=self.tx.vault.seal(key, REFERENCE, attachment.reference),
            media_type=attachment.media_type,
            size=attachment.size,
            seconds=attachment.seconds,
            state=state.value,
            created_at=stored(self.tx.now),
        )
        return added

    def _keep_bytes(self, attachment: int, data: bytes) -> None:
        key = self.db.one(_GET, which=attachment).key  # type: ignore[union-attr]
        sealed = self.tx.vault.seal_bytes(key, BYTES, data)
        self.db.run(_ADD_BYTES, attachment=attachment, bytes_sealed=sealed)

    def _attachment(self, row: Any) -> Attachment:
        return Attachment(
            kind=AttachmentKind(row.kind),
            reference=self.tx.vault.open(row.key, REFERENCE, row.private) or "",
            media_type=row.media_type,
            size=row.size,
            seconds=row.seconds,
        )
