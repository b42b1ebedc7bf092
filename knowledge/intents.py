"""The intents: what a person may want, each described by one file in `knowledge/intents/`.

# knowledge/intents/urge.toml
group = "addressed"        # "always": also read in a group where nobody addressed us
staff = false              # true: a command, read only when the person holds a post
priority = 60              # the highest that fits is the intent; 0..100
weak = ["都几天了"]          # words that fit too, at half the priority
words = ["催一下"]           # anywhere in the message
whole = ["催办"]            # the message is nothing else
patterns = ["^催(?P<rest>.*)$"]  # regular expressions, searched in the message without its order numbers
takes = ["reason"]         # what is read from the group `rest`: reason, at, days, period, people, places
needs = ["number"]         # the message must also hold these: number, place, problem, question, choice
examples = ["催一下灯的事"]  # read by the tests; each must give this intent
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any


class Hearing(StrEnum):
    """Where in a group an intent is listened to."""

    ADDRESSED = "addressed"  # 被 @ 或回复时
    ALWAYS = "always"  # 随时


TAKES = frozenset({"reason", "at", "days", "period", "people", "numbers"})
NEEDS = frozenset({"number", "place", "problem", "rest"})


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
    hearing: Hearing = Hearing.ADDRESSED
    staff: bool = False
    priority: int = 50
    words: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """An intent that fits a message, how well, and what followed its words."""

    intent: Intent
    score: float
    rest: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)


class Intents:
    """All intents, by name."""

    def __init__(self, intents: Iterable[Intent]) -> None:
        self._intents = {intent.name: intent for intent in intents}

    @classmethod
    def load(cls, overlays: Iterable[Traversable] = ()) -> Intents:
        """The intents of the package; a file of an overlay folder adds words, patterns and examples to its intent."""
        files = _files(resources.files("knowledge") / "intents")
        tables = {name: _table(file) for name, file in files.items()}
        for folder in overlays:
            for name, file in _files(folder).items():
                if name not in tables:
                    raise IntentError(str(file), "there is no such intent")
                _lay_over(tables[name], _table(file), file.name)
        return cls(_intent(name, table) for name, table in tables.items())

    def __iter__(self) -> Iterator[Intent]:
        return iter(self._intents.values())

    def __getitem__(self, name: str) -> Intent:
        return self._intents[name]

    def __contains__(self, name: str) -> bool:
        return name in self._intents

    def fits(self, message: str, *, staff: bool) -> list[Fit]:
        """Every intent whose words are in the message (as normalised for comparing), best first."""
        found = (_fit(intent, message) for intent in self if staff or not intent.staff)
        fits = [fit for fit in found if fit is not None]
        return sorted(fits, key=lambda fit: -fit.score)


def _fit(intent: Intent, message: str) -> Fit | None:
    if message in intent.whole:
        return Fit(intent=intent, score=intent.priority + 2)
    for pattern in intent.patterns:
        if found := pattern.search(message):
            said = {name: value or "" for name, value in found.groupdict().items()}
            return Fit(
                intent=intent,
                score=intent.priority + 1,
                rest=said.get("rest"),
                groups=said,
            )
    if any(word in message for word in intent.words):
        return Fit(intent=intent, score=intent.priority)
    if any(word in message for word in intent.weak):
        return Fit(intent=intent, score=intent.priority / 2)
    return None


def _files(folder: Traversable) -> dict[str, Traversable]:
    return {
        file.name.removesuffix(".toml"): file
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
    }


def _table(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntentError(file.name, f"not readable: {error}") from error


LISTS = ("words", "weak", "whole", "patterns", "takes", "needs", "examples")


def _lay_over(table: dict[str, Any], added: Mapping[str, Any], file: str) -> None:
    for key, values in added.items():
        if key not in LISTS:
            raise IntentError(file, f"{key!r} cannot be changed; it may add to {', '.join(LISTS)}")
        table[key] = [*table.get(key, []), *values]


def _intent(name: str, table: Mapping[str, Any]) -> Intent:
    file = f"{name}.toml"
    unknown = set(table) - {*LISTS, "group", "staff", "priority"}
    if unknown:
        raise IntentError(file, f"unknown keys {', '.join(sorted(unknown))}")
    for key in LISTS:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise IntentError(file, f"{key} is not a list of texts")
    for key, known in (("takes", TAKES), ("needs", NEEDS)):
        if wrong := set(table.get(key, [])) - known:
            raise IntentError(file, f"{key} knows {', '.join(sorted(known))}, not {wrong}")
    try:
        return Intent(
            name=name,
            hearing=Hearing(table.get("group", Hearing.ADDRESSED)),
            staff=bool(table.get("staff", False)),
            priority=int(table.get("priority", 50)),
            words=tuple(table.get("words", ())),
            weak=tuple(table.get("weak", ())),
            whole=frozenset(table.get("whole", ())),
            patterns=tuple(re.compile(pattern) for pattern in table.get("patterns", ())),
            takes=frozenset(table.get("takes", ())),
            needs=frozenset(table.get("needs", ())),
            examples=tuple(table.get("examples", ())),
        )
    except (ValueError, re.error) as error:
        raise IntentError(file, str(error)) from error
