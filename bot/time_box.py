"""A limit on how long a piece of pure work may take on the main thread."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN = 0.2  # seconds after which work that swallowed the first reminder is reminded again

_armed = False


class TookTooLong(Exception):
    """The work was broken off: it would have held up everybody."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TookTooLong inside the work when it takes longer, also inside a regular expression.

    An alarm can only be heard on the main thread; elsewhere the work has no limit.
    """
    global _armed
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if signal.getsignal(signal.SIGALRM) is not _ring:
        signal.signal(signal.SIGALRM, _ring)
    _armed = True
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        _armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(_: int, __: FrameType | None) -> None:
    if _armed:
        raise TookTooLong
