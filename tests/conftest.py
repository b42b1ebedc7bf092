"""What every test may ask for: the town, on both databases."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator

import pytest
import structlog

from storage.keyring import Keyring
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


@pytest.fixture
async def town(database_url: str, keyring: Keyring) -> AsyncIterator[Town]:
    """梧桐社区 with the service running in it; every test with it runs on both databases."""
    async with built_town(database_url, keyring) as built:
        yield built
