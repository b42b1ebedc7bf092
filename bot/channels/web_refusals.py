"""Every refusal as a status and a Chinese sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.channels.base import CannotAccept
from bot.channels.web_page import GUARDS
from bot.channels.web_reading import Refusal
from domain.wording import Wording
from storage.database import Unavailable

logger = structlog.get_logger()

RETRY = 5  # seconds

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(answer: Answer, phrases: Wording) -> Answer:
    """The same answer, with refusals told to the page; 503 while nothing can be kept."""

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Refusal as refusal:
            logger.info("web request refused", why=refusal.phrase, status=refusal.status)
            return _told(refusal, phrases)
        except CannotAccept as trouble:
            return _told(Refusal("web.later", status=503), phrases, retry=trouble.after)
        except Unavailable:
            return _told(Refusal("web.later", status=503), phrases)

    return told


def _told(refusal: Refusal, phrases: Wording, *, retry: int = RETRY) -> web.Response:
    later = refusal.status in (429, 503)
    busy = {"Retry-After": str(refusal.values.get("after", retry))} if later else {}
    return web.json_response(
        {
            "error": refusal.phrase.removeprefix("web."),
            "text": phrases.say(refusal.phrase, refusal.values),
        },
        status=refusal.status,
        headers={**GUARDS, **busy},
    )
