"""People, the posts they hold, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.units import Org


class Role(StrEnum):
    """What a person may do for a unit; a resident holds none."""

    GRID_WORKER = "grid_worker"  # 网格员
    GRID_LEADER = "grid_leader"  # 网格长
    PROPERTY = "property"  # 物业
    DUTY = "duty"  # 值班(受理员)
    SECRETARY = "secretary"  # 社区书记
    STREET_DUTY = "street_duty"  # 街道值班
    STREET_LEADER = "street_leader"  # 街道负责人
    DEPARTMENT = "department"  # 部门(吹哨报到)
    WOMEN_CONTACT = "women_contact"  # 妇联(家暴)联系人
    ADMIN = "admin"  # 系统管理员


# Who sits at the desk of a unit and may assign, decline, approve, merge, split, transfer.
DESK_ROLES = frozenset(
    {Role.DUTY, Role.SECRETARY, Role.STREET_DUTY, Role.STREET_LEADER, Role.ADMIN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A role in a unit. Work orders belong to posts, never to whoever happens to hold one."""

    unit: int
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A person holds a post from `start` until `end` (None: open)."""

    person: int
    post: Post
    start: datetime
    end: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        """Whether the post is held at this moment."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """替班: `deputy` does what `person` would do in all posts of that person, and it ends by
    itself.
    """

    person: int
    deputy: int
    start: datetime
    end: datetime

    def holds_at(self, at: datetime) -> bool:
        """Whether the deputy stands in at this moment."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the service knows; `name` may be empty (a resident who never gave one)."""

    id: int
    name: str = ""
    language: str = "zh"
    erased: bool = False
    quiet: bool = False  # wants to be answered, and told of nothing but danger
    withdrew: bool = False  # took back their consent: nothing is done but what the law owes them


class ConsentWord(StrEnum):
    """What became of a notice of what is kept."""

    SHOWN = "shown"  # 已告知
    GIVEN = "given"  # 同意
    WITHDRAWN = "withdrawn"  # 撤回


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person was shown the notice, agreed or took it back: when, where, and to which wording."""

    word: ConsentWord
    version: str
    channel: str
    at: datetime
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person's account on one channel, and the private chat that reaches it ("" when none is
    open).
    """

    id: int
    person: int
    channel: str
    account: str
    private_chat: str = ""
    reachable: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a person with the posts held at this moment (own and by delegation), or the clock
    (`person` None).
    """

    person: int | None
    posts: frozenset[Post] = frozenset()
    stands_in_for: frozenset[int] = frozenset()

    def is_desk(self, unit: int | None, org: Org) -> bool:
        """Whether the actor sits at a desk whose scope covers `unit`."""
        return any(post.role in DESK_ROLES and org.within(unit, post.unit) for post in self.posts)

    def has_role(self, role: Role) -> bool:
        """Whether the actor holds this role anywhere."""
        return any(post.role is role for post in self.posts)

    @property
    def is_staff(self) -> bool:
        """Whether the actor holds any post at all."""
        return bool(self.posts)


CLOCK = Actor(person=None)
