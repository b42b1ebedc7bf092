"""A town whose failures are met as in service, and not raised into the test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from handlers import router
from storage.keyring import Keyring
from tests.flow.means import Spoiled, spoiled
from tests.town import Town, built_town


@pytest.fixture
async def hardy(town_url: str, keyring: Keyring) -> AsyncIterator[Town]:
    """The town as it is in service: what fails is tried again, apologised for and put aside."""
    async with built_town(town_url, keyring, strict=False) as town:
        yield town


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Spoiled:
    """While this handler is in place, asking for help fails in the middle of being handled."""
    handler = Spoiled()
    routes = spoiled(handler)
    monkeypatch.setattr(router, "routes", lambda: routes)
    return handler
