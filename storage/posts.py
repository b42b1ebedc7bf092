"""Who holds which post when, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select, update

from domain.changes import AuditEntry
from domain.people import Actor, Delegation, Grant, Person, Post, Role
from storage.schema import delegations, grants, moment, stored
from storage.statements import Statement, Store, adding

TITLES = (
    "师傅",
    "书记",
    "主任",
    "网格长",
    "网格员",
    "经理",
    "同志",
    "老师",
    "阿姨",
    "大姐",
    "大哥",
)
NICKNAMES = ("小", "老", "阿")
DEPUTIES_OF_DEPUTIES = 4

_LIVING = (
    grants.c.start <= bindparam("at"),
    or_(grants.c.end.is_(None), grants.c.end > bindparam("at")),
)
_STANDING_IN = (delegations.c.start <= bindparam("at"), delegations.c.end > bindparam("at"))

_POSTS_OF = Statement(
    select(grants.c.unit, grants.c.role).where(grants.c.person == bindparam("whose"), *_LIVING)
)
_HOLDERS = Statement(
    select(grants.c.person)
    .where(grants.c.unit == bindparam("of_unit"), grants.c.role == bindparam("of_role"), *_LIVING)
    .order_by(grants.c.id)
)
_LAST_HELD = Statement(
    select(func.max(grants.c.end)).where(
        grants.c.unit == bindparam("of_unit"),
        grants.c.role == bindparam("of_role"),
        grants.c.start < grants.c.end,
        grants.c.end <= bindparam("at"),
    )
)
_HOLDING = Statement(select(grants.c.person, grants.c.unit).where(*_LIVING))
_OPEN = Statement(
    select(grants).where(
        grants.c.person == bindparam("whose"),
        or_(grants.c.end.is_(None), grants.c.end > bindparam("at")),
    )
)
_HELD = Statement(
    select(grants).where(grants.c.person == bindparam("whose")).order_by(grants.c.id)
)
_GRANT = Statement(
    adding(grants, "person", "unit", "role", "start", "end").on_conflict_do_nothing(
        index_elements=["person", "unit", "role"], index_where=grants.c.end.is_(None)
    )
)
_END_GRANT = Statement(
    update(grants)
    .where(
        grants.c.person == bindparam("whose"),
        grants.c.unit == bindparam("of_unit"),
        grants.c.role == bindparam("of_role"),
        or_(grants.c.end.is_(None), grants.c.end > bindparam("at")),
    )
    # A post that was to begin later never does.
    .values(end=case((grants.c.start > bindparam("at"), grants.c.start), else_=bindparam("at")))
)
_DEPUTIES = Statement(
    select(delegations.c.deputy)
    .where(delegations.c.person == bindparam("whose"), *_STANDING_IN)
    .order_by(delegations.c.id)
)
_ABSENT = Statement(
    select(delegations.c.person)
    .where(delegations.c.deputy == bindparam("whose"), *_STANDING_IN)
    .order_by(delegations.c.id)
)
_DELEGATE = Statement(adding(delegations, "person", "deputy", "start", "end"))
_END_DELEGATION = Statement(
    update(delegations)
    .where(delegations.c.person == bindparam("whose"), delegations.c.end > bindparam("at"))
    .values(
        end=case(
            (delegations.c.start > bindparam("at"), delegations.c.start), else_=bindparam("at")
        )
    )
)
_DELEGATIONS_OF = Statement(
    select(delegations)
    .where(
        or_(
            delegations.c.person == bindparam("whose"), delegations.c.deputy == bindparam("whose")
        ),
        delegations.c.end > bindparam("at"),
        delegations.c.end > delegations.c.start,  # ended before it began
    )
    .order_by(delegations.c.start)
)
_GIVE = [
    Statement(
        update(column.table)
        .where(column == bindparam("drop"))
        .values({column.name: bindparam("keep")})
    )
    for column in (grants.c.person, delegations.c.person, delegations.c.deputy)
]


class PostStore(Store):
    """Posts, always asked with the moment they are held at; part of `PersonStore`."""

    __slots__ = ()

    def get(self, person: int) -> Person | None:
        """The person with this id."""
        raise LookupError(person)

    def posts_of(self, person: int, at: datetime) -> frozenset[Post]:
        """The posts a person holds in their own right."""
        rows = self.db.all(_POSTS_OF, whose=person, at=stored(at))
        return frozenset(_post(row) for row in rows)

    def actor(self, person: int, at: datetime) -> Actor:
        """The person with every post held at this moment, their own and those of people they stand
        in for.
        """
        standing_for = self._chain(_ABSENT, person, at)
        posts = [self.posts_of(one, at) for one in (person, *standing_for)]
        return Actor(
            person=person,
            posts=frozenset().union(*posts),
            stands_in_for=frozenset(standing_for),
        )

    def holders(self, post: Post, at: datetime) -> tuple[Person, ...]:
        """Who does the work of a post now: its holders, and in place of an absent one the
        deputies.
        """
        rows = self.db.all(_HOLDERS, of_unit=post.unit, of_role=post.role.value, at=stored(at))
        acting: dict[int, Person | None] = {}
        for row in rows:
            deputies = self._chain(_DEPUTIES, row.person, at)
            present = [
                one for one in deputies if not self.db.all(_DEPUTIES, whose=one, at=stored(at))
            ]
            for one in present or [row.person]:
                acting[one] = self.get(one)
        return tuple(person for person in acting.values() if person and not person.erased)

    def in_office(self, post: Post, at: datetime) -> tuple[Person, ...]:
        """Who the post belongs to now, present or not."""
        rows = self.db.all(_HOLDERS, of_unit=post.unit, of_role=post.role.value, at=stored(at))
        found = (self.get(row.person) for row in rows)
        return tuple(person for person in found if person and not person.erased)

    def vacant_since(self, post: Post, at: datetime) -> datetime | None:
        """When the last holder left it; None while somebody holds it, or if nobody ever did."""
        if self.in_office(post, at):
            return None
        of_post = {"of_unit": post.unit, "of_role": post.role.value}
        left = self.db.value(_LAST_HELD, **of_post, at=stored(at))
        return None if left is None else moment(left)

    def deputies(self, people: Iterable[int], at: datetime) -> frozenset[int]:
        """Everybody who stands in for one of these people now."""
        return frozenset(one for person in people for one in self._chain(_DEPUTIES, person, at))

    def staff_named(self, name: str, within: int) -> tuple[Person, ...]:
        """Who holds a post within the unit and is called so: the name, 小赵, 赵师傅, 王书记."""
        held = self.db.all(_HOLDING, at=stored(self.tx.now))
        people = dict.fromkeys(row.person for row in held if self.tx.org.within(row.unit, within))
        found = [person for one in people if (person := self.get(one)) and not person.erased]
        exact = tuple(person for person in found if person.name and person.name == name)
        surname = surname_in(name)
        return exact or tuple(
            person for person in found if surname and person.name.startswith(surname)
        )

    def grant(
        self,
        person: int,
        post: Post,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> None:
        """The person holds the post from `start` (now) until `end` (open); harmless when it is
        held openly.
        """
        granted = self.db.run(
            _GRANT,
            person=person,
            unit=post.unit,
            role=post.role.value,
            start=stored(start or self.tx.now),
            end=None if end is None else stored(end),
        )
        if granted:
            self._note("post.granted", person, post)

    def end_grant(self, person: int, post: Post, at: datetime) -> bool:
        """The person holds the post no longer; whether they did."""
        touched = self.db.run(
            _END_GRANT,
            whose=person,
            of_unit=post.unit,
            of_role=post.role.value,
            at=stored(at),
        )
        if touched:
            self._note("post.ended", person, post)
        return touched > 0

    def hold_exactly(self, person: int, posts: Iterable[Post]) -> None:
        """From now on the person holds these posts and no others."""
        wanted = set(posts)
        held = {_post(row) for row in self.db.all(_OPEN, whose=person, at=stored(self.tx.now))}
        for post in held - wanted:
            self.end_grant(person, post, self.tx.now)
        for post in sorted(wanted - held, key=lambda post: (post.unit, post.role)):
            self.grant(person, post)

    def grants(self, person: int) -> tuple[Grant, ...]:
        """Every post a person holds or held."""
        return tuple(
            Grant(
                person=row.person,
                post=_post(row),
                start=moment(row.start),
                end=None if row.end is None else moment(row.end),
            )
            for row in self.db.all(_HELD, whose=person)
        )

    def delegate(self, delegation: Delegation) -> None:
        """替班: the deputy stands in; it ends by itself."""
        self.db.run(
            _DELEGATE,
            person=delegation.person,
            deputy=delegation.deputy,
            start=stored(delegation.start),
            end=stored(delegation.end),
        )

    def end_delegation(self, person: int, at: datetime) -> bool:
        """Nobody stands in for the person any more; whether somebody did or was going to."""
        return self.db.run(_END_DELEGATION, whose=person, at=stored(at)) > 0

    def delegations_of(self, person: int, at: datetime) -> tuple[Delegation, ...]:
        """Who stands in, or will, for the person, and for whom they do."""
        return tuple(
            Delegation(
                person=row.person,
                deputy=row.deputy,
                start=moment(row.start),
                end=moment(row.end),
            )
            for row in self.db.all(_DELEGATIONS_OF, whose=person, at=stored(at))
        )

    def _note(self, action: str, person: int, post: Post) -> None:
        detail = {"unit": post.unit, "role": post.role.value}
        self.tx.audit.add(AuditEntry(action=action, subject=f"person:{person}", detail=detail))

    def _give_posts(self, *, keep: int, drop: int) -> None:
        held = {_post(row) for row in self.db.all(_OPEN, whose=keep, at=stored(self.tx.now))}
        for row in self.db.all(_OPEN, whose=drop, at=stored(self.tx.now)):
            if _post(row) in held:
                self.end_grant(drop, _post(row), self.tx.now)
        for statement in _GIVE:
            self.db.run(statement, keep=keep, drop=drop)

    def _chain(self, statement: Statement, person: int, at: datetime) -> list[int]:
        """Follow people to people, each once: the deputy of a deputy stands in too."""
        found: list[int] = []
        nearest = [person]
        for _ in range(DEPUTIES_OF_DEPUTIES):
            rows: list[Any] = [
                row for one in nearest for row in self.db.all(statement, whose=one, at=stored(at))
            ]
            nearest = [row[0] for row in rows if row[0] != person and row[0] not in found]
            if not nearest:
                break
            found += dict.fromkeys(nearest)
        return found


def surname_in(name: str) -> str:
    """The surname in 小赵, 老李, 赵师傅 or 王书记, or "" when the name is not of that kind."""
    for title in TITLES:
        if name.endswith(title) and len(name) > len(title):
            return name.removesuffix(title)
    if len(name) == 2 and name[0] in NICKNAMES:
        return name[1]
    return ""


def _post(row: Any) -> Post:
    return Post(unit=row.unit, role=Role(row.role))
