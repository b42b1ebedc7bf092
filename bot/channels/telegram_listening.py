"""How the Telegram channel listens: its own polling loop, and the webhook; both commit first.

An update is acknowledged only after its commit: a polling loop by asking for the one after it, a
webhook by its 200. A crash in between brings the update again, and its key makes that harmless;
so no offset is stored. Nothing is dropped at the start. What can never be committed (not in the
platform's shape, or failing over and over) is counted and acknowledged, because Telegram holds
back everything behind an update that is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import random
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import structlog
from aiohttp import web
from prometheus_client import Counter as Metric

from bot.channels.base import CannotAccept, Door
from bot.channels.telegram_errors import NotDone, outcome
from bot.channels.telegram_reading import ALLOWED_UPDATES, Malformed, Me, to_inbound
from domain.messages import Inbound, TryLater

logger = structlog.get_logger()

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_BODY = 1 << 20
SLOWEST_BODY = 20.0  # seconds
POLL = 30  # seconds the platform may hold a request for updates
BATCH = 100
ATTEMPTS = 5  # at an update whose commit fails for another reason than the database's state

LONGEST_STAND_BY = 60.0  # seconds
_TROUBLES = {401: "token refused", 404: "token refused", 409: "listened to elsewhere"}

UPDATES = Metric("xiaoqi_telegram_updates", "Updates heard, by what became of them", ["outcome"])


class Ear:
    """Commits raw updates, one after another within a chat."""

    def __init__(
        self,
        door: Door,
        know_me: Callable[[], Awaitable[Me]],
        accepted: Callable[[Inbound], None],
    ) -> None:
        self._door = door
        self._know_me = know_me
        self._accepted = accepted
        self._failures: OrderedDict[str, int] = OrderedDict()

    async def hear(self, raw: Any) -> None:
        """Returns when the update needs no second delivery; raises CannotAccept when it does."""
        inbound = self._read(raw, await self._know_me())
        if inbound is not None:
            await self._commit(inbound)

    async def hear_all(self, batch: Iterable[Any]) -> None:
        """Hears a batch: in order within a chat, chats side by side.

        Raises CannotAccept when any of it could not be kept; then all of it is to be heard again.
        """
        me = await self._know_me()
        chats: dict[str, list[Inbound]] = {}
        for raw in batch:
            if (inbound := self._read(raw, me)) is not None:
                chats.setdefault(inbound.chat, []).append(inbound)
        heard = await asyncio.gather(
            *(self._commit_in_order(chat) for chat in chats.values()), return_exceptions=True
        )
        for failure in heard:
            if isinstance(failure, BaseException):
                raise failure

    def _read(self, raw: Any, me: Me) -> Inbound | None:
        try:
            inbound = to_inbound(raw, me)
        except Malformed as wrong:
            UPDATES.labels("malformed").inc()
            logger.warning("update malformed", channel="telegram", why=str(wrong))
            return None
        if inbound is None:
            UPDATES.labels("ignored").inc()
        return inbound

    async def _commit_in_order(self, chat: list[Inbound]) -> None:
        for inbound in chat:
            await self._commit(inbound)

    async def _commit(self, inbound: Inbound) -> None:
        try:
            fresh = await self._door.accept(inbound)
        except CannotAccept:
            UPDATES.labels("postponed").inc()
            raise
        except Exception as failure:
            self._failed(inbound, failure)
            return
        self._failures.pop(inbound.key, None)
        UPDATES.labels("accepted" if fresh else "repeated").inc()
        self._accepted(inbound)

    def _failed(self, inbound: Inbound, failure: Exception) -> None:
        """Asks for the update again a few times; one that keeps failing must not mute its chat."""
        attempts = self._failures.pop(inbound.key, 0) + 1
        logger.error(
            "update not kept", channel="telegram", key=inbound.key, attempt=attempts,
            exc_info=failure,
        )  # fmt: skip
        if attempts < ATTEMPTS:
            self._failures[inbound.key] = attempts
            if len(self._failures) > 1000:
                self._failures.popitem(last=False)
            raise CannotAccept(type(failure).__name__, after=1) from failure
        UPDATES.labels("given up").inc()


async def answer_webhook(request: web.Request, *, secret: str, ear: Ear | None) -> web.Response:
    """The platform's POST: 401 before the body is read, 200 after the commit, 503 without one."""
    shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(shown, secret.encode()):
        return _refusal(401)
    if (request.content_length or 0) > LARGEST_BODY:
        return _refusal(413)
    if request.content_type != "application/json":
        return _refusal(415)
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            body = await _body(request)
    except TimeoutError:
        return _refusal(408)
    if body is None:
        return _refusal(413)
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return _refusal(400)
    if not isinstance(raw, dict):
        return _refusal(400)
    try:
        if ear is None:
            raise CannotAccept("not listening yet", after=1)
        await ear.hear(raw)
    except CannotAccept as trouble:
        return web.Response(status=503, headers={"Retry-After": str(trouble.after)})
    return web.Response()


async def _body(request: web.Request) -> bytes | None:
    """The body, or None as soon as it is too long."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _refusal(status: int) -> web.Response:
    UPDATES.labels("refused").inc()
    response = web.Response(status=status)
    response.force_close()
    return response


class Poller:
    """Asks for updates and moves on only after they are committed.

    A 409 means that another process asks too: it stands by and tries again, so that of several
    replicas one listens at a time and another takes over by itself. Or that a webhook is left from
    another mode: it is taken away.
    """

    def __init__(self, http: httpx.AsyncClient, ear: Ear, *, standing_by: float = 1.0) -> None:
        self._http = http
        self._shortest = standing_by
        self._ear = ear
        self._troubles: Counter[str] = Counter()

    async def run(self) -> None:
        """Listens until cancelled."""
        offset: int | None = None
        while True:
            try:
                batch = await self._ask(offset)
                await self._ear.hear_all(batch)
            except CannotAccept as trouble:
                await self._stand_by("not kept", trouble.reason)
            except (NotDone, httpx.HTTPError) as failure:
                if _a_webhook_is_set(failure):
                    await self._take_webhook_away()
                await self._stand_by_after(failure)
            else:
                self._troubles.clear()
                offset = _next_offset(batch)

    async def _ask(self, offset: int | None) -> list[Any]:
        asked: dict[str, Any] = {
            "timeout": POLL,
            "limit": BATCH,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        if offset is not None:
            asked["offset"] = offset
        batch = await self._call("getUpdates", asked)
        if not isinstance(batch, list):
            raise NotDone(502, "not an answer of the Bot API", {})
        return batch

    async def _call(self, method: str, asked: dict[str, Any]) -> Any:
        patience = httpx.Timeout(10, read=POLL + 15)
        answer = await self._http.post(method, json=asked, timeout=patience)
        if not answer.is_success:
            raise NotDone.read(answer.status_code, answer.content)
        try:
            return answer.json()["result"]
        except (ValueError, KeyError, TypeError):
            raise NotDone(502, "not an answer of the Bot API", {}) from None

    async def _take_webhook_away(self) -> None:
        with contextlib.suppress(NotDone, httpx.HTTPError):
            await self._call("deleteWebhook", {"drop_pending_updates": False})
            logger.info("webhook taken away", channel="telegram")

    async def _stand_by_after(self, failure: NotDone | httpx.HTTPError) -> None:
        code = failure.code if isinstance(failure, NotDone) else 0
        meaning = outcome(failure)
        at_least = 0.0
        if code == 409:  # two that ask at once end each other's request: give the other some time
            at_least = self._shortest * random.uniform(3, 6)
        elif code == 429 and isinstance(meaning, TryLater):
            at_least = meaning.after
        await self._stand_by(_TROUBLES.get(code, "not reached"), str(meaning), at_least=at_least)

    async def _stand_by(self, kind: str, why: str, *, at_least: float = 0.0) -> None:
        """Waits longer each time, and says so in the log once until it goes well again."""
        if not self._troubles[kind]:
            logger.warning("telegram stands by", kind=kind, why=why)
        wait = min(self._shortest * 2 ** self._troubles[kind], LONGEST_STAND_BY)
        self._troubles[kind] = min(self._troubles[kind] + 1, 16)
        await asyncio.sleep(max(wait * random.uniform(0.75, 1.25), at_least))


def _a_webhook_is_set(failure: NotDone | httpx.HTTPError) -> bool:
    return (
        isinstance(failure, NotDone)
        and failure.code == 409
        and "webhook is active" in failure.description
    )


def _next_offset(batch: list[Any]) -> int | None:
    """The number after the newest of the batch.

    None after an empty answer: everything before is confirmed by then, and after a week of silence
    numbers start anew, perhaps below those we know.
    """
    numbers = [
        raw["update_id"]
        for raw in batch
        if isinstance(raw, dict) and type(raw.get("update_id")) is int
    ]
    return max(numbers) + 1 if numbers else None
