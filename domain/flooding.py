"""刷屏: how much is heard from one source at a time, as token buckets; pure.

A bucket is one moment: when it will be full again. Each message moves that moment on by the time a
token takes to come back, so a bucket nobody has used for a while is a moment in the past, says
nothing and may be forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """So many at once, and then so many a second."""

    rate: float
    burst: int

    @property
    def each(self) -> timedelta:
        """How long one token takes to come back."""
        return timedelta(seconds=1 / self.rate)

    @property
    def all(self) -> timedelta:
        """How long an empty bucket takes to fill."""
        return self.each * self.burst

    def __truediv__(self, parts: int) -> Pace:
        """The share of one of so many equal parts."""
        return Pace(rate=self.rate / parts, burst=max(self.burst // parts, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """Every limit on what is handled; what is accepted has none (reliability: F40, F51)."""

    enabled: bool = True
    resident: Pace = field(default_factory=lambda: Pace(rate=0.2, burst=10))
    staff: Pace = field(default_factory=lambda: Pace(rate=2.0, burst=100))
    # Dangers of one person; what they say of other things is counted apart.
    danger: Pace = field(default_factory=lambda: Pace(rate=0.2, burst=10))
    group: Pace = field(default_factory=lambda: Pace(rate=1.0, burst=60))
    whole: Pace = field(default_factory=lambda: Pace(rate=500.0, burst=16_000))
    guesses: Pace = field(default_factory=lambda: Pace(rate=1 / 120, burst=5))
    # Messages of one person in one burst that wait for their turn; more are only counted.
    kept: int = 60
    # How long a group or the whole may keep a message waiting at most.
    longest: timedelta = timedelta(seconds=60)


MOST_OPENED = 10  # orders of one person who says so much at once that it has to wait
LATELY = timedelta(hours=1)


def opens_no_more(opened: Sequence[datetime], fresh: int, now: datetime) -> bool:
    """Whether what somebody too fast goes on to say is put on the newest order instead of opening
    more.

    `opened` are the moments at which the person's running orders were opened. Whoever works on the
    order reads all the words and may take them apart (拆单).
    """
    lately = [at for at in opened if now - at < LATELY]
    return bool(lately) and len(lately) + fresh > MOST_OPENED


class Outcome(StrEnum):
    """What becomes of a message."""

    HANDLED = "handled"  # 照常处理
    HELD = "held"  # 稍后一起处理
    COUNTED = "counted"  # 只计数


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What is left of one source's allowance; `held` counts what had to wait since it was full."""

    full_at: datetime
    held: int = 0

    def wait(self, pace: Pace, now: datetime) -> timedelta:
        """How long until there is a token; nothing when there is one.

        A clock that was set back makes nobody wait longer than an empty bucket does.
        """
        missing = min(self.full_at - now, pace.all)
        return max(missing - (pace.all - pace.each), timedelta(0))

    def less_one(self, pace: Pace, now: datetime) -> Bucket:
        """The bucket after one token was taken."""
        missing = min(max(self.full_at - now, timedelta(0)), pace.all)
        return replace(self, full_at=now + missing + pace.each)

    def emptied(self, pace: Pace, now: datetime) -> Bucket:
        """The bucket without a token in it."""
        return replace(self, full_at=now + pace.all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a message, and the bucket after it."""

    outcome: Outcome
    bucket: Bucket
    until: datetime | None = None  # when what is held is looked at again
    first: bool = False  # of this burst: the person is told
    too_many: bool = False  # the first that is only counted: the desk is told
    too_fast: bool = False  # it had to wait, or it took the last token


def judged(
    bucket: Bucket, pace: Pace, now: datetime, *, messages: int, again: bool, kept: int
) -> Verdict:
    """Whether a person's message is handled now, held for their next token, or only counted.

    Several messages handled as one cost one token. Those that were held before (`again`) are held
    until there is a token, however many others are. Whoever is only counted gets a token after
    they were quiet for as long as one takes.
    """
    if bucket.full_at <= now:
        bucket = replace(bucket, held=0)
    wait = bucket.wait(pace, now)
    if not wait:
        after = bucket.less_one(pace, now)
        too_fast = again or bool(after.wait(pace, now))
        return Verdict(outcome=Outcome.HANDLED, bucket=after, too_fast=too_fast)
    if again:
        return Verdict(outcome=Outcome.HELD, bucket=bucket, until=now + wait)
    after = replace(bucket, held=bucket.held + messages)
    if after.held <= kept:
        first = bucket.held == 0
        return Verdict(outcome=Outcome.HELD, bucket=after, until=now + wait, first=first)
    return Verdict(
        outcome=Outcome.COUNTED,
        bucket=after.emptied(pace, now),
        first=bucket.held == 0,
        too_many=bucket.held <= kept,
    )


def turn_of(
    bucket: Bucket, pace: Pace, now: datetime, *, longest: timedelta
) -> tuple[timedelta, Bucket]:
    """How long a message waits for its turn among those of others, and the bucket after it.

    Every one gets a turn of its own, so none is looked at twice; beyond the longest wait turns are
    no longer given out, and nobody waits longer than that.
    """
    missing = max(bucket.full_at - now, timedelta(0))
    wait = max(missing + pace.each - pace.all, timedelta(0))
    if wait > longest:
        return longest, replace(bucket, full_at=now + min(missing, longest + pace.all))
    return wait, replace(bucket, full_at=now + missing + pace.each)
