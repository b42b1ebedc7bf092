"""Readings against labelled messages: intents, orders, places, emergencies, privacy and time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.places import Place, PlaceKind
from domain.readings import PlaceSlots, Reading, ReadingContext
from knowledge.evaluation.lines import BadRow, field_of, field_or, json_lines
from knowledge.reader import Reader

INTENTS = (
    "report",
    "ask",
    "progress",
    "urge",
    "withdraw",
    "supplement",
    "correct",
    "plus_one",
    "confirm",
    "disagree",
    "rate",
    "thanks",
    "human",
    "cancel",
    "activity",
    "signup",
    "leave",
    "chitchat",
    "advert",
    "help",
    "my_data",
    "delete_me",
    "anonymous_report",
)
_IGNORED = frozenset({"chitchat", "advert"})
# What is answered in a group although nobody addressed the service.
_HEARD = frozenset({"report", "plus_one", "anonymous_report"})
_REPORTING = frozenset({"report", "anonymous_report"})
# Intents of ours that the labels do not tell apart from another.
_SAME = {
    "hello": "chitchat",
    "privacy_notice": "help",
    "roll": "activity",
    "nudge": "activity",
    "cadence": "activity",
    "": "chitchat",
}
_PLACE_FIELDS = ("building", "unit", "room")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One problem as labelled or as read; what is not said is empty."""

    category: str = ""
    order_class: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled message."""

    row: int
    text: str
    intent: str
    group: bool = False
    addressed: bool = True
    orders: tuple[Order, ...] = ()
    emergency: bool = False
    privacy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures, by name, and every message that was read otherwise than labelled."""

    figures: Mapping[str, float | int | None]
    misses: tuple[Mapping[str, Any], ...] = ()


def read_labelled(text: str) -> tuple[Labelled, ...]:
    """The labelled messages of a JSON lines file; raises BadRow."""
    return tuple(_labelled(row, line) for row, line in json_lines(text))


def _labelled(row: int, line: Mapping[str, Any]) -> Labelled:
    chat = field_or(row, line, "chat", str, "private")
    if chat not in ("group", "private"):
        raise BadRow(row, f"'chat' is {chat!r}, not group or private")
    intent = field_of(row, line, "intent", str)
    if intent not in INTENTS:
        raise BadRow(row, f"'intent' is {intent!r}, none of {', '.join(INTENTS)}")
    return Labelled(
        row=row,
        text=field_of(row, line, "text", str),
        intent=intent,
        group=chat == "group",
        addressed=field_or(row, line, "addressed", bool, chat == "private"),
        orders=tuple(_order(row, order) for order in field_or(row, line, "orders", list, [])),
        emergency=field_or(row, line, "emergency", bool, False),
        privacy=field_or(row, line, "privacy", bool, False),
    )


def _order(row: int, order: Any) -> Order:
    if not isinstance(order, dict):
        raise BadRow(row, f"an order is {order!r:.60}, no JSON object")
    named = {name: field_or(row, order, name, str, "") for name in (*_PLACE_FIELDS, "place")}
    return Order(
        category=field_or(row, order, "category", str, ""),
        order_class=field_or(row, order, "class", str, ""),
        **named,
    )


def read_places(text: str) -> tuple[Place, ...]:
    """Estates and their nicknames: a table such as `xiaoqi import places` takes, of which name and
    aliases suffice; or JSON lines {name, aliases}. Raises BadRow.
    """
    text = text.removeprefix("\ufeff")
    rows = list(_places_as_json(text) if text.lstrip().startswith("{") else _places_as_csv(text))
    ids = {row["code"]: number for number, (_, row) in enumerate(rows, start=1) if row["code"]}
    return tuple(
        Place(
            id=number,
            code=row["code"],
            kind=_kind(line, row["kind"]),
            name=row["name"],
            aliases=tuple(name for name in row["aliases"] if name),
            parent=ids.get(row["parent"]),
            unit=1,
        )
        for number, (line, row) in enumerate(rows, start=1)
    )


def _places_as_json(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for row, line in json_lines(text):
        texts = {name: field_or(row, line, name, str, "") for name in ("kind", "code", "parent")}
        aliases = field_or(row, line, "aliases", list, [])
        if not all(isinstance(alias, str) for alias in aliases):
            raise BadRow(row, "'aliases' is no list of texts")
        yield row, {"name": field_of(row, line, "name", str), "aliases": aliases, **texts}


def _places_as_csv(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = csv.DictReader(text.splitlines(), strict=True)
    if "name" not in (lines.fieldnames or ()):
        raise BadRow(1, "there is no column 'name'")
    try:
        for line in lines:
            row = {name: (line.get(name) or "").strip() for name in ("kind", "code", "parent")}
            name = (line.get("name") or "").strip()
            if not name:
                raise BadRow(lines.line_num, "'name' is empty")
            aliases = (line.get("aliases") or "").replace("；", ";").split(";")
            yield lines.line_num, {"name": name, "aliases": [a.strip() for a in aliases], **row}
    except csv.Error as error:
        raise BadRow(lines.line_num, f"is no CSV: {error}") from None


def _kind(row: int, said: str) -> PlaceKind:
    try:
        return PlaceKind(said or "estate")
    except ValueError:
        raise BadRow(row, f"'kind' is {said!r}, none of {', '.join(PlaceKind)}") from None


def evaluate(
    reader: Reader,
    messages: Sequence[Labelled],
    clock: Callable[[], float],
    step: Callable[[int], None] = lambda done: None,
) -> Figures:
    """Reads every message and compares; `clock` returns seconds, `step` is told how many are
    done.
    """
    tally = _Tally()
    for done, message in enumerate(messages, start=1):
        context = ReadingContext(group=message.group, addressed=message.addressed)
        begun = clock()
        reading = reader.read(message.text, context)
        tally.milliseconds.append((clock() - begun) * 1000)
        tally.add(message, reading)
        step(done)
    return Figures(figures=tally.figures(), misses=tuple(tally.misses))


@dataclass(slots=True)
class _Tally:
    """Counts what was right."""

    right: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    codes: list[tuple[str, str]] = field(default_factory=list)
    places: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    misses: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, message: Labelled, reading: Reading) -> None:
        """One message more."""
        intent = _SAME.get(reading.intent, reading.intent)
        private = bool(reading.private_data) or reading.third_person
        orders = orders_of(reading, wanted=bool(message.orders))
        wrong = [self._count("intent", right=intent == message.intent)]
        if message.orders:
            wrong.append(self._count("split", right=len(orders) == len(message.orders)))
        wrong += [self._pair(wanted, got) for wanted, got in _pairs(message.orders, orders)]
        name = "emergency" if message.emergency else "calm"
        wrong.append(self._count(name, right=reading.emergency == message.emergency))
        name = "privacy" if message.privacy else "public"
        wrong.append(self._count(name, right=private == message.privacy))
        if message.group and message.intent in _IGNORED:
            heard = intent in _HEARD if not message.addressed else intent not in _IGNORED
            left_alone = not heard and not reading.emergency
            wrong.append(self._count("ignored", right=left_alone))
        if what := ", ".join(dict.fromkeys(name for name in wrong if name)):
            self.misses.append(_miss(what, message, reading, intent, orders))

    def figures(self) -> dict[str, float | int | None]:
        """Everything that `xiaoqi evaluate readings` prints."""
        return {
            "messages": self.all["intent"],
            "orders": len([wanted for wanted, _ in self.codes if wanted]),
            "intent_accuracy": self._share("intent"),
            "category_macro_f1": _macro_f1(self.codes),
            "category_accuracy": _share(got == wanted for wanted, got in self.codes if wanted),
            "split_accuracy": self._share("split"),
            **{f"{name}_f1": _slot_f1(self.places.get(name, ())) for name in _PLACE_FIELDS},
            "place_overlap_f1": _overlap_f1(self.places.get("place", ())),
            "emergency_recall": self._share("emergency"),
            "emergency_false_alarm_rate": _rest(self._share("calm")),
            "ignored_rate": self._share("ignored"),
            "privacy_recall": self._share("privacy"),
            "privacy_false_alarm_rate": _rest(self._share("public")),
            "p50_ms": _quantile(self.milliseconds, 0.5),
            "p95_ms": _quantile(self.milliseconds, 0.95),
        }

    def _count(self, name: str, *, right: bool) -> str:
        self.all[name] += 1
        self.right[name] += right
        return "" if right else name

    def _pair(self, wanted: Order, got: Order) -> str:
        self.codes.append((wanted.category, got.category))
        wrong = ["category"] if wanted.category != got.category else []
        for name in (*_PLACE_FIELDS, "place"):
            pair = (getattr(wanted, name), getattr(got, name))
            self.places.setdefault(name, []).append(pair)
            wrong += [name] if pair[0] != pair[1] else []
        return ", ".join(wrong)

    def _share(self, name: str) -> float | None:
        return round(self.right[name] / self.all[name], 4) if self.all[name] else None


def orders_of(reading: Reading, *, wanted: bool) -> tuple[Order, ...]:
    """The orders a reading would open; for another intent, when some are `wanted`, what it is
    about.
    """
    if not (wanted or reading.emergency or reading.intent in _REPORTING):
        return ()
    if not reading.problems:
        return (_as_order("", "", reading.place),)
    return tuple(
        _as_order(problem.category, problem.order_class, problem.place)
        for problem in reading.problems
    )


def _as_order(category: str, order_class: str, place: PlaceSlots) -> Order:
    return Order(
        category=category,
        order_class=order_class,
        building=place.building,
        unit=place.entrance,
        room=place.room,
        place=place.spot,
    )


def _pairs(wanted: Sequence[Order], got: Sequence[Order]) -> list[tuple[Order, Order]]:
    """Labelled orders beside those read that are most like them; empty ones where one lacks."""
    ways = sorted(
        (-_likeness(one, other), place, rank)
        for place, one in enumerate(wanted)
        for rank, other in enumerate(got)
    )
    chosen: dict[int, int] = {}
    for _, place, rank in ways:
        if place not in chosen and rank not in chosen.values():
            chosen[place] = rank
    pairs = [
        (one, got[chosen[place]] if place in chosen else Order())
        for place, one in enumerate(wanted)
    ]
    extra = [other for rank, other in enumerate(got) if rank not in chosen.values()]
    return pairs + [(Order(), other) for other in extra]


def _likeness(one: Order, other: Order) -> float:
    alike = 4.0 * (one.category == other.category) + 2.0 * (one.building == other.building)
    alike += (one.unit == other.unit) + (one.room == other.room)
    return alike + _shared(one.place, other.place) / (len(one.place + other.place) or 1)


def _shared(one: str, other: str) -> int:
    return (Counter(one) & Counter(other)).total()


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean F1 of the categories that were labelled."""
    codes = sorted({wanted for wanted, _ in pairs if wanted})
    scores = [
        _f1(
            sum(wanted == got == code for wanted, got in pairs),
            sum(got == code for _, got in pairs),
            sum(wanted == code for wanted, _ in pairs),
        )
        for code in codes
    ]
    return round(sum(scores) / len(scores), 4) if scores else None


def _slot_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    said = sum(bool(wanted) for wanted, _ in pairs)
    if not said:
        return None
    hits = sum(bool(wanted) and wanted == got for wanted, got in pairs)
    return round(_f1(hits, sum(bool(got) for _, got in pairs), said), 4)


def _overlap_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """By characters: how much of the spots labelled and of those read is common to both."""
    said = sum(len(wanted) for wanted, _ in pairs)
    if not said:
        return None
    hits = sum(_shared(wanted, got) for wanted, got in pairs)
    return round(_f1(hits, sum(len(got) for _, got in pairs), said), 4)


def _f1(hits: int, found: int, wanted: int) -> float:
    return 2 * hits / (found + wanted) if found + wanted else 0.0


def _share(rights: Iterable[bool]) -> float | None:
    counted = list(rights)
    return round(sum(counted) / len(counted), 4) if counted else None


def _rest(share: float | None) -> float | None:
    return None if share is None else round(1 - share, 4)


def _quantile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 3) if ordered else None


def _miss(
    what: str, message: Labelled, reading: Reading, intent: str, orders: tuple[Order, ...]
) -> Mapping[str, Any]:
    return {
        "row": message.row,
        "wrong": what,
        "text": message.text,
        "labelled": {
            "intent": message.intent,
            "orders": [_shown(order) for order in message.orders],
            "emergency": message.emergency,
            "privacy": message.privacy,
        },
        "read": {
            "intent": intent,
            "orders": [_shown(order) for order in orders],
            "emergency": reading.emergency,
            "privacy": [kind for _, _, kind in reading.private_data],
        },
    }


def _shown(order: Order) -> str:
    values = asdict(order)
    return "/".join(str(value) for value in values.values())
