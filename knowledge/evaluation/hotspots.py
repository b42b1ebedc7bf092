"""How well messages about one thing are found to be so, on labelled issues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from knowledge.evaluation.lines import BadRow, field_of, field_or, json_lines
from knowledge.hotspots import Told, gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing that several messages are about."""

    name: str
    ids: frozenset[str]


def read_messages(text: str) -> tuple[Told, ...]:
    """Lines {id, text[, place]}; a text may also come as topic and detail."""
    messages: dict[str, Told] = {}
    for row, line in json_lines(text):
        name = _id(row, line.get("id"))
        if name in messages:
            raise BadRow(row, f"the id {name!r} is there twice")
        if "text" in line or not ("topic" in line or "detail" in line):
            said = field_of(row, line, "text", str)
        else:
            said = field_or(row, line, "topic", str, "") + field_or(row, line, "detail", str, "")
        messages[name] = Told(id=name, text=said, place=field_or(row, line, "place", str, ""))
    return tuple(messages.values())


def read_issues(text: str) -> tuple[Issue, ...]:
    """Lines {issue, ids}."""
    issues = []
    for row, line in json_lines(text):
        ids = frozenset(_id(row, one) for one in field_of(row, line, "ids", list))
        if not ids:
            raise BadRow(row, "has no ids")
        issues.append(Issue(name=str(line.get("issue", row)), ids=ids))
    return tuple(issues)


def evaluate(
    messages: Sequence[Told], issues: Sequence[Issue], clock: Callable[[], float]
) -> dict[str, Any]:
    """For every issue the group most like it, and how like (F1 over messages)."""
    began = clock()
    groups = gathered(messages)
    seconds = clock() - began
    found = [frozenset(messages[at].id for at in group) for group in groups]
    figures = {
        issue.name: max((_f1(issue.ids, one) for one in found), default=0.0) for issue in issues
    }
    return {
        "best_match_f1": round(mean(figures.values()), 4) if figures else None,
        "issues": {name: round(value, 4) for name, value in figures.items()},
        "messages": len(messages),
        "groups": sum(1 for group in groups if len(group) > 1),
        "p50_ms": round(seconds * 1000 / len(messages), 3) if messages else None,
        "seconds": round(seconds, 2),
    }


def _f1(wanted: frozenset[str], found: frozenset[str]) -> float:
    return 2 * len(wanted & found) / (len(wanted) + len(found))


def _id(row: int, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise BadRow(row, f"{value!r:.60} is no id")
    return str(value)
