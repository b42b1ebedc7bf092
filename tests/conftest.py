"""What every test may ask for: the town, on both databases."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from storage.keyring import Keyring
from tests.databases import KINDS, Fill, NewDatabase
from tests.town import Town, built_town


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Failures are logged as Python prints them; with every variable it takes a second each."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.processors.add_log_level, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """A master key that lives as long as the test run."""
    return Keyring(os.urandom(32))


@pytest.fixture(scope="session")
def settled(keyring: Keyring) -> Fill:
    """Puts 梧桐社区 into a migrated database."""

    async def settle(url: str) -> None:
        async with built_town(url, keyring):
            pass

    def fill(url: str) -> None:
        with ThreadPoolExecutor(1) as beside:  # the loop of the test is left alone
            beside.submit(asyncio.run, settle(url)).result()

    return fill


@pytest.fixture(params=KINDS)
def town_url(
    request: pytest.FixtureRequest, new_database_url: NewDatabase, settled: Fill
) -> Iterator[str]:
    """The URL of a database of this test's own that holds 梧桐社区, on each kind in turn."""
    with new_database_url(request.param, holding=settled) as url:
        yield url


@pytest.fixture
async def town(town_url: str, keyring: Keyring) -> AsyncIterator[Town]:
    """梧桐社区 with the service running in it; every test with it runs on both databases."""
    async with built_town(town_url, keyring) as built:
        yield built
