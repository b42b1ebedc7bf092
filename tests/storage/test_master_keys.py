"""Master keys: a new one takes over while everybody reads on, and no crash loses anything."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from bot import master_keys
from storage.database import Database
from storage.keyring import BadKey, Keyring
from storage.transaction import Transaction
from storage.vault import REWRAPPED_AT_ONCE
from tests.storage.conftest import Clock, opened
from tests.storage.values import said


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key file with one master key."""
    path = tmp_path / "master.key"
    Keyring.from_file(path, create=True)
    return path


def content(file: Path) -> str:
    return file.read_text()


def put_back(file: Path, before: str) -> None:
    file.write_text(before)


def is_ours_alone(file: Path) -> bool:
    return stat.S_IMODE(file.stat().st_mode) == 0o600


async def people(database: Database, many: int, *, first: int = 0) -> list[int]:
    """So many people with names; their ids."""

    def come(tx: Transaction) -> list[int]:
        come = []
        for number in range(first, first + many):
            person, _ = tx.people.arrive(said("你好", key=str(number), account=f"a{number}"))
            tx.people.rename(person.id, f"王桂兰{number}")
            come.append(person.id)
        return come

    return await database.run(come)


async def names(database: Database, ids: list[int]) -> list[str]:
    def look(tx: Transaction) -> list[str]:
        return [person.name for one in ids if (person := tx.people.get(one)) is not None]

    return await database.read(look)


async def test_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_all(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    before = content(key_file)
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        ids = await people(database, 30)
        assert await master_keys.rotate(database) == 30
        found = await master_keys.look(database)
        assert (found.newest, found.older, found.lost) == (30, 0, 0)
    assert is_ours_alone(key_file)
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        assert await names(database, ids) == [f"王桂兰{number}" for number in range(30)]
        assert await database.read(lambda tx: tx.people.of_account("web", "a7")) is not None
    put_back(key_file, before)
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        with pytest.raises(BadKey):
            await names(database, ids)


async def test_whoever_runs_meanwhile_reads_and_writes_on(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    async with (
        opened(database_url, Keyring.from_file(key_file), clock) as service,
        opened(database_url, Keyring.from_file(key_file), clock) as rotating,
    ):
        ids = await people(service, 5)
        await master_keys.rotate(rotating)
        more = await people(service, 5, first=5)  # it has not heard of the new key yet
        late = await people(rotating, 5, first=10)
        assert len(await names(service, [*ids, *more, *late])) == 15
        assert len(await names(rotating, [*ids, *more, *late])) == 15
        assert (await master_keys.look(rotating)).older == 5
        await service.refresh()
        await people(service, 5, first=15)
        assert (await master_keys.look(rotating)).older == 5
        assert await master_keys.rotate(rotating) == 5
        assert rotating.keyring.size == 2  # it went on with the rotation that was begun


class Crash(Exception):
    """The process dies here."""


async def test_a_rotation_that_was_broken_off_goes_on(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    many = REWRAPPED_AT_ONCE + 10

    def crash(done: int) -> None:
        raise Crash

    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        ids = await people(database, many)
        with pytest.raises(Crash):
            await master_keys.rotate(database, crash)
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        found = await master_keys.look(database)
        assert (found.newest, found.older) == (REWRAPPED_AT_ONCE, 10)
        assert len(await names(database, ids)) == many
        assert await master_keys.rotate(database) == 10
        assert database.keyring.size == 2


async def test_the_file_keeps_the_first_the_one_before_and_the_newest(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    digest = Keyring.from_file(key_file).digest("phone", "139")
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        ids = await people(database, 3)
        for _ in range(4):
            await master_keys.rotate(database)
        assert database.keyring.size == 3
        assert len(await names(database, ids)) == 3
    assert Keyring.from_file(key_file).digest("phone", "139") == digest


async def test_what_was_erased_stays_erased(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    async with opened(database_url, Keyring.from_file(key_file), clock) as database:
        ids = await people(database, 2)
        await database.run(lambda tx: tx.people.erase(ids[0]))
        assert await master_keys.rotate(database) == 1
        assert await names(database, ids) == ["", "王桂兰1"]


async def test_a_key_that_was_added_is_used_once_it_is_taken_into_use(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    async with (
        opened(database_url, Keyring.from_file(key_file), clock) as here,
        opened(database_url, Keyring.from_file(key_file), clock) as there,
    ):
        await people(here, 2)
        here.keyring.add_master()
        await people(here, 2, first=2)
        assert (await master_keys.look(here)).older == 4
        assert await master_keys.rotate(here) == 4
        assert here.keyring.size == 2
        assert (await master_keys.look(there)).newest == 4


async def test_residents_may_write_while_it_rotates(
    database_url: str, key_file: Path, clock: Clock
) -> None:
    async with (
        opened(database_url, Keyring.from_file(key_file), clock) as service,
        opened(database_url, Keyring.from_file(key_file), clock) as rotating,
    ):
        ids = await people(service, 50)
        batches, _ = await asyncio.gather(
            asyncio.gather(*(people(service, 5, first=50 + 5 * n) for n in range(10))),
            master_keys.rotate(rotating),
        )
        known = [*ids, *(one for batch in batches for one in batch)]
        assert sorted(await names(rotating, known)) == sorted(f"王桂兰{n}" for n in range(100))


def test_a_file_that_cannot_be_read_or_is_another_one_changes_nothing(key_file: Path) -> None:
    keyring = Keyring.from_file(key_file)
    _, wrapped = keyring.new_key()
    key_file.write_text("not a key")
    assert not keyring.reload()
    key_file.unlink()
    Keyring.from_file(key_file, create=True)
    assert not keyring.reload()
    keyring.unwrap(wrapped)
