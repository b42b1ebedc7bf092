"""The command line as an operator types it, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from typer.testing import CliRunner

from bot.commands import application
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.town import MORNING

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Xiaoqi = Callable[..., Done]
Stored = Callable[..., Any]


@pytest.fixture
def xiaoqi(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Xiaoqi]:
    """`xiaoqi("import", "units", file)` on a database of this test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XIAOQI_DATABASE__URL", database_url)
    monkeypatch.setenv("XIAOQI_SECURITY__KEY_FILE", str(tmp_path / "test.key"))

    def run(*arguments: object, said: str = "") -> Done:
        typed = [str(argument) for argument in arguments]
        ended = CliRunner().invoke(application, typed, input=said, catch_exceptions=False)
        return Done(ended.exit_code, ended.stdout, ended.stderr)

    yield run
    structlog.reset_defaults()


@pytest.fixture
def stored(database_url: str, tmp_path: Path) -> Stored:
    """Runs one unit of work on the database the commands look at, or on another."""

    def run(work: Callable[[Transaction], T], *, url: str = database_url) -> T:
        async def once() -> T:
            keyring = Keyring.from_file(tmp_path / "test.key", create=True)
            database = Database.open(
                url, keyring=keyring, wording=Phrasebook.load(), now=lambda: MORNING
            )
            try:
                return await database.run(work)
            finally:
                await database.close()

        return asyncio.run(once())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a table as an operator's spreadsheet would."""

    def to_file(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return to_file
