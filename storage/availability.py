"""Whether the database can keep things now, told once at each change."""

from __future__ import annotations

import time
from collections.abc import Callable

CALM = 10.0  # seconds without trouble after which it is over: small things fit a full disk too


class Availability:
    """Hears how every unit of work ended; `changed` is called with the trouble, and with "" when
    it is over.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed_at = 0.0
        self.trouble = ""
        self.changed: Callable[[str], None] = _nobody_asked

    def failed(self, why: str) -> None:
        """Something could not be kept or read."""
        self._failed_at = self._clock()
        if not self.trouble:
            self.trouble = why or "no reason given"
            self.changed(self.trouble)

    def went_well(self) -> None:
        """Something was kept."""
        if self.trouble and self._clock() - self._failed_at >= CALM:
            self.trouble = ""
            self.changed("")


def _nobody_asked(_: str) -> None:
    """Until somebody wants to know."""
