"""Verdicts as a table on the terminal, as JSON, and as the table of docs/reliability.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.rig.scenario import Verdict

BEGIN, END = "<!-- runs: begin -->", "<!-- runs: end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One scenario as it was run."""

    name: str
    promise: str
    command: str
    seconds: float
    verdict: Verdict


def table(runs: Iterable[Run]) -> Table:
    """A row for every run."""
    shown = Table("scenario", "verdict", "figures")
    for run in runs:
        word = "[green]passed[/]" if run.verdict.passed else "[red]FAILED[/]"
        broken = "\n".join(("", *run.verdict.failures))
        shown.add_row(run.name, f"{word}{broken}", _figures(run.verdict.figures))
    return shown


def as_json(runs: Iterable[Run]) -> str:
    """Everything, for machines."""
    rows = [{**asdict(run), "passed": run.verdict.passed} for run in runs]
    found = {"machine": machine(), "at": _now(), "runs": rows}
    return json.dumps(found, ensure_ascii=False, indent=2, default=str)


def write(file: Path, runs: Iterable[Run]) -> None:
    """Puts the runs into the document between its marks, each in the place of an older one."""
    text = file.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    rows = _rows(table)
    rows |= {run.name: _row(run) for run in runs}
    head = (
        "| scenario | verdict | figures | command, time taken, day, machine |\n|---|---|---|---|"
    )
    body = "\n".join([head, *(rows[name] for name in sorted(rows))])
    file.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", encoding="utf-8")


def machine() -> str:
    """What it ran on."""
    words = (platform.system(), platform.machine(), f"{os.cpu_count()} cores")
    return f"{' '.join(words)}, Python {platform.python_version()}"


def _rows(table: str) -> dict[str, str]:
    return {
        found[1]: line
        for line in table.splitlines()
        if (found := re.match(r"\| `(\w+)` \|", line)) is not None
    }


def _row(run: Run) -> str:
    word = "passed" if run.verdict.passed else f"**failed**: {'; '.join(run.verdict.failures)}"
    how = f"`{run.command}`, {run.seconds:.0f} s, {_now()[:10]}, {machine()}"
    return f"| `{run.name}` | {word} | {_figures(run.verdict.figures)} | {how} |"


def _figures(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
