"""The sealer: chains what the audit has kept, within seconds, one process for all."""

from __future__ import annotations

import asyncio

import structlog

from storage.database import Database, Unavailable
from storage.sealing_chain import SEALED_AT_ONCE

logger = structlog.get_logger()

PAUSE = 2.0  # seconds between two looks


class Sealer:
    """Seals audit entries for as long as it runs; any number of machines may have one."""

    def __init__(self, database: Database, *, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def run(self) -> None:
        """Seals until cancelled; what goes wrong is logged, and `xiaoqi check` tells of it."""
        while True:
            try:
                await self.seal()
            except Unavailable as trouble:
                logger.warning("database unavailable", exc_info=trouble)
            except Exception as failure:
                logger.error("audit not sealed", exc_info=failure)
            await asyncio.sleep(PAUSE)

    async def seal(self) -> int:
        """Seals what is committed by now; how many entries. None of it while another does."""
        sealed = 0
        while await self._database.read(lambda tx: tx.chain.any_unsealed()):
            some = await self._database.run(lambda tx: tx.chain.seal(self._owner))
            sealed += some or 0
            if some != SEALED_AT_ONCE:
                break
        return sealed
