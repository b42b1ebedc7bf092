"""Two processes that started on one empty database both imported the sample, and one broke."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot import sample
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring


async def test_the_sample_is_loaded_once_however_many_processes_start(
    database_url: str, keyring: Keyring
) -> None:
    processes = [
        Database.open(
            database_url,
            keyring=keyring,
            wording=Phrasebook.load(),
            now=lambda: datetime(2026, 6, 9, tzinfo=UTC),
        )
        for _ in range(3)
    ]
    try:
        await asyncio.gather(*(sample.load(process) for process in processes))
        for process in processes:
            assert process.catalogue.versions.keys() >= set(sample.TABLES)
            assert process.catalogue.places
    finally:
        for process in processes:
            await process.close()
