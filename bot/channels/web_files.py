"""Photos and voices on their way in: measured while they come, never taken at their word."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.channels.web_reading import Refusal
from bot.first_bytes import voice_type
from bot.images import Unreadable, sanitise

LARGEST_BODY = 64 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024
LARGEST_VOICE = 5 * 1024 * 1024
SLOWEST = 60.0  # seconds a body may take
AT_ONCE = 4  # photos opened at the same time
MOST_WAITING = 32  # uploads in memory


async def body(request: web.Request, *, most: int, too_big: str) -> bytes:
    """The body, read no further than allowed. Raises Refusal."""
    if (request.content_length or 0) > most:
        raise Refusal(too_big, status=413)
    read = bytearray()
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.content.iter_chunked(1 << 16):
                read += chunk
                if len(read) > most:
                    raise Refusal(too_big, status=413)
    except TimeoutError:
        raise Refusal("web.slow", status=408) from None
    return bytes(read)


class Darkroom:
    """Opens photos, a few at a time."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def photo(self, request: web.Request) -> tuple[str, bytes]:
        """The photo in the body, made plain. Raises Refusal."""
        if self._waiting >= MOST_WAITING:
            raise Refusal("web.photo_later", status=503)
        self._waiting += 1
        try:
            data = await body(request, most=LARGEST_PHOTO, too_big="web.photo_too_big")
            async with self._places:
                return await sanitise(data)
        except Unreadable as unreadable:
            raise Refusal(f"web.photo_{unreadable.why}", status=415) from unreadable
        finally:
            self._waiting -= 1


async def voice(request: web.Request) -> tuple[str, bytes]:
    """The recording in the body and its type by its first bytes. Raises Refusal."""
    data = await body(request, most=LARGEST_VOICE, too_big="web.voice_too_big")
    media_type = voice_type(data)
    if media_type is None:
        raise Refusal("web.voice_unknown", status=415)
    return media_type, data
