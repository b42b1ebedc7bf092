"""The parts of a Telegram update that are read, in the platform's own shape; the rest is ignored.

https://core.telegram.org/bots/api#available-types
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(gt=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Moment = Annotated[int, Field(ge=0, lt=4_102_444_800)]  # seconds of Unix time, before 2100

_CONTROLS = {0: " ", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


def clean(value: Any) -> Any:
    """The same JSON without what no text can hold: NUL, lone surrogates; absent where it is null.

    Every replacement keeps the length in UTF-16 units, because entities count in them.
    """
    match value:
        case str():
            return value.translate(_CONTROLS) if not value.isascii() or "\0" in value else value
        case dict():
            return {key: clean(part) for key, part in value.items() if part is not None}
        case list():
            return [clean(part) for part in value]
        case _:
            return value


class Shape(BaseModel):
    """Something of the Bot API."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class User(Shape):
    id: Id
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str = ""


class Chat(Shape):
    id: Id
    type: str
    title: str = ""


class Entity(Shape):
    type: str
    offset: Count
    length: Count
    user: User | None = None


class File(Shape):
    file_id: str
    file_size: Count | None = None
    mime_type: str = ""
    duration: Count | None = None
    width: Count = 0
    height: Count = 0


class Place(Shape):
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    live_period: Count | None = None


class Venue(Shape):
    location: Place
    title: str = ""
    address: str = ""


class Sticker(Shape):
    emoji: str = ""


class Replied(Shape):
    message_id: Id
    sender: User | None = Field(default=None, alias="from")
    forum_topic_created: Any = None


class Message(Shape):
    message_id: Id
    date: Moment = 0
    edit_date: Moment | None = None
    chat: Chat
    sender: User | None = Field(default=None, alias="from")
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    text: str = ""
    entities: tuple[Entity, ...] = Field(default=(), strict=False)
    caption: str = ""
    caption_entities: tuple[Entity, ...] = Field(default=(), strict=False)
    photo: tuple[File, ...] = Field(default=(), strict=False)
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    sticker: Sticker | None = None
    location: Place | None = None
    venue: Venue | None = None
    contact: Any = None
    poll: Any = None
    dice: Any = None
    story: Any = None
    media_group_id: str = ""
    reply_to_message: Replied | None = None
    migrate_to_chat_id: Id | None = None
    migrate_from_chat_id: Id | None = None


class Pressed(Shape):
    """The message a button belongs to; without text when it is too old for the platform."""

    message_id: Id
    chat: Chat


class Press(Shape):
    id: str
    sender: User = Field(alias="from")
    message: Pressed | None = None
    data: str = ""


class Member(Shape):
    status: str
    is_member: bool = False


class Membership(Shape):
    chat: Chat
    sender: User = Field(alias="from")
    date: Moment = 0
    old_chat_member: Member
    new_chat_member: Member


class Update(Shape):
    update_id: int = Field(ge=0, lt=2**63)
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Press | None = None
    my_chat_member: Membership | None = None
