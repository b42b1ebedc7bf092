"""Live updates: a stream of server-sent events that goes on where the page left off."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import web

from bot.channels.web_rows import Reading, View, as_text, cursors_as_text
from storage.bell import Topic
from storage.transcripts import TranscriptEntry

LOOK = 2.0  # seconds between two looks at the database: other processes write transcripts too
BEAT = 15.0
STREAMS_AT_ONCE = 5000
HEADERS = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}

Look = Callable[[Mapping[str, int]], Awaitable[Reading]]  # reads on from the cursors


class Wakers:
    """Lets whoever writes into a chat wake the streams that show it.

    A chat goes by the name that `topic` gives it: what is written by another process is told of
    without saying whose chat it is.
    """

    def __init__(self, topic: Callable[[str], str]) -> None:
        self._topic = topic
        self._sleeping: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._streams = 0
        self.closing = False

    @property
    def full(self) -> bool:
        """Whether there are as many streams as one process serves."""
        return self._streams >= STREAMS_AT_ONCE

    @contextmanager
    def listening(self, chats: Iterable[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the chats has something new."""
        event, chats = asyncio.Event(), {self._topic(chat) for chat in chats}
        for chat in chats:
            self._sleeping[chat].add(event)
        self._streams += 1
        try:
            yield event
        finally:
            self._streams -= 1
            for chat in chats:
                self._sleeping[chat].discard(event)
                if not self._sleeping[chat]:
                    del self._sleeping[chat]

    def wake(self, chat: str) -> None:
        """Something new stands in the chat."""
        self._wake(self._topic(chat))

    def heard(self, topics: frozenset[str]) -> None:
        """Something was written, perhaps by another process."""
        for topic in self._sleeping if Topic.ALL in topics else topics:
            self._wake(topic)

    def _wake(self, topic: str) -> None:
        for event in self._sleeping.get(topic, ()):
            event.set()

    def close(self) -> None:
        """Ends every stream; pages come back to another process, or later."""
        self.closing = True
        for events in self._sleeping.values():
            for event in events:
                event.set()


async def stream(
    request: web.Request,
    views: tuple[View, ...],
    cursors: dict[str, int],
    *,
    wakers: Wakers,
    look: Look,
    between_looks: Callable[[float], float],
    as_json: Callable[[View, TranscriptEntry], dict[str, Any]],
) -> web.StreamResponse:
    """Sends what comes until the page goes away or the process stops."""
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    loop = asyncio.get_running_loop()
    with wakers.listening(view.address.chat for view in views) as woken, suppress(ConnectionError):
        beaten = loop.time()
        await response.write(b"event: beat\ndata:\n\n")
        while not wakers.closing:
            woken.clear()
            reading = await look(cursors)
            for view, entry in reading.rows:
                cursors[view.name] = entry.cursor
                await response.write(_event(cursors, as_json(view, entry)))
            if reading.more:
                continue
            if loop.time() - beaten > BEAT:
                beaten = loop.time()
                await response.write(b"event: beat\ndata:\n\n")
            with suppress(TimeoutError):
                async with asyncio.timeout(between_looks(LOOK)):
                    await woken.wait()
    return response


def _event(cursors: Mapping[str, int], row: dict[str, Any]) -> bytes:
    return f"id: {cursors_as_text(cursors)}\nevent: message\ndata: {as_text(row)}\n\n".encode()
