"""Stops sending to a platform that is out of order, and finds out when it is well again."""

from __future__ import annotations

SEVERAL = 3  # chats one after the other; one chat alone may be at fault itself
FIRST, LONGEST = 1.0, 20.0  # seconds between two tries
SETTLED = 60.0  # seconds without a doubt, after which the platform is thought to be well again


class Breaker:
    """Counts the chats of which nobody knows whether they heard us, since one surely did.

    Each call into a disorder costs a message one of its few attempts, so while it lasts they are
    made one at a time and ever more seldom. `at` is any monotonic clock in seconds.
    """

    def __init__(self, *, longest: float = LONGEST) -> None:
        self._longest = longest
        self._chats: set[str] = set()
        self._pause = FIRST
        self._until = float("-inf")
        self._rough_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the platform is thought to be out of order."""
        return len(self._chats) >= SEVERAL

    def is_rough(self, at: float) -> bool:
        """Whether it was out of order a moment ago, though some calls may have got through."""
        return self._rough_until is not None and at < self._rough_until

    def answered(self, at: float) -> bool:
        """The platform took a message or refused it: it works. Whether it is well again."""
        self._chats.clear()
        self._pause = FIRST
        if self._rough_until is None or self.is_rough(at):
            return False
        self._rough_until = None
        return True

    def doubtful(self, chat: str, at: float) -> float | None:
        """Until when nothing is sent any more, when that begins now."""
        if not self.is_open:
            self._chats.add(chat)
        if self.is_open or self.is_rough(at):
            self._rough_until = at + SETTLED
        if not self.is_open or at < self._until:
            return None
        self._until = at + self._pause
        self._pause = min(self._pause * 2, self._longest)
        return self._until
