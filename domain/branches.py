"""支部: who belongs to a party branch, in which position, and who may plan for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.people import Actor, Post, Role
from domain.units import Org, UnitKind

MEMBER_TAG = "党员"  # as notices and the people table name them
# Whose office covers every branch of their unit.
PLANNERS = frozenset({Role.SECRETARY, Role.STREET_LEADER, Role.ADMIN})
# Who may ask all residents of their community to something.
HOSTS = frozenset({Role.DUTY, Role.SECRETARY, Role.STREET_LEADER, Role.ADMIN})
AWAY_FOR = 183  # days: 连续 6 个月以上 makes a member a floating one


class Position(StrEnum):
    """What a member is in the branch."""

    SECRETARY = "branch_secretary"  # 书记
    DEPUTY = "branch_deputy"  # 副书记
    COMMITTEE = "branch_committee"  # 委员
    GROUP_LEADER = "group_leader"  # 党小组长
    MEMBER = "member"  # 党员


LEADING = frozenset({Position.SECRETARY, Position.DEPUTY})
COMMITTEE = LEADING | {Position.COMMITTEE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A party branch; one with fewer than seven members has no committee."""

    unit: int
    name: str
    committee: bool = True
    party_day: int | None = None  # 主题党日每月相对固定的一天


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A party member in their one branch; `group` is the building whose 党小组 they are in."""

    person: int
    branch: int
    group: int | None = None
    position: Position = Position.MEMBER
    joined: date | None = None
    votes: bool = True  # 有表决权; a probationary member has no vote
    away_since: date | None = None  # 流动党员
    contacted: date | None = None  # last contact while away
    away_to: str = ""  # where they are and how to reach them

    def is_floating(self, today: date) -> bool:
        """连续 6 个月以上不能参加: away for longer than half a year."""
        return self.away_since is not None and (today - self.away_since).days >= AWAY_FOR

    def years_on(self, day: date) -> int:
        """政治生日: how many years a member on this day; 0 when it is no birthday."""
        if self.joined is None or day.year <= self.joined.year:
            return 0
        return day.year - self.joined.year if birthday_of(self.joined, day.year) == day else 0


def birthday_of(joined: date, year: int) -> date:
    """The anniversary in this year; of 29 February the 28th where there is none."""
    try:
        return joined.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def may_plan(actor: Actor, member: Member | None, branch: int, org: Org) -> bool:
    """A branch's own secretary or deputy, or whoever's office covers its unit."""
    if member is not None and member.branch == branch and member.position in LEADING:
        return True
    return any(post.role in PLANNERS and org.within(branch, post.unit) for post in actor.posts)


def may_ask_residents(post: Post, org: Org) -> bool:
    """Whether who holds this post may ask the residents of its community to something."""
    return post.role in HOSTS and org.unit(post.unit).kind is UnitKind.COMMUNITY
