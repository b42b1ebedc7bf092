"""Keeps the operator's tables: checked rows in, by their codes; a version is raised with every
change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, update

from domain.branches import Branch, Member, Position
from domain.changes import AuditEntry
from domain.conversations import GroupMode
from domain.people import Post, Role
from storage import schema
from storage.bell import Topic
from storage.catalogue import policy_as_json
from storage.statements import Statement, Store, adding

Row = Mapping[str, Any]

_RAISE = Statement(
    adding(schema.versions, "kind", "version").on_conflict_do_update(
        index_elements=["kind"], set_={"version": schema.versions.c.version + 1}
    )
)
_VERSION = Statement(
    select(schema.versions.c.version).where(schema.versions.c.kind == bindparam("kind"))
)
_CODES = {
    table.name: Statement(select(table.c.code, table.c.id, table.c.kind))
    for table in (schema.units, schema.places)
}
_PEOPLE_CODES = Statement(
    select(schema.people.c.code).where(schema.people.c.code > "", ~schema.people.c.erased)
)
_KEEP_UNIT = Statement(
    adding(schema.units, "code", "kind", "name").on_conflict_do_update(
        index_elements=["code"], set_={"kind": bindparam("kind"), "name": bindparam("name")}
    )
)
_PLACE = ("kind", "name", "unit", "entrances", "latitude", "longitude")
_KEEP_PLACE = Statement(
    adding(schema.places, "code", *_PLACE).on_conflict_do_update(
        index_elements=["code"], set_={column: bindparam(column) for column in _PLACE}
    )
)
_PARENT = {
    table.name: Statement(
        update(table).where(table.c.code == bindparam("of")).values(parent=bindparam("above"))
    )
    for table in (schema.units, schema.places)
}
_MOVE_CLOCK = Statement(
    adding(schema.clock, "id", "ahead").on_conflict_do_update(
        index_elements=["id"], set_={"ahead": schema.clock.c.ahead + bindparam("ahead")}
    )
)
_FORGET_ALIASES = Statement(
    delete(schema.place_aliases).where(schema.place_aliases.c.place == bindparam("place"))
)
_ADD_ALIAS = Statement(adding(schema.place_aliases, "place", "alias"))
_KEEP_CHAT = Statement(
    adding(schema.chats, "channel", "chat", "kind", "title", "unit", "mode").on_conflict_do_update(
        index_elements=["channel", "chat"],
        set_={"title": bindparam("title"), "unit": bindparam("unit"), "active": True},
    )
)
_REPLACED: Mapping[str, tuple[Statement, Statement]] = {
    table.name: (Statement(delete(table)), Statement(adding(table, *columns)))
    for table, columns in (
        (
            schema.categories,
            ("code", "name", "english", "order_class", "words", "owner", "done_when", "path"),
        ),
        (schema.deadlines, ("order_class", "policy")),
        (schema.phones, ("key", "name", "number", "unit")),
        (schema.holidays, ("day", "name", "working")),
    )
}


class TableStore(Store):
    """Replaces one table at a time.

    Units, places and people are kept by code: a row that is no longer in the file stays, since
    work orders may belong to it. Categories, deadlines, phones and holidays become exactly what
    the file says.
    """

    __slots__ = ()

    def replace(self, kind: str, rows: Sequence[Row]) -> None:
        """Takes over the checked rows of a kind (bot/import_kinds.py)."""
        kinds: Mapping[str, Callable[[Sequence[Row]], None]] = {
            "units": self._units,
            "places": self._places,
            "people": self._people,
            "chats": self._chats,
            "branches": self._branches,
            "members": self._members,
            "categories": self._categories,
            "deadlines": self._deadlines,
            "phones": self._phones,
            "holidays": self._holidays,
            "policies": lambda rows: self.tx.policies.replace(rows, self._ids("units")),
        }
        kinds[kind](rows)
        detail = {"rows": len(rows)}
        self.tx.audit.add(
            AuditEntry(action="table.imported", subject=f"table:{kind}", detail=detail)
        )
        self.bump(kind)

    def version(self, kind: str) -> int:
        """How often the table was replaced."""
        return self.db.value(_VERSION, kind=kind) or 0

    def bump(self, kind: str) -> None:
        """Tells every process that keeps the table that it is another now."""
        self.db.run(_RAISE, kind=kind, version=1)
        self.tx.ring(Topic.TABLES)

    def move_clock(self, by: timedelta) -> None:
        """Business time runs ahead of the real one by so much more: in the sample, so that days
        pass in a minute. Leases never hear of it.
        """
        self.db.run(_MOVE_CLOCK, id=1, ahead=by // timedelta(microseconds=1))
        self.bump("clock")

    def codes(self, table: str) -> Mapping[str, str]:
        """The code and kind of everything in "units" or "places"."""
        return {row.code: row.kind for row in self.db.all(_CODES[table])}

    def people_codes(self) -> frozenset[str]:
        """The codes of all imported people."""
        return frozenset(row.code for row in self.db.all(_PEOPLE_CODES))

    def _units(self, rows: Sequence[Row]) -> None:
        self.db.many(
            _KEEP_UNIT,
            [{"code": row["code"], "kind": row["kind"], "name": row["name"]} for row in rows],
        )
        self._set_parents(schema.units, rows)

    def _places(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        self.db.many(
            _KEEP_PLACE,
            [
                {
                    "code": row["code"],
                    "unit": units[row["unit"]],
                    **{column: row[column] for column in _PLACE if column != "unit"},
                }
                for row in rows
            ],
        )
        self._set_parents(schema.places, rows)
        places = self._ids("places")
        for row in rows:
            place = places[row["code"]]
            self.db.run(_FORGET_ALIASES, place=place)
            aliases = dict.fromkeys(row["aliases"])
            self.db.many(_ADD_ALIAS, [{"place": place, "alias": alias} for alias in aliases])

    def _people(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        for row in rows:
            person = self.tx.people.imported(row["code"], name=row["name"], phone=row["phone"])
            posts = {Post(unit=units[unit], role=Role(role)) for unit, role in row["roles"]}
            self.tx.people.hold_exactly(person, posts)
            for unit, tag in row.get("member", ()):
                self.tx.audiences.join(person, units[unit], tag)
            if row["account"]:
                self.tx.people.reached_by(person, row["channel"], row["account"])

    def _chats(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        self.db.many(
            _KEEP_CHAT,
            [
                {
                    "channel": row["channel"],
                    "chat": row["chat"],
                    "kind": row["kind"],
                    "title": row["title"],
                    "unit": units[row["unit"]],
                    "mode": GroupMode.CLEAR_REPORTS.value,
                }
                for row in rows
            ],
        )

    def _branches(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        self.tx.branches.keep(
            Branch(
                unit=units[row["unit"]],
                name=row["name"],
                committee=row["committee"],
                party_day=row["party_day"],
            )
            for row in rows
        )

    def _members(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        for row in rows:
            person = self.tx.people.coded(row["person"])
            if person is None:  # erased since the file was checked
                continue
            before = self.tx.branches.member(person)
            self.tx.branches.keep_member(
                Member(
                    person=person,
                    branch=units[row["branch"]],
                    group=units[row["group"]] if row["group"] else None,
                    position=Position(row["position"]),
                    joined=row["joined"],
                    votes=row["votes"],
                    away_since=row["away_since"],
                    away_to=row["away_to"],
                    contacted=before.contacted if before else None,
                )
            )

    def _categories(self, rows: Sequence[Row]) -> None:
        self._become(
            schema.categories,
            (
                {
                    "code": row["code"],
                    "name": row["name_zh"],
                    "english": row["name_en"],
                    "order_class": row["class"] or None,
                    "words": json.dumps(list(row["typical_words"]), ensure_ascii=False),
                    "owner": row["owner"],
                    "done_when": row["done_when"],
                    "path": row["path"],
                }
                for row in rows
            ),
        )

    def _deadlines(self, rows: Sequence[Row]) -> None:
        self._become(
            schema.deadlines,
            ({"order_class": row["class"], "policy": policy_as_json(row)} for row in rows),
        )

    def _phones(self, rows: Sequence[Row]) -> None:
        units = self._ids("units")
        self._become(
            schema.phones,
            (
                {
                    "key": row["key"],
                    "name": row["name"],
                    "number": row["number"],
                    "unit": units[row["unit"]] if row["unit"] else None,
                }
                for row in rows
            ),
        )

    def _holidays(self, rows: Sequence[Row]) -> None:
        self._become(
            schema.holidays,
            (
                {"day": row["day"].isoformat(), "name": row["name"], "working": row["working"]}
                for row in rows
            ),
        )

    def _ids(self, table: str) -> Mapping[str, int]:
        return {row.code: row.id for row in self.db.all(_CODES[table])}

    def _set_parents(self, table: Table, rows: Sequence[Row]) -> None:
        ids = self._ids(table.name)
        self.db.many(
            _PARENT[table.name],
            [
                {"of": row["code"], "above": ids[row["parent"]] if row["parent"] else None}
                for row in rows
            ],
        )

    def _become(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        forget, add = _REPLACED[table.name]
        self.db.run(forget)
        self.db.many(add, list(rows))
