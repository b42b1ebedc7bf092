"""What a decision returns: the new values, who is told what, and what the audit keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from domain.messages import Choice, Lane
from domain.people import Post, Role

if TYPE_CHECKING:
    from domain.orders import WorkOrder


class Audience(StrEnum):
    """Who a notice is for, before it is known which people and accounts that is."""

    REPORTER = "reporter"  # 报事人
    FOLLOWERS = "followers"  # 关注人
    OWNER = "owner"  # 承办岗位
    ABOVE = "above"  # 上一级
    RESPONDERS = "responders"  # 协办(吹哨报到)
    DESK = "desk"  # 社区值班
    POST = "post"  # 某岗位
    PERSON = "person"  # 某人


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A symbolic recipient; storage resolves it when it records, knowing delegations, conflicts
    and reachability.

    ABOVE counts `levels` up the org tree from the order's owner. DESK is the duty desk of `unit`'s
    community (or of the order's). A person accused in the order is never resolved to; the post
    above is told instead.
    """

    audience: Audience
    post: Post | None = None
    unit: int | None = None
    person: int | None = None
    levels: int = 1


REPORTER = Recipient(audience=Audience.REPORTER)
FOLLOWERS = Recipient(audience=Audience.FOLLOWERS)
OWNER = Recipient(audience=Audience.OWNER)
DESK = Recipient(audience=Audience.DESK)
RESPONDERS = Recipient(audience=Audience.RESPONDERS)


def above(levels: int = 1) -> Recipient:
    """The post this many levels above the owner of the order."""
    return Recipient(audience=Audience.ABOVE, levels=levels)


def to_post(unit: int, role: Role) -> Recipient:
    """Whoever holds this post."""
    return Recipient(audience=Audience.POST, post=Post(unit=unit, role=role))


def to_person(person: int) -> Recipient:
    """One person."""
    return Recipient(audience=Audience.PERSON, person=person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question that goes out with a notice: who answers it is decided by `step`, the name of a
    handler's answer.

    `step` is "<handler module>.<answer>". The question is bound to the person told, the chat and
    the order's version.
    """

    step: str
    choices: tuple[Choice, ...]
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to be told: a phrase of the phrasebook and its values.

    Values are plain (str, int, float, bool, datetime, None, lists and dicts of these). With
    `number` set the phrase may also use every value of the work order (see knowledge.phrasebook):
    {number} {category} {place} {status} {due} …
    """

    to: Recipient
    phrase: str
    values: Mapping[str, Any] = field(default_factory=dict)
    number: str = ""  # of the work order it is about
    lane: Lane = Lane.STAFF
    asking: Asking | None = None
    photos: tuple[int, ...] = ()  # attachment ids shown with it, of any kind of file
    about: int | None = None  # whose words it hands on; else the reporter of the work order


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """留痕: who did what to what; `detail` holds codes and numbers only, never text or names."""

    action: str
    subject: str  # "order:1234", "person:7"
    person: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The outcome of a decision; `tx.record` saves all of it or nothing.

    Each order carries its whole history; the events storage has not seen yet are the new ones. An
    order with id None is new. The first order is the one acted on.
    """

    orders: tuple[WorkOrder, ...] = ()
    notices: tuple[Notice, ...] = ()
    audit: tuple[AuditEntry, ...] = ()

    @property
    def order(self) -> WorkOrder:
        """The order acted on."""
        return self.orders[0]
