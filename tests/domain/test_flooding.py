"""Token buckets: a burst, then a steady pace, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.flooding import Bucket, Outcome, Pace, Paces, Verdict, judged, turn_of

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
SLOW = Pace(rate=0.2, burst=10)
KEPT = 5
MINUTE = timedelta(minutes=1)


def fresh() -> Bucket:
    return Bucket(full_at=NOON)


def say(bucket: Bucket, now: datetime, *, messages: int = 1, again: bool = False) -> Verdict:
    return judged(bucket, SLOW, now, messages=messages, again=again, kept=KEPT)


def after(messages: int) -> Bucket:
    """The bucket of somebody who said so much at noon."""
    bucket = fresh()
    for _ in range(messages):
        bucket = say(bucket, NOON).bucket
    return bucket


def test_a_burst_is_handled_at_once() -> None:
    assert say(after(9), NOON).outcome is Outcome.HANDLED
    assert say(after(10), NOON).outcome is Outcome.HELD


def test_whoever_takes_the_last_token_is_too_fast() -> None:
    assert not say(after(8), NOON).too_fast
    assert say(after(9), NOON).too_fast
    assert say(after(10), NOON + SLOW.each).too_fast
    assert not say(after(10), NOON + 2 * SLOW.each).too_fast


def test_what_is_held_waits_for_the_next_token() -> None:
    verdict = say(after(10), NOON)

    assert verdict.until == NOON + timedelta(seconds=5)
    assert say(verdict.bucket, verdict.until, again=True).outcome is Outcome.HANDLED


def test_only_the_first_that_is_held_is_told() -> None:
    assert say(after(10), NOON).first
    assert not say(after(11), NOON).first
    assert not say(after(200), NOON).first


def test_after_so_many_held_the_rest_is_counted_and_the_desk_told_once() -> None:
    assert say(after(10 + KEPT - 1), NOON).outcome is Outcome.HELD
    told = say(after(10 + KEPT), NOON)
    assert (told.outcome, told.too_many) == (Outcome.COUNTED, True)
    assert not say(told.bucket, NOON).too_many


def test_many_at_once_beyond_what_is_kept_are_told_as_well() -> None:
    verdict = say(after(10), NOON, messages=KEPT + 1)

    assert (verdict.outcome, verdict.first, verdict.too_many) == (Outcome.COUNTED, True, True)


def test_whoever_goes_on_flooding_gets_no_token() -> None:
    bucket, now = after(10 + KEPT + 1), NOON
    for _ in range(600):
        now += timedelta(seconds=1)
        verdict = say(bucket, now)
        bucket = verdict.bucket
        assert verdict.outcome is Outcome.COUNTED


def test_a_short_silence_brings_one_token_and_a_long_one_all() -> None:
    bucket = after(300)

    assert say(bucket, NOON + timedelta(seconds=5)).outcome is Outcome.HANDLED
    verdict = say(bucket, NOON + SLOW.all)
    assert (verdict.outcome, verdict.bucket.held) == (Outcome.HANDLED, 0)


def test_what_was_held_is_never_counted_away() -> None:
    assert say(after(300), NOON, again=True).outcome is Outcome.HELD


def test_a_clock_set_back_makes_nobody_wait_longer_than_an_empty_bucket() -> None:
    ahead = Bucket(full_at=NOON + timedelta(days=1))

    verdict = say(ahead, NOON)

    assert verdict.until == NOON + SLOW.each


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=200))
def test_never_more_is_handled_than_the_pace_allows(pauses: list[float]) -> None:
    bucket, now, handled = fresh(), NOON, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        verdict = say(bucket, now)
        bucket = verdict.bucket
        handled += verdict.outcome is Outcome.HANDLED

    assert handled <= SLOW.burst + (now - NOON).total_seconds() * SLOW.rate + 1e-6


def test_turns_in_a_group_are_given_out_one_by_one() -> None:
    bucket, waits = fresh(), []
    for _ in range(13):
        wait, bucket = turn_of(bucket, SLOW, NOON, longest=MINUTE)
        waits.append(wait.total_seconds())

    assert waits == [0] * 10 + [5, 10, 15]


def test_nobody_waits_longer_for_others_than_the_longest_wait() -> None:
    bucket = fresh()
    for _ in range(500):
        wait, bucket = turn_of(bucket, SLOW, NOON, longest=MINUTE)
        assert wait <= MINUTE

    wait, _ = turn_of(bucket, SLOW, NOON + MINUTE, longest=MINUTE)
    assert wait <= timedelta(seconds=5)


def test_a_share_of_the_whole_is_never_nothing() -> None:
    assert Pace(rate=16, burst=4) / 16 == Pace(rate=1, burst=1)


def test_residents_have_the_pace_of_the_design() -> None:
    assert Paces().resident == Pace(rate=0.2, burst=10)
