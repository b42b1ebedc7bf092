"""Keys: made once, readable by us alone, and useless for any column but their own."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from storage.database import Database
from storage.keyring import BadKey, Keyring
from storage.transaction import Transaction
from tests.storage.conftest import Clock, opened
from tests.storage.values import said


def test_who_starts_while_the_key_file_is_made_reads_the_same_key(tmp_path: Path) -> None:
    """It was seen empty, and the second process of a new service ended at once."""
    for row in range(50):
        path, together = tmp_path / str(row) / "key", Barrier(8)

        def opened(path: Path = path, together: Barrier = together) -> str:
            together.wait()
            return Keyring.from_file(path, create=True).digest("account", "1")

        with ThreadPoolExecutor(8) as threads:
            digests = {done.result() for done in [threads.submit(opened) for _ in range(8)]}
        assert len(digests) == 1
        assert [one.name for one in path.parent.iterdir()] == ["key"]


def test_a_key_file_is_made_once_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = Keyring.from_file(path, create=True)
    again = Keyring.from_file(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.digest("phone", "139") == again.digest("phone", "139")


def test_a_missing_or_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKey):
        Keyring.from_file(tmp_path / "none.key")
    (tmp_path / "short.key").write_text("c2hvcnQ=")
    with pytest.raises(BadKey):
        Keyring.from_file(tmp_path / "short.key")


def test_a_sealed_value_opens_only_with_its_key_and_as_its_column() -> None:
    keyring = Keyring(os.urandom(32))
    key, wrapped = keyring.new_key()
    sealed = key.seal(b"people.name_sealed", "王桂兰".encode())
    assert keyring.unwrap(wrapped).open(b"people.name_sealed", sealed).decode() == "王桂兰"
    with pytest.raises(BadKey):
        key.open(b"people.phone_sealed", sealed)
    with pytest.raises(BadKey):
        Keyring(os.urandom(32)).unwrap(wrapped)


def test_a_digest_differs_by_kind_and_by_master_key() -> None:
    keyring, other = Keyring(os.urandom(32)), Keyring(os.urandom(32))
    digests = {
        keyring.digest("phone", "139"),
        keyring.digest("account", "139"),
        other.digest("phone", "139"),
        keyring.digest("phone", "\ud83d"),
    }
    assert len(digests) == 4


async def test_a_key_made_in_a_unit_that_failed_is_not_remembered(database: Database) -> None:
    made: list[int] = []

    def arrive_and_fail(tx: Transaction) -> None:
        person, _ = tx.people.arrive(said("你好", key="1"))
        made.append(tx.people.key_of(person.id))
        raise ValueError("after the key was made")

    with pytest.raises(ValueError, match="after"):
        await database.run(arrive_and_fail)
    assert await database.read(lambda tx: tx.open_keys.remembered(made[0])) is None
    person, _ = await database.run(lambda tx: tx.people.arrive(said("你好", key="1")))
    await database.run(lambda tx: tx.people.rename(person.id, "王桂兰"))
    found = await database.read(lambda tx: tx.people.get(person.id))
    assert found is not None
    assert found.name == "王桂兰"


async def test_nothing_opens_under_another_master_key(
    database_url: str, database: Database, clock: Clock
) -> None:
    person, _ = await database.run(lambda tx: tx.people.arrive(said("你好", key="1")))
    await database.run(lambda tx: tx.people.rename(person.id, "王桂兰"))
    async with opened(database_url, Keyring(os.urandom(32)), clock) as stolen:
        with pytest.raises(BadKey):
            await stolen.read(lambda tx: tx.people.get(person.id))
