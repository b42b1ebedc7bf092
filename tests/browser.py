"""Finds a Chromium for the browser tests, brings one where it may, says loudly when none is there.

Run as a script before the tests, and loaded by pytest as a plugin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-wqy-zenhei")
PATIENCE = ("-o", "Acquire::Retries=2", "-o", "DPkg::Lock::Timeout=300")
NOT_RUN = (
    "BROWSER TESTS NOT RUN: no Chromium found; bring it with: "
    f"{' '.join(INSTALL)} (or set XIAOQI_TEST_CHROMIUM to its path)"
)


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine; XIAOQI_TEST_CHROMIUM goes first."""
    named = os.environ.get("XIAOQI_TEST_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def bring_chromium() -> None:
    """Install Debian's Chromium where we are root and have apt-get."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("bringing a Chromium for the browser tests (once)", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update"), INSTALL):
        subprocess.run([*command, "-qq", *PATIENCE], env=quiet, capture_output=True, check=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium that tests marked `browser` drive."""
    path = find_chromium()
    assert path, NOT_RUN
    return path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser tests out where there is no browser."""
    if find_chromium():
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out."""
    if not find_chromium():
        terminalreporter.ensure_newline()
        terminalreporter.write_line(NOT_RUN, red=True, bold=True)


if __name__ == "__main__":
    if not find_chromium():
        bring_chromium()
    if not find_chromium():
        print(NOT_RUN, file=sys.stderr)
