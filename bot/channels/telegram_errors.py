"""What Telegram's refusals mean: every failure of a call becomes Refused, TryLater or Unknown.

| answer | outcome |
| --- | --- |
| 429 with retry_after | TryLater after it, for this chat |
| 400 with migrate_to_chat_id | Refused, with the new chat |
| 403 of any wording: blocked, kicked, not a member, deactivated, deleted | Refused, gone |
| 400 chat not found, user not found, and the like of `GONE` | Refused, gone |
| 400 of any other wording: too long, no rights to write, not modified | Refused |
| 401, 404: the token is not valid | TryLater in five minutes, the whole channel |
| 409: another process listens | TryLater |
| could not connect, no free connection | TryLater, the whole channel: the request never left |
| 503 | TryLater: the server says it did not take it |
| any other 5xx, a broken connection, a timeout after the request left | Unknown |

The texts are those of https://github.com/tdlib/telegram-bot-api (Client.cpp).
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from domain.messages import Refused, SendError, TryLater, Unknown

CONNECT_AGAIN = 3.0
TOKEN_AGAIN = 300.0

# Wordings of 400 after which no message can reach the chat any more.
GONE = (
    "chat not found",
    "private chat not found",
    "user not found",
    "peer_id_invalid",
    "input_user_deactivated",
    "user_deactivated",
    "user_is_blocked",
    "user is deactivated",
    "bot was blocked by the user",
    "bot was kicked",
    "bot is not a member",
    "the group chat was deleted",
    "group chat was deactivated",
    "channel_private",
    "channel_invalid",
    "chat_id_invalid",
)
# Wordings of 400 that are about a photo, so that the words may still go without it.
PHOTO = ("photo", "image", "wrong file", "file must be non-empty", "wrong type of the web page")

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def outcome(failure: TelegramError) -> SendError:
    """The one meaning of a failed call; its reason holds the platform's words, never ours."""
    match failure:
        case RetryAfter():
            return TryLater("flood control", after=_seconds(failure), scope="chat")
        case ChatMigrated(new_chat_id=chat):
            return Refused("group chat was upgraded", migrated_to=str(chat))
        case Forbidden():
            return Refused(failure.message, gone=True)
        case InvalidToken():
            return TryLater("token refused", after=TOKEN_AGAIN, scope="channel")
        case Conflict():
            return TryLater("conflict", after=CONNECT_AGAIN, scope="channel")
        case BadRequest():
            return Refused(failure.message, gone=_says(failure, GONE))
        case NetworkError():
            return _network(failure)
        case _:
            return Unknown(failure.message)


def about_the_photo(failure: TelegramError) -> bool:
    """Whether only the photo was refused."""
    return isinstance(failure, BadRequest) and _says(failure, PHOTO)


def _network(failure: NetworkError) -> SendError:
    cause = failure.__cause__
    if isinstance(cause, _NEVER_LEFT):
        return TryLater(type(cause).__name__, after=CONNECT_AGAIN, scope="channel")
    if isinstance(cause, httpx.HTTPError):
        return Unknown(type(cause).__name__)
    if "(503)" in failure.message or "service unavailable" in failure.message.lower():
        return TryLater("503", after=CONNECT_AGAIN, scope="channel")
    return Unknown(failure.message.split(". Parsing")[0])


def _says(failure: TelegramError, wordings: tuple[str, ...]) -> bool:
    said = failure.message.lower()
    return any(wording in said for wording in wordings)


def _seconds(failure: RetryAfter) -> float:
    after = failure.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
