"""Messages as channels hear them and say them: the values that cross the edge of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChatKind(StrEnum):
    """Where something was said."""

    PRIVATE = "private"  # 私聊
    GROUP = "group"  # 居民群


class InboundKind(StrEnum):
    """What happened in a chat; everything but MESSAGE is a platform event told as one more
    message.
    """

    MESSAGE = "message"  # 消息
    EDIT = "edit"  # 编辑过的消息
    PRESS = "press"  # 按钮
    START = "start"  # 第一次打开，或带口令的链接
    BOT_ADDED = "bot_added"  # 进群
    BOT_REMOVED = "bot_removed"  # 被移出群、被拉黑
    MIGRATED = "migrated"  # 群升级，编号变了


class AttachmentKind(StrEnum):
    """What kind of file came with a message."""

    PHOTO = "photo"  # 照片
    VOICE = "voice"  # 语音
    VIDEO = "video"  # 视频
    FILE = "file"  # 文件


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a message can go: a chat on a channel."""

    channel: str
    chat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file a person sent; `reference` is the channel's own name for its bytes until they are
    fetched.
    """

    kind: AttachmentKind
    reference: str
    media_type: str = ""
    size: int | None = None  # bytes, as the channel declares it
    seconds: int | None = None  # voice and video


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A shared position, WGS-84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One thing heard on a channel.

    `key` is the platform's own key of this event within the channel: the same key again is the
    same event (redelivery). `order` grows with time inside one chat and settles which of two
    events came first.
    """

    channel: str
    key: str
    kind: InboundKind = InboundKind.MESSAGE
    chat: str
    chat_kind: ChatKind = ChatKind.PRIVATE
    chat_title: str = ""
    account: str  # who, by the channel's own name for the account
    name: str = ""  # as the platform shows the person
    language: str = ""  # the platform's hint, such as "zh-hans" or "en"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    location: Location | None = None
    album: str = ""  # several photos sent as one share this
    message: str = ""  # the platform's number of the message, or of the message a press belongs to
    reply_to: str = ""  # the platform's number of the message this one answers
    addressed: bool = False  # @ or reply to us; always true in private chats
    press: str = ""  # the token of the button
    press_id: str = ""  # what the channel needs to stop the button's spinner
    start: str = ""  # the payload of a deep link
    migrated_to: str = ""
    order: int = 0
    sent_at: datetime | None = None  # by the platform's clock, aware

    @property
    def conversation(self) -> str:
        """The key of the conversation this belongs to: one person in one chat."""
        return f"{self.channel}:{self.chat}:{self.account}"

    @property
    def address(self) -> Address:
        """Where an answer to this goes."""
        return Address(channel=self.channel, chat=self.chat)


class Lane(StrEnum):
    """Which queue an outgoing message waits in; an earlier lane never waits behind a later one.

    What waits for the morning goes before what is sent to many once the morning is there.
    """

    EMERGENCY = "emergency"  # 紧急
    DIALOGUE = "dialogue"  # 对话
    STAFF = "staff"  # 工作
    BROADCAST = "broadcast"  # 群发
    MORNING = "morning"  # 早上：夜里不打扰工作人员的


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer a person may tap or type the number of; `label` empty means the phrasebook's word
    for `value`.
    """

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice as it goes out: the words on it, and the opaque token that comes back when it is
    pressed.
    """

    label: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message on its way out, already worded; the channel adds layout, escaping and buttons
    only.
    """

    id: int
    address: Address
    lane: Lane
    text: str
    buttons: tuple[Button, ...] = ()
    photos: tuple[int, ...] = ()  # attachment ids: photos, and voices and files alike
    reply_to: str = ""  # the platform's number of the message it answers, in groups
    takes_back: str = ""  # the platform's number of a message of ours that goes first, if it can
    link: str = ""  # payload of a deep link into the private chat, shown as one more button
    good_until: datetime | None = None  # what waited for longer does not go any more


class SendError(Exception):
    """A send that did not end in `sent`."""


class Refused(SendError):
    """The platform will never take this message for this address; `gone` when no message can reach
    it any more.
    """

    def __init__(self, reason: str, *, gone: bool = False, migrated_to: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.gone = gone
        self.migrated_to = migrated_to


class TryLater(SendError):
    """Not sent, and worth trying again after `after` seconds; `scope` is "chat" or "channel"."""

    def __init__(self, reason: str, *, after: float, scope: str = "chat") -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.scope = scope


# Why nobody knows what became of a call that one of us left halfway: no fault of the platform's.
LEASE_EXPIRED = "lease expired"
STOPPED = "stopped before its end"
LEFT_HALFWAY = frozenset({LEASE_EXPIRED, STOPPED})


class Unknown(SendError):
    """The request left and no answer came: it may or may not have been delivered. `in_disorder`
    means that it is so with most others, too.
    """

    def __init__(self, reason: str, *, in_disorder: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.in_disorder = in_disorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Delivered; `message` is the platform's number of it, empty where it gives none."""

    message: str = ""
