"""A gate that many pass together, or one alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Whoever goes `alone` waits until nobody is inside and keeps all others out meanwhile.

    A message that failed once is handled alone, so that a neighbour can neither fail it nor be
    failed by it.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._one_at_a_time = asyncio.Lock()
        self._open = asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Passes beside others, but not beside one who is alone."""
        while not self._open.is_set():
            await self._open.wait()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Passes with nobody beside."""
        async with self._one_at_a_time:
            self._open.clear()
            try:
                await self._empty.wait()
                yield
            finally:
                self._open.set()
