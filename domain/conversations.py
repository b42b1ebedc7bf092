"""Conversations, the questions asked in them, and the chats they happen in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.messages import Address, ChatKind, Choice
from domain.places import OrderPlace

QUESTION_LIFE = timedelta(days=30)  # in which what we asked may be answered


class GroupMode(StrEnum):
    """When the service speaks in a group without being addressed (design.md §9)."""

    CLEAR_REPORTS = "clear_reports"  # 明确的诉求也回一行
    ADDRESSED_ONLY = "addressed_only"  # 只在 @ 或回复时说话


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat the service sits in; a group speaks for the unit its staff bound it to."""

    address: Address
    kind: ChatKind
    title: str = ""
    unit: int | None = None
    mode: GroupMode = GroupMode.CLEAR_REPORTS
    active: bool = True  # False once we were removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One person in one chat, and what the service must remember between two messages.

    Saved with its version; handlers change it by `replace` and `turn.conversation = …`. Personal
    parts are sealed.
    """

    key: str
    address: Address
    chat_kind: ChatKind
    account: str
    person: int
    version: int = 0
    community: int | None = None  # what the chat is bound to, or where the person last reported
    drafts: tuple[str, ...] = ()  # numbers of draft orders still asking
    asked: int = 0  # questions asked about the drafts, at most three
    focus: str = ""  # number of the order last talked about
    last_place: OrderPlace = field(default_factory=OrderPlace)  # confirmed by an order
    misses: int = 0  # messages in a row not understood
    greeted: str = ""  # version of the consent notice shown
    memory: Mapping[str, Any] = field(default_factory=dict)  # a handler's own small notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question somebody was asked; append-only. Bound to person, address and the order's
    version.
    """

    token: str  # opaque, in the buttons: "<token>.<index>"
    person: int
    address: Address
    step: str  # "<handler module>.<answer>"
    choices: tuple[Choice, ...] = ()
    number: str = ""  # of the work order it is about
    version: int | None = None  # of that order when asked
    context: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime
    until: datetime
    answered_at: datetime | None = None

    def is_standing(self, now: datetime) -> bool:
        """Whether it hangs under what was told, or was asked a while ago: it may be answered any
        day, and whoever writes now may as well want something else.
        """
        return self.step in STANDING or now - self.asked_at > _A_WHILE


# Under a card, an invitation, a notice, or what was done.
STANDING = frozenset(
    {
        "announced.report",
        "asked.another",
        "away.back",
        "confirm.answer",
        "delegate.end",
        "desk.card",
        "desk.extension",
        "desk.follow_up",
        "desk.name_owner",
        "desk.open_order",
        "desk.report_in",
        "desk.returned",
        "desk.supervision",
        "human.end",
        "human.take",
        "notice_answer.in_group",
        "notice_answer.vote",
        "notice_approval.decide",
        "notices.act",
        "nudge.remind",
        "rate.score",
        "signup.in_group",
        "signup.reply",
    }
)
_A_WHILE = timedelta(minutes=30)


class HandOverState(StrEnum):
    """转人工: where it stands."""

    WAITING = "waiting"  # 等人接
    ACTIVE = "active"  # 正在人工
    ENDED = "ended"  # 已结束


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A conversation handed to a human: messages are relayed both ways until either ends it."""

    id: int | None = None
    conversation: str  # the resident's
    person: int  # the resident
    address: Address  # the resident's
    unit: int  # whose desk takes it
    state: HandOverState = HandOverState.WAITING
    staff: int | None = None  # who took it
    staff_address: Address | None = None
    opened_at: datetime
    ended_at: datetime | None = None
