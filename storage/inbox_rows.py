"""An accepted message as its row has it, and as it is sealed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from domain.messages import (
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
)
from storage.schema import moment

_NEVER_MISSING = {"channel": "", "key": "", "chat": "", "account": ""}
_FIELDS = tuple(field.name for field in fields(Inbound))


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


def row_of(row: Any, inbound: Inbound, owner: str, attempts: int) -> InboxRow:
    """The row as `owner` begins it for the time `attempts` says."""
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


def as_plain(inbound: Inbound) -> dict[str, Any]:
    """What is sealed: only what was said."""
    plain = {name: value for name in _FIELDS if (value := getattr(inbound, name))}
    if inbound.attachments:
        plain["attachments"] = [asdict(one) for one in inbound.attachments]
    if inbound.location is not None:
        plain["location"] = asdict(inbound.location)
    return plain


def as_inbound(plain: dict[str, Any]) -> Inbound:
    """What was sealed so; raises ValueError, TypeError or KeyError when it is no message."""
    values = {**_NEVER_MISSING, **plain}
    values["kind"] = InboundKind(values["kind"])
    values["chat_kind"] = ChatKind(values["chat_kind"])
    if "attachments" in values:
        values["attachments"] = tuple(_as_attachment(one) for one in values["attachments"])
    if "location" in values:
        values["location"] = Location(**values["location"])
    if "sent_at" in values:
        values["sent_at"] = datetime.fromisoformat(values["sent_at"])
    return Inbound(**values)


def _as_attachment(plain: dict[str, Any]) -> Attachment:
    return Attachment(**{**plain, "kind": AttachmentKind(plain["kind"])})
