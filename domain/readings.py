"""What a message was understood to say: the values the reader returns and handlers act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSlots:
    """A place as the person said it; every part may be missing (empty)."""

    estate: str = ""  # 小区: the estate's full name once a nickname is resolved
    building: str = ""  # 栋, bare: "3"
    entrance: str = ""  # 单元, bare: "2"
    room: str = ""  # 室, bare: "501"
    spot: str = ""  # 南门, 地下车库, in the person's words
    guessed: bool = False  # made out of a slip of the keys ("7懂底下"): to be read back

    def __bool__(self) -> bool:
        return any((self.estate, self.building, self.entrance, self.room, self.spot))

    def filled_from(self, other: PlaceSlots) -> PlaceSlots:
        """This place, with parts it lacks taken from `other`."""
        return PlaceSlots(
            estate=self.estate or other.estate,
            building=self.building or other.building,
            entrance=self.entrance or other.entrance,
            room=self.room or other.room,
            spot=self.spot or other.spot,
            guessed=self.guessed or other.guessed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem found in a message: it becomes one work order."""

    text: str  # the person's own words for it
    category: str = ""  # code of the category table; "" when none fits
    confidence: float = 0.0  # of the category, 0..1
    # E0 E1 U N D Q S X, from the category (a condition in the words may raise it)
    order_class: str = ""
    emergency: bool = False
    place: PlaceSlots = field(default_factory=PlaceSlots)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFound:
    """A policy entry that may answer the message; what it says is looked up when it is given."""

    code: str
    score: float
    confidence: float  # the share of such finds that are right


class Counsel(StrEnum):
    """What became of asking a model, where the operator has one."""

    USED = "used"
    REFUSED = "refused"  # its answer is not given to anybody
    FAILED = "failed"  # there was no answer
    SKIPPED = "skipped"  # it was not asked: it is out of order, or busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a model made of a question of policy; it is never surer than we are without it.

    `words` say the entry `code` again as it stood at `version`, and were checked against it.
    """

    outcome: Counsel
    why: str = ""
    code: str = ""
    version: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message understood: what the person wants and what was said about it.

    `intent` is the name of a file in knowledge/intents and of the handler module of the same name.
    `intents` are all that fit, best first. Slots that no rule found are empty. Nothing here
    depends on the database.
    """

    text: str  # normalised
    intent: str = ""  # "" when nothing fits
    intents: tuple[str, ...] = ()
    confidence: float = 0.0
    problems: tuple[Problem, ...] = ()
    place: PlaceSlots = field(default_factory=PlaceSlots)  # said anywhere in the message
    number: str = ""  # a work-order number with a valid check digit
    numbers: tuple[str, ...] = ()
    choice: int | None = None  # a bare "1", "2", "选3"
    yes: bool | None = None  # a plain yes or no
    rating: int | None = None  # 1..5
    days: int | None = None  # "延3天"
    from_day: date | None = None  # "明天到周五"
    until_day: date | None = None
    at: datetime | None = None  # "下午去" → today 18:00, aware
    reason: str = ""  # what follows a staff command: "退 物业管" → "物业管"
    people: tuple[str, ...] = ()  # names said: "小赵顶" → ("小赵",)
    emergency: bool = False
    angry: bool = False
    confidential: bool = False  # wants the name kept from others
    anonymous: bool = False  # wants no name at all
    about_staff: bool = False  # a complaint about a grid leader, community worker…
    elderly_alone: bool = False
    question: str = ""  # asked in passing, beside a report: 顺便问下居住证在哪办
    private_data: tuple[tuple[int, int, str], ...] = ()  # (start, end, kind) in `text`
    third_person: bool = False  # tells of somebody else's private matters
    policies: tuple[PolicyFound, ...] = ()  # that may answer it, best first
    advice: Advice | None = None  # None: no model was asked
    complete: bool = True  # False while more words are likely to follow ("那个")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """What the reader may know about where the words were said."""

    group: bool = False
    addressed: bool = True
    staff: bool = False  # the person holds a post: staff commands may be read
    pending: str = ""  # the step of the question the person was asked, "" when none
    standing: bool = False  # that question may be answered any day: other words are as likely
    today: date | None = None
    now: datetime | None = None
    community: int | None = None  # the unit the chat is bound to
    names: tuple[str, ...] = ()  # of whoever writes, so that they can be left out
