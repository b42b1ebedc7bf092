"""Notices that a clock was set back, and lets go on what would wait until it is there again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from storage.database import Database, Unavailable
from storage.set_back import is_out_of_reach, set_right
from storage.transaction import Transaction

logger = structlog.get_logger()

LOOK = 2.0  # seconds
NOTHING = timedelta(seconds=1)  # by which clocks are always being corrected

Seen = tuple[datetime, datetime]


class Clocks:
    """The service's and the database's, held against one that nobody can set."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._seen: Seen | None = None
        self._looked = 0.0

    async def run(self) -> None:
        """Looks until cancelled; at the first look, nobody knows what happened before."""
        while True:
            with contextlib.suppress(Unavailable):
                await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Sets right what is to be, if a clock says less than it must, or said too much."""
        began = self._monotonic()
        seen, out_of_reach = await self._database.read(_seen)
        passed = timedelta(seconds=began - self._looked) - NOTHING
        if out_of_reach or self._is_behind(seen, passed):
            touched = await self._database.run(set_right)
            if touched:
                logger.warning("clock was set back", rows=touched)
        self._seen, self._looked = seen, self._monotonic()

    def _is_behind(self, seen: Seen, passed: timedelta) -> bool:
        """Whether a clock says less than it must; nobody knows at the first look."""
        return self._seen is None or any(
            now - then < passed for now, then in zip(seen, self._seen, strict=True)
        )


def _seen(tx: Transaction) -> tuple[Seen, bool]:
    return (tx.now, tx.database_now()), is_out_of_reach(tx)
