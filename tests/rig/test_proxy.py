"""The proxy breaks what it is told to break, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.rig.proxy import Proxy


class Echo:
    """A server that says everything back, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(line)
        writer.close()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with server, Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def say(proxy: Proxy, line: bytes) -> bytes:
    """What comes back on a connection of its own; b"" when it ends first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(line)
    try:
        return await reader.readline()
    finally:
        writer.close()


async def test_it_passes_on_what_is_said(proxy: Proxy) -> None:
    assert await say(proxy, b"hello\n") == b"hello\n"


async def test_a_cut_ends_connections_and_lets_new_ones_in(proxy: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"one\n")
    assert await reader.readline() == b"one\n"

    proxy.cut()

    assert await reader.readline() == b""
    writer.close()
    assert await say(proxy, b"two\n") == b"two\n"


async def test_a_reset_is_heard_as_one(proxy: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"one\n")
    await reader.readline()

    proxy.reset()

    with pytest.raises(ConnectionResetError):
        await reader.readline()
    writer.close()


async def test_nobody_gets_in_while_it_refuses(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await say(proxy, b"one\n")

    await proxy.restore()
    assert await say(proxy, b"two\n") == b"two\n"


async def test_a_lost_answer_was_heard_by_the_server(proxy: Proxy, echo: Echo) -> None:
    proxy.loses = lambda said: b"COMMIT" in said

    with pytest.raises(ConnectionResetError):
        await say(proxy, b"COMMIT\n")

    assert await say(proxy, b"SELECT\n") == b"SELECT\n"
    assert (echo.heard, proxy.lost) == ([b"COMMIT\n", b"SELECT\n"], 1)


async def test_a_swallowing_proxy_keeps_the_connection_and_says_nothing(
    proxy: Proxy, echo: Echo
) -> None:
    proxy.swallows = True
    waiting = asyncio.create_task(say(proxy, b"one\n"))
    await proxy.swallowed.wait()

    proxy.swallows = False
    assert await say(proxy, b"two\n") == b"two\n"
    assert echo.heard == [b"two\n"]
    assert not waiting.done()
    waiting.cancel()


async def test_delay_and_rate_hold_back_what_the_server_says(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    for proxy.delay, proxy.rate in ((0.05, None), (0.0, 80.0)):
        began = loop.time()
        assert await say(proxy, b"abc\n") == b"abc\n"
        assert loop.time() - began >= 0.05
