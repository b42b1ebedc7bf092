"""The house stands as drawn: a pure domain, a guarded network, both databases."""

from __future__ import annotations

import ast
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.databases import KINDS, NewDatabase
from tests.network import OutsideWorldError

ROOT = Path(__file__).parent.parent
IMPURE = {
    "asyncio",
    "logging",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
}


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level name of every module a syntax tree imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


@pytest.mark.parametrize("path", sorted(ROOT.glob("domain/**/*.py")), ids=lambda path: path.stem)
def test_the_domain_needs_only_the_pure_part_of_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    allowed = (sys.stdlib_module_names - IMPURE) | {"domain"}
    waits = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]

    assert set(imports_of(tree)) <= allowed
    assert not waits


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_a_connection_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as outward, pytest.raises(OutsideWorldError):
        outward.connect(address)


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(OutsideWorldError):
        socket.getaddrinfo("example.org", 443)


def test_a_connection_to_this_machine_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_each_sqlite_database_is_a_file_of_its_own(new_database_url: NewDatabase) -> None:
    with (
        new_database_url("sqlite", holding=None) as one,
        new_database_url("sqlite", holding=None) as other,
    ):
        path = Path(one.removeprefix("sqlite:///"))
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE residents (name TEXT)")
        connection.close()
        assert not Path(other.removeprefix("sqlite:///")).exists()

    assert not path.exists()


def test_each_postgresql_database_is_its_own(new_database_url: NewDatabase) -> None:
    with (
        new_database_url("postgresql", holding=None) as one,
        new_database_url("postgresql", holding=None) as other,
    ):
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE residents (name TEXT)")
        connection.close()
        with psycopg.connect(other) as connection:
            tables = connection.execute("SELECT to_regclass('residents')").fetchone()
        connection.close()

    assert tables == (None,)


def test_storing_tests_run_on_every_kind(empty_database_url: str) -> None:
    assert empty_database_url.partition(":")[0] in KINDS


def test_the_lock_names_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert "index-url" not in lock
    assert "find-links" not in lock
