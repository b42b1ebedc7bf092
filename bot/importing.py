"""Imports an operator's tables from CSV or XLSX: every bad row is named, and nothing is imported when any row is bad."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from bot.import_kinds import KINDS, Existing, Kind
from domain.places import PlaceKind
from domain.units import UnitKind
from storage.transaction import Transaction

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """What is wrong in a file: `row` counts as a spreadsheet does, the heading being row 1."""

    file: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, column {self.column or '-'}: {self.reason}"


class BadFile(Exception):
    """A file cannot be imported; `problems` names every bad row."""

    def __init__(self, problems: list[BadRow]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def read_table(kind: str, file: Path, existing: Existing) -> list[dict[str, Any]]:
    """The checked rows of a file, ready to be stored; raises BadFile with every problem found."""
    return check_rows(KINDS[kind], file.name, _raw_rows(file), existing)


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
    for name in row.keys() - kind.columns.keys():
        wrong.append((name, "no such column"))
    for name, column in kind.columns.items():
        text = (row.get(name) or "").strip()
        if not text and column.required:
            wrong.append((name, "is missing"))
            continue
        try:
            values[name] = column.read(text) if text else column.empty
        except ValueError as bad:
            wrong.append((name, str(bad)))
    return values, wrong


def _raw_rows(file: Path) -> list[tuple[int, Row]]:
    read: Callable[[Path], list[list[str]]] = (
        _from_xlsx if file.suffix.lower() == ".xlsx" else _from_csv
    )
    try:
        lines = read(file)
    except OSError as unreadable:
        raise BadFile([_whole_file(file, unreadable.strerror or "cannot be read")]) from None
    except UnicodeDecodeError:
        raise BadFile([_whole_file(file, "is neither UTF-8 nor GB18030 text")]) from None
    except Exception as broken:
        raise BadFile([_whole_file(file, f"cannot be read: {type(broken).__name__}")]) from None
    if not lines:
        raise BadFile([_whole_file(file, "is empty")])
    heading = [name.strip() for name in lines[0]]
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) > len(heading) and any(cell.strip() for cell in line[len(heading) :]):
            raise BadFile(
                [BadRow(file=file.name, row=number, column="", reason="more cells than headings")]
            )
        rows.append((number, dict(zip(heading, line, strict=False))))
    return rows


def _whole_file(file: Path, reason: str) -> BadRow:
    return BadRow(file=file.name, row=0, column="", reason=reason)


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
        sheet = book.worksheets[0]
        return [
            ["" if cell is None else _cell(cell) for cell in line]
            for line in sheet.iter_rows(values_only=True)
        ]
    finally:
        book.close()


def _cell(value: object) -> str:
    """A cell as it would stand in a CSV: 3.0 is "3", a date is its ISO day."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "date") and callable(value.date):
        return str(value.date())
    return str(value)


def existing_codes(tx: Transaction) -> Existing:
    """What a file may refer to: the units and places in the database."""
    return Existing(
        units={code: UnitKind(kind) for code, kind in tx.tables.codes("units").items()},
        places={code: PlaceKind(kind) for code, kind in tx.tables.codes("places").items()},
    )
