"""Makes strangers' photos safe to keep and show: opened in a process apart, written afresh."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

WORKER = Path(__file__).with_name("image_worker.py")
MEDIA_TYPE = "image/jpeg"
PATIENCE = 20.0  # seconds
REASONS = frozenset({"heic", "huge", "unknown", "damaged"})


class Unreadable(Exception):
    """Not a file that can be taken; `why` is the phrase `file.<why>`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def sanitise(data: bytes) -> tuple[str, bytes]:
    """The same photo, upright, of bounded size and without EXIF. Raises Unreadable."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(WORKER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            photo, reason = await worker.communicate(data)
    except TimeoutError:
        raise Unreadable("damaged") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode or not photo:
        said = reason.decode(errors="replace")
        raise Unreadable(said if said in REASONS else "damaged")
    return MEDIA_TYPE, photo
