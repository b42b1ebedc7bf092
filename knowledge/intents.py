"""The intents: what a person may want, each described by one file in `knowledge/intents/`.

    # knowledge/intents/urge.toml
    staff = false           # true: a command, read only when the person holds a post
    priority = 60           # 0..100; the highest that fits is the intent
    whole = ["催办"]         # the message is nothing else
    words = ["催一下"]        # anywhere in the message
    weak = ["都几天了"]       # anywhere, at half the priority unless an order number is said
    patterns = ["^催(?P<rest>.*)$"]   # regular expressions, searched in the message
    alone = ["尽快|抓紧"]     # the same, said to us and with no complaint beside it
    takes = ["reason"]      # what is read from the group `rest`, see TAKES
    needs = ["number"]      # what the message must hold besides, see NEEDS
    examples = ["催一下灯的事"]  # each must give this intent; the tests read them

Everything is compared in lower case, simplified characters and half-width punctuation, without
the order numbers and without our own name. Patterns must not repeat a group that ends in a
repetition, which can take for ever; `load` refuses it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

TAKES = frozenset({"reason", "at", "days", "period", "people", "choice"})
NEEDS = frozenset({"number", "place", "problem"})


# Patterns look no farther, so a hostile text costs little; what follows still belongs to `rest`.
PATTERN_REACH = 1_000


class IntentError(ValueError):
    """An intent's file is wrong: which file, and why."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One intent as its file describes it."""

    name: str
    staff: bool = False
    priority: int = 50
    words: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    alone: tuple[re.Pattern[str], ...] = ()
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """An intent that fits a message, how well (0..100), and where the words after its own are."""

    intent: Intent
    score: float
    rest: tuple[int, int] | None = None
    whole: bool = False  # the message is nothing else


class Intents:
    """All intents, by name."""

    def __init__(self, intents: Iterable[Intent]) -> None:
        self._intents = {intent.name: intent for intent in intents}

    @classmethod
    def load(cls, overlays: Iterable[Traversable] = ()) -> Intents:
        """The intents of the package; an overlay's file adds words, patterns and examples."""
        files = _files(resources.files("knowledge") / "intents")
        tables = {name: _table(file) for name, file in files.items()}
        for folder in overlays:
            for name, file in _files(folder).items():
                if name not in tables:
                    raise IntentError(file.name, "there is no such intent")
                _lay_over(tables[name], _table(file), file.name)
        return cls(_intent(name, table) for name, table in tables.items())

    def __iter__(self) -> Iterator[Intent]:
        return iter(self._intents.values())

    def __getitem__(self, name: str) -> Intent:
        return self._intents[name]

    def __contains__(self, name: str) -> bool:
        return name in self._intents

    def fits(self, message: str, *, staff: bool, holds: frozenset[str]) -> list[Fit]:
        """Every intent whose words and needs are in the message; in no order."""
        found = (
            _fit(intent, message, holds)
            for intent in self
            if (staff or not intent.staff) and intent.needs <= holds
        )
        return [fit for fit in found if fit is not None]


def _fit(intent: Intent, message: str, holds: frozenset[str]) -> Fit | None:
    if message in intent.whole:
        return Fit(intent=intent, score=intent.priority + 2, whole=True)
    alone = () if holds & {"complaint", "overheard"} else intent.alone
    for pattern in (*intent.patterns, *alone):
        if found := pattern.search(message, 0, PATTERN_REACH):
            return Fit(intent=intent, score=intent.priority + 1, rest=_rest(found, message))
    if any(word in message for word in intent.words):
        return Fit(intent=intent, score=intent.priority)
    if any(word in message for word in intent.weak):
        share = 1.0 if "number" in holds else 0.5
        return Fit(intent=intent, score=intent.priority * share)
    return None


def _rest(found: re.Match[str], message: str) -> tuple[int, int] | None:
    if "rest" not in found.re.groupindex:
        return None
    start, end = found.span("rest")
    return start, len(message) if end == PATTERN_REACH else end


def _files(folder: Traversable) -> dict[str, Traversable]:
    return {
        file.name.removesuffix(".toml"): file
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
    }


def _table(file: Traversable) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntentError(file.name, f"not readable: {error}") from error
    for key in LISTS:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise IntentError(file.name, f"{key} is not a list of texts")
    return table


# A repetition inside a repeated group: the shape of regular expressions that take for ever.
_NESTED = re.compile(r"[*+}]\)[*+{]")

LISTS = ("words", "weak", "whole", "patterns", "alone", "takes", "needs", "examples")


def _lay_over(table: dict[str, Any], added: Mapping[str, Any], file: str) -> None:
    for key, values in added.items():
        if key not in LISTS:
            raise IntentError(file, f"{key!r} cannot be changed; it may add to {', '.join(LISTS)}")
        table[key] = [*table.get(key, []), *values]


def _intent(name: str, table: Mapping[str, Any]) -> Intent:
    file = f"{name}.toml"
    unknown = set(table) - {*LISTS, "staff", "priority"}
    if unknown:
        raise IntentError(file, f"unknown keys {', '.join(sorted(unknown))}")
    for key, known in (("takes", TAKES), ("needs", NEEDS)):
        if wrong := set(table.get(key, [])) - known:
            raise IntentError(file, f"{key} knows {', '.join(sorted(known))}, not {wrong}")
    try:
        return Intent(
            name=name,
            staff=bool(table.get("staff", False)),
            priority=int(table.get("priority", 50)),
            words=tuple(table.get("words", ())),
            weak=tuple(table.get("weak", ())),
            whole=frozenset(table.get("whole", ())),
            patterns=tuple(_pattern(pattern) for pattern in table.get("patterns", ())),
            alone=tuple(_pattern(pattern) for pattern in table.get("alone", ())),
            takes=frozenset(table.get("takes", ())),
            needs=frozenset(table.get("needs", ())),
            examples=tuple(table.get("examples", ())),
        )
    except (ValueError, re.error) as error:
        raise IntentError(file, str(error)) from error


def _pattern(written: str) -> re.Pattern[str]:
    if _NESTED.search(written):
        raise ValueError(f"{written!r} repeats a repetition")
    return re.compile(written)
