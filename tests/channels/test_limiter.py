"""Our own pacing never breaks a limit, and a pause holds back only its scope."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Limits
from bot.limiter import TIDY_EVERY, Limiter

TELEGRAM = Limits(per_second=30, chat_per_second=1, group_per_minute=20)
SMALL = Limits(per_second=3, chat_per_second=1, group_per_minute=4)

Call = tuple[str, float]


def is_group(chat: str) -> bool:
    return chat.startswith("-")


def drive(limiter: Limiter, asked: list[Call]) -> list[Call]:
    """Sends as the relay does, waiting as long as it is told to; returns what was sent when."""
    now, sends = 0.0, []
    for chat, pause in asked:
        now += pause
        while (wait := limiter.wait(chat, is_group(chat), now)) > 0:
            now += wait
        limiter.sent(chat, is_group(chat), now)
        sends.append((chat, now))
    return sends


def worst(times: list[float], window: float) -> int:
    """The most entries any window of that length holds, counted the slow way."""
    return max(
        (sum(start <= time < start + window for time in times) for start in times), default=0
    )


asks = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3", "-1", "-2"]), st.floats(min_value=0, max_value=3)),
    max_size=60,
)


@given(asks)
def test_no_window_holds_more_than_its_limit(asked: list[Call]) -> None:
    sends = drive(Limiter(SMALL), asked)

    assert worst([time for _, time in sends], 1.0) <= 3
    for chat in {chat for chat, _ in sends}:
        times = [time for said, time in sends if said == chat]
        assert worst(times, 1.0) <= 1
        if is_group(chat):
            assert worst(times, 60.0) <= 4


@given(asks, st.floats(min_value=0, max_value=30))
def test_a_pause_of_one_chat_delays_no_other(asked: list[Call], length: float) -> None:
    free, paused = Limiter(SMALL), Limiter(SMALL)
    paused.pause("9", length)

    assert drive(free, asked) == drive(paused, asked)


def test_a_paused_chat_waits_and_its_neighbours_do_not() -> None:
    limiter = Limiter(TELEGRAM)
    limiter.pause("-1", 7.0)

    assert limiter.wait("-1", True, 2.0) == 5.0
    assert limiter.wait("-2", True, 2.0) == 0.0
    assert limiter.wait("-1", True, 7.0) == 0.0


def test_a_pause_of_the_account_holds_every_chat() -> None:
    limiter = Limiter(TELEGRAM)
    limiter.pause(None, 4.0)

    assert limiter.wait("1", False, 1.0) == limiter.wait("-2", True, 1.0) == 3.0


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    limiter = Limiter(TELEGRAM)
    limiter.pause("1", 10.0)
    limiter.pause("1", 3.0)

    assert limiter.wait("1", False, 0.0) == 10.0


def test_a_thousand_groups_are_written_to_in_forty_seconds() -> None:
    sends = drive(Limiter(TELEGRAM), [(str(-number), 0.0) for number in range(1_000)])

    assert sends[-1][1] < 40


def test_a_platform_without_limits_never_waits() -> None:
    limiter = Limiter(Limits())
    sends = drive(limiter, [("1", 0.0)] * 100)

    assert sends[-1][1] == 0.0


@pytest.mark.parametrize("chat", ["1", "-1"])
def test_memory_follows_what_goes_on(chat: str) -> None:
    limiter = Limiter(Limits(chat_per_second=1, group_per_minute=20))
    for number in range(3 * TIDY_EVERY):
        limiter.sent(f"{chat}{number}", is_group(chat), number * 10.0)
        limiter.pause(f"{chat}{number}", number * 10.0 + 1)

    assert len(limiter._chats) <= TIDY_EVERY + 10
    assert len(limiter._chat_pauses) <= TIDY_EVERY + 10


def test_what_goes_in_bulk_is_spread_and_still_as_fast_as_the_platform_allows() -> None:
    limiter, now, sends = Limiter(TELEGRAM), 0.0, []
    for number in range(300):
        while (wait := limiter.wait(f"{number}", False, now, bulk=True)) > 0:
            now += wait
        limiter.sent(f"{number}", False, now, bulk=True)
        sends.append(now)

    gaps = [later - before for before, later in pairwise(sends)]
    assert max(gaps) < 0.2
    assert sends[-1] <= 300 / 30 * 1.1


def test_an_answer_that_waits_gets_the_next_room_there_is() -> None:
    limiter, now = Limiter(TELEGRAM), 0.0
    for number in range(60):
        while (wait := limiter.wait(f"{number}", False, now, bulk=True)) > 0:
            now += wait
        limiter.sent(f"{number}", False, now, bulk=True)

    answer = limiter.wait("somebody", False, now)
    assert answer < 0.2
    assert limiter.wait("next", False, now, bulk=True, spare=1) >= answer


WAY = 0.05  # seconds there, and as long back, when nothing holds a call up

held_up = st.lists(
    st.tuples(st.floats(min_value=0, max_value=2), st.floats(min_value=0, max_value=2)),
    max_size=40,
)


@given(held_up)
def test_no_window_of_the_platform_holds_more_than_its_limit_whatever_holds_calls_up(
    trips: list[tuple[float, float]],
) -> None:
    limiter, now = Limiter(SMALL), 0.0
    under_way: list[tuple[float, float]] = []  # answered when, left when
    arrived = []
    for there, back in [(0.0, 0.0), *trips]:
        while (wait := limiter.departs(now)) > 0:
            now += wait
            for answered, left in sorted(one for one in under_way if one[0] <= now):
                limiter.answered("1", left, now)
                under_way.remove((answered, left))
        arrived.append(now + WAY + there)
        under_way.append((now + WAY + there + WAY + back, now))
    assert worst(sorted(arrived), 1.0) <= 3


def test_a_quick_platform_hears_nearly_as_much_as_it_allows() -> None:
    limiter, now, left = Limiter(TELEGRAM), 0.0, []
    for _ in range(300):
        while (wait := limiter.departs(now)) > 0:
            now += wait
        limiter.answered("1", now, now + 0.01)
        left.append(now)
    assert left[-1] <= 300 / 30 * 1.03


def test_a_chat_is_written_to_again_a_second_after_the_last_call_may_have_arrived() -> None:
    limiter = Limiter(TELEGRAM)
    for chat, left, answered in [("2", 0.0, 0.1), ("1", 1.0, 4.0)]:
        limiter.sent(chat, False, left)
        limiter.departs(left)
        limiter.answered(chat, left, answered)

    assert limiter.wait("1", False, 4.0) > 0.9
    assert limiter.wait("1", False, 5.0) == 0.0
