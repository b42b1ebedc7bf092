"""What Telegram's refusals mean: every failure of a call becomes Refused, TryLater or Unknown.

| answer | outcome |
| --- | --- |
| 429 | TryLater after its retry_after, for this chat |
| 400 with migrate_to_chat_id | Refused, with the new chat |
| 403 of any wording: blocked, kicked, not a member, deactivated, deleted | Refused, gone |
| 400 chat not found, user not found, and the like of `GONE` | Refused, gone |
| 400 of any other wording: too long, no rights to write, not modified | Refused |
| 401, 404: the token is not valid | TryLater in five minutes, the whole channel |
| 409: another process listens | TryLater |
| could not connect, no free connection | TryLater, the whole channel: the request never left |
| 503 | TryLater: the server says it did not take it |
| any other 5xx, a broken connection, a timeout after the request left | Unknown |

The wordings are those of https://github.com/tdlib/telegram-bot-api (Client.cpp).
"""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import httpx
from telegram.error import TelegramError

from domain.messages import Refused, SendError, TryLater, Unknown

AGAIN = 3.0  # seconds, where the platform names none
TOKEN_AGAIN = 300.0

# Wordings of 400 after which no message can reach the chat any more.
GONE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "bot was blocked by the user",
    "bot was kicked",
    "bot is not a member",
    "group chat was deleted",
    "group chat was deactivated",
    "peer_id_invalid",
    "user_deactivated",
    "user_is_blocked",
    "channel_private",
    "channel_invalid",
    "chat_id_invalid",
)
# Wordings of 400 that are about a file, so that it may go otherwise, or the words without it.
FILE = ("photo", "image", "voice", "audio", "document", "wrong file", "file must be non-empty")

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class NotDone(TelegramError):
    """The Bot API answered that it did not do what was asked."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any]) -> None:
        super().__init__(description or str(code))
        self.code = code
        self.description = description
        self.parameters = parameters

    @classmethod
    def read(cls, code: int, payload: bytes) -> NotDone:
        """The failure an answer tells of; what is no JSON of the Bot API tells only its code."""
        try:
            answer = json.loads(payload)
            parameters = answer.get("parameters") or {}
            return cls(code, str(answer.get("description") or ""), dict(parameters))
        except (ValueError, AttributeError, TypeError):
            return cls(code, "", {})

    @property
    def about_the_file(self) -> bool:
        """Whether only the file was refused."""
        return self.code == 400 and _says(self.description, FILE)


def outcome(failure: TelegramError | httpx.HTTPError) -> SendError:
    """The one meaning of a failed call; its reason holds the platform's words, never a URL."""
    if isinstance(failure, NotDone):
        return _answered(failure)
    cause = failure if isinstance(failure, httpx.HTTPError) else failure.__cause__
    reason = type(cause or failure).__name__
    if isinstance(cause, _NEVER_LEFT):
        return TryLater(reason, after=AGAIN, scope="channel")
    return Unknown(reason)


def _answered(failure: NotDone) -> SendError:
    said = failure.description
    match failure.code:
        case 429:
            return TryLater("flood control", after=_retry_after(failure), scope="chat")
        case 400 if moved := failure.parameters.get("migrate_to_chat_id"):
            return Refused(said, migrated_to=str(moved))
        case 403:
            return Refused(said, gone=True)
        case 401 | 404:
            return TryLater("token refused", after=TOKEN_AGAIN, scope="channel")
        case 409:
            return TryLater(said or "conflict", after=AGAIN, scope="channel")
        case 503:
            return TryLater("unavailable", after=_retry_after(failure), scope="channel")
        case code if code >= 500:
            return Unknown(said or str(code))
        case code:
            return Refused(said or str(code), gone=_says(said, GONE))


def _retry_after(failure: NotDone) -> float:
    named = failure.parameters.get("retry_after")
    return float(named) if isinstance(named, int | float) and named > 0 else AGAIN


def _says(text: str, wordings: tuple[str, ...]) -> bool:
    said = text.lower()
    return any(wording in said for wording in wordings)
