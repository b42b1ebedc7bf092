"""Party branches and their members; the day somebody joined is sealed with their own key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from domain.branches import MEMBER_TAG, Branch, Member, Position
from storage.schema import branches, party_members, units
from storage.statements import Statement, Store, adding

COLUMN = b"party_members.private"
_BRANCHES = Statement(select(branches).order_by(branches.c.unit))
_BRANCH = Statement(select(branches).where(branches.c.unit == bindparam("of_unit")))
_CODES = Statement(select(units.c.code).join(branches, branches.c.unit == units.c.id))
_KEEP_BRANCH = Statement(
    adding(branches, "unit", "name", "committee", "party_day").on_conflict_do_update(
        index_elements=["unit"],
        set_={name: bindparam(name) for name in ("name", "committee", "party_day")},
    )
)
_KEPT = (
    "branch",
    "party_group",
    "position",
    "birthday",
    "votes",
    "away_since",
    "contacted",
    "key",
    "private",
)
_KEEP = Statement(
    adding(party_members, "person", *_KEPT).on_conflict_do_update(
        index_elements=["person"], set_={name: bindparam(name) for name in _KEPT}
    )
)
_WHOSE = party_members.c.person == bindparam("whose")
_MEMBER = Statement(select(party_members).where(_WHOSE))
_OF_BRANCH = Statement(
    select(party_members)
    .where(party_members.c.branch == bindparam("of_branch"))
    .order_by(party_members.c.person)
)
_BORN = Statement(
    select(party_members)
    .where(
        party_members.c.birthday == bindparam("day"), party_members.c.person > bindparam("after")
    )
    .order_by(party_members.c.person)
    .limit(bindparam("many"))
)
_AWAY = Statement(
    select(party_members)
    .where(party_members.c.away_since.is_not(None), party_members.c.person > bindparam("after"))
    .order_by(party_members.c.person)
    .limit(bindparam("many"))
)
_FORGET = Statement(delete(party_members).where(_WHOSE))
_GIVE = Statement(
    update(party_members)
    .where(party_members.c.person == bindparam("drop"))
    .values(person=bindparam("keep"))
)


class BranchStore(Store):
    """Which branches there are, and who is a member of which."""

    __slots__ = ()

    def all(self) -> tuple[Branch, ...]:
        """Every branch."""
        return tuple(_branch(row) for row in self.db.all(_BRANCHES))

    def get(self, unit: int) -> Branch | None:
        """The branch of this unit."""
        row = self.db.one(_BRANCH, of_unit=unit)
        return None if row is None else _branch(row)

    def codes(self) -> frozenset[str]:
        """The codes of the units that have a branch."""
        return frozenset(row.code for row in self.db.all(_CODES))

    def keep(self, some: Iterable[Branch]) -> None:
        """These branches are so from now on."""
        self.db.many(
            _KEEP_BRANCH,
            [
                {
                    "unit": one.unit,
                    "name": one.name,
                    "committee": one.committee,
                    "party_day": one.party_day,
                }
                for one in some
            ],
        )

    def member(self, person: int) -> Member | None:
        """The person's membership."""
        row = self.db.one(_MEMBER, whose=person)
        return None if row is None else self._member(row)

    def members(self, branch: int) -> tuple[Member, ...]:
        """Everybody in the branch."""
        return tuple(self._member(row) for row in self.db.all(_OF_BRANCH, of_branch=branch))

    def keep_member(self, member: Member) -> None:
        """The membership is so from now on; an audience of the branch's members finds them."""
        before = self.member(member.person)
        if before is not None and before.branch != member.branch:
            self.tx.audiences.leave(member.person, before.branch, MEMBER_TAG)
        self.tx.audiences.join(member.person, member.branch, MEMBER_TAG)
        key = self.tx.people.key_of(member.person)
        plain = {"joined": member.joined, "away_to": member.away_to}
        self.db.run(
            _KEEP,
            person=member.person,
            branch=member.branch,
            party_group=member.group,
            position=member.position.value,
            birthday=f"{member.joined:%m-%d}" if member.joined else None,
            votes=member.votes,
            away_since=member.away_since.isoformat() if member.away_since else None,
            contacted=member.contacted.isoformat() if member.contacted else None,
            key=key,
            private=self.tx.vault.seal(key, COLUMN, plain),
        )

    def born_on(self, day: str, after: int, many: int) -> tuple[Member, ...]:
        """Members who joined on this day of some year (06-09), the next ones after a person."""
        return tuple(
            self._member(row) for row in self.db.all(_BORN, day=day, after=after, many=many)
        )

    def away(self, after: int, many: int) -> tuple[Member, ...]:
        """Members who are away, the next ones after a person."""
        return tuple(self._member(row) for row in self.db.all(_AWAY, after=after, many=many))

    def forget(self, person: int) -> None:
        """The person is a member no more."""
        self.db.run(_FORGET, whose=person)

    def give(self, *, keep: int, drop: int) -> None:
        """One person's membership is the other's, unless that one has their own."""
        if self.member(keep) is None:
            self.db.run(_GIVE, keep=keep, drop=drop)
        else:
            self.forget(drop)

    def _member(self, row: Any) -> Member:
        plain = self.tx.vault.open(row.key, COLUMN, row.private) or {}
        return Member(
            person=row.person,
            branch=row.branch,
            group=row.party_group,
            position=Position(row.position),
            joined=_day(plain.get("joined")),
            votes=bool(row.votes),
            away_since=_day(row.away_since),
            contacted=_day(row.contacted),
            away_to=plain.get("away_to", ""),
        )


def _branch(row: Any) -> Branch:
    return Branch(
        unit=row.unit, name=row.name, committee=bool(row.committee), party_day=row.party_day
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
