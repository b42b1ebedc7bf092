"""What was measured, and the table it is printed as."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Timing:
    """How long each call took, in seconds."""

    times: list[float] = field(default_factory=list)
    failed: int = 0

    def took(self, seconds: float, *, ok: bool = True) -> None:
        """Counts one call."""
        self.times.append(seconds)
        self.failed += not ok

    def percentile(self, share: float) -> float:
        """The time that this share of the calls stayed below."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0

    def as_json(self, seconds: float) -> str:
        """For the process that asked for the measurement."""
        return json.dumps(self.summary(seconds))

    def summary(self, seconds: float) -> dict[str, Any]:
        """Calls a second, and the middle and the slow ones in milliseconds."""
        return {
            "rate": len(self.times) / seconds,
            "p50": self.percentile(0.5) * 1000,
            "p99": self.percentile(0.99) * 1000,
            "failed": self.failed,
        }


class Report:
    """Rows beside their limit, printed as they come and kept nowhere."""

    def __init__(self, title: str) -> None:
        self._console = Console(highlight=False, width=130)
        self._table = Table(title=title, title_justify="left")
        for name in ("what", "per second", "p50 ms", "p99 ms", "of its limit", "aim"):
            self._table.add_column(name, justify="left" if name == "what" else "right")

    def row(
        self, what: str, measured: dict[str, Any], *, limit: float | None = None, aim: str = ""
    ) -> None:
        """One measurement, and its ratio to the machine's own limit."""
        rate = float(measured["rate"])
        ratio = f"{rate / limit:.2f}" if limit else "limit"
        failed = f" ({measured['failed']} failed)" if measured.get("failed") else ""
        shown = [f"{measured[key]:.1f}" if key in measured else "" for key in ("p50", "p99")]
        self._table.add_row(f"{what}{failed}", f"{rate:,.0f}", *shown, ratio, aim)
        self._console.print(f"{what}: {rate:,.0f}/s")

    def growth(self, what: str, p50: float, first: float) -> None:
        """The middle time of a whole message, and its ratio to the first of the row."""
        ratio = "1.00" if p50 == first else f"{p50 / first:.2f} x"
        self._table.add_row(what, "", f"{p50:.2f}", "", ratio, "<= 1.30 x")
        self._console.print(f"{what}: p50 {p50:.2f} ms")

    def show(self) -> None:
        """The whole table."""
        self._console.print(self._table)
