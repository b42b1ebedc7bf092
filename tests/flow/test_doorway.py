"""What arrives together is committed together, and still each message for itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from storage.keyring import Keyring
from tests.flow.means import LIGHT, accepted, reopened, report, unfinished
from tests.town import Town


async def test_one_that_cannot_be_stored_refuses_no_neighbour(hardy: Town) -> None:
    bad = replace(hardy.inbound("乙", LIGHT), channel="\ud83d")  # no database takes half a sign
    heard = [hardy.inbound("甲", LIGHT), bad, hardy.inbound("丙", LIGHT)]
    outcomes = await asyncio.gather(
        *(hardy.intake.accept(inbound) for inbound in heard), return_exceptions=True
    )
    assert isinstance(outcomes[1], UnicodeEncodeError)
    assert (outcomes[0], outcomes[2]) == (True, True)
    assert await unfinished(hardy) == 2


async def test_each_hears_whether_its_own_message_was_new(hardy: Town) -> None:
    first, second, known = (hardy.inbound("甲", text) for text in ("一", "二", "三"))
    await hardy.intake.accept(known)
    together = (first, second, first, known)
    fresh = await asyncio.gather(*(hardy.intake.accept(inbound) for inbound in together))
    assert fresh == [True, True, False, False]
    assert await accepted(hardy) == 3


async def test_more_than_fit_into_one_commit_are_all_kept(hardy: Town) -> None:
    heard = [hardy.inbound(f"住户{number}", report(number)) for number in range(600)]
    fresh = await asyncio.gather(*(hardy.intake.accept(inbound) for inbound in heard))
    assert fresh == [True] * 600
    assert await accepted(hardy) == 600


async def test_whoever_does_not_wait_for_the_outcome_is_heard_too(hardy: Town) -> None:
    impatient = asyncio.create_task(hardy.intake.accept(hardy.inbound("甲", LIGHT)))
    await asyncio.sleep(0)
    impatient.cancel()
    await hardy.intake.accept(hardy.inbound("乙", LIGHT))
    await hardy.settle()
    assert len(await hardy.orders()) == 2


async def test_two_doors_hear_the_same_at_once_and_keep_it_once(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    heard = [hardy.inbound(f"住户{number}", report(number)) for number in range(30)]
    async with reopened(town_url, keyring, hardy) as other:
        here, there = await asyncio.gather(
            asyncio.gather(*(hardy.intake.accept(inbound) for inbound in heard)),
            asyncio.gather(*(other.intake.accept(inbound) for inbound in reversed(heard))),
        )
    assert all(one != two for one, two in zip(here, reversed(there), strict=True))
    assert await accepted(hardy) == 30
