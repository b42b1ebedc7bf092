"""Reads an operator's tables from CSV, XLSX, TOML, YAML or a folder of Markdown; every bad row is
named, and one spoils all.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from bot.exporting import unquoted
from bot.import_kinds import KINDS, Column, Existing, Kind
from bot.import_texts import UnreadableText, from_markdown, from_toml, from_yaml
from domain.places import PlaceKind
from domain.units import UnitKind
from storage.transaction import Transaction

Row = Mapping[str, str]

_TEXTS = {".toml": from_toml, ".yaml": from_yaml, ".yml": from_yaml}
LONGEST_CELL = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """What is wrong in a file: the heading is row 1, as in a spreadsheet, and the whole file 0."""

    file: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = [self.file]
        where += [f"row {self.row}"] if self.row else []
        where += [f"column {self.column}"] if self.column else []
        return f"{', '.join(where)}: {self.reason}"


class BadFile(Exception):
    """A file cannot be imported; `problems` names every bad row."""

    def __init__(self, problems: list[BadRow]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def read_table(kind: str, file: Path, existing: Existing) -> list[dict[str, Any]]:
    """The checked rows of a file, ready to be stored; raises BadFile with every problem found."""
    if file.is_dir():
        return _read_folder(KINDS[kind], file, existing)
    reads = _TEXTS.get(file.suffix.lower())
    raw = _from_texts(kind, file, reads) if reads else _raw_rows(KINDS[kind], file)
    return check_rows(KINDS[kind], file.name, raw, existing)


def _read_folder(kind: Kind, folder: Path, existing: Existing) -> list[dict[str, Any]]:
    """One row a file; what is wrong is named by the file."""
    files = sorted(folder.glob("*.md"))
    if not files:
        raise _bad(folder, "holds no Markdown (*.md)")
    problems: list[BadRow] = []
    rows: list[tuple[int, Row]] = []
    for number, file in enumerate(files, start=1):
        try:
            rows += [(number, row) for _, row in _from_texts("", file, from_markdown)]
        except BadFile as bad:
            problems += bad.problems
    _refuse_unknown(kind, folder.name, rows, problems)
    try:
        found = check_rows(kind, folder.name, rows, existing)
    except BadFile as bad:
        problems += bad.problems
    if problems:
        named = [
            replace(one, file=files[one.row - 1].name, row=0) if one.file == folder.name else one
            for one in problems
        ]
        raise BadFile(named)
    return found


def _refuse_unknown(
    kind: Kind, file: str, rows: Iterable[tuple[int, Row]], problems: list[BadRow]
) -> None:
    for number, row in rows:
        for column in row.keys() - kind.columns.keys():
            reason = f"no such column; there are {', '.join(kind.columns)}"
            problems.append(BadRow(file=file, row=number, column=column, reason=reason))


def _from_texts(
    name: str, file: Path, read: Callable[[str, str], list[tuple[int, Row]]]
) -> list[tuple[int, Row]]:
    try:
        rows = read(name, file.read_text(encoding="utf-8-sig"))
    except OSError as unreadable:
        raise _bad(file, unreadable.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise _bad(file, "is no UTF-8 text") from None
    except UnreadableText as bad:
        raise BadFile(
            [BadRow(file=file.name, row=bad.row, column="", reason=bad.reason)]
        ) from None
    if name:
        problems: list[BadRow] = []
        _refuse_unknown(KINDS[name], file.name, rows, problems)
        if problems:
            raise BadFile(problems)
    return rows


def check_rows(
    kind: Kind, file: str, raw: Iterable[tuple[int, Row]], existing: Existing
) -> list[dict[str, Any]]:
    """Every row parsed by its columns, then the rows together by the kind's own rules."""
    problems: list[BadRow] = []
    parsed: list[tuple[int, dict[str, Any]]] = []
    for number, row in raw:
        values, wrong = _parse(kind, row)
        problems += [
            BadRow(file=file, row=number, column=column, reason=reason) for column, reason in wrong
        ]
        if not wrong:
            parsed.append((number, values))
    for number, column, reason in kind.check(parsed, existing):
        problems.append(BadRow(file=file, row=number, column=column, reason=reason))
    if problems:
        raise BadFile(sorted(problems, key=lambda problem: (problem.row, problem.column)))
    return [values for _, values in parsed]


def _parse(kind: Kind, row: Row) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, column in kind.columns.items():
        text = unquoted(row.get(name, "").strip())
        if not text and column.required:
            wrong.append((name, "is missing"))
        elif reason := _unstorable(text, column):
            wrong.append((name, reason))
        else:
            try:
                values[name] = column.read(text) if text else column.empty
            except ValueError as bad:
                wrong.append((name, str(bad)))
    return values, wrong


def _unstorable(text: str, column: Column) -> str:
    """Why no database keeps this text; "" when both do."""
    if len(text) > LONGEST_CELL:
        return f"is longer than {LONGEST_CELL} characters"
    shown = text.replace("\n", "").replace("\t", "") if column.lines else text
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in shown):
        return "holds a control character or half a character"
    return ""


def _raw_rows(kind: Kind, file: Path) -> list[tuple[int, Row]]:
    """The rows under their headings; raises BadFile where the headings themselves are wrong."""
    lines = _lines(file)
    heading = [name.strip() for name in lines[0]]
    problems = [
        BadRow(file=file.name, row=1, column=column, reason=reason)
        for column, reason in _wrong_headings(kind, heading)
    ]
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line[len(heading) :]):
            problems.append(
                BadRow(file=file.name, row=number, column="", reason="more cells than headings")
            )
        elif any(cell.strip() for cell in line):
            rows.append((number, dict(zip(heading, line, strict=False))))
    if problems:
        raise BadFile(problems)
    return rows


def _wrong_headings(kind: Kind, heading: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(heading):
        if name and name not in kind.columns:
            yield name, f"no such column; there are {', '.join(kind.columns)}"
        elif name and heading.count(name) > 1:
            yield name, "stands there twice"
    for name, column in kind.columns.items():
        if column.required and name not in heading:
            yield name, "this column is missing"


def _lines(file: Path) -> list[list[str]]:
    read = _from_xlsx if file.suffix.lower() == ".xlsx" else _from_csv
    try:
        lines = read(file)
    except OSError as unreadable:
        raise _bad(file, unreadable.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise _bad(file, "is neither UTF-8 nor GB18030 text") from None
    except csv.Error as broken:
        raise _bad(file, f"is no CSV: {broken}") from None
    except (InvalidFileException, BadZipFile, ValueError, KeyError, ParseError) as broken:
        raise _bad(file, f"is no XLSX workbook: {type(broken).__name__}") from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise _bad(file, "is empty")
    return lines


def _bad(file: Path, reason: str) -> BadFile:
    return BadFile([BadRow(file=file.name, row=0, column="", reason=reason)])


def _from_csv(file: Path) -> list[list[str]]:
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")  # what Excel on a Chinese Windows writes
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _from_xlsx(file: Path) -> list[list[str]]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        return [
            ["" if cell is None else _cell(cell) for cell in line]
            for line in book.worksheets[0].iter_rows(values_only=True)
        ]
    finally:
        book.close()


def _cell(value: object) -> str:
    """A cell as it would stand in a CSV: 3.0 is "3", a day is its ISO date, a share is "80%"."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat()
        case _:
            return str(value)


def existing_codes(tx: Transaction) -> Existing:
    """What a file may refer to: the units, places, people and branches in the database."""
    return Existing(
        units={code: UnitKind(kind) for code, kind in tx.tables.codes("units").items()},
        places={code: PlaceKind(kind) for code, kind in tx.tables.codes("places").items()},
        people=tx.tables.people_codes(),
        branches=tx.branches.codes(),
    )
