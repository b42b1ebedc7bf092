"""A log line that could not be written raised wherever it was logged, and ended the service."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot import logs

ROOT = Path(__file__).parents[2]
SUPERVISE = """
import sys
from bot.supervisor import supervise
code = supervise([sys.executable, "-c", *sys.argv[1:]])
sys.stderr = None  # what could not be written would be tried again at the end
sys.exit(code)
"""
ONCE_MORE = """
import os, signal, sys
with open(sys.argv[1], "a+") as file:
    file.write("life ")
    file.flush()
    file.seek(0)
    if file.read() == "life ":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def no_room_for_errors() -> Iterator[None]:
    """Standard error goes to a disk without room."""
    before, logging = sys.stderr, structlog.get_config()
    disk = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115
    sys.stderr = disk
    try:
        yield
    finally:
        sys.stderr = before
        structlog.configure(**logging)
        with contextlib.suppress(OSError):  # what is still in its buffer
            disk.close()


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else() -> None:
    with no_room_for_errors():
        logs.begin("info")
        structlog.get_logger().error("message refused", why="database or disk is full")


def test_a_supervisor_that_cannot_say_so_still_starts_the_service_again(tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    with Path("/dev/full").open("w") as disk:
        supervised = subprocess.run(
            [sys.executable, "-c", SUPERVISE, ONCE_MORE, str(lives)],
            cwd=ROOT,
            stderr=disk,
            check=False,
        )

    assert (lives.read_text(), supervised.returncode) == ("life life ", 0)
