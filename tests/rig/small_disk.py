"""A disk that can be filled and emptied while somebody writes to it.

Where this process may mount, it is a file system of its own with little room (ENOSPC, as on a real
full disk). Elsewhere the writing processes are forbidden to make any file longer (RLIMIT_FSIZE,
which can be changed while they run; EFBIG, another of the errors SQLite must bear).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

MEGABYTE = 1 << 20
FULL = 4096  # bytes any file may be long while nothing may grow


class SmallDisk(Protocol):
    """A folder whose room can be taken away and given back; `how` says by what means."""

    how: str
    folder: Path

    def fill(self, writers: Iterable[int]) -> None:
        """From now on there is no room for these processes."""
        ...

    def empty(self, writers: Iterable[int]) -> None:
        """There is room again."""
        ...


class Mounted:
    """A file system in memory, filled with a ballast."""

    how = "tmpfs"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, writers: Iterable[int] = ()) -> None:
        """Writes until nothing goes in any more."""
        size = MEGABYTE
        with self._ballast.open("ab", buffering=0) as ballast:
            while size:
                try:
                    if ballast.write(b"\0" * size) < size:
                        size //= 2
                except OSError as full:
                    if full.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def empty(self, writers: Iterable[int] = ()) -> None:
        """Takes the ballast away."""
        self._ballast.unlink(missing_ok=True)


class Limited:
    """An ordinary folder, and a limit on the files of those who write into it."""

    how = "RLIMIT_FSIZE"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, writers: Iterable[int]) -> None:
        """Nothing of theirs may grow."""
        self._limit(writers, FULL)

    def empty(self, writers: Iterable[int]) -> None:
        """They may write as they like."""
        self._limit(writers, resource.RLIM_INFINITY)

    def _limit(self, writers: Iterable[int], longest: int) -> None:
        for writer in writers:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(writer, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))


@asynccontextmanager
async def small_disk(folder: Path, *, megabytes: int) -> AsyncIterator[SmallDisk]:
    """A disk in `folder`, which must be there and empty; by mounting one where that is allowed."""
    if not _mounted(folder, megabytes):
        yield Limited(folder)
        return
    try:
        yield Mounted(folder)
    finally:
        # Lazily: a process that was just killed may hold it for another moment.
        await asyncio.to_thread(subprocess.run, ["umount", "--lazy", folder], check=True)


def _mounted(folder: Path, megabytes: int) -> bool:
    if os.geteuid() != 0:
        return False
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    try:
        done = subprocess.run(["mount", *options], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
