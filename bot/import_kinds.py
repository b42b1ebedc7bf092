"""The tables an operator may import: their columns, and what must hold between their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.branches import Position
from domain.budgets import parse_budget
from domain.messages import ChatKind
from domain.orders import OrderClass
from domain.people import Role
from domain.places import PlaceKind
from domain.policies import PolicyState, Situation
from domain.routing import LEVEL
from domain.rules import TimeUnit
from domain.units import UnitKind

LONGEST_TAG = 20
LAST_DAY = 28  # every month has it
Parsed = Sequence[tuple[int, dict[str, Any]]]
Wrong = Iterable[tuple[int, str, str]]  # row, column, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """Codes that are in the database already, so that a file may refer to them."""

    units: Mapping[str, UnitKind] = field(default_factory=dict)
    places: Mapping[str, PlaceKind] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()  # by their unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: how its text is read, and what an empty cell means."""

    read: Callable[[str], Any] = str
    required: bool = False
    empty: Any = ""
    lines: bool = False  # whether the text may have several


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A table: `check` says what is wrong between rows that are right by themselves."""

    columns: Mapping[str, Column]
    check: Callable[[Parsed, Existing], Wrong]


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is not one of {', '.join(allowed)}")
        return text

    return read


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,40}", text):
        raise ValueError(f"{text!r} is not a code (letters, digits, _ . : -)")
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[;；]", text) if word.strip())


def _phrasings(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in re.split(r"[;；|｜\n]", text) if one.strip())


def _situations(text: str) -> tuple[Situation, ...]:
    found = []
    for part in (part.strip() for part in re.split(r"[|｜\n]", text)):
        name, equals, answer = (piece.strip() for piece in part.partition("="))
        if part and not (name and equals and answer):
            raise ValueError(f"{part!r:.60} is not SITUATION=ANSWER, parted by |")
        if part:
            found.append(Situation(name=name, answer=answer))
    return tuple(found)


def _link(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"']{3,500}", text):
        raise ValueError(f"{text!r:.60} is not a link such as https://…")
    return text


def _degrees(limit: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with suppress(ValueError):
            if -limit <= (value := float(text)) <= limit:
                return value
        raise ValueError(f"{text!r} is not a number between -{limit:g} and {limit:g}")

    return read


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} is not a count")
    return int(text)


def _phone(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 -]{2,19}", text):
        raise ValueError(f"{text!r} is not a telephone number")
    return text


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    roles = []
    for part in _words(text):
        unit, colon, role = part.rpartition(":")
        if not colon or role not in set(Role):
            raise ValueError(f"{part!r} is not UNIT:ROLE with a role of {', '.join(Role)}")
        roles.append((_code(unit), role))
    return tuple(roles)


def _memberships(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in _words(text):
        unit, _, tag = part.partition(":")
        if len(tag) > LONGEST_TAG:
            raise ValueError(f"{part!r} is not UNIT or UNIT:TAG")
        found.append((_code(unit), tag.strip()))
    return tuple(found)


def _fractions(text: str) -> tuple[float, ...]:
    parts = _words(text)
    if any(not re.fullmatch(r"\d{1,2}%", part) for part in parts):
        raise ValueError(f"{text!r} is not percentages such as 50%;80%")
    return tuple(int(part[:-1]) / 100 for part in parts)


def _every(text: str) -> timedelta:
    budget = parse_budget(text)
    if budget is None or budget.unit not in (TimeUnit.MINUTES, TimeUnit.HOURS):
        raise ValueError(f"{text!r} is not minutes or hours")
    return timedelta(**{budget.unit.value: budget.amount})


def _day(text: str) -> date:
    try:
        return date(*(int(part) for part in re.split("[-/]", text)))
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not a day such as 2026-10-01") from None


def _truth(text: str) -> bool:
    return _one_of("true", "false")(text.lower()) == "true"


def _unique(*columns: str) -> Callable[[Parsed], Wrong]:
    def check(rows: Parsed) -> Wrong:
        seen: dict[tuple[Any, ...], int] = {}
        for number, row in rows:
            key = tuple(row[column] for column in columns)
            if key in seen:
                yield number, columns[0], f"{row[columns[0]]!r} stands in row {seen[key]} already"
            seen.setdefault(key, number)

    return check


def _check_units(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("code")(rows)
    levels = list(UnitKind)
    kinds = {**existing.units, **{row["code"]: UnitKind(row["kind"]) for _, row in rows}}
    for number, row in rows:
        parent, kind = row["parent"], UnitKind(row["kind"])
        if not parent:
            if kind is not UnitKind.DISTRICT and kind is not UnitKind.STREET:
                yield number, "parent", f"a {kind.value} needs a parent"
        elif parent not in kinds:
            yield number, "parent", f"there is no unit {parent!r}"
        elif levels.index(kinds[parent]) >= levels.index(kind):
            yield number, "parent", f"a {kind.value} cannot lie in a {kinds[parent].value}"


def _check_places(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("code")(rows)
    yield from _unique("parent", "kind", "name")(rows)
    kinds = {**existing.places, **{row["code"]: PlaceKind(row["kind"]) for _, row in rows}}
    for number, row in rows:
        if row["unit"] not in existing.units:
            yield number, "unit", f"there is no unit {row['unit']!r}"
        if row["parent"] and kinds.get(row["parent"]) is not PlaceKind.ESTATE:
            yield number, "parent", f"{row['parent']!r} is not an estate"
        if row["kind"] == PlaceKind.BUILDING and not row["parent"]:
            yield number, "parent", "a building needs its estate"
        if (row["latitude"] is None) != (row["longitude"] is None):
            yield number, "latitude", "latitude and longitude belong together"


def _check_people(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("code")(rows)
    with_account = [(number, row) for number, row in rows if row["account"]]
    yield from _unique("account", "channel")(with_account)
    for number, row in rows:
        if bool(row["channel"]) != bool(row["account"]):
            yield number, "account", "channel and account belong together"
        for unit, role in row["roles"]:
            if unit not in existing.units:
                yield number, "roles", f"there is no unit {unit!r}"
            elif reason := misplaced(Role(role), existing.units[unit]):
                yield number, "roles", f"{unit}: {reason}"
        for unit, _ in row["member"]:
            if unit not in existing.units:
                yield number, "member", f"there is no unit {unit!r}"


def misplaced(role: Role, kind: UnitKind) -> str:
    """Why nobody can hold this role in a unit of this kind; "" when somebody can."""
    wanted = UnitKind.DEPARTMENT if role is Role.DEPARTMENT else LEVEL.get(role, kind)
    return "" if kind is wanted else f"a {role.value} belongs to a {wanted}, not to a {kind}"


def _check_chats(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("chat", "channel")(rows)
    yield from _known_units(rows, existing)


def _check_phones(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("key", "unit")(rows)
    yield from _known_units([(number, row) for number, row in rows if row["unit"]], existing)


def _known_units(rows: Parsed, existing: Existing) -> Wrong:
    for number, row in rows:
        if row["unit"] not in existing.units:
            yield number, "unit", f"there is no unit {row['unit']!r}"


def _check_branches(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("unit")(rows)
    yield from _known_units(rows, existing)
    for number, row in rows:
        if row["party_day"] is not None and row["party_day"] > LAST_DAY:
            yield number, "party_day", f"is not a day of the month from 1 to {LAST_DAY}"


def _check_members(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("person")(rows)
    for number, row in rows:
        if row["person"] not in existing.people:
            yield number, "person", f"there is no person {row['person']!r}; import people first"
        if row["branch"] not in existing.branches:
            yield number, "branch", f"there is no branch {row['branch']!r}; import branches first"
        if row["group"] and row["group"] not in existing.units:
            yield number, "group", f"there is no unit {row['group']!r}"


def _check_policies(rows: Parsed, existing: Existing) -> Wrong:
    yield from _unique("code")(rows)
    yield from _known_units([(number, row) for number, row in rows if row["unit"]], existing)
    for number, row in rows:
        if row["valid_from"] and row["valid_until"] and row["valid_until"] < row["valid_from"]:
            yield number, "valid_until", "ends before it begins"
        if bool(row["asks"]) != bool(row["situations"]):
            yield number, "situations", "asks and situations belong together"
        elif len(row["situations"]) == 1:
            yield number, "situations", "one situation alone leaves nothing to ask"


def _check_categories(rows: Parsed, _: Existing) -> Wrong:
    yield from _unique("code")(rows)
    for number, row in rows:
        if len(row["code"]) > 2 and not row["class"]:
            yield number, "class", "a category that is no heading needs a class"
        if row["class"] == OrderClass.X and not row["path"]:
            yield number, "path", "class X needs the lawful path to name"


def _check_unique(*columns: str) -> Callable[[Parsed, Existing], Wrong]:
    def check(rows: Parsed, _: Existing) -> Wrong:
        return _unique(*columns)(rows)

    return check


KINDS: Mapping[str, Kind] = {
    "units": Kind(
        columns={
            "code": Column(read=_code, required=True),
            "kind": Column(read=_one_of(*UnitKind), required=True),
            "name": Column(required=True),
            "parent": Column(read=_code),
        },
        check=_check_units,
    ),
    "places": Kind(
        columns={
            "code": Column(read=_code, required=True),
            "kind": Column(read=_one_of(*PlaceKind), required=True),
            "name": Column(required=True),
            "aliases": Column(read=_words, empty=()),
            "parent": Column(read=_code),
            "unit": Column(read=_code, required=True),
            "entrances": Column(read=_count, empty=None),
            "latitude": Column(read=_degrees(90), empty=None),
            "longitude": Column(read=_degrees(180), empty=None),
        },
        check=_check_places,
    ),
    "people": Kind(
        columns={
            "code": Column(read=_code, required=True),
            "name": Column(required=True),
            "phone": Column(read=_phone),
            "roles": Column(read=_roles, empty=()),
            "member": Column(read=_memberships, empty=()),
            "channel": Column(read=_code),
            "account": Column(read=_code),
        },
        check=_check_people,
    ),
    "branches": Kind(
        columns={
            "unit": Column(read=_code, required=True),
            "name": Column(required=True),
            "committee": Column(read=_truth, empty=True),
            "party_day": Column(read=_count, empty=None),
        },
        check=_check_branches,
    ),
    "members": Kind(
        columns={
            "person": Column(read=_code, required=True),
            "branch": Column(read=_code, required=True),
            "group": Column(read=_code),
            "position": Column(read=_one_of(*Position), empty=Position.MEMBER.value),
            "joined": Column(read=_day, empty=None),
            "votes": Column(read=_truth, empty=True),
            "away_since": Column(read=_day, empty=None),
            "away_to": Column(),
        },
        check=_check_members,
    ),
    "chats": Kind(
        columns={
            "channel": Column(read=_code, required=True),
            "chat": Column(required=True),
            "kind": Column(read=_one_of(*ChatKind), empty=ChatKind.GROUP.value),
            "title": Column(),
            "unit": Column(read=_code, required=True),
        },
        check=_check_chats,
    ),
    "categories": Kind(
        columns={
            "code": Column(read=_code, required=True),
            "name_zh": Column(required=True),
            "name_en": Column(required=True),
            "class": Column(read=_one_of(*OrderClass)),
            "typical_words": Column(read=_words, empty=()),
            "owner": Column(read=_one_of(*Role), empty=Role.GRID_LEADER.value),
            "done_when": Column(),
            "path": Column(),
        },
        check=_check_categories,
    ),
    "deadlines": Kind(
        columns={
            "class": Column(read=_one_of(*OrderClass), required=True),
            "accept": Column(read=parse_budget, empty=None),
            "claim": Column(read=parse_budget, empty=None),
            "answer": Column(read=parse_budget, empty=None),
            "resolve": Column(read=parse_budget, required=True),
            "warn_at": Column(read=_fractions, empty=()),
            "escalate_every": Column(read=_every, empty=None),
        },
        check=_check_unique("class"),
    ),
    "phones": Kind(
        columns={
            "key": Column(read=_code, required=True),
            "name": Column(required=True),
            "number": Column(read=_phone, required=True),
            "unit": Column(read=_code),
        },
        check=_check_phones,
    ),
    "policies": Kind(
        columns={
            "code": Column(read=_code, required=True),
            "question": Column(required=True),
            "alternatives": Column(read=_phrasings, empty=(), lines=True),
            "answer": Column(required=True, lines=True),
            "materials": Column(),
            "place": Column(),
            "hours": Column(),
            "phone": Column(),
            "link": Column(read=_link),
            "source": Column(required=True),
            "document": Column(),
            "asks": Column(),
            "situations": Column(read=_situations, empty=(), lines=True),
            "valid_from": Column(read=_day, empty=None),
            "valid_until": Column(read=_day, empty=None),
            "updated_on": Column(read=_day, required=True),
            "unit": Column(read=_code),
            "subject": Column(read=_code),
            "state": Column(read=_one_of(*PolicyState), empty=PolicyState.PUBLISHED.value),
            "sample": Column(read=_truth, empty=False),
        },
        check=_check_policies,
    ),
    "holidays": Kind(
        columns={
            "day": Column(read=_day, required=True),
            "name": Column(required=True),
            "working": Column(read=_truth, required=True),
        },
        check=_check_unique("day"),
    ),
}
