"""Policy entries: what is answered to a question, from when until when, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.acts import RuleBroken
from domain.people import Actor, Role
from domain.units import Org


class PolicyState(StrEnum):
    """Where an entry stands; only a published one is an answer."""

    DRAFT = "draft"  # 草稿
    REVIEW = "review"  # 待审核
    PUBLISHED = "published"  # 已发布
    EXPIRED = "expired"  # 已失效


NEXT: Mapping[PolicyState, frozenset[PolicyState]] = {
    PolicyState.DRAFT: frozenset({PolicyState.REVIEW, PolicyState.PUBLISHED}),
    PolicyState.REVIEW: frozenset({PolicyState.DRAFT, PolicyState.PUBLISHED}),
    PolicyState.PUBLISHED: frozenset({PolicyState.EXPIRED, PolicyState.REVIEW}),
    PolicyState.EXPIRED: frozenset({PolicyState.REVIEW}),
}
# The desk hears of an entry so long before it expires.
WARNED_BEFORE = timedelta(days=14)
# Who may publish what they wrote themselves; everybody else's entries are looked at by another.
PUBLISHERS = frozenset({Role.SECRETARY, Role.STREET_DUTY, Role.STREET_LEADER, Role.ADMIN})


class NotReviewer(RuleBroken):
    """Nobody publishes an entry without the right to, or passes their own."""

    phrase = "refused.not_reviewer"


class PolicyMoved(RuleBroken):
    """The entry does not stand where this could be done to it any more."""

    phrase = "refused.policy_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is answered to somebody in one situation: 户籍不在本区, 满 80 岁…"""

    name: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One entry. An answer without a source is not given; `unit` None is for everybody.

    Entries with the same `subject` answer the same question for different units: the nearest wins.
    """

    id: int | None = None
    code: str
    state: PolicyState = PolicyState.DRAFT
    question: str
    alternatives: tuple[str, ...] = ()
    answer: str
    materials: str = ""
    place: str = ""
    hours: str = ""
    phone: str = ""
    link: str = ""
    source: str
    document: str = ""  # 文号
    asks: str = ""  # what must be known of the person, asked at most once
    situations: tuple[Situation, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None  # the last day
    updated_on: date
    unit: int | None = None
    subject: str = ""
    sample: bool = False  # 示例: made up, to be replaced by the local text
    author: int | None = None
    reviewer: int | None = None
    version: int = 0

    def is_current(self, day: date) -> bool:
        """Whether it may be given as an answer on this day."""
        return self.state is PolicyState.PUBLISHED and not self.is_outdated(day)

    def is_outdated(self, day: date) -> bool:
        """Whether the day lies outside its validity."""
        too_early = self.valid_from is not None and day < self.valid_from
        return too_early or self.is_past(day)

    def is_past(self, day: date) -> bool:
        """Whether its last day is over."""
        return self.valid_until is not None and self.valid_until < day

    def expires_soon(self, day: date) -> bool:
        """Whether its last day comes before long."""
        return self.valid_until is not None and day <= self.valid_until <= day + WARNED_BEFORE

    def moved_to(self, state: PolicyState, **changes: int | date | None) -> Policy:
        """The entry in another state; raises PolicyMoved where the table has no such step."""
        if state not in NEXT[self.state]:
            raise PolicyMoved(code=self.code)
        return replace(self, state=state, **changes)  # type: ignore[arg-type]


class QuestionState(StrEnum):
    """Where a question that had no good answer stands."""

    OPEN = "open"  # 待答
    DRAFTED = "drafted"  # 已起草
    ANSWERED = "answered"  # 已答复
    DROPPED = "dropped"  # 不答


class QuestionKind(StrEnum):
    """Why a question is on the desk's list."""

    UNANSWERED = "unanswered"  # 没有答案
    BADLY_ANSWERED = "badly_answered"  # 答得不好
    OUTDATED = "outdated"  # 条目过期


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question that waits for a good answer; its words are those of its work order."""

    id: int
    unit: int  # the community whose desk answers
    kind: QuestionKind
    order: str  # number of the work order that was opened for it
    policy: str = ""  # code of the entry that was given and did not help
    entry: str = ""  # code of the entry made from it
    state: QuestionState = QuestionState.OPEN
    asked_at: datetime
    ended_at: datetime | None = None


def may_write(actor: Actor, unit: int | None, org: Org) -> bool:
    """Whether this person may write entries for the unit; None: for everybody."""
    return actor.has_role(Role.ADMIN) if unit is None else actor.is_desk(unit, org)


def may_publish(actor: Actor, policy: Policy, org: Org, *, alone: bool = False) -> bool:
    """Whether this person may publish this entry: their own only in a role that answers for it, or
    where they are `alone`, so that nobody else at the desk could look at it.
    """
    if not may_write(actor, policy.unit, org):
        return False
    if policy.author != actor.person or policy.unit is None or alone:
        return True
    return any(
        post.role in PUBLISHERS and org.within(policy.unit, post.unit) for post in actor.posts
    )


def publish(policy: Policy, actor: Actor, org: Org, day: date, *, alone: bool = False) -> Policy:
    """发布; raises NotReviewer."""
    if not may_publish(actor, policy, org, alone=alone):
        raise NotReviewer(code=policy.code)
    return policy.moved_to(PolicyState.PUBLISHED, reviewer=actor.person, updated_on=day)


def rewritten(policy: Policy, actor: Actor, day: date, **changes: str | date | None) -> Policy:
    """The entry in other words or with another last day, waiting for its review."""
    changed = replace(policy, author=actor.person, updated_on=day, **changes)  # type: ignore[arg-type]
    if changed.state is PolicyState.REVIEW:
        return replace(changed, reviewer=None)
    return changed.moved_to(PolicyState.REVIEW, reviewer=None)
