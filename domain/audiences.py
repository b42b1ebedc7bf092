"""对象: who something goes to, as a question that can be kept and asked again when it goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from domain.acts import RuleBroken
from domain.messages import Address
from domain.people import Role
from domain.units import Org

RESIDENT = ""  # the tag of who merely lives in a unit


class Reach(StrEnum):
    """What the parts of an audience are."""

    PEOPLE = "people"  # 个人(私聊)
    GROUPS = "groups"  # 居民群


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person belongs to a unit: as somebody who lives there, or under a tag such as 党员."""

    person: int
    unit: int
    tag: str = RESIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """People or groups to whom everything given here applies; what is not given is not asked.

    `units` means within any of these. People are members of a unit, or with `roles` those who
    hold one of the posts there.
    """

    reach: Reach = Reach.PEOPLE
    units: tuple[int, ...] = ()
    roles: tuple[Role, ...] = ()
    tags: tuple[str, ...] = ()
    people: tuple[int, ...] = ()  # one by one; beside units: those of them who are there
    chats: tuple[Address, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it names nobody at all."""
        return not (self.units or self.people or self.chats)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceQuery:
    """Whoever is in one of the parts and in none of `but`.

    Who asked to be left in peace is left out unless `disturbs`: a danger is told to everybody.
    """

    parts: tuple[Part, ...]
    but: tuple[Part, ...] = ()
    disturbs: bool = False

    @property
    def units(self) -> frozenset[int]:
        """Every unit it names, for rights."""
        return frozenset(unit for part in self.parts for unit in part.units)

    def without(self, *but: Part) -> AudienceQuery:
        """The same without these too."""
        return replace(self, but=(*self.but, *but))


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One private chat or one group of an audience; the private chat is known by its contact."""

    channel: str
    person: int | None = None
    contact: int | None = None
    chat: str = ""
    unit: int | None = None  # a group's


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCount:
    """How many private chats and groups there are on each channel, each counted once.

    With `more` it stopped there: there are at least so many.
    """

    people: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0  # people without an open private chat, or who want to be left in peace
    more: bool = False

    @property
    def total(self) -> int:
        """Private chats and groups together."""
        return sum(self.people.values()) + sum(self.groups.values())


class AudienceOfNobody(RuleBroken):
    """Nobody fits, or nobody was named."""

    phrase = "refused.audience_of_nobody"


def people_in(*units: int, tags: Iterable[str] = (), roles: Iterable[Role] = ()) -> Part:
    """The people within these units, of these tags or holding these posts."""
    return Part(units=units, tags=tuple(tags), roles=tuple(roles))


def groups_in(*units: int) -> Part:
    """The group chats that speak for these units or one within them."""
    return Part(reach=Reach.GROUPS, units=units)


def these_people(people: Iterable[int]) -> Part:
    """People named one by one."""
    return Part(people=tuple(dict.fromkeys(people)))


def one_of_parts(*parts: Part) -> AudienceQuery:
    """Everybody in any of the parts; raises AudienceOfNobody when none names anybody."""
    named = tuple(part for part in parts if not part.is_empty)
    if not named:
        raise AudienceOfNobody
    return AudienceQuery(parts=named)


def lies_within(query: AudienceQuery, scopes: Iterable[int], org: Org) -> bool:
    """Whether every part is within the scopes; people and groups named one by one never are by
    themselves.
    """
    wanted = tuple(scopes)
    return all(
        part.units and all(any(org.within(unit, scope) for scope in wanted) for unit in part.units)
        for part in query.parts
    )


def as_plain(query: AudienceQuery) -> dict[str, Any]:
    """The query as it is kept: lists, texts and numbers."""
    return {
        "parts": [_part_as_plain(part) for part in query.parts],
        "but": [_part_as_plain(part) for part in query.but],
        "disturbs": query.disturbs,
    }


def from_plain(plain: Mapping[str, Any]) -> AudienceQuery:
    """The query that was kept."""
    return AudienceQuery(
        parts=tuple(_part_from_plain(part) for part in plain["parts"]),
        but=tuple(_part_from_plain(part) for part in plain["but"]),
        disturbs=bool(plain["disturbs"]),
    )


def _part_as_plain(part: Part) -> dict[str, Any]:
    return {
        "reach": part.reach.value,
        "units": list(part.units),
        "roles": [role.value for role in part.roles],
        "tags": list(part.tags),
        "people": list(part.people),
        "chats": [[chat.channel, chat.chat] for chat in part.chats],
    }


def _part_from_plain(plain: Mapping[str, Any]) -> Part:
    return Part(
        reach=Reach(plain["reach"]),
        units=tuple(plain["units"]),
        roles=tuple(Role(role) for role in plain["roles"]),
        tags=tuple(plain["tags"]),
        people=tuple(plain["people"]),
        chats=tuple(Address(channel=channel, chat=chat) for channel, chat in plain["chats"]),
    )
