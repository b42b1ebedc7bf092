"""How far long work is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, overload

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
# Told how many are done; may be told from any thread, and smaller numbers when work begins again.
Step = Callable[[int], None]

PAUSE = 5.0  # seconds between two plain lines; shorter work prints none


@contextmanager
def progress(console: Console, what: str, total: int | None = None) -> Iterator[Step]:
    """Shows on the console how much of `what` is done, until left."""
    if not console.is_terminal:
        yield _lines(console, what, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda done: bars.update(task, completed=done)


def _lines(console: Console, what: str, total: int | None) -> Step:
    said_at = time.monotonic()
    of_all = "" if total is None else f" of {total:,}"

    def step(done: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= PAUSE:
            said_at = time.monotonic()
            console.print(f"{what}: {done:,}{of_all}", markup=False)

    return step


class Counted(Sequence[T]):
    """The same rows, telling how many were taken each time they are gone through."""

    def __init__(self, rows: Sequence[T], step: Step) -> None:
        self._rows = rows
        self._step = step

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        for number, row in enumerate(self._rows, start=1):
            yield row
            self._step(number)
