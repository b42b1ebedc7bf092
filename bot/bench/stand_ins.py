"""Servers of the bench: one that answers without storing, and one that plays the Bot API.

python -m bot.bench.stand_ins plain PORT
python -m bot.bench.stand_ins platform PORT
"""

from __future__ import annotations

import itertools
import json
import sys

from aiohttp import web


def plain() -> web.Application:
    """Takes the same bodies as the webhook, parses them and answers 200."""

    async def hear(request: web.Request) -> web.Response:
        found = json.loads(await request.read())
        return web.Response(status=200 if isinstance(found, dict) else 400)

    application = web.Application()
    application.router.add_post("/telegram/webhook", hear)
    return application


def platform() -> web.Application:
    """Knows who the bot is and takes every message it sends."""
    numbers = itertools.count(1)
    me = {"id": 1, "is_bot": True, "first_name": "xiaoqi", "username": "xiaoqi_bench_bot"}

    async def call(request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        if method == "getme":
            return web.json_response({"ok": True, "result": me})
        if method != "sendmessage":
            return web.json_response({"ok": True, "result": True})
        given = dict(await request.post())
        message = {
            "message_id": next(numbers),
            "date": 1_763_712_000,
            "chat": {"id": int(str(given["chat_id"])), "type": "private"},
            "text": str(given["text"]),
        }
        return web.json_response({"ok": True, "result": message})

    application = web.Application()
    application.router.add_post("/{bot}/{method}", call)
    return application


if __name__ == "__main__":
    name, port = sys.argv[1:]
    made = {"plain": plain, "platform": platform}[name]()
    web.run_app(made, host="127.0.0.1", port=int(port), access_log=None, print=None)
