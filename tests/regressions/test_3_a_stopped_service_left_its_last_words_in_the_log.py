"""A statement not yet collected kept SQLite from folding its log into the file when it closed."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from knowledge.phrasebook import Phrasebook
from storage.database import Database, migrate
from storage.keyring import Keyring


async def test_a_copy_of_the_file_alone_is_whole_after_a_stop(
    tmp_path: Path, keyring: Keyring
) -> None:
    file, copy = tmp_path / "xiaoqi.db", tmp_path / "copy.db"
    migrate(f"sqlite:///{file}")
    database = Database.open(
        f"sqlite:///{file}",
        keyring=keyring,
        wording=Phrasebook.load(),
        now=lambda: datetime(2026, 6, 9, tzinfo=UTC),
    )
    other = sqlite3.connect(file)
    other.execute("SELECT count(*) FROM versions").fetchall()
    unfinished = other.execute("SELECT 1")
    other.close()  # which SQLite does not, as long as the statement lives
    await database.run(lambda tx: tx.tables.bump("places"))
    await database.close()
    shutil.copy(file, copy)
    del unfinished
    with sqlite3.connect(copy) as connection:
        found = connection.execute("SELECT count(*) FROM versions WHERE kind = 'places'")
        assert found.fetchone() == (1,)
    connection.close()
