"""The pace a platform allows: sliding windows for all chats, a chat, a group; ordered pauses."""

from __future__ import annotations

from collections import defaultdict, deque

from bot.channels.base import Limits

# Windows are counted a little longer than the platform's, whose clock may run otherwise.
SLACK = 1.01
SECOND = 1.0 * SLACK
MINUTE = 60.0 * SLACK
# Turns are given out a little slower than calls may leave, so that these need not wait long.
TURNS = 1.05
LOOK = 0.01  # seconds until another look whether one of too many under way was answered
BURST = 3  # messages in bulk that may follow one another at once
TIDY_EVERY = 512  # sends between two looks for chats that have been quiet


class Limiter:
    """Says how long a send to a chat must wait; `at` is any monotonic clock in seconds.

    Windows slide, so no second holds more than its limit wherever it begins (a leaky bucket lets
    twice as much through). A pause ordered for one chat holds back that chat only.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: deque[float] = deque()
        self._under_way = 0
        self._arrived: deque[float] = deque()
        self._fastest = float("inf")  # there and back, seconds
        self._chats: defaultdict[str, deque[float]] = defaultdict(deque)
        self._chat_pauses: dict[str, float] = {}
        self._pause = float("-inf")
        self._bulk_at = float("-inf")  # when the next one in bulk may go
        self._since_tidied = 0

    def wait(
        self, chat: str, group: bool, at: float, *, bulk: bool = False, spare: int = 0
    ) -> float:
        """Seconds until a message may go to the chat; 0 when it may go now.

        What goes in `bulk` is spread evenly, so that at any moment there is soon room for an
        answer, and leaves room for so many to `spare`.
        """
        limit = self._limits.per_second
        until = max(
            self._pause,
            self._chat_pauses.get(chat, float("-inf")),
            _free_at(self._all, None if limit is None else max(limit - spare, 1), TURNS),
            self._free_in_chat(chat, group=group),
            self._bulk_at if bulk else float("-inf"),
        )
        return max(until - at, 0.0)

    def sent(self, chat: str, group: bool, at: float, *, bulk: bool = False) -> None:
        """Counts a message as sent."""
        self._all.append(at)
        if bulk and self._limits.per_second is not None:
            gap = TURNS / self._limits.per_second
            self._bulk_at = max(self._bulk_at, at - BURST * gap) + gap
        _forget(self._all, at - TURNS)
        if self._limits.chat_per_second is not None or (group and self._limits.group_per_minute):
            self._chats[chat].append(at)
            _forget(self._chats[chat], at - (MINUTE if group else SECOND))
        self._since_tidied += 1
        if self._since_tidied >= TIDY_EVERY:
            self._tidy(at)

    def departs(self, at: float) -> float:
        """Seconds until a call that was paced may leave; with 0 it is under way.

        The platform counts calls when they arrive: at some moment between their leaving and their
        answer, however the machine and the network delay them. What is under way may arrive at any
        moment, and what was answered may have arrived just then.
        """
        limit = self._limits.per_second
        if limit is not None and self._under_way >= limit:
            return LOOK
        free = None if limit is None else limit - self._under_way
        wait = _free_at(self._arrived, free, SECOND) - at
        if wait <= 0:
            self._under_way += 1
        return max(wait, 0.0)

    def answered(self, chat: str, left: float, at: float) -> None:
        """A call that left then was answered, or given up; it counts as arrived.

        An answer takes at least half as long as the fastest way there and back.
        """
        self._under_way -= 1
        self._fastest = min(self._fastest, at - left)
        arrived = at - self._fastest / 2
        if self._limits.per_second is not None:
            self._arrived.append(arrived)
            _forget(self._arrived, at - 2 * SECOND)
        if self._chats.get(chat):
            self._chats[chat][-1] = arrived  # calls to one chat follow one another

    def pause(self, chat: str | None, until: float) -> None:
        """Holds back one chat, or all with None, until then; never shortens a pause."""
        if chat is None:
            self._pause = max(self._pause, until)
        else:
            self._chat_pauses[chat] = max(self._chat_pauses.get(chat, until), until)

    def _free_in_chat(self, chat: str, *, group: bool) -> float:
        times = self._chats.get(chat)
        if times is None:
            return float("-inf")
        free = _free_at(times, self._limits.chat_per_second, SECOND)
        if group:
            free = max(free, _free_at(times, self._limits.group_per_minute, MINUTE))
        return free

    def _tidy(self, at: float) -> None:
        """Forgets chats that nothing was sent to lately, so that memory stays bounded."""
        self._since_tidied = 0
        for chat, times in list(self._chats.items()):
            _forget(times, at - MINUTE)
            if not times:
                del self._chats[chat]
        for chat, until in list(self._chat_pauses.items()):
            if until <= at:
                del self._chat_pauses[chat]


def _free_at(times: deque[float], limit: int | None, window: float) -> float:
    """When the window has room again: the moment its limit-th newest entry leaves it."""
    if limit is None or len(times) < limit:
        return float("-inf")
    return times[-limit] + window


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] < before:
        times.popleft()
