"""What a stopping process still tells the database, so that nobody waits for its leases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from storage.database import Database, Unavailable
from storage.transaction import Transaction

logger = structlog.get_logger()

LAST_WORDS = 3.0  # seconds


async def let_go(database: Database, work: Callable[[Transaction], Any]) -> None:
    """Does the work if the database is there; if it is not, the leases run out by themselves."""
    try:
        async with asyncio.timeout(LAST_WORDS):
            await database.run(work)
    except (Unavailable, TimeoutError) as trouble:
        logger.warning("leases left to run out", why=str(trouble) or "no answer")
