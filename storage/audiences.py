"""Who belongs where, and everybody an audience means, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from domain.audiences import RESIDENT, Addressee, AudienceQuery, HeadCount, Membership, Part, Reach
from domain.messages import Address, ChatKind
from domain.units import Org
from storage.schema import chats, contacts, grants, memberships, people, stored
from storage.statements import Statement, Store, adding, among

AT_ONCE = 500  # people or groups of a chunk
UNITS_AT_ONCE = 300  # looked through for a chunk, so that it ends soon where nobody is
COUNTED = 5_000  # where counting stops
START = ""  # the cursor of the first chunk

_JOIN = Statement(
    adding(memberships, "person", "unit", "tag", "since").on_conflict_do_nothing(
        index_elements=["person", "unit", "tag"]
    )
)
_WHOSE = memberships.c.person == bindparam("whose")
_LEAVE = Statement(
    delete(memberships).where(
        _WHOSE,
        memberships.c.unit == bindparam("of_unit"),
        memberships.c.tag == bindparam("as_tag"),
    )
)
_OF_PERSON = Statement(
    select(memberships).where(_WHOSE).order_by(memberships.c.unit, memberships.c.tag)
)
_FORGET = Statement(delete(memberships).where(_WHOSE))
_kept = memberships.alias("kept")
_HELD_ALREADY = Statement(
    delete(memberships).where(
        memberships.c.person == bindparam("drop"),
        exists().where(
            _kept.c.person == bindparam("keep"),
            _kept.c.unit == memberships.c.unit,
            _kept.c.tag == memberships.c.tag,
        ),
    )
)
_GIVE = Statement(
    update(memberships)
    .where(memberships.c.person == bindparam("drop"))
    .values(person=bindparam("keep"))
)

_TAGGED = or_(bindparam("any_tag", type_=Boolean), among(memberships.c.tag, "tags"))
_IN_OFFICE = and_(
    among(grants.c.role, "roles"),
    grants.c.start <= bindparam("at"),
    or_(grants.c.end.is_(None), grants.c.end > bindparam("at")),
)


def _some(person: ColumnElement[Any], unit: ColumnElement[Any]) -> Select[Any]:
    return (
        select(person)
        .distinct()
        .where(unit == bindparam("of_unit"), person > bindparam("after"))
        .order_by(person)
        .limit(bindparam("many"))
    )


_MEMBERS = Statement(_some(memberships.c.person, memberships.c.unit).where(_TAGGED))
_HOLDERS = Statement(_some(grants.c.person, grants.c.unit).where(_IN_OFFICE))
_MEMBERS_AMONG = Statement(
    select(memberships.c.person, memberships.c.unit).where(
        among(memberships.c.person, "ids"), _TAGGED
    )
)
_HOLDERS_AMONG = Statement(
    select(grants.c.person, grants.c.unit).where(among(grants.c.person, "ids"), _IN_OFFICE)
)
_open_chat = contacts.alias("open_chat")
# With the private chat heard from last, of those that are open.
_REACHED = Statement(
    select(people.c.id, people.c.quiet, contacts.c.id.label("contact"), contacts.c.channel)
    .select_from(
        people.outerjoin(
            contacts,
            contacts.c.id
            == select(_open_chat.c.id)
            .where(
                _open_chat.c.person == people.c.id,
                _open_chat.c.reachable,
                _open_chat.c.chat_digest.is_not(None),
            )
            .order_by(_open_chat.c.heard_at.desc(), _open_chat.c.id.desc())
            .limit(1)
            .scalar_subquery(),
        )
    )
    .where(
        among(people.c.id, "ids"),
        ~people.c.erased,
        ~people.c.withdrew,
        people.c.merged_into.is_(None),
    )
    .order_by(people.c.id)
)
_GROUPS = Statement(
    select(chats)
    .where(
        chats.c.unit == bindparam("of_unit"),
        chats.c.active,
        chats.c.moved_to.is_(None),
        chats.c.kind == ChatKind.GROUP.value,
    )
    .order_by(chats.c.channel, chats.c.chat)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some of an audience, and the cursor of what follows, None after the last."""

    addressees: tuple[Addressee, ...]
    left_out: int = 0  # people who cannot be reached or want to be left in peace
    following: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """How far an expansion has come: the part, the unit in it, the last person there."""

    part: int = 0
    unit: int = 0
    person: int = 0

    @classmethod
    def read(cls, cursor: str) -> _Place:
        if not cursor:
            return cls()
        part, unit, person = (int(number) for number in cursor.split("."))
        return cls(part=part, unit=unit, person=person)

    def __str__(self) -> str:
        return f"{self.part}.{self.unit}.{self.person}"


class AudienceStore(Store):
    """Memberships, and audiences expanded to the private chats and groups they mean.

    An expansion goes unit by unit, so it needs no more memory for a city than for a street. Who
    belongs to several of its units comes once for each: whoever keeps them keeps each once.
    """

    __slots__ = ()

    def join(self, person: int, unit: int, tag: str = RESIDENT) -> bool:
        """The person belongs to the unit from now on; whether they did not yet."""
        now = stored(self.tx.now)
        return self.db.run(_JOIN, person=person, unit=unit, tag=tag, since=now) > 0

    def join_many(self, some: Iterable[Membership]) -> None:
        """The same for many."""
        now = stored(self.tx.now)
        self.db.many(
            _JOIN,
            [
                {"person": one.person, "unit": one.unit, "tag": one.tag, "since": now}
                for one in some
            ],
        )

    def leave(self, person: int, unit: int, tag: str = RESIDENT) -> bool:
        """The person does not belong there any more; whether they did."""
        return self.db.run(_LEAVE, whose=person, of_unit=unit, as_tag=tag) > 0

    def of_person(self, person: int) -> tuple[Membership, ...]:
        """Where a person belongs."""
        return tuple(
            Membership(person=row.person, unit=row.unit, tag=row.tag)
            for row in self.db.all(_OF_PERSON, whose=person)
        )

    def forget(self, person: int) -> None:
        """The person belongs nowhere."""
        self.db.run(_FORGET, whose=person)

    def give(self, *, keep: int, drop: int) -> None:
        """Where one person belonged, the other does."""
        self.db.run(_HELD_ALREADY, keep=keep, drop=drop)
        self.db.run(_GIVE, keep=keep, drop=drop)

    def expand(self, query: AudienceQuery, cursor: str = START, *, many: int = AT_ONCE) -> Chunk:
        """The next addressees of the audience, about `many`; there may be none in a chunk that is
        not the last.
        """
        found: list[Addressee] = []
        left_out = looked = 0
        at = _Place.read(cursor)
        for place, part in _places(query.parts, at, self.tx.org):
            if looked >= UNITS_AT_ONCE or len(found) + left_out >= many:
                return self._chunk(query, found, left_out, str(place))
            looked += 1
            if part.reach is Reach.GROUPS:
                found += self._groups(part, place.unit)
                continue
            room = many - len(found) - left_out
            ids = self._people(part, place, room)
            reached, lost = self._reached(query, self._fitting(part, ids))
            found += reached
            left_out += lost
            if len(ids) == room:
                following = _Place(part=place.part, unit=place.unit, person=ids[-1])
                return self._chunk(query, found, left_out, str(following))
        return self._chunk(query, found, left_out, None)

    def everybody(self, query: AudienceQuery) -> Iterator[Addressee]:
        """The whole audience, each private chat and group once; for small ones."""
        seen: set[Addressee] = set()
        cursor: str | None = START
        while cursor is not None:
            chunk = self.expand(query, cursor)
            yield from (one for one in dict.fromkeys(chunk.addressees) if one not in seen)
            seen.update(chunk.addressees)
            cursor = chunk.following

    def count(self, query: AudienceQuery, *, most: int = COUNTED) -> HeadCount:
        """How many there are, each counted once; it stops after the first `most`."""
        seen: set[Addressee] = set()
        left_out = 0
        cursor: str | None = START
        while cursor is not None and len(seen) < most:
            chunk = self.expand(query, cursor)
            seen.update(chunk.addressees)
            left_out += chunk.left_out
            cursor = chunk.following
        return HeadCount(
            people=Counter(one.channel for one in seen if one.person is not None),
            groups=Counter(one.channel for one in seen if one.person is None),
            left_out=left_out,
            more=cursor is not None,
        )

    def address(self, addressee: Addressee) -> Address | None:
        """Where to write now; None when it can be reached no more."""
        if addressee.person is None:
            group = self.tx.chats.get(Address(channel=addressee.channel, chat=addressee.chat))
            return group.address if group is not None and group.active else None
        for contact in self.tx.people.contacts(addressee.person):
            if contact.reachable and contact.private_chat:
                return Address(channel=contact.channel, chat=contact.private_chat)
        return None

    def _chunk(
        self, query: AudienceQuery, found: list[Addressee], left_out: int, following: str | None
    ) -> Chunk:
        kept = self._without(query.but, found)
        return Chunk(addressees=kept, left_out=left_out, following=following)

    def _people(self, part: Part, place: _Place, many: int) -> list[int]:
        if not part.units:
            return sorted(one for one in set(part.people) if one > place.person)[:many]
        where = {"of_unit": place.unit, "after": place.person, "many": many}
        statement = _HOLDERS if part.roles else _MEMBERS
        rows = self.db.all(statement, **where, **self._wanted(part))
        return [row[0] for row in rows]

    def _fitting(self, part: Part, ids: list[int]) -> list[int]:
        """Those of them to whom the rest of the part applies too."""
        if part.units and part.people:
            ids = [one for one in ids if one in part.people]
        if part.roles and part.tags and ids:
            rows = self.db.all(_MEMBERS_AMONG, ids=ids, any_tag=False, tags=list(part.tags))
            tagged = {row.person for row in rows if self._is_within(row.unit, part.units)}
            ids = [one for one in ids if one in tagged]
        return ids

    def _reached(self, query: AudienceQuery, ids: Sequence[int]) -> tuple[list[Addressee], int]:
        """Those who may be written to, and how many of the others there are."""
        if not ids:
            return [], 0
        rows = self.db.all(_REACHED, ids=ids)
        found = [
            Addressee(channel=row.channel, person=row.id, contact=row.contact)
            for row in rows
            if row.contact is not None and (query.disturbs or not row.quiet)
        ]
        return found, len(rows) - len(found)

    def _groups(self, part: Part, unit: int) -> list[Addressee]:
        if not part.units:
            named = [self.tx.chats.get(chat) for chat in part.chats]
            return [
                Addressee(channel=one.address.channel, chat=one.address.chat, unit=one.unit)
                for one in named
                if one is not None and one.active
            ]
        return [
            Addressee(channel=row.channel, chat=row.chat, unit=row.unit)
            for row in self.db.all(_GROUPS, of_unit=unit)
        ]

    def _without(self, but: tuple[Part, ...], found: list[Addressee]) -> tuple[Addressee, ...]:
        out: set[Addressee] = set()
        for part in but:
            out |= self._covered(part, [one for one in found if one not in out])
        return tuple(one for one in found if one not in out)

    def _covered(self, part: Part, found: list[Addressee]) -> set[Addressee]:
        """Those of them the part speaks of."""
        if part.reach is Reach.GROUPS:
            return {
                one
                for one in found
                if one.person is None
                and (
                    Address(channel=one.channel, chat=one.chat) in part.chats
                    or any(self.tx.org.within(one.unit, unit) for unit in part.units)
                )
            }
        ids = [one.person for one in found if one.person is not None]
        named = set(part.people)
        if part.units:
            statement = _HOLDERS_AMONG if part.roles else _MEMBERS_AMONG
            rows = self.db.all(statement, ids=ids, **self._wanted(part))
            there = {row.person for row in rows if self._is_within(row.unit, part.units)}
            named = set(self._fitting(part, sorted(there)))
        return {one for one in found if one.person in named}

    def _is_within(self, unit: int, scopes: tuple[int, ...]) -> bool:
        return any(self.tx.org.within(unit, scope) for scope in scopes)

    def _wanted(self, part: Part) -> Mapping[str, Any]:
        if part.roles:
            return {"roles": [role.value for role in part.roles], "at": stored(self.tx.now)}
        return {"any_tag": not part.tags, "tags": list(part.tags)}


def _places(parts: tuple[Part, ...], at: _Place, org: Org) -> Iterator[tuple[_Place, Part]]:
    """Where to look, from the cursor on: every unit of every part, in order."""
    for number, part in enumerate(parts[at.part :], start=at.part):
        begun = at if number == at.part else _Place()
        units = sorted({unit.id for scope in part.units for unit in org.below(scope)}) or [0]
        for unit in units:
            if unit >= begun.unit:
                person = begun.person if unit == begun.unit else 0
                yield _Place(part=number, unit=unit, person=person), part
