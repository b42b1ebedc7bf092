"""What a Telegram update says: raw JSON in, Inbound out; pure.

Who is heard: people, and a group's administrators who write as the group (they are one account,
the group's own). Who is not: other bots, channels that post or are forwarded into a group,
service messages such as "pinned a message", commands meant for another bot, and live positions
that move (their first one is heard).

`order` is the update's number: Telegram gives them out one after another so that "the correct
update sequence" can be restored (https://core.telegram.org/bots/api#update).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bot.channels import telegram_shapes as shapes
from domain.messages import (
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
)

NAME = "telegram"

# The kinds of updates asked for; each is read below.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

# Telegram's commands are Latin words; the reader is told the Chinese ones people type. A command
# that is not here reaches the reader as it was typed.
COMMANDS = {
    "help": "帮助",
    "progress": "查进度",
    "urge": "催办",
    "withdraw": "撤回",
    "cancel": "取消",
    "human": "转人工",
    "mydata": "我的数据",
    "deleteme": "删除我的数据",
    "bind": "绑定社区",
    "link": "合并账号",
    "invite": "邀请码",
    "card": "我的单",
}

LARGEST_FILE = 20 * 1024 * 1024  # what a bot may download
LONGEST_NAME = 64
LONGEST_TITLE = 128

_KINDS = {
    "private": ChatKind.PRIVATE,
    "group": ChatKind.GROUP,
    "supergroup": ChatKind.GROUP,
}
_IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
_INSIDE = frozenset({"member", "administrator", "creator"})
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?")
# C0 and C1 controls, zero-width and direction marks: in a name they only pretend.
_TRICKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")


class Malformed(ValueError):
    """An update that is not in the platform's shape; where, but never what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot's own account."""

    id: int
    username: str


def to_inbound(raw: Any, me: Me) -> Inbound | None:
    """What the update says to us; None when it is nothing to us. Raises Malformed."""
    try:
        update = shapes.Update.model_validate(shapes.clean(raw))
    except (ValidationError, RecursionError) as wrong:
        raise Malformed(_where(wrong)) from None
    if update.message is not None:
        return _migration(update, update.message) or _message(update, update.message, me)
    if update.edited_message is not None:
        return _edit(update, update.edited_message, me)
    if update.callback_query is not None:
        return _press(update, update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update, update.my_chat_member)
    return None


def shown_name(*parts: str) -> str:
    """A display name without invisible characters and of bounded length."""
    words = _TRICKS.sub(" ", " ".join(parts)).split()
    return " ".join(words)[:LONGEST_NAME].rstrip()


def _where(wrong: ValidationError | RecursionError) -> str:
    if isinstance(wrong, RecursionError):
        return "nested too deeply"
    first = wrong.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['type']}"


def _migration(update: shapes.Update, message: shapes.Message) -> Inbound | None:
    """Both service messages of a migration, told in the old chat and in the new, say the same."""
    if message.migrate_to_chat_id is not None:
        old, new = message.chat.id, message.migrate_to_chat_id
    elif message.migrate_from_chat_id is not None:
        old, new = message.migrate_from_chat_id, message.chat.id
    else:
        return None
    return Inbound(
        channel=NAME,
        key=str(update.update_id),
        kind=InboundKind.MIGRATED,
        chat=str(old),
        chat_kind=ChatKind.GROUP,
        chat_title=_title(message.chat),
        account=str(message.sender.id if message.sender else old),
        migrated_to=str(new),
        order=update.update_id,
        sent_at=_moment(message.date),
    )


def _message(update: shapes.Update, message: shapes.Message, me: Me) -> Inbound | None:
    if not _from_a_person(message) or message.chat.type not in _KINDS or not _content(message):
        return None
    group = message.chat.type != "private"
    heard = _heard(message, me)
    if heard is None or (group and heard.empty and not heard.addressed):
        return None
    return _inbound(
        update,
        message,
        heard,
        kind=InboundKind.MESSAGE if heard.start is None else InboundKind.START,
        sent_at=_moment(message.date),
    )


def _edit(update: shapes.Update, message: shapes.Message, me: Me) -> Inbound | None:
    live = message.location is not None and message.location.live_period is not None
    if live or not _from_a_person(message) or message.chat.type not in _KINDS:
        return None
    heard = _heard(message, me)
    if heard is None or heard.empty:
        return None
    return _inbound(
        update,
        message,
        heard,
        kind=InboundKind.EDIT,
        sent_at=_moment(message.edit_date or message.date),
    )


def _press(update: shapes.Update, press: shapes.Press) -> Inbound | None:
    if press.message is None or press.message.chat.type not in _KINDS or press.sender.is_bot:
        return None
    return Inbound(
        channel=NAME,
        key=str(update.update_id),
        kind=InboundKind.PRESS,
        chat=str(press.message.chat.id),
        chat_kind=_KINDS[press.message.chat.type],
        chat_title=_title(press.message.chat),
        account=str(press.sender.id),
        name=shown_name(press.sender.first_name, press.sender.last_name),
        language=press.sender.language_code.lower(),
        message=str(press.message.message_id),
        addressed=True,
        press=press.data,
        press_id=press.id,
        order=update.update_id,
    )


def _membership(update: shapes.Update, change: shapes.Membership) -> Inbound | None:
    """We were let in or put out; in a private chat: unblocked or blocked."""
    before, after = _inside(change.old_chat_member), _inside(change.new_chat_member)
    if before == after or change.chat.type not in _KINDS:
        return None
    return Inbound(
        channel=NAME,
        key=str(update.update_id),
        kind=InboundKind.BOT_ADDED if after else InboundKind.BOT_REMOVED,
        chat=str(change.chat.id),
        chat_kind=_KINDS[change.chat.type],
        chat_title=_title(change.chat),
        account=str(change.sender.id),
        name=shown_name(change.sender.first_name, change.sender.last_name),
        language=change.sender.language_code.lower(),
        addressed=True,
        order=update.update_id,
        sent_at=_moment(change.date),
    )


def _inside(member: shapes.Member) -> bool:
    return member.status in _INSIDE or (member.status == "restricted" and member.is_member)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The content of a message, and whether it was meant for us."""

    text: str
    attachments: tuple[Attachment, ...]
    location: Location | None
    addressed: bool
    start: str | None  # the payload of /start, None for every other message

    @property
    def empty(self) -> bool:
        return not (self.text or self.attachments or self.location or self.start is not None)


def _heard(message: shapes.Message, me: Me) -> _Heard | None:
    """None for a command that is meant for another bot."""
    entities = message.entities if message.text else message.caption_entities
    text, mentioned = _without_mentions_of(me, message.text or message.caption, entities)
    command = _COMMAND.match(text)
    name = command[1].lower() if command else ""
    told = (command[2] or "").lower() if command else ""
    if told not in ("", me.username.lower()):
        return None
    rest = text[command.end() :].strip() if command else ""
    if name == "start":
        text = ""
    elif name in COMMANDS:
        text = f"{COMMANDS[name]} {rest}".strip()
    elif told:
        text = f"/{name} {rest}".strip()
    place = message.venue.location if message.venue else message.location
    return _Heard(
        text=text or _other_words(message),
        attachments=tuple(_attachments(message)),
        location=Location(latitude=place.latitude, longitude=place.longitude) if place else None,
        addressed=(
            message.chat.type == "private"
            or mentioned
            or bool(told)
            or name == "start"
            or name in COMMANDS
            or _replies_to(me, message)
        ),
        start="".join(_PAYLOAD.findall(rest)[:1]) if name == "start" else None,
    )


def _other_words(message: shapes.Message) -> str:
    """What a message without text says in words: the place a venue names, a sticker's emoji."""
    if message.venue:
        return f"{message.venue.title} {message.venue.address}".strip()
    return message.sticker.emoji if message.sticker else ""


def _without_mentions_of(
    me: Me, text: str, entities: tuple[shapes.Entity, ...]
) -> tuple[str, bool]:
    """The text without the words that only call us, and whether it held any."""
    units = text.encode("utf-16-le")
    mentioned = False
    for entity in sorted(entities, key=lambda entity: -entity.offset):
        begin, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        said = units[begin:end].decode("utf-16-le", "replace")
        if _calls(me, entity, said):
            mentioned = True
            units = units[:begin] + " ".encode("utf-16-le") + units[end:]
    if not mentioned:
        return text, False
    return units.decode("utf-16-le", "replace").strip(), True


def _calls(me: Me, entity: shapes.Entity, said: str) -> bool:
    if entity.type == "text_mention":
        return entity.user is not None and entity.user.id == me.id
    return entity.type == "mention" and said.lower() == f"@{me.username.lower()}"


def _replies_to(me: Me, message: shapes.Message) -> bool:
    replied = message.reply_to_message
    return replied is not None and replied.sender is not None and replied.sender.id == me.id


def _attachments(message: shapes.Message) -> list[Attachment]:
    found = []
    if message.photo:
        small_enough = [size for size in message.photo if (size.file_size or 0) <= LARGEST_FILE]
        best = max(small_enough or message.photo, key=lambda size: size.width * size.height)
        found.append(_attachment(AttachmentKind.PHOTO, best, "image/jpeg"))
    if message.voice:
        found.append(_attachment(AttachmentKind.VOICE, message.voice, "audio/ogg"))
    if video := message.video or message.video_note or message.animation:
        found.append(_attachment(AttachmentKind.VIDEO, video, "video/mp4"))
    if message.audio:
        found.append(_attachment(AttachmentKind.FILE, message.audio, "audio/mpeg"))
    if message.document and not message.animation:
        image = message.document.mime_type in _IMAGES
        kind = AttachmentKind.PHOTO if image else AttachmentKind.FILE
        found.append(_attachment(kind, message.document, "application/octet-stream"))
    return found


def _attachment(kind: AttachmentKind, file: shapes.File, media_type: str) -> Attachment:
    return Attachment(
        kind=kind,
        reference=file.file_id,
        media_type=file.mime_type or media_type,
        size=file.file_size,
        seconds=file.duration,
    )


def _inbound(
    update: shapes.Update,
    message: shapes.Message,
    heard: _Heard,
    *,
    kind: InboundKind,
    sent_at: datetime | None,
) -> Inbound:
    sender, speaks_as = message.sender, message.sender_chat
    replied = message.reply_to_message
    in_topic_only = replied is not None and replied.forum_topic_created is not None
    person = speaks_as is None and sender is not None
    return Inbound(
        channel=NAME,
        key=str(update.update_id),
        kind=kind,
        chat=str(message.chat.id),
        chat_kind=_KINDS[message.chat.type],
        chat_title=_title(message.chat),
        account=str(sender.id if person and sender else message.chat.id),
        name=shown_name(sender.first_name, sender.last_name) if person and sender else "",
        language=sender.language_code.lower() if person and sender else "",
        text=heard.text,
        attachments=heard.attachments,
        location=heard.location,
        album=message.media_group_id,
        message=str(message.message_id),
        reply_to=str(replied.message_id) if replied and not in_topic_only else "",
        addressed=heard.addressed,
        start=heard.start or "",
        order=update.update_id,
        sent_at=sent_at,
    )


def _from_a_person(message: shapes.Message) -> bool:
    """A person, or the administrators of this very group writing in its name."""
    if message.is_automatic_forward:
        return False
    if message.sender_chat is not None:
        return message.sender_chat.id == message.chat.id
    return message.sender is not None and not message.sender.is_bot


def _content(message: shapes.Message) -> bool:
    """Whether somebody said something, in contrast to a service message."""
    said = (
        message.text, message.caption, message.photo, message.voice, message.audio,
        message.video, message.video_note, message.animation, message.document,
        message.sticker, message.location, message.venue, message.contact, message.poll,
        message.dice, message.story,
    )  # fmt: skip
    return any(said)


def _title(chat: shapes.Chat) -> str:
    return " ".join(_TRICKS.sub(" ", chat.title).split())[:LONGEST_TITLE].rstrip()


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
