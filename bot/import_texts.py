"""Rows written as text: entries of a TOML or YAML file, and Markdown files with their fields on
top.

[[policies]]                        ---
code = "old-age"                    code: old-age
question = "高龄津贴怎么领"           source: 社区居委会
alternatives = ["老人有补贴吗"]       alternatives:
answer = "到社区窗口登记。"            - 老人有补贴吗
source = "社区居委会"                 ---
updated_on = 2026-06-01             # 高龄津贴怎么领
                                    到社区窗口登记。
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml

Row = Mapping[str, str]

_FIELD = re.compile(r"([a-z_]+)\s*[:：]\s*(.*)")
_ITEM = re.compile(r"\s+-\s+(.*)|-\s+(.*)")
_LINE = re.compile(r"line (\d+)")
FENCE = "---"
_OURS = tuple(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
)


class UnreadableText(ValueError):
    """A text holds no rows: in which line it is wrong (0: all of it), and why."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.reason = reason


def from_toml(kind: str, text: str) -> list[tuple[int, Row]]:
    """The tables `[[kind]]` of a TOML text, each with the line it begins in."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        raise UnreadableText(int(line[1]) if line else 0, f"is no TOML: {error}") from None
    entries = table.get(kind)
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UnreadableText(0, f"holds no [[{kind}]]")
    heading = re.compile(rf"\s*\[\[\s*{kind}\s*\]\]")
    begins = [row for row, line in enumerate(text.splitlines(), 1) if heading.match(line)]
    rows = begins if len(begins) == len(entries) else list(range(1, len(entries) + 1))
    return [
        (row, {name: _cell(row, name, value) for name, value in entry.items()})
        for row, entry in zip(rows, entries, strict=True)
    ]


def from_yaml(kind: str, text: str) -> list[tuple[int, Row]]:
    """The entries under `kind:` of a YAML text, or of a plain list, each with its line.

    Every value is taken as it is written (no, 0551 and 2026-06-01 are texts), and nothing may
    stand for something else (&, *), so that a small file is never a large one.
    """
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise UnreadableText(0, "uses & and *: write it out")
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else 0
        raise UnreadableText(row, f"is no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableText(0, f"is no YAML: {type(error).__name__}") from None
    if isinstance(root, yaml.MappingNode):
        root = _fields(root).get(kind)
    if not isinstance(root, yaml.SequenceNode):
        raise UnreadableText(0, f"holds no list of {kind}")
    rows: list[tuple[int, Row]] = []
    for node in root.value:
        row = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise UnreadableText(row, "is no entry with fields such as source: …")
        fields = _fields(node)
        rows.append((row, {name: _cell(row, name, _plain(one)) for name, one in fields.items()}))
    return rows


def _fields(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        if name in found:
            raise UnreadableText(key.start_mark.line + 1, f"{name!r} stands there twice")
        found[name] = value
    return found


def _plain(node: yaml.Node) -> Any:
    """What it says; texts, lists and fields alone."""
    if not node.tag.startswith(_OURS):
        raise UnreadableText(node.start_mark.line + 1, f"{node.tag!r:.40} is no plain value")
    match node:
        case yaml.SequenceNode():
            return [_plain(one) for one in node.value]
        case yaml.MappingNode():
            return {name: _plain(one) for name, one in _fields(node).items()}
        case _:
            return "" if node.tag.endswith(":null") else str(node.value)


def from_markdown(_: str, text: str) -> list[tuple[int, Row]]:
    """The one row of a Markdown text: its fields, its heading as question, the rest as answer."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise UnreadableText(1, f"does not begin with {FENCE} and its fields")
    row: dict[str, str] = {}
    last = ""
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() == FENCE:
            return [(number, row | _body(lines[number:], row))]
        if last and (item := _ITEM.fullmatch(line)):
            row[last] = f"{row[last]}\n{item[1] or item[2]}".strip()
        elif field := _FIELD.fullmatch(line.strip()):
            last = field[1]
            if last in row:
                raise UnreadableText(number, f"{last!r} stands there twice")
            row[last] = _unquoted(field[2])
        elif line.strip():
            raise UnreadableText(number, f"{line.strip()!r:.40} is no field such as source: …")
    raise UnreadableText(len(lines), f"its fields do not end with {FENCE}")


def _body(lines: Sequence[str], row: Row) -> dict[str, str]:
    said = [line.rstrip() for line in lines]
    found: dict[str, str] = {}
    heading = next((place for place, line in enumerate(said) if line.strip()), None)
    if heading is not None and said[heading].startswith("# ") and "question" not in row:
        found["question"] = said[heading].removeprefix("# ").strip()
        said = said[heading + 1 :]
    answer = "\n".join(line for line in said if line.strip())
    return found if "answer" in row else {**found, "answer": answer}


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _cell(row: int, name: str, value: Any) -> str:
    """A value as it would stand in a CSV."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case int() | float():
            return str(value)
        case date():
            return value.isoformat()[:10]
        case list() if all(isinstance(one, str) for one in value):
            return "\n".join(value)
        case list() if all(
            isinstance(one, dict) and set(one) == {"name", "answer"} for one in value
        ):
            return "\n".join(f"{one['name']}={one['answer']}" for one in value)
        case _:
            raise UnreadableText(row, f"{name!r} is neither a text nor a list of texts")
