"""What arrives while one commit is under way goes into the next one together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from domain.messages import Inbound
from storage.database import Database, Unavailable
from storage.transaction import Transaction

TOGETHER = 256  # messages in one commit


class Doorway:
    """Commits messages in the order they came, many at a time where many came.

    Nobody waits for company: the first goes at once. `kept` hears of each new message after its
    commit, also when nobody waits for the outcome any more.
    """

    def __init__(self, database: Database, *, owner: str, kept: Callable[[Inbound], None]) -> None:
        self._database = database
        self._owner = owner
        self._kept = kept
        self._arrived: deque[tuple[Inbound, float, asyncio.Future[bool]]] = deque()
        self._committing: asyncio.Task[None] | None = None

    async def enter(self, inbound: Inbound, *, lease: float) -> bool:
        """Whether the message is new, once it is committed; raises what kept it from that."""
        outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._arrived.append((inbound, lease, outcome))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit(), name="intake: doorway")
        return await outcome

    async def _commit(self) -> None:
        batch: list[tuple[Inbound, float, asyncio.Future[bool]]] = []
        try:
            while self._arrived:
                batch = [self._arrived.popleft() for _ in range(min(len(self._arrived), TOGETHER))]
                await self._commit_together(batch)
        finally:
            self._committing = None
            for _, _, outcome in (*batch, *self._arrived):  # only when we are cancelled
                outcome.cancel()
            self._arrived.clear()

    async def _commit_together(
        self, batch: list[tuple[Inbound, float, asyncio.Future[bool]]]
    ) -> None:
        inbounds = [inbound for inbound, _, _ in batch]
        lease = min(lease for _, lease, _ in batch)

        def accept(tx: Transaction) -> tuple[bool, ...]:
            return tx.inbox.accept_all(inbounds, owner=self._owner, lease=lease)

        try:
            fresh = await self._database.run(accept, first=True)
        except Unavailable as trouble:
            for _, _, outcome in batch:
                _refuse(outcome, trouble)
        except Exception:
            # One of them cannot be stored, and must not refuse its neighbours.
            for inbound, _, outcome in batch:
                await self._commit_alone(inbound, lease, outcome)
        else:
            for (inbound, _, outcome), is_fresh in zip(batch, fresh, strict=True):
                self._tell(inbound, outcome, is_fresh)

    async def _commit_alone(
        self, inbound: Inbound, lease: float, outcome: asyncio.Future[bool]
    ) -> None:
        try:
            _, is_fresh = await self._database.run(
                lambda tx: tx.inbox.accept(inbound, owner=self._owner, lease=lease), first=True
            )
        except Exception as failure:
            _refuse(outcome, failure)
        else:
            self._tell(inbound, outcome, is_fresh)

    def _tell(self, inbound: Inbound, outcome: asyncio.Future[bool], is_fresh: bool) -> None:
        if is_fresh:
            self._kept(inbound)
        if not outcome.done():  # its caller was cancelled
            outcome.set_result(is_fresh)


def _refuse(outcome: asyncio.Future[bool], failure: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(failure)
