"""The machine stops at any moment: the file opens, is whole, and holds whatever was acked."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.messages import Inbound
from storage.keyring import Keyring
from tests.databases import NewDatabase
from tests.storage.conftest import Clock, opened

MESSAGES, CUTS = 40, 200
PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked:
    """How long the log was when so many messages had been acked."""

    messages: int
    log: int


def copy_cut(files: Path, into: Path, length: int, tail: bytes) -> Path:
    """The database as a machine leaves it that wrote the log no further; what comes after may be
    anything.
    """
    into.mkdir()
    database = into / "xiaoqi.db"
    shutil.copy(files / "xiaoqi.db", database)
    log = (files / "xiaoqi.db-wal").read_bytes()[:length]
    (into / "xiaoqi.db-wal").write_bytes(log + tail)
    return database


def kept(database: Path) -> int:
    """How many messages are there, in a file that is whole."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (messages,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
        return int(messages)


@pytest.mark.parametrize("half_folded", [False, True])
async def test_whatever_was_acked_is_there(
    new_database_url: NewDatabase,
    keyring: Keyring,
    clock: Clock,
    tmp_path: Path,
    half_folded: bool,
) -> None:
    """Also when the log was just being folded into the file and only some pages had arrived."""
    dice = random.Random(7)
    with new_database_url("sqlite") as url:
        files = Path(url.removeprefix("sqlite:///")).parent
        async with opened(url, keyring, clock) as database:
            acked = [Acked(messages=0, log=(files / "xiaoqi.db-wal").stat().st_size)]
            for number in range(MESSAGES):
                inbound = Inbound(
                    channel="web", key=f"m{number}", chat="c", account="a", text="灯" * number * 9
                )
                await database.run(lambda tx: tx.inbox.accept(inbound, owner="me"))  # noqa: B023
                log = (files / "xiaoqi.db-wal").stat().st_size
                acked.append(Acked(messages=number + 1, log=log))
            before = tmp_path / "before"
            before.mkdir()
            for name in ("xiaoqi.db", "xiaoqi.db-wal"):
                shutil.copy(files / name, before / name)
        after = (files / "xiaoqi.db").read_bytes()  # closed: the log is in the file
    if half_folded:
        fold_some_pages(before / "xiaoqi.db", after, dice)
    for cut in range(CUTS):
        # A log that is being folded was synced whole before.
        length = acked[-1].log if half_folded else dice.randrange(acked[0].log, acked[-1].log + 1)
        tail = dice.choice(
            [b"", bytes(dice.randrange(9000)), dice.randbytes(dice.randrange(9000))]
        )
        found = kept(copy_cut(before, tmp_path / str(cut), length, tail))
        assert found >= max(one.messages for one in acked if one.log <= length)
        shutil.rmtree(tmp_path / str(cut))


def fold_some_pages(database: Path, after: bytes, dice: random.Random) -> None:
    pages = bytearray(database.read_bytes().ljust(len(after), b"\0"))
    for start in range(0, len(after), PAGE):
        if dice.random() < 0.5:
            pages[start : start + PAGE] = after[start : start + PAGE]
    database.write_bytes(bytes(pages))
