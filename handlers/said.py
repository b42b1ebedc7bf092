"""What a staff command says besides its verb: reason, time, photos, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from domain.messages import Choice
from domain.people import Post, Role
from domain.workdays import END_OF_DAY
from handlers.turn import Answer, Turn
from knowledge.names import find_targets
from knowledge.normal import normal
from knowledge.times import find_days, find_moment, find_period

DAYS = tuple(Choice(value=f"days_{days}") for days in (1, 3, 7))
# A choice that only asks for the person's own words.
OWN_WORDS = "own_words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The details of a command, plain enough for a question to keep."""

    reason: str = ""
    at: datetime | None = None
    days: int | None = None
    until: date | None = None
    photos: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    post: Post | None = None
    without_photo: bool = False

    def __or__(self, other: Said) -> Said:
        """These details, with those of `other` where it has any."""
        given = {name: getattr(other, name) for name in self.__slots__ if getattr(other, name)}
        return replace(self, **given)

    def moment(self, turn: Turn, *, since: datetime | None = None) -> datetime | None:
        """The date that was said, or so many days after `since` (now), at the end of that day."""
        calendar = turn.rules.calendar
        if self.at is not None:
            return self.at
        if self.days is None:
            return None if self.until is None else calendar.moment(self.until, END_OF_DAY)
        day = calendar.local_day(since or turn.now) + timedelta(days=self.days)
        return calendar.moment(day, END_OF_DAY)

    def kept(self) -> dict[str, Any]:
        """The details as a question keeps them."""
        post = self.post
        return {
            "reason": self.reason,
            "at": self.at.isoformat() if self.at else "",
            "days": self.days,
            "until": self.until.isoformat() if self.until else "",
            "photos": list(self.photos),
            "names": list(self.names),
            "numbers": list(self.numbers),
            "post": post_code(post) if post else "",
            "without_photo": self.without_photo,
        }


def heard(turn: Turn) -> Said:
    """What this message says."""
    reading = turn.reading
    return Said(
        reason=reading.reason,
        at=reading.at,
        days=reading.days,
        until=reading.until_day,
        photos=(*turn.heard.photos, *turn.heard.files),
        names=reading.people,
        numbers=reading.numbers,
    )


def words_without_numbers(turn: Turn) -> str:
    """What was typed, without the numbers of work orders."""
    words = turn.heard.text
    for number in turn.reading.numbers:
        words = words.replace(f"#{number}", "").replace(number, "")
    return words.strip()


def kept_in(context: Mapping[str, Any]) -> Said:
    """What a question kept."""
    return Said(
        reason=context["reason"],
        at=datetime.fromisoformat(context["at"]) if context["at"] else None,
        days=context["days"],
        until=date.fromisoformat(context["until"]) if context["until"] else None,
        photos=tuple(context["photos"]),
        names=tuple(context["names"]),
        numbers=tuple(context["numbers"]),
        post=post_of(context["post"]) if context["post"] else None,
        without_photo=context["without_photo"],
    )


def answered(turn: Turn, answer: Answer, part: str) -> Said:
    """What the answer to the question for this part says; nothing when it is no answer to that."""
    words = turn.heard.text.strip()
    photos = (*turn.heard.photos, *turn.heard.files)
    match part:
        case "reason":
            return Said(reason="" if answer.value == OWN_WORDS else _chosen(answer) or words)
        case "category" | "place":
            return Said(reason=answer.value or words)
        case "until":
            return _date(turn, answer)
        case "post":
            chosen = post_of(answer.value) if answer.value else None
            return Said(post=chosen, names=() if chosen else find_targets(normal(words).key))
        case "photo":
            refused = answer.value == "no_photo" or turn.reading.yes is False
            return Said(photos=photos, reason="" if refused else words, without_photo=not photos)
        case _:
            return Said(numbers=(answer.value,) if answer.value else turn.reading.numbers)


def names_a_day(turn: Turn) -> bool:
    """Whether the words say a day, a moment or how many days."""
    return _day(turn) != Said()


def post_code(post: Post) -> str:
    """A post as the value of a choice."""
    return f"{post.unit}:{post.role}"


def post_of(code: str) -> Post:
    """The post a choice stands for."""
    unit, _, role = code.partition(":")
    return Post(unit=int(unit), role=Role(role))


def _date(turn: Turn, answer: Answer) -> Said:
    if answer.value.startswith("days_"):
        return Said(days=int(answer.value.removeprefix("days_")))
    return _day(turn)


def _day(turn: Turn) -> Said:
    key = normal(turn.heard.text).key
    today = turn.rules.calendar.local_day(turn.now)
    if (days := find_days(key)) is not None:
        return Said(days=days)
    if (moment := find_moment(key, turn.now, turn.rules.zone)) is not None:
        return Said(at=moment)
    period = find_period(key, today)
    return Said(until=period.last if period else None)


def _chosen(answer: Answer) -> str:
    """The words on the button that was chosen: they are the reason others will read."""
    labels = {choice.value: choice.label for choice in answer.question.choices}
    return labels.get(answer.value, "")
