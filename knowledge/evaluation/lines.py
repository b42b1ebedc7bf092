"""Lines of a labelled file: JSON objects, with the row named where one is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class BadRow(ValueError):
    """A row of a file that cannot be used: which (the first is 1), and why."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"{row}: {reason}")
        self.row = row
        self.reason = reason


def json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a JSON lines file with their rows; blank lines are passed over."""
    for row, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadRow(row, f"is no JSON: {error}") from None
        if not isinstance(value, dict):
            raise BadRow(row, "is no JSON object")
        yield row, value


def field_of(row: int, line: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there and of this kind."""
    if name not in line:
        raise BadRow(row, f"has no {name!r}")
    return _checked(row, name, line[name], kind)


def field_or(row: int, line: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    """A field that may be missing or null."""
    return default if line.get(name) is None else _checked(row, name, line[name], kind)


def _checked(row: int, name: str, value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind) or (type(value) is bool and kind is int):
        raise BadRow(row, f"{name!r} is {value!r:.60}, not of type {kind.__name__}")
    return value
