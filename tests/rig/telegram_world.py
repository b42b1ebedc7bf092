"""A strict imitation of the Bot API's rules: chats, updates, limits, wordings of its refusals.

Rules and wordings are those of https://github.com/tdlib/telegram-bot-api; what the real server
would take silently but no well-behaved bot sends is written into `violations`.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
DELETABLE = 48 * 3600  # seconds
LARGEST_FILE = 20 * 1024 * 1024

_MENTION = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9_]{2,32}\b", re.ASCII)
_LINK = re.compile(
    r"https?://[^\s\u2060/?#]+\.[a-z]{2,}[^\s\u2060]*"
    r"|(?:tg|ton|tonsite)://[^\s\u2060]+|\b(?:t|telegram)\.me\b",
    re.IGNORECASE | re.ASCII,
)
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")


class ApiError(Exception):
    """A refusal as the Bot API words it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(slots=True)
class Chat:
    """A chat as the platform knows it; `refusal` is what a send to it is answered with."""

    id: int
    kind: str
    title: str = ""
    refusal: ApiError | None = None
    next_message: int = 1
    messages: dict[int, Json] = field(default_factory=dict)

    def shown(self) -> Json:
        name = {"first_name": self.title} if self.kind == "private" else {"title": self.title}
        return {"id": self.id, "type": self.kind, **name}


@dataclass(slots=True, kw_only=True)
class Pace:
    """How much the platform lets through, and how long it then makes one wait."""

    per_second: int = 30
    chat_per_second: int = 1
    group_per_minute: int = 20
    retry_after: int = 3
    second: float = 1.0
    minute: float = 60.0


class World:
    """The platform's side: what was sent to the bot and what the bot sent."""

    def __init__(
        self,
        *,
        username: str = "xiaoqi_bot",
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.me: Json = {
            "id": 700_000_001,
            "is_bot": True,
            "first_name": "小栖",
            "username": username,
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
        }
        self.pace = pace
        self.chats: dict[int, Chat] = {}
        self.sent: list[Json] = []
        self.violations: list[str] = []
        self.files: dict[str, bytes] = {}
        self.no_voices: set[int] = set()  # chats of people who take no voice messages
        self.updates: deque[Json] = deque()
        self.arrived = asyncio.Event()
        self.arrives: Callable[[Json], None] = lambda _: None  # told of every update
        self.allowed: set[str] | None = None
        self._clock = clock
        self._update_ids = itertools.count(500_000_001)
        self._presses: set[str] = set()
        self._numbers = itertools.count(1)
        self._times: defaultdict[object, deque[float]] = defaultdict(deque)
        self._banned: dict[object, float] = {}

    # -- what people do

    def chat(self, id: int, *, title: str = "") -> Chat:
        """The chat, which begins to exist when somebody speaks in it."""
        if id not in self.chats:
            kind = "private" if id > 0 else "supergroup" if id < -(10**12) else "group"
            self.chats[id] = Chat(id=id, kind=kind, title=title or f"chat {id}")
        return self.chats[id]

    def user(self, id: int, name: str = "") -> Json:
        return {
            "id": id,
            "is_bot": False,
            "first_name": name or f"user {id}",
            "language_code": "zh-hans",
        }

    def say(
        self,
        *,
        chat: int,
        user: int,
        text: str = "",
        name: str = "",
        edit: int | None = None,
        reply_to: int | None = None,
        extra: Json | None = None,
    ) -> Json:
        """A person writes, or edits what was written; returns the update."""
        place = self.chat(chat)
        message: Json = {
            "message_id": edit or self._take_number(place),
            "date": int(time.time()),
            "chat": place.shown(),
            "from": self.user(user, name),
        }
        if text:
            message["text"] = text
            if entities := self.entities(text):
                message["entities"] = entities
        if reply_to is not None:
            replied = place.messages.get(reply_to, {"message_id": reply_to, "chat": place.shown()})
            message["reply_to_message"] = {
                key: value for key, value in replied.items() if key != "reply_to_message"
            }
        message.update(extra or {})
        if edit:
            message["edit_date"] = int(time.time())
        place.messages[message["message_id"]] = message
        return self.tell("edited_message" if edit else "message", message)

    def press(self, *, chat: int, user: int, message: int, data: str) -> Json:
        """A person presses a button of a message the bot sent."""
        id = f"press-{next(self._numbers)}"
        self._presses.add(id)
        return self.tell(
            "callback_query",
            {
                "id": id,
                "from": self.user(user),
                "message": self.chat(chat).messages[message],
                "chat_instance": "1",
                "data": data,
            },
        )

    def membership(self, *, chat: int, user: int, status: str) -> Json:
        """The bot is let in (`member`) or put out (`kicked`); a user unblocks or blocks it."""
        place = self.chat(chat)
        before = "member" if status in ("kicked", "left") else "left"
        if status == "member":
            place.refusal = None
        elif place.kind == "private":
            place.refusal = ApiError(403, "Forbidden: bot was blocked by the user")
        else:
            where = "supergroup" if place.kind == "supergroup" else "group"
            place.refusal = ApiError(403, f"Forbidden: bot was kicked from the {where} chat")
        return self.tell(
            "my_chat_member",
            {
                "chat": place.shown(),
                "from": self.user(user),
                "date": int(time.time()),
                "old_chat_member": {"user": self.me, "status": before},
                "new_chat_member": {"user": self.me, "status": status},
            },
        )

    def migrate(self, *, chat: int, to: int) -> list[Json]:
        """A group becomes a supergroup: its number changes and both sides are told."""
        old = self.chat(chat)
        new = self.chat(to, title=old.title)
        old.refusal = ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=to,
        )
        anonymous = {
            "id": 1_087_968_824, "is_bot": True, "first_name": "Group",
            "username": "GroupAnonymousBot",
        }  # fmt: skip
        told = []
        for place, said in (
            (old, {"migrate_to_chat_id": to}),
            (new, {"migrate_from_chat_id": chat}),
        ):
            message = {
                "message_id": self._take_number(place),
                "date": int(time.time()),
                "chat": place.shown(),
                "from": anonymous,
                "sender_chat": place.shown(),
                **said,
            }
            told.append(self.tell("message", message))
        return told

    def upload(self, data: bytes) -> str:
        """A file as a person uploads it; returns its file_id."""
        id = f"file-{next(self._numbers)}"
        self.files[id] = data
        return id

    def tell(self, kind: str, content: Json) -> Json:
        """Puts an update where the bot finds it."""
        update = {"update_id": next(self._update_ids), kind: content}
        if self.allowed is None or kind in self.allowed:
            self.put(update)
        return update

    def put(self, update: Json) -> None:
        """An update word for word."""
        self.updates.append(update)
        self.arrives(update)
        self.arrived.set()

    def entities(self, text: str) -> list[Json]:
        """What the platform marks in a plain text by itself, counted in UTF-16 units."""
        kinds = (("mention", _MENTION), ("url", _LINK), ("bot_command", _COMMAND))
        return [
            {
                "type": kind,
                "offset": units(text[: found.start()]),
                "length": units(found[0]),
            }
            for kind, pattern in kinds
            for found in pattern.finditer(text)
        ]

    # -- what the bot does

    def take(self, *, offset: int | None, limit: int) -> list[Json]:
        """The oldest updates; those before the offset are confirmed and forgotten."""
        while offset is not None and self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            self.arrived.clear()
        return list(itertools.islice(self.updates, limit))

    def send_message(self, asked: Json) -> Json:
        text = str(asked["text"]).strip()
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        if units(text) > LONGEST_TEXT:
            raise ApiError(400, "Bad Request: message is too long")
        return self._deliver(asked, {"text": text, "entities": self.entities(text)})

    def send_photo(self, asked: Json) -> Json:
        caption = str(asked.get("caption", ""))
        data = asked["photo"]
        if units(caption) > LONGEST_CAPTION:
            raise ApiError(400, "Bad Request: message caption is too long")
        if not isinstance(data, bytes):
            raise ApiError(400, "Bad Request: there is no photo in the request")
        if not data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")):
            raise ApiError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        photo = {"file_id": self.upload(data), "file_unique_id": "u", "width": 90, "height": 90}
        said = self._captioned(caption)
        return self._deliver(asked, {"photo": [photo], **said})

    def send_file(self, kind: str, asked: Json) -> Json:
        """sendVoice, sendAudio and sendDocument; a voice must be Ogg, and may be unwelcome."""
        caption = str(asked.get("caption", ""))
        data = asked[kind]
        if units(caption) > LONGEST_CAPTION:
            raise ApiError(400, "Bad Request: message caption is too long")
        if not isinstance(data, bytes):
            raise ApiError(400, f"Bad Request: there is no {kind} in the request")
        if kind == "voice" and asked["chat_id"] in self.no_voices:
            raise ApiError(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")
        file = {"file_id": self.upload(data), "file_unique_id": "u", "duration": 1}
        said = self._captioned(caption)
        return self._deliver(asked, {kind: file, **said})

    def answer_press(self, asked: Json) -> bool:
        if asked["callback_query_id"] not in self._presses:
            raise ApiError(
                400,
                "Bad Request: query is too old and response timeout expired "
                "or query ID is invalid",
            )
        self._presses.discard(asked["callback_query_id"])
        return True

    def edit_markup(self, asked: Json) -> Json:
        chat = self._reachable(asked["chat_id"])
        message = chat.messages.get(asked["message_id"])
        if message is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        if message.get("reply_markup") == asked.get("reply_markup"):
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        message.pop("reply_markup", None)
        if "reply_markup" in asked:
            message["reply_markup"] = asked["reply_markup"]
        return message

    def delete_message(self, asked: Json) -> bool:
        chat = self._reachable(asked["chat_id"])
        message = chat.messages.get(asked["message_id"])
        if message is None:
            raise ApiError(400, "Bad Request: message to delete not found")
        if time.time() - message["date"] > DELETABLE:
            raise ApiError(400, "Bad Request: message can't be deleted")
        del chat.messages[asked["message_id"]]
        return True

    def get_file(self, asked: Json) -> Json:
        data = self.files.get(asked["file_id"])
        if data is None:
            raise ApiError(
                400, "Bad Request: wrong file_id or the file is temporarily unavailable"
            )
        if len(data) > LARGEST_FILE:
            raise ApiError(400, "Bad Request: file is too big")
        id = asked["file_id"]
        return {
            "file_id": id,
            "file_unique_id": f"u-{id}",
            "file_size": len(data),
            "file_path": f"photos/{id}.bin",
        }

    def _captioned(self, caption: str) -> Json:
        marked = {"caption": caption, "caption_entities": self.entities(caption)}
        return marked if caption else {}

    def _deliver(self, asked: Json, content: Json) -> Json:
        chat = self._reachable(asked["chat_id"])
        self._keep_pace(chat)
        reply = asked.get("reply_parameters")
        message: Json = {
            "message_id": self._take_number(chat),
            "date": int(time.time()),
            "chat": chat.shown(),
            "from": self.me,
            **content,
        }
        if reply:
            if reply["message_id"] in chat.messages:
                message["reply_to_message"] = chat.messages[reply["message_id"]]
            elif not reply.get("allow_sending_without_reply"):
                raise ApiError(400, "Bad Request: message to be replied not found")
        if "reply_markup" in asked:
            check_keyboard(asked["reply_markup"])
            message["reply_markup"] = asked["reply_markup"]
        chat.messages[message["message_id"]] = message
        return {key: value for key, value in message.items() if key != "reply_to_message"}

    def _reachable(self, id: Any) -> Chat:
        chat = self.chats.get(id) if isinstance(id, int) else None
        if chat is None:
            raise ApiError(400, "Bad Request: chat not found")
        if chat.refusal is not None:
            raise chat.refusal
        return chat

    def _keep_pace(self, chat: Chat) -> None:
        """429 with retry_after when a limit is passed, and until that time is over."""
        if self.pace is None:
            return
        now, pace = self._clock(), self.pace
        for scope in ("all", chat.id):
            if now < (until := self._banned.get(scope, 0.0)):
                self.violations.append(f"sent to {scope} {until - now:.2f} s before retry_after")
                raise _too_many(int(until - now) + 1)
        rules: list[tuple[object, object, int, float]] = [
            ("all", "all", pace.per_second, pace.second),
            (chat.id, (chat.id, "second"), pace.chat_per_second, pace.second),
        ]
        if chat.kind != "private":
            rules.append((chat.id, (chat.id, "minute"), pace.group_per_minute, pace.minute))
        for scope, counted, limit, window in rules:
            times = self._times[counted]
            while times and times[0] <= now - window:
                times.popleft()
            if len(times) >= limit:
                self._banned[scope] = now + pace.retry_after
                raise _too_many(pace.retry_after)
        for _, counted, _, _ in rules:
            self._times[counted].append(now)

    def _take_number(self, chat: Chat) -> int:
        chat.next_message += 1
        return chat.next_message - 1


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_keyboard(markup: Json) -> None:
    """The rules of an inline keyboard."""
    buttons = [button for row in markup["inline_keyboard"] for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in markup["inline_keyboard"]):
        raise ApiError(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise ApiError(400, "Bad Request: inline keyboard button text must be non-empty")
        data, url = button.get("callback_data"), button.get("url")
        if data is None and url is None:
            raise ApiError(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and not url.startswith(("http://", "https://", "tg://")):
            raise ApiError(400, "Bad Request: inline keyboard button URL is invalid")


def _too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
