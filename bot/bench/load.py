"""Telegram webhook calls over keep-alive connections, from a process of their own.

python -m bot.bench.load PORT CLIENTS SECONDS SECRET FIRST_CLIENT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bot.bench.report import Timing

PROBLEMS = ("楼道灯不亮了", "垃圾两天没人收", "单元门坏了", "下水道堵了", "健身器材坏了")


def update(client: int, number: int) -> bytes:
    """A private message as Telegram sends it; everybody is somebody else."""
    person = 100_000 * (client + 1) + number
    building, entrance = person % 24 + 1, person % 3 + 1
    text = f"{building}栋{entrance}单元{PROBLEMS[person % len(PROBLEMS)]}"
    sender = {"id": person, "is_bot": False, "first_name": "王", "language_code": "zh-hans"}
    message = {
        "message_id": number + 1,
        "from": sender,
        "chat": {"id": person, "type": "private", "first_name": "王"},
        "date": 1_763_712_000 + number,
        "text": text,
    }
    return json.dumps({"update_id": person, "message": message}, ensure_ascii=False).encode()


async def _client(port: int, client: int, until: float, secret: str, timing: Timing) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.monotonic() < until:
        body = update(client, number)
        number += 1
        head = (
            f"POST /telegram/webhook HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {secret}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b"Content-Length: 0" not in answer:
            raise RuntimeError(f"an answer with a body: {answer[:80]!r}")
        timing.took(time.perf_counter() - started, ok=answer.startswith(b"HTTP/1.1 200"))
    writer.close()


async def main(port: int, clients: int, seconds: float, secret: str, first: int) -> Timing:
    """So many clients, each asking again as soon as it is answered."""
    timing = Timing()
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as tasks:
        for client in range(clients):
            tasks.create_task(_client(port, first + client, until, secret, timing))
    return timing


if __name__ == "__main__":
    port, clients, seconds, secret, first = sys.argv[1:]
    work = main(int(port), int(clients), float(seconds), secret, int(first))
    measured = asyncio.run(work)
    sys.stdout.write(measured.as_json(float(seconds)))
