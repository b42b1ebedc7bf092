"""A pause that all who need the database make together while it is away."""

from __future__ import annotations

import asyncio

SHORTEST, LONGEST = 0.5, 10.0  # seconds


class Pause:
    """Longer each time the database is found away again, over at once when it is not."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._until = 0.0

    def begin(self) -> None:
        """The database is away; whoever finds so during the pause makes it no longer."""
        now = asyncio.get_running_loop().time()
        if now >= self._until:
            self._seconds = min(max(SHORTEST, self._seconds * 2), LONGEST)
            self._until = now + self._seconds

    def over(self) -> None:
        """The database is back."""
        self._seconds = self._until = 0.0

    async def wait(self) -> None:
        """Returns when the pause is over."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._until - loop.time(), 0.0))
