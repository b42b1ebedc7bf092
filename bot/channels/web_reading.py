"""What a page sends, read strictly: JSON in, values out, every refusal with a name."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST_TEXT = 4096
LONGEST_NAME = 20
MOST_PHOTOS = 9
OWN_NAME = "小栖"
CALLED = re.compile(r"@小栖\s?")
# Controls, zero-width and direction marks: alone they say nothing, in a name they only pretend.
_TRICKS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Sealed = Annotated[str, Field(pattern=r"^[0-9]{1,18}\.[A-Za-z0-9_-]{1,64}$")]


class Refusal(Exception):
    """What was sent is not taken; `phrase` of web.toml says why, with `status` for programs."""

    def __init__(self, phrase: str, *, status: int = 400, **values: Any) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.status = status
        self.values = values


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


S = TypeVar("S", bound=_Shape)


class Position(_Shape):
    """Where the person is, as the browser says."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


class Said(_Shape):
    """One message of a page; the same `key` again is the same message."""

    key: Key
    chat: str = Field(default="me", max_length=128)
    text: str = ""
    photos: tuple[Sealed, ...] = Field(default=(), strict=False)
    voice: Sealed | None = None
    location: Position | None = None
    reply_to: int | None = Field(default=None, ge=1, le=2**62)
    start: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,128}$")
    name: str = Field(default="", max_length=200)


class Pressed(_Shape):
    """One press of a button."""

    key: Key
    chat: str = Field(default="me", max_length=128)
    token: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    name: str = Field(default="", max_length=200)


class ClockMove(_Shape):
    """How far the clock of the sample is to move."""

    advance: str = Field(max_length=20)


def said(body: bytes) -> Said:
    """The message in a body. Raises Refusal."""
    message = _shaped(Said, _object(body))
    if len(message.text) > LONGEST_TEXT:
        raise Refusal("web.too_long", length=len(message.text))
    if len(message.photos) > MOST_PHOTOS:
        raise Refusal("web.too_many_photos")
    if "\0" in message.text:
        raise Refusal("web.unreadable_text")
    nothing = not (message.photos or message.voice or message.location or message.start)
    if nothing and not says_something(message.text):
        raise Refusal("web.empty")
    return message


def pressed(body: bytes) -> Pressed:
    """The press in a body. Raises Refusal."""
    return _shaped(Pressed, _object(body))


def clock_move(body: bytes) -> str:
    """How far the clock of the sample is to move. Raises Refusal."""
    return _shaped(ClockMove, _object(body)).advance


def says_something(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return bool(_TRICKS.sub("", text).strip())


def shown_name(name: str) -> str:
    """A name as others may see it. Raises Refusal for ours."""
    words = " ".join(_TRICKS.sub(" ", name).split())[:LONGEST_NAME].rstrip()
    if OWN_NAME in unicodedata.normalize("NFKC", words).replace(" ", ""):
        raise Refusal("web.name_taken")
    return words


def without_our_name(text: str) -> tuple[str, bool]:
    """The text of a group message without the words that only call us, and whether it held any."""
    rest, calls = CALLED.subn(" ", text)
    return (rest.strip(), True) if calls else (text, False)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character, which no database keeps
        raise Refusal("web.unreadable_text") from None
    except (ValueError, RecursionError):
        raise Refusal("web.no_json") from None
    if not isinstance(found, dict):
        raise Refusal("web.wrong_shape")
    return found


def _shaped(shape: type[S], found: dict[str, Any]) -> S:
    try:
        return shape.model_validate(found)
    except ValidationError:
        raise Refusal("web.wrong_shape") from None
