"""A fake Bot API server over HTTP, with a control side for the tests.

    python -m tests.rig.telegram_server --port 8099

Bot side: /bot<token>/<method> and /file/bot<token>/<path>, by JSON, form, multipart or query.
Control side: POST /control/{say,say_all,press,block,unblock,kick,add,migrate,upload,update,fault,
heal} with a JSON body of the World method's arguments; GET
/control/{sent,calls,violations,pending}.

With --history FILE everything it saw is written there, one JSON object a line: `update` when an
update comes into being, `call` for every call of the bot (with what it was answered), `post` for
every attempt at the webhook, `confirm` when updates below a number are confirmed. `at` is in
seconds of the system's clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.rig.telegram_world import ApiError, Json, Pace, World, units

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK_PATIENCE = 60.0  # seconds the platform waits for an answer
CONNECTIONS = 40  # to a webhook at once, unless the bot asks for another number

Write = Callable[[Json], None]

# Every method and parameter a bot of ours may use, with its type; "!" marks what must be given.
METHODS: dict[str, dict[str, str]] = {
    "getMe": {},
    "getUpdates": {
        "offset": "int", "limit": "int", "timeout": "int", "allowed_updates": "json",
    },
    "setWebhook": {
        "url": "str!", "secret_token": "str", "allowed_updates": "json",
        "max_connections": "int", "drop_pending_updates": "bool",
    },
    "deleteWebhook": {"drop_pending_updates": "bool"},
    "getWebhookInfo": {},
    "sendMessage": {
        "chat_id": "int!", "text": "str!", "link_preview_options": "json",
        "reply_parameters": "json", "reply_markup": "json", "disable_notification": "bool",
    },
    "sendPhoto": {
        "chat_id": "int!", "photo": "file!", "caption": "str", "reply_parameters": "json",
        "reply_markup": "json", "disable_notification": "bool",
    },
    "sendVoice": {
        "chat_id": "int!", "voice": "file!", "caption": "str", "reply_parameters": "json",
        "reply_markup": "json", "disable_notification": "bool",
    },
    "sendAudio": {
        "chat_id": "int!", "audio": "file!", "caption": "str", "reply_parameters": "json",
        "reply_markup": "json", "disable_notification": "bool",
    },
    "sendDocument": {
        "chat_id": "int!", "document": "file!", "caption": "str", "reply_parameters": "json",
        "reply_markup": "json", "disable_notification": "bool",
    },
    "answerCallbackQuery": {"callback_query_id": "str!", "text": "str", "show_alert": "bool"},
    "deleteMessage": {"chat_id": "int!", "message_id": "int!"},
    "editMessageReplyMarkup": {"chat_id": "int!", "message_id": "int!", "reply_markup": "json"},
    "getFile": {"file_id": "str!"},
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens instead of the next calls of a method."""

    method: str
    times: int = 1
    code: int = 0  # an HTTP status to answer with
    body: str = ""  # with these words; a Bot API error when empty
    description: str = ""
    parameters: Json | None = None
    deliver: bool = False  # the call is done all the same
    cut: bool = False  # and the connection is then cut without an answer
    hang: float = 0.0  # or answered only after this many seconds
    slow: float = 0.0  # the call is done, properly, but only after this many seconds
    chat: int = 0  # calls on this chat only
    chance: float = 1.0  # that a call is struck at all


class Server:
    """The HTTP face of a World."""

    def __init__(
        self,
        world: World,
        *,
        token: str = "700000001:test",
        retry_scale: float = 1.0,
        history: Write = lambda _: None,
    ) -> None:
        self.world = world
        world.arrives = self._arrived
        self.token = token
        self.webhook: Json = {}
        self.faults: list[Fault] = []
        self.deliveries: list[tuple[int, int]] = []  # update, status
        self.calls: Counter[str] = Counter()
        self._history = history
        self._retry_scale = retry_scale
        self._poll: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[object, deque[Json]] = {}

    @property
    def undelivered(self) -> int:
        """How many updates wait for the webhook."""
        return sum(len(lane) for lane in self._lanes.values())

    def application(self) -> web.Application:
        """The aiohttp application; its clean-up ends the deliveries."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._bot)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        app.router.add_post("/control/{action}", self._control)
        app.router.add_get("/control/{what}", self._show)
        app.on_shutdown.append(self._close)
        return app

    # -- the bot's side

    async def _bot(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _refusal(ApiError(401, "Unauthorized"))
        method = _spelt(request.match_info["method"])
        self.calls[method] += 1
        asked: Json = {}
        try:
            asked = self._checked(method, await _parameters(request))
            return await self._faulty(request, method, asked)
        except ApiError as error:
            self._note(method, asked, error=error)
            return _refusal(error)
        except ConnectionResetError:  # the bot died in the middle of its words
            return web.Response(status=400)

    async def _faulty(self, request: web.Request, method: str, asked: Json) -> web.StreamResponse:
        fault = next((one for one in self.faults if _strikes(one, method, asked)), None)
        if fault is None:
            return _done(await self._do(method, asked))
        fault.times -= 1
        if fault.slow:
            await asyncio.sleep(fault.slow)
            return _done(await self._do(method, asked))
        if fault.deliver:
            result = await self._do(method, asked)
            if not (fault.cut or fault.hang or fault.code):
                return _done(result)
        if fault.hang:
            await asyncio.sleep(fault.hang)
        if fault.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.body:
            return web.Response(status=fault.code, text=fault.body, content_type="text/html")
        error = ApiError(fault.code, fault.description, **(fault.parameters or {}))
        self._note(method, asked, error=error)
        return _refusal(error)

    async def _do(self, method: str, asked: Json) -> Any:
        world = self.world
        actions: dict[str, Callable[[Json], Any]] = {
            "getMe": lambda _: world.me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": lambda _: self._webhook_info(),
            "sendMessage": world.send_message,
            "sendPhoto": world.send_photo,
            "sendVoice": lambda asked: world.send_file("voice", asked),
            "sendAudio": lambda asked: world.send_file("audio", asked),
            "sendDocument": lambda asked: world.send_file("document", asked),
            "answerCallbackQuery": world.answer_press,
            "editMessageReplyMarkup": world.edit_markup,
            "deleteMessage": world.delete_message,
            "getFile": world.get_file,
        }
        result = actions[method](asked)
        if isinstance(result, Awaitable):
            result = await result
        self._note(method, asked, result=result)
        return result

    def _note(
        self, method: str, asked: Json, *, result: Any = None, error: ApiError | None = None
    ) -> None:
        if method in ("getUpdates", "getMe"):
            return
        shown = {
            key: f"<{len(value)} bytes>" if isinstance(value, bytes) else value
            for key, value in asked.items()
        }
        entry: Json = {"method": method, "asked": shown}
        entry |= {"error": error.description} if error else {"result": result}
        self.world.sent.append(entry)
        self._write(
            "call",
            method=method,
            chat=asked.get("chat_id"),
            text=asked.get("text", asked.get("caption")),
            error=error.description if error else None,
            message=result.get("message_id") if isinstance(result, dict) else None,
        )

    def _arrived(self, update: Json) -> None:
        message = next((part for part in update.values() if isinstance(part, dict)), {})
        text = message.get("text", message.get("data"))
        self._write("update", id=update.get("update_id"), chat=_chat_of(update), text=text)

    def _write(self, what: str, **seen: Any) -> None:
        self._history({"at": round(time.time(), 4), "is": what, **seen})

    def _checked(self, method: str, given: Json) -> Json:
        """The parameters in their types; anything the API does not know is a violation."""
        known = METHODS.get(method)
        if known is None:
            self.world.violations.append(f"unknown method {method}")
            raise ApiError(404, "Not Found")
        for name in given.keys() - known.keys():
            self.world.violations.append(f"{method}: unknown parameter {name}")
            raise ApiError(400, f"Bad Request: unknown parameter {name}")
        for name, kind in known.items():
            if kind.endswith("!") and name not in given:
                self.world.violations.append(f"{method}: no {name}")
                raise ApiError(400, f"Bad Request: {name} is empty")
        try:
            return {name: _typed(known[name].rstrip("!"), value) for name, value in given.items()}
        except (ValueError, TypeError) as wrong:
            self.world.violations.append(f"{method}: {wrong}")
            raise ApiError(400, f"Bad Request: {wrong}") from wrong

    async def _get_updates(self, asked: Json) -> list[Json]:
        if self.webhook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._end_poll()
        if "allowed_updates" in asked:
            self.world.allowed = set(asked["allowed_updates"])
        limit = asked.get("limit", 100)
        self._write("confirm", below=asked.get("offset"))
        found = self.world.take(offset=asked.get("offset"), limit=limit)
        if found or not asked.get("timeout"):
            return found
        ended = self._poll = asyncio.get_running_loop().create_future()
        arrived = asyncio.ensure_future(self.world.arrived.wait())
        try:
            await asyncio.wait(
                {ended, arrived}, timeout=asked["timeout"], return_when="FIRST_COMPLETED"
            )
        finally:
            arrived.cancel()
        if ended.done():
            raise ApiError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        self._poll = None
        return self.world.take(offset=None, limit=limit)

    def _end_poll(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        self._poll = None

    def _set_webhook(self, asked: Json) -> bool:
        self.webhook = {} if not asked["url"] else asked
        if "allowed_updates" in asked:
            self.world.allowed = set(asked["allowed_updates"])
        self._end_poll()
        if self.webhook and not self._tasks:
            task = asyncio.create_task(self._deliver_all(), name="fake telegram: deliver")
            self._tasks.add(task)
        return True

    def _delete_webhook(self, asked: Json) -> bool:
        self.webhook = {}
        if asked.get("drop_pending_updates"):
            self.world.violations.append("pending updates dropped")
            self.world.updates.clear()
        return True

    def _webhook_info(self) -> Json:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.updates) + self.undelivered,
        }

    async def _file(self, request: web.Request) -> web.Response:
        id = request.match_info["path"].removeprefix("photos/").removesuffix(".bin")
        data = self.world.files.get(id)
        if request.match_info["token"] != self.token or data is None:
            return _refusal(ApiError(404, "Not Found"))
        return web.Response(body=data, content_type="application/octet-stream")

    # -- webhook deliveries: in order within a chat, again and again until one is taken

    async def _deliver_all(self) -> None:
        many = aiohttp.TCPConnector(limit=self.webhook.get("max_connections", CONNECTIONS))
        patience = aiohttp.ClientTimeout(total=WEBHOOK_PATIENCE)
        async with (
            asyncio.TaskGroup() as lanes,
            aiohttp.ClientSession(connector=many, timeout=patience) as session,
        ):
            while True:
                await self.world.arrived.wait()
                while self.world.updates and self.webhook:
                    update = self.world.updates.popleft()
                    chat = _chat_of(update)
                    if chat in self._lanes:
                        self._lanes[chat].append(update)
                    else:
                        self._lanes[chat] = deque([update])
                        lanes.create_task(self._deliver_lane(session, chat))
                self.world.arrived.clear()

    async def _deliver_lane(self, session: aiohttp.ClientSession, chat: object) -> None:
        lane = self._lanes[chat]
        wait = 1.0
        while lane:
            began = time.monotonic()
            status, asked_wait = await self._post(session, lane[0])
            took = round(time.monotonic() - began, 5)
            self._write("post", id=lane[0]["update_id"], status=status, took=took)
            self.deliveries.append((lane[0]["update_id"], status))
            if 200 <= status < 300:
                lane.popleft()
                wait = 1.0
                continue
            pause = asked_wait if asked_wait is not None else wait
            await asyncio.sleep(pause * self._retry_scale)
            wait = min(wait * 2, random.uniform(60, 120))
        del self._lanes[chat]

    async def _post(
        self, session: aiohttp.ClientSession, update: Json
    ) -> tuple[int, float | None]:
        headers = {}
        if secret := self.webhook.get("secret_token"):
            headers[SECRET_HEADER] = secret
        try:
            async with session.post(self.webhook["url"], json=update, headers=headers) as answer:
                asked_wait = answer.headers.get("Retry-After")
                return answer.status, float(asked_wait) if asked_wait else None
        except (aiohttp.ClientError, TimeoutError):
            return 0, None

    async def _close(self, _: web.Application) -> None:
        self._end_poll()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- the test's side

    async def _control(self, request: web.Request) -> web.Response:
        said = await request.json()
        world = self.world
        actions: dict[str, Callable[..., Any]] = {
            "say": world.say,
            "say_all": lambda all: [world.say(**said)["update_id"] for said in all],
            "press": world.press,
            "block": lambda **one: world.membership(**one, status="kicked"),
            "kick": lambda **one: world.membership(**one, status="kicked"),
            "unblock": lambda **one: world.membership(**one, status="member"),
            "add": lambda **one: world.membership(**one, status="member"),
            "migrate": world.migrate,
            "upload": lambda data: world.upload(b64decode(data)),
            "update": lambda **update: world.put(update),
            "fault": lambda **fault: self.faults.append(Fault(**fault)),
            "heal": self.faults.clear,
        }
        action = actions.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound
        return web.json_response(action(**said))

    async def _show(self, request: web.Request) -> web.Response:
        shown: dict[str, Callable[[], Any]] = {
            "sent": lambda: self.world.sent[int(request.query.get("after", 0)) :],
            "calls": lambda: self.calls,
            "violations": lambda: self.world.violations,
            "pending": self._webhook_info,
            "deliveries": lambda: self.deliveries,
        }
        show = shown.get(request.match_info["what"])
        if show is None:
            raise web.HTTPNotFound
        return web.json_response(show())


def _strikes(fault: Fault, method: str, asked: Json) -> bool:
    return (
        fault.times > 0
        and fault.method == method
        and fault.chat in (0, asked.get("chat_id"))
        and random.random() < fault.chance
    )


def _spelt(method: str) -> str:
    """The method as the documentation spells it; the API does not mind how it is spelt."""
    return next((known for known in METHODS if known.lower() == method.lower()), method)


async def _parameters(request: web.Request) -> Json:
    given: Json = dict(request.query)
    match request.content_type:
        case "application/json":
            given |= await request.json()
        case "multipart/form-data":
            async for part in await request.multipart():
                assert isinstance(part, aiohttp.BodyPartReader)
                if part.filename is not None:
                    given[part.name or ""] = bytes(await part.read())
                else:
                    given[part.name or ""] = await part.text()
        case _:
            given |= dict(await request.post())
    # A file may come as a part of its own that the parameter names.
    for name, value in list(given.items()):
        if isinstance(value, str) and value.startswith("attach://"):
            given[name] = given.pop(value.removeprefix("attach://"))
    return given


def _typed(kind: str, value: Any) -> Any:
    match kind:
        case "int":
            return int(value)
        case "bool":
            return value if isinstance(value, bool) else {"true": True, "false": False}[value]
        case "json":
            return json.loads(value) if isinstance(value, str) else value
        case "str":
            if not isinstance(value, str):
                raise TypeError(f"{value!r} is not a text")
            if units(value) > 1 << 15:
                raise ValueError("text is too long")
            return value
        case _:
            return value


def _chat_of(update: Json) -> object:
    for content in update.values():
        if isinstance(content, dict):
            holder = content.get("message", content)
            chat = holder.get("chat") if isinstance(holder, dict) else None
            return chat.get("id") if isinstance(chat, dict) else None
    return None


def _done(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _refusal(error: ApiError) -> web.Response:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code)


def writer(file: Path) -> Write:
    """Appends to a file, a line each, so that what is written can be read at once."""
    lines = file.open("a", encoding="utf-8", buffering=1)
    return lambda seen: print(json.dumps(seen, ensure_ascii=False), file=lines)


async def _serve(options: argparse.Namespace) -> None:
    pace = Pace(per_second=options.per_second) if options.limits else None
    server = Server(
        World(username=options.username, pace=pace),
        token=options.token,
        retry_scale=options.retry_scale,
        history=writer(options.history) if options.history else lambda _: None,
    )
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"url": f"http://{host}:{port}", "token": options.token}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """Serves until it is ended; the first line of its output says where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="700000001:test")
    parser.add_argument("--username", default="xiaoqi_bot")
    parser.add_argument("--limits", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--per-second", type=int, default=Pace().per_second)
    parser.add_argument("--retry-scale", type=float, default=1.0)
    parser.add_argument("--history", type=Path)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
