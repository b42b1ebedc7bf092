"""Posts bodies to a webhook over a few connections that are kept, and counts what comes back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST_ANSWER = 20.0  # seconds, after which it is taken for a hang


@dataclass(slots=True)
class Answers:
    """What a webhook said to all of it; `worst` keeps the bodies that must not be."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # connections that ended without an answer
    hung: int = 0
    worst: list[bytes] = field(default_factory=list)

    @property
    def posted(self) -> int:
        """How many bodies had an end of some kind."""
        return sum(self.statuses.values()) + self.broken + self.hung

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above."""
        return sum(count for status, count in self.statuses.items() if status >= 500)


async def post_all(
    url: str,
    bodies: Iterator[bytes],
    *,
    headers: Mapping[str, str],
    connections: int = 16,
    posted: Callable[[int], None] = lambda done: None,
) -> Answers:
    """Posts them all, each once."""
    answers = Answers()

    async def post() -> None:
        line: _Line | None = None
        for body in bodies:
            try:
                line = line or await _Line.to(url, headers)
                async with asyncio.timeout(LONGEST_ANSWER):
                    status, stays = await line.post(body)
                answers.statuses[status] += 1
                if status >= 500:
                    answers.worst.append(body)
            except TimeoutError:
                answers.hung += 1
                answers.worst.append(body)
                stays = False
            except (OSError, EOFError, ValueError):
                answers.broken += 1
                answers.worst.append(body)
                stays = False
            if not stays and line is not None:
                line.close()
                line = None
            posted(answers.posted)
        if line is not None:
            line.close()

    await asyncio.gather(*(post() for _ in range(connections)))
    return answers


class _Line:
    """One connection, as small as it can be: the fuzz must not be slower than what it tests."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def to(cls, url: str, headers: Mapping[str, str]) -> _Line:
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        told = {"Host": place.netloc, "Content-Type": "application/json", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return cls(reader, writer, f"POST {place.path} HTTP/1.1\r\n{lines}".encode())

    async def post(self, body: bytes) -> tuple[int, bool]:
        """The status, and whether the connection stays."""
        self._writer.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        return int(head.split()[1]), "connection: close" not in head

    def close(self) -> None:
        self._writer.close()
