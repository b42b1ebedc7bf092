"""Work orders with their whole history: saved by version, found by the questions people ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from domain.messages import Address
from domain.orders import RUNNING, OrderClass, Status, WorkOrder
from domain.people import Post, Role
from storage.errors import Conflict
from storage.order_rows import PRIVATE, SAVED, columns, event_columns, order_from
from storage.schema import followers, order_events, orders, stored
from storage.statements import Statement, Store, adding, among

if TYPE_CHECKING:
    from storage.transaction import Transaction

_IS_RUNNING = orders.c.status.in_(sorted(status.value for status in RUNNING))
_UNFINISHED = sorted(status.value for status in (*RUNNING, Status.RESOLVED))
_MANY: BindParameter[Any] = bindparam("many")
_NEWEST = orders.c.id.desc()

_ADD = Statement(adding(orders, "number", "source", "created_at", *SAVED).returning(orders.c.id))
_SAVE = Statement(
    update(orders)
    .where(orders.c.id == bindparam("which"), orders.c.version == bindparam("before"))
    .values(
        version=orders.c.version + 1, untold=False, **{name: bindparam(name) for name in SAVED}
    )
)
_ADD_EVENT = Statement(
    adding(order_events, "order_id", "seq", "kind", "at", "person", "key", "private", "values")
)
_EVENTS = Statement(
    select(order_events)
    .where(order_events.c.order_id == bindparam("which"))
    .order_by(order_events.c.seq)
)
_EVENTS_OF_MANY = Statement(
    select(order_events)
    .where(among(order_events.c.order_id, "ids"))
    .order_by(order_events.c.order_id, order_events.c.seq)
)
_EVENT_COUNT = Statement(select(orders.c.event_count).where(orders.c.id == bindparam("which")))
_FOLLOWERS = Statement(
    select(followers)
    .where(followers.c.order_id == bindparam("which"))
    .order_by(followers.c.person)
)
_FOLLOWERS_OF_MANY = Statement(
    select(followers)
    .where(among(followers.c.order_id, "ids"))
    .order_by(followers.c.order_id, followers.c.person)
)
_FOLLOW = Statement(adding(followers, "order_id", "person").on_conflict_do_nothing())
_UNFOLLOW = Statement(
    delete(followers).where(
        followers.c.order_id == bindparam("which"), followers.c.person == bindparam("whose")
    )
)
_GET = Statement(select(orders).where(orders.c.number == bindparam("numbered")))
_BY_ID = Statement(select(orders).where(orders.c.id == bindparam("which")))
_TAKEN = Statement(select(orders.c.id).where(orders.c.number == bindparam("numbered")))
_NUMBERED = Statement(
    select(orders).where(among(orders.c.number, "numbers")).order_by(orders.c.id)
)
_OF_REPORTER = Statement(
    select(orders).where(orders.c.reporter == bindparam("whose")).order_by(_NEWEST).limit(_MANY)
)
_RUNNING_OF_REPORTER = Statement(
    select(orders)
    .where(orders.c.reporter == bindparam("whose"), _IS_RUNNING)
    .order_by(_NEWEST)
    .limit(_MANY)
)
_FOLLOWED = Statement(
    select(orders)
    .select_from(followers.join(orders, orders.c.id == followers.c.order_id))
    .where(followers.c.person == bindparam("whose"))
    .order_by(followers.c.order_id.desc())
    .limit(_MANY)
)
_OWNED = Statement(
    select(orders)
    .where(
        orders.c.owner_unit == bindparam("of_unit"),
        orders.c.owner_role == bindparam("of_role"),
        among(orders.c.status, "statuses"),
    )
    .order_by(orders.c.id)
    .limit(_MANY)
)
_AT_DESK = Statement(
    select(orders)
    .where(orders.c.status == Status.OPEN.value, among(orders.c.community, "units"))
    .order_by(orders.c.id)
    .limit(_MANY)
)
_SIMILAR_THERE = Statement(
    select(orders)
    .where(
        _IS_RUNNING,
        orders.c.community == bindparam("within"),
        orders.c.category == bindparam("like"),
        orders.c.building == bindparam("at_building"),
        orders.c.created_at >= bindparam("since"),
    )
    .order_by(orders.c.created_at.desc())
    .limit(_MANY)
)
_SIMILAR = Statement(
    select(orders)
    .where(
        _IS_RUNNING,
        orders.c.community == bindparam("within"),
        orders.c.category == bindparam("like"),
        orders.c.created_at >= bindparam("since"),
    )
    .order_by(orders.c.created_at.desc())
    .limit(_MANY)
)
_REPORTED_IN = Statement(
    select(orders)
    .where(
        orders.c.reported_in_digest == bindparam("where"),
        orders.c.created_at >= bindparam("since"),
    )
    .order_by(orders.c.created_at.desc())
    .limit(_MANY)
)
_ALL_REPORTED_IN = Statement(
    select(orders).where(
        orders.c.reported_in_digest == bindparam("where"),
        orders.c.reported_in_digest.is_not(None),
    )
)
_MOVE = Statement(
    update(orders)
    .where(orders.c.id == bindparam("which"))
    .values(reported_in_digest=bindparam("where"), private=bindparam("sealed"))
)
_EXTENSION_ASKED = Statement(
    select(orders)
    .where(orders.c.extension_asked, among(orders.c.community, "units"))
    .order_by(orders.c.id)
)
_RUNNING_IN = Statement(
    select(orders)
    .where(_IS_RUNNING, among(orders.c.community, "units"))
    .order_by(orders.c.created_at)
    .limit(_MANY)
)
_SUPERVISED = Statement(
    select(orders)
    .where(orders.c.supervised, among(orders.c.community, "units"))
    .order_by(orders.c.id)
)
_ALL_SUPERVISED = Statement(
    select(orders)
    .where(orders.c.supervised, orders.c.id > bindparam("after"))
    .order_by(orders.c.id)
    .limit(_MANY)
)
_CHILDREN = Statement(
    select(orders)
    .where(orders.c.parent == bindparam("which"), orders.c.parent.is_not(None))
    .order_by(orders.c.id)
)
_TO_CHECK = Statement(
    select(orders)
    .where(_IS_RUNNING, orders.c.id > bindparam("after"), among(orders.c.order_class, "classes"))
    .order_by(orders.c.id)
    .limit(_MANY)
)
_OWNERS = Statement(
    select(orders.c.owner_unit, orders.c.owner_role)
    .where(orders.c.status.in_(_UNFINISHED), orders.c.owner_unit.is_not(None))
    .distinct()
    .order_by(orders.c.owner_unit, orders.c.owner_role)
)
_AFTER = Statement(
    select(orders).where(orders.c.id > bindparam("after")).order_by(orders.c.id).limit(_MANY)
)
_LATEST = Statement(select(orders).order_by(_NEWEST).limit(_MANY))
_RESOLVED_BEFORE = Statement(
    select(orders)
    .where(
        orders.c.status == Status.RESOLVED.value,
        orders.c.resolved_at <= bindparam("at"),
        orders.c.id > bindparam("after"),
    )
    .order_by(orders.c.id)
    .limit(_MANY)
)
_DRAFTS_BEFORE = Statement(
    select(orders)
    .where(orders.c.status == Status.DRAFT.value, orders.c.created_at <= bindparam("at"))
    .order_by(orders.c.created_at)
    .limit(_MANY)
)
_UNTOLD = Statement(select(orders).where(orders.c.untold).order_by(orders.c.id).limit(_MANY))
_MARK_UNTOLD = Statement(
    update(orders).where(orders.c.number == bindparam("numbered")).values(untold=True)
)
_COUNTS = Statement(
    select(orders.c.community, orders.c.status, func.count().label("many"))
    .where(
        among(orders.c.community, "units"),
        orders.c.created_at >= bindparam("since"),
        orders.c.created_at < bindparam("until"),
    )
    .group_by(orders.c.community, orders.c.status)
)


class OrderStore(Store):
    """Work orders. Saving one writes its new events and followers too, and fails when it is no
    longer the newest.
    """

    __slots__ = ("_loaded", "_saved")

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._loaded: dict[int, WorkOrder] = {}  # as the tables have them
        self._saved: dict[str, WorkOrder] = {}  # by this very transaction, so nobody else can

    def save(self, order: WorkOrder) -> WorkOrder:
        """The order as saved, with its id and next version; raises Conflict when it was saved in
        between.
        """
        values = columns(self.tx, order)
        if order.id is None:
            added = self.db.value(
                _ADD,
                number=order.number,
                source=order.source.value,
                created_at=stored(order.created_at),
                **values,
            )
            saved = replace(order, id=added)
            self._save_events(saved, seen=0, key=values["key"])
            self._save_followers(saved, before=())
        else:
            seen = self._events_seen(order)
            if self.db.run(_SAVE, which=order.id, before=order.version, **values) != 1:
                raise Conflict(f"work order {order.number}", order.version)
            saved = replace(order, version=order.version + 1)
            self._save_events(saved, seen=seen, key=values["key"])
            self._save_followers(saved, before=self._followers_before(order.id))
        assert saved.id is not None
        self._loaded[saved.id] = saved
        self._saved[saved.number] = saved
        return saved

    def get(self, number: str) -> WorkOrder | None:
        """The work order with this number."""
        if not (number.isascii() and number.isalnum()):
            return None
        known = self._saved.get(number)
        return known if known is not None else self._one(self.db.one(_GET, numbered=number))

    def by_id(self, order: int) -> WorkOrder | None:
        """The work order with this id."""
        return self._one(self.db.one(_BY_ID, which=order))

    def number_taken(self, number: str) -> bool:
        """Whether a work order has this number."""
        return self.db.one(_TAKEN, numbered=number) is not None

    def drafts(self, numbers: Iterable[str]) -> tuple[WorkOrder, ...]:
        """The orders with these numbers, in the order they were made."""
        listed = list(numbers)
        return self._many(self.db.all(_NUMBERED, numbers=listed)) if listed else ()

    def of_reporter(self, person: int, running_only: bool, limit: int) -> tuple[WorkOrder, ...]:
        """What a person reported, newest first."""
        statement = _RUNNING_OF_REPORTER if running_only else _OF_REPORTER
        return self._many(self.db.all(statement, whose=person, many=limit))

    def followed_by(self, person: int, limit: int) -> tuple[WorkOrder, ...]:
        """What a person follows, newest first."""
        return self._many(self.db.all(_FOLLOWED, whose=person, many=limit))

    def owned_by(
        self,
        posts: Iterable[Post],
        limit: int,
        statuses: Collection[Status] = tuple(RUNNING),
    ) -> tuple[WorkOrder, ...]:
        """What these posts owe, oldest first."""
        rows: list[Any] = []
        for post in posts:
            rows += self.db.all(
                _OWNED,
                of_unit=post.unit,
                of_role=post.role.value,
                statuses=[status.value for status in statuses],
                many=limit,
            )
        return self._many(sorted(rows, key=lambda row: row.id)[:limit])

    def waiting_at_desk(self, units: Iterable[int], limit: int) -> tuple[WorkOrder, ...]:
        """What nobody owns yet in these communities, oldest first."""
        return self._many(self.db.all(_AT_DESK, units=list(units), many=limit))

    def similar(
        self,
        community: int,
        building: str | None,
        category: str,
        since: datetime,
        limit: int,
    ) -> tuple[WorkOrder, ...]:
        """Running orders of one category in one community (and building, unless None), newest
        first.
        """
        values = {"within": community, "like": category, "since": stored(since), "many": limit}
        if building is None:
            return self._many(self.db.all(_SIMILAR, **values))
        return self._many(self.db.all(_SIMILAR_THERE, at_building=building, **values))

    def reported_in(self, address: Address, since: datetime, limit: int) -> tuple[WorkOrder, ...]:
        """What was reported in this chat since then, newest first."""
        where = self.tx.address_digest(address)
        return self._many(self.db.all(_REPORTED_IN, where=where, since=stored(since), many=limit))

    def asked_extension(self, units: Iterable[int]) -> tuple[WorkOrder, ...]:
        """Orders of these communities that wait for a word on their 延期, oldest first."""
        return self._many(self.db.all(_EXTENSION_ASKED, units=list(units)))

    def running_in(self, units: Iterable[int], limit: int) -> tuple[WorkOrder, ...]:
        """What somebody still owes in these communities, oldest first."""
        return self._many(self.db.all(_RUNNING_IN, units=list(units), many=limit))

    def supervised_in(self, units: Iterable[int]) -> tuple[WorkOrder, ...]:
        """What is watched from above in these communities and not struck off, oldest first."""
        return self._many(self.db.all(_SUPERVISED, units=list(units)))

    def supervised(self, after_id: int, limit: int) -> tuple[WorkOrder, ...]:
        """The next ones of all communities behind this id."""
        return self._many(self.db.all(_ALL_SUPERVISED, after=after_id, many=limit))

    def children(self, order: int) -> tuple[WorkOrder, ...]:
        """What was merged into this order or split from it."""
        return self._many(self.db.all(_CHILDREN, which=order))

    def to_check(
        self, after_id: int, limit: int, classes: Collection[OrderClass] = tuple(OrderClass)
    ) -> tuple[WorkOrder, ...]:
        """The next running orders behind this id: the clock goes through all of them in chunks."""
        wanted = [order_class.value for order_class in classes]
        return self._many(self.db.all(_TO_CHECK, after=after_id, classes=wanted, many=limit))

    def owners(self) -> tuple[Post, ...]:
        """Every post that owns something unfinished."""
        return tuple(
            Post(unit=row.owner_unit, role=Role(row.owner_role)) for row in self.db.all(_OWNERS)
        )

    def after(self, order: int, *, limit: int) -> tuple[WorkOrder, ...]:
        """The next orders behind this id, whatever their status."""
        return self._many(self.db.all(_AFTER, after=order, many=limit))

    def newest(self, *, limit: int) -> tuple[WorkOrder, ...]:
        """The latest orders, newest first."""
        return self._many(self.db.all(_LATEST, many=limit))

    def resolved_before(
        self, at: datetime, limit: int, *, after_id: int = 0
    ) -> tuple[WorkOrder, ...]:
        """The next orders behind this id that have waited for the resident's word since then."""
        rows = self.db.all(_RESOLVED_BEFORE, at=stored(at), after=after_id, many=limit)
        return self._many(rows)

    def drafts_before(self, at: datetime, limit: int) -> tuple[WorkOrder, ...]:
        """Drafts made then or earlier, oldest first."""
        return self._many(self.db.all(_DRAFTS_BEFORE, at=stored(at), many=limit))

    def untold(self, limit: int = 50) -> tuple[WorkOrder, ...]:
        """Orders whose next step nobody who owes it could be told of."""
        return self._many(self.db.all(_UNTOLD, many=limit))

    def mark_untold(self, number: str) -> None:
        """Nobody could be told; it stands out until somebody changes the order."""
        self.db.run(_MARK_UNTOLD, numbered=number)

    def counts(
        self, units: Iterable[int], since: datetime, until: datetime
    ) -> Mapping[int, Mapping[Status, int]]:
        """How many orders made in that time stand where, by community."""
        found: dict[int, dict[Status, int]] = {}
        for row in self.db.all(
            _COUNTS, units=list(units), since=stored(since), until=stored(until)
        ):
            found.setdefault(row.community, {})[Status(row.status)] = row.many
        return found

    def forget(self) -> None:
        """Read again what was read or saved before: the tables were changed from elsewhere."""
        self._loaded.clear()
        self._saved.clear()

    def move(self, old: Address, new: Address) -> None:
        """The chat got a new name: what was reported there was reported in the new one."""
        self.forget()
        for row in self.db.all(_ALL_REPORTED_IN, where=self.tx.address_digest(old)):
            plain = self.tx.vault.open(row.key, PRIVATE, row.private) or {}
            sealed = self.tx.vault.seal(row.key, PRIVATE, {**plain, "chat": new.chat})
            where = self.tx.address_digest(new)
            self.db.run(_MOVE, which=row.id, where=where, sealed=sealed)

    def _events_seen(self, order: WorkOrder) -> int:
        assert order.id is not None
        loaded = self._loaded.get(order.id)
        if loaded is not None and loaded.version == order.version:
            return len(loaded.history)
        return self.db.value(_EVENT_COUNT, which=order.id) or 0

    def _save_events(self, order: WorkOrder, *, seen: int, key: int) -> None:
        self.db.many(
            _ADD_EVENT,
            [event_columns(self.tx, order, event, key) for event in order.history[seen:]],
        )

    def _followers_before(self, order: int) -> tuple[int, ...]:
        loaded = self._loaded.get(order)
        if loaded is not None:
            return loaded.followers
        return tuple(row.person for row in self.db.all(_FOLLOWERS, which=order))

    def _save_followers(self, order: WorkOrder, *, before: tuple[int, ...]) -> None:
        if before == order.followers:
            return
        for person in order.followers:
            if person not in before:
                self.db.run(_FOLLOW, order_id=order.id, person=person)
        for person in before:
            if person not in order.followers:
                self.db.run(_UNFOLLOW, which=order.id, whose=person)

    def _one(self, row: Any) -> WorkOrder | None:
        if row is None:
            return None
        events = self.db.all(_EVENTS, which=row.id)
        following = self.db.all(_FOLLOWERS, which=row.id)
        return self._order(row, events, following)

    def _many(self, rows: Sequence[Any]) -> tuple[WorkOrder, ...]:
        if not rows:
            return ()
        ids = [row.id for row in rows]
        events: dict[int, list[Any]] = {one: [] for one in ids}
        following: dict[int, list[Any]] = {one: [] for one in ids}
        for row in self.db.all(_EVENTS_OF_MANY, ids=ids):
            events[row.order_id].append(row)
        for row in self.db.all(_FOLLOWERS_OF_MANY, ids=ids):
            following[row.order_id].append(row)
        return tuple(self._order(row, events[row.id], following[row.id]) for row in rows)

    def _order(self, row: Any, events: Sequence[Any], following: Sequence[Any]) -> WorkOrder:
        order = order_from(self.tx, row, events, following)
        self._loaded[row.id] = order
        return order
