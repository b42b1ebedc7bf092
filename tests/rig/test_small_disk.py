"""A small disk is full when it is said to be, and has room again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.small_disk import Limited, SmallDisk, small_disk

# Tries to write a line whenever it is asked to, and says how that went.
WRITER = """
import sys
with open(sys.argv[1], "ab", buffering=0) as file:
    for _ in sys.stdin:
        try:
            file.write(b"x" * 8192)
            file.flush()
            print("written", flush=True)
        except OSError:
            print("no room", flush=True)
"""


@pytest.mark.parametrize("limited", [False, True])
async def test_nothing_can_be_written_while_it_is_full(tmp_path: Path, limited: bool) -> None:
    async with small_disk(tmp_path, megabytes=4) as best:
        disk: SmallDisk = Limited(tmp_path) if limited else best
        writer = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", WRITER, str(disk.folder / "file")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with writer:

            def tries() -> str:
                assert writer.stdin is not None
                assert writer.stdout is not None
                writer.stdin.write("\n")
                writer.stdin.flush()
                return writer.stdout.readline().strip()

            assert tries() == "written"
            disk.fill([writer.pid])
            assert tries() == "no room"
            disk.empty([writer.pid])
            assert tries() == "written"
