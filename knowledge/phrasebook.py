"""The phrasebook: every sentence people read, by name, and how values are put into it.

A phrase lives in `knowledge/phrases/*.toml` (or a community's own `phrases/*.toml`, laid over):

    [report]
    # a string is a phrase with one text: report.withdrawn
    withdrawn = "已撤回，编号 {number}。"

    # a table with a `text` is a phrase with variants; `group` is the neutral one for group chats
    [report.opened]
    text = "已登记{category}，{place}[，另有照片 {photos} 张]。{due:promise}给您答复。"
    group = "已登记，编号 {number}。"
    en = "Registered: {category}. We answer by {due:day}."
    group_en = "Registered, number {number}."

    # the words on the button of Choice(value="south_gate")
    [choice]
    south_gate = "南门"

A variant that is not written falls back to `text`. Values are put in as they are, never as
markup, and a direction of writing that one opens ends with it:

    {place}                 the value as it is
    {due:day}               6月24日(周三)18:00
    {due:promise}           6月24日(周三)18:00 前
    {due:date}              6月24日(周三)
    {at:clock}              18:00
    {left:span}             2 天 3 小时, from a timedelta or seconds
    {n:count}               1,248
    {buildings:list}        3、7、12, from a list
    {status:status.*}       the phrase status.<value>, for codes
    {orders:report.line}    that phrase for every dict of a list (or for one dict), a line each
    {text:quote}            the value cut to one line of 40 characters, private numbers masked
    {reason:masked}         the whole value, private numbers masked

    […]                     said only when all values inside are there and not empty, 0 or False
    {?photos} {!photos}     show nothing, only ask that the value is there, or is not

Brackets do not nest. An unknown phrase, or a missing value outside brackets, raises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo

from domain.messages import Choice
from knowledge.directions import closed
from knowledge.private_data import masked

VARIANTS = frozenset({"text", "group", "en", "group_en"})
SPECS = frozenset(
    {"", "day", "promise", "date", "clock", "span", "count", "list", "quote", "masked"},
)
QUOTED = 40
WEEKDAYS = "一二三四五六日"

_PIECE = re.compile(r"\{([?!]?)([a-z][a-z0-9_]*)(?::([^{}]*))?\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


class PhraseError(Exception):
    """A phrase cannot be read or said: which one, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"phrase {name!r}: {reason}")
        self.name = name
        self.reason = reason


class UnknownPhrase(PhraseError):
    """No phrase has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "there is no such phrase")


class MissingValue(PhraseError):
    """A phrase was said without a value it needs."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name, f"the value {value!r} was not given")
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """A value a phrase asks for; `optional` when it stands only inside brackets."""

    name: str
    spec: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    name: str
    spec: str
    test: str  # "", "?" or "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A run of literal text and slots; the whole of it may be optional."""

    pieces: tuple[str | _Slot, ...]
    optional: bool


class Phrasebook:
    """All phrases, compiled; `say` is the only way words reach people."""

    def __init__(
        self, phrases: Mapping[str, Mapping[str, str]], *, zone: ZoneInfo | None = None
    ) -> None:
        self._zone = zone or ZoneInfo("Asia/Shanghai")
        self._texts = {
            name: {variant: _compiled(name, text) for variant, text in variants.items()}
            for name, variants in phrases.items()
        }
        self._check_references()

    @classmethod
    def load(
        cls, overlays: Iterable[Traversable] = (), *, zone: ZoneInfo | None = None
    ) -> Phrasebook:
        """The phrases of the package, with each folder of `overlays` laid over them.

        An overlay replaces single variants of known phrases and may use only their values: what
        handlers give is fixed, so it is refused here and not in front of a resident.
        """
        phrases = _read_folder(resources.files("knowledge") / "phrases")
        for folder in overlays:
            for name, variants in _read_folder(folder).items():
                if name not in phrases:
                    raise PhraseError(name, f"{folder} changes a phrase that does not exist")
                _check_overlay(name, phrases[name], variants)
                phrases[name] = {**phrases[name], **variants}
        return cls(phrases, zone=zone)

    def say(
        self,
        name: str,
        values: Mapping[str, Any],
        *,
        group: bool = False,
        language: str = "zh",
    ) -> str:
        """The sentence, in the neutral words for a group where the phrase has them."""
        said = (
            self._part(name, part, values, group, language)
            for part in self._text(name, group=group, language=language)
        )
        return "".join(said)

    def label(self, choice: Choice, *, language: str = "zh") -> str:
        """The words on a button: the choice's own label, or the phrase `choice.<value>`."""
        return choice.label or self.say(f"choice.{choice.value}", {}, language=language)

    def names(self) -> frozenset[str]:
        """Every phrase there is."""
        return frozenset(self._texts)

    def placeholders(self, name: str) -> tuple[Placeholder, ...]:
        """Every value a variant of the phrase asks for, without those of phrases it refers to."""
        found: dict[tuple[str, str], bool] = {}
        for text in self._variants(name).values():
            for part in text:
                for slot in _slots(part):
                    key = (slot.name, slot.spec)
                    found[key] = found.get(key, True) and part.optional
        return tuple(
            Placeholder(name=value, spec=spec, optional=optional)
            for (value, spec), optional in found.items()
        )

    def _variants(self, name: str) -> Mapping[str, tuple[_Part, ...]]:
        try:
            return self._texts[name]
        except KeyError:
            raise UnknownPhrase(name) from None

    def _text(self, name: str, *, group: bool, language: str) -> tuple[_Part, ...]:
        variants = self._variants(name)
        english = language.startswith("en")
        wished = [("group_en", group and english), ("group", group), ("en", english)]
        for variant, wanted in wished:
            if wanted and variant in variants:
                return variants[variant]
        return variants["text"]

    def _part(
        self, name: str, part: _Part, values: Mapping[str, Any], group: bool, language: str
    ) -> str:
        if part.optional and not all(_holds(slot, values) for slot in _slots(part)):
            return ""
        return "".join(
            piece if isinstance(piece, str) else self._slot(name, piece, values, group, language)
            for piece in part.pieces
        )

    def _slot(
        self, name: str, slot: _Slot, values: Mapping[str, Any], group: bool, language: str
    ) -> str:
        if slot.test:
            return ""
        if slot.name not in values:
            raise MissingValue(name, slot.name)
        value = values[slot.name]
        if slot.spec.endswith(".*"):
            return self.say(f"{slot.spec[:-1]}{value}", values, group=group, language=language)
        if "." in slot.spec:
            items = [value] if isinstance(value, Mapping) else value
            lines = (self.say(slot.spec, item, group=group, language=language) for item in items)
            return "\n".join(lines)
        try:
            return _shown(value, slot.spec, self._zone)
        except (TypeError, ValueError) as error:
            raise PhraseError(
                name, f"{{{slot.name}:{slot.spec}}} cannot show this: {error}"
            ) from error

    def _check_references(self) -> None:
        for name in self._texts:
            for placeholder in self.placeholders(name):
                spec = placeholder.spec
                if spec.endswith(".*"):
                    if not any(known.startswith(spec[:-1]) for known in self._texts):
                        raise PhraseError(name, f"no phrase is named {spec}")
                elif "." in spec and spec not in self._texts:
                    raise PhraseError(name, f"it refers to {spec!r}, which does not exist")


def in_days(value: date, zone: ZoneInfo) -> str:
    """A date as people say it: 6月24日(周三)."""
    local = value.astimezone(zone) if isinstance(value, datetime) else value
    return f"{local.month}月{local.day}日(周{WEEKDAYS[local.weekday()]})"


def in_span(value: timedelta | float) -> str:
    """A duration in its two largest units: 2 天 3 小时; never less than 1 分钟."""
    length = value if isinstance(value, timedelta) else timedelta(seconds=value)
    minutes = max(int(length.total_seconds() // 60), 1)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    amounts = [(days, "天"), (hours, "小时"), (rest, "分钟")]
    said = [f"{amount} {unit}" for amount, unit in amounts if amount]
    return " ".join(said[:2])


def _shown(value: Any, spec: str, zone: ZoneInfo) -> str:
    match spec:
        case "day":
            local = _moment(value).astimezone(zone)
            return f"{in_days(local, zone)}{local:%H:%M}"
        case "promise":
            return f"{_shown(value, 'day', zone)} 前"
        case "date":
            return in_days(_day(value), zone)
        case "clock":
            return f"{_moment(value).astimezone(zone):%H:%M}"
        case "span":
            return in_span(value)
        case "count":
            return f"{value:,d}"
        case "list":
            return "、".join(closed(str(item)) for item in value)
        case "quote":
            line = " ".join(masked(str(value)).split())
            return closed(line if len(line) <= QUOTED else f"{line[:QUOTED]}…")
        case "masked":
            return closed(masked(str(value)))
        case _:
            return "" if value is None else closed(str(value))


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise TypeError("not an aware moment")
    return moment


def _day(value: Any) -> date:
    if isinstance(value, str):
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if not isinstance(value, date):
        raise TypeError("not a date")
    return value


def _holds(slot: _Slot, values: Mapping[str, Any]) -> bool:
    given = bool(values.get(slot.name))
    return not given if slot.test == "!" else given


def _slots(part: _Part) -> Iterator[_Slot]:
    return (piece for piece in part.pieces if isinstance(piece, _Slot))


def _compiled(name: str, text: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    at = 0
    for bracket in _OPTIONAL.finditer(text):
        parts.append(_part_of(name, text[at : bracket.start()], optional=False))
        parts.append(_part_of(name, bracket[1], optional=True))
        at = bracket.end()
    parts.append(_part_of(name, text[at:], optional=False))
    return tuple(part for part in parts if part.pieces)


def _part_of(name: str, text: str, *, optional: bool) -> _Part:
    pieces: list[str | _Slot] = []
    at = 0
    for found in _PIECE.finditer(text):
        pieces += [text[at : found.start()], _slot_of(name, found, optional=optional)]
        at = found.end()
    pieces.append(text[at:])
    for piece in pieces:
        if isinstance(piece, str) and set(piece) & set("{}[]"):
            raise PhraseError(name, f"a bracket is left open or nested in {piece!r}")
    return _Part(pieces=tuple(piece for piece in pieces if piece != ""), optional=optional)


def _slot_of(name: str, found: re.Match[str], *, optional: bool) -> _Slot:
    test, value, spec = found[1], found[2], found[3] or ""
    if "." not in spec and spec not in SPECS:
        raise PhraseError(name, f"{{{value}:{spec}}} asks for a form nobody knows")
    if test and not optional:
        raise PhraseError(name, f"{{{test}{value}}} stands outside brackets")
    return _Slot(name=value, spec=spec, test=test)


def _read_folder(folder: Traversable) -> dict[str, dict[str, str]]:
    phrases: dict[str, dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PhraseError("", f"{file.name} is not readable: {error}") from error
        for name, variants in _phrases_in("", tables):
            if name in phrases:
                raise PhraseError(name, f"{file.name} names it a second time")
            phrases[name] = variants
    return phrases


def _phrases_in(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, str):
            yield name, {"text": value.strip("\n")}
        elif isinstance(value, dict) and isinstance(value.get("text"), str):
            yield name, _variants_in(name, value)
        elif isinstance(value, dict):
            yield from _phrases_in(f"{name}.", value)
        else:
            raise PhraseError(name, "it is neither a text nor a table")


def _variants_in(name: str, table: Mapping[str, Any]) -> dict[str, str]:
    unknown = set(table) - VARIANTS
    if unknown:
        raise PhraseError(
            name, f"unknown variants {sorted(unknown)}; known are {sorted(VARIANTS)}"
        )
    return {variant: str(text).strip("\n") for variant, text in table.items()}


def _check_overlay(name: str, known: Mapping[str, str], laid_over: Mapping[str, str]) -> None:
    def wanted(variants: Mapping[str, str]) -> set[str]:
        texts = (_compiled(name, text) for text in variants.values())
        return {slot.name for text in texts for part in text for slot in _slots(part)}

    unknown = wanted(laid_over) - wanted(known)
    if unknown:
        raise PhraseError(name, f"the values {sorted(unknown)} are not given to it")
