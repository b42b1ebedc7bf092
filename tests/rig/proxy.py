"""A TCP proxy that breaks connections in the ways networks break them.

async with Proxy("127.0.0.1", 5432) as proxy:
    proxy.delay = 2.0
    proxy.reset()
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from types import TracebackType

CHUNK = 1 << 16
# Closing with this option sends a reset, as a machine does that lost the connection.
HARD = struct.pack("ii", 1, 0)


class _Pair:
    """One connection through the proxy: the client's side and the server's."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server
        self.loses_the_next_answer = False

    def end(self, *, hard: bool) -> None:
        for writer in (self.client, self.server):
            if hard:
                with contextlib.suppress(OSError):
                    here: socket.socket = writer.get_extra_info("socket")
                    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
                writer.transport.abort()
            else:
                writer.close()


class Proxy:
    """Forwards to one server, well or badly; every fault may be changed while it runs.

    `delay` holds back what the server says, in seconds; `rate` lets through so many of its bytes a
    second; `swallows` lets nothing through in either direction though connections stay open;
    `loses` is asked with every piece a client says, and where it says yes the server hears the
    piece, but the client a reset in place of the answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._server: asyncio.Server | None = None
        self._pairs: dict[_Pair, asyncio.Task[None]] = {}
        self.port = 0
        self.delay = 0.0
        self.rate: float | None = None
        self.swallows = False
        self.loses: Callable[[bytes], bool] = _nothing
        self.lost = 0  # answers
        self.swallowed = asyncio.Event()  # something of a client's

    async def __aenter__(self) -> Proxy:
        await self.restore()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()
        tasks = [*self._pairs.values()]
        self.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._pairs)

    def cut(self) -> None:
        """Ends every connection in good order; new ones are let in."""
        for pair in list(self._pairs):
            pair.end(hard=False)

    def reset(self) -> None:
        """Breaks every connection off; new ones are let in."""
        for pair in list(self._pairs):
            pair.end(hard=True)

    def refuse(self) -> None:
        """Lets no new connection in until `restore`."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def restore(self) -> None:
        """Listens (again), on the port it had."""
        if self._server is None:
            self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._upstream)
        except OSError:
            _Pair(writer, writer).end(hard=True)
            return
        pair = _Pair(writer, back)
        task = asyncio.create_task(self._forward(pair, reader, there))
        self._pairs[pair] = task
        task.add_done_callback(lambda _: self._pairs.pop(pair, None))

    async def _forward(
        self, pair: _Pair, client: asyncio.StreamReader, server: asyncio.StreamReader
    ) -> None:
        ways = [
            asyncio.create_task(self._from_client(pair, client)),
            asyncio.create_task(self._from_server(pair, server)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            pair.end(hard=False)

    async def _from_client(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(CHUNK):
                if self.swallows:
                    self.swallowed.set()
                    continue
                pair.loses_the_next_answer = self.loses(piece)
                pair.server.write(piece)
                await pair.server.drain()

    async def _from_server(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(CHUNK):
                if self.swallows:
                    continue
                if pair.loses_the_next_answer:
                    self.lost += 1
                    pair.end(hard=True)
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.rate is not None:
                    await asyncio.sleep(len(piece) / self.rate)
                pair.client.write(piece)
                await pair.client.drain()


def _nothing(_: bytes) -> bool:
    return False
