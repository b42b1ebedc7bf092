"""A message that cannot be handled: tried five times, apologised for once, in nobody's way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from bot.handling import Handling
from bot.intake import Intake
from domain.readings import Reading, ReadingContext
from handlers.turn import Turn
from storage import telling
from storage.database import Database, Unavailable
from storage.inbox import MAX_ATTEMPTS
from storage.inbox_rows import DeadLetter
from storage.transaction import Transaction
from tests.flow.means import HELP, LIGHT, Poison, Spoiled, report, run_out, said, unfinished
from tests.town import GROUP, Town

APOLOGY = "failure.apology"


async def dead_letters(town: Town) -> tuple[DeadLetter, ...]:
    found: tuple[DeadLetter, ...] = await town.read(lambda tx: tx.inbox.dead_letters())
    return found


async def try_again(town: Town, times: int = MAX_ATTEMPTS) -> None:
    """Lets every back-off pass."""
    for _ in range(times):
        await town.pass_time(minutes=1)


async def phrases(town: Town) -> list[str]:
    return [row.phrase for row in await said(town)]


async def test_it_is_tried_five_times_and_then_put_aside(hardy: Town, poison: Spoiled) -> None:
    await hardy.says("王阿姨", HELP)
    await try_again(hardy, 10)
    assert poison.attempts == MAX_ATTEMPTS
    (letter,) = await dead_letters(hardy)
    assert (letter.error, letter.attempts) == ("Poison", MAX_ATTEMPTS)


async def test_its_person_is_told_once_and_so_is_the_desk(hardy: Town, poison: Spoiled) -> None:
    await hardy.says("王阿姨", HELP)
    await try_again(hardy, 10)
    told = await phrases(hardy)
    assert told.count(APOLOGY) == 1
    assert "desk.dead_letter" in told


async def test_nothing_of_a_failed_attempt_is_kept(hardy: Town, poison: Spoiled) -> None:
    await hardy.says("王阿姨", HELP)
    assert await phrases(hardy) == []
    poison.mended = True
    await try_again(hardy, 1)
    assert (await phrases(hardy)).count("help.resident") == 1


async def test_a_dead_letter_can_be_tried_again(hardy: Town, poison: Spoiled) -> None:
    await hardy.says("王阿姨", HELP)
    await try_again(hardy)
    (letter,) = await dead_letters(hardy)
    poison.mended = True
    await hardy.database.run(lambda tx: tx.inbox.replay(letter.id))
    await hardy.settle()
    assert (await phrases(hardy)).count("help.resident") == 1
    assert await dead_letters(hardy) == ()


async def test_the_chat_goes_on_behind_a_dead_letter(hardy: Town, poison: Spoiled) -> None:
    await hardy.says("王阿姨", HELP)
    await hardy.says("王阿姨", LIGHT)
    assert await hardy.orders("王阿姨") == []  # its turn has not come
    await try_again(hardy)
    assert len(await hardy.orders("王阿姨")) == 1


async def test_neighbours_are_handled_meanwhile(hardy: Town, poison: Spoiled) -> None:
    for who in ("甲", "乙", "丙"):
        await hardy.intake.accept(hardy.inbound(who, HELP))
    for number in range(10):
        await hardy.intake.accept(hardy.inbound(f"住户{number}", report(number)))
    await hardy.settle()
    assert len(await hardy.orders()) == 10
    assert poison.attempts == 3


async def test_in_a_group_that_did_not_ask_nothing_is_said_about_it(hardy: Town) -> None:
    intake = _reading_with(hardy, Unreadable(hardy))
    await intake.accept(hardy.inbound("李叔", "中午吃小龙虾去", group=True))
    for _ in range(MAX_ATTEMPTS):
        await intake.settle()
        hardy.hands[0] += timedelta(minutes=1)
    await hardy.relay.settle()
    assert len(await dead_letters(hardy)) == 1
    assert await hardy.heard_in_group(GROUP) == []


class Unreadable:
    """A reader that understands nothing and says so the hard way."""

    def __init__(self, town: Town) -> None:
        self.town = town

    async def read(self, text: str, context: ReadingContext) -> Reading:
        raise Poison


def _reading_with(town: Town, reader: Unreadable) -> Intake:
    return Intake(
        town.database,
        Handling(town.database, reader, town.understanding.places, owner="town"),
        after_commit=town.relay.wake,
    )


async def test_attempts_that_end_with_the_process_count_too(hardy: Town, poison: Spoiled) -> None:
    """Whatever kills the process five times is not tried a sixth time."""
    inbound = hardy.inbound("王阿姨", HELP)
    await hardy.intake.accept(inbound)
    for _ in range(MAX_ATTEMPTS):
        await run_out(hardy.database)
        await hardy.database.run(
            lambda tx: tx.inbox.begin(inbound.conversation, owner="dead", alone=True)
        )
    await run_out(hardy.database)
    await hardy.settle()
    assert poison.attempts == 0
    (letter,) = await dead_letters(hardy)
    assert letter.error == "Crashed"
    assert (await phrases(hardy)).count(APOLOGY) == 1


async def test_waiting_to_be_alone_uses_up_no_attempt(hardy: Town, poison: Spoiled) -> None:
    """Many that were under way when the process died are each begun when their turn comes."""
    for number in range(8):
        inbound = hardy.inbound(f"住户{number}", report(number))
        await hardy.intake.accept(inbound)
        await run_out(hardy.database)
        begin = partial(_begun_by_the_dead, key=inbound.conversation)
        await hardy.database.run(begin)
    await run_out(hardy.database)
    await hardy.settle()
    assert len(await hardy.orders()) == 8


def _begun_by_the_dead(tx: Transaction, *, key: str) -> None:
    tx.inbox.begin(key, owner="dead")


async def test_a_message_taken_over_by_another_is_not_handled_by_the_first(hardy: Town) -> None:
    """Its lease ran out while it was being read, and somebody else has begun."""
    inbound = hardy.inbound("王阿姨", LIGHT)

    class Slow:
        """A reader during whose reading another process takes the message over."""

        async def read(self, text: str, context: ReadingContext) -> Reading:
            await run_out(hardy.database)
            await hardy.database.run(
                lambda tx: tx.inbox.begin(inbound.conversation, owner="other", alone=True)
            )
            return await hardy.understanding.read(text, context)

    intake = Intake(
        hardy.database,
        Handling(hardy.database, Slow(), hardy.understanding.places, owner="slow"),
        after_commit=hardy.relay.wake,
    )
    await intake.accept(inbound)
    await intake.settle()
    assert await hardy.orders() == []
    assert await unfinished(hardy) == 1


async def test_a_unit_that_fails_takes_no_neighbour_with_it(hardy: Town, poison: Spoiled) -> None:
    """Units of one grouped commit: the healthy ones are durable, the sick one left no trace."""
    for number in range(30):
        text = HELP if number % 3 == 0 else report(number)
        await hardy.intake.accept(hardy.inbound(f"住户{number}", text))
    workers = asyncio.create_task(hardy.intake.run(poll=60))
    await hardy.intake.drain()
    workers.cancel()
    await asyncio.gather(workers, return_exceptions=True)
    assert len(await hardy.orders()) == 20
    assert await phrases(hardy) != []
    assert "help.resident" not in await phrases(hardy)


async def test_an_apology_that_fails_does_not_stop_the_service(
    hardy: Town, poison: Spoiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Turn, "say", _fails)
    monkeypatch.setattr(telling, "answer", _fails)
    await hardy.says("王阿姨", HELP)
    await try_again(hardy)
    assert len(await dead_letters(hardy)) == 1


def _fails(*_: object, **__: object) -> None:
    raise Poison


async def test_a_database_that_goes_away_for_a_moment_costs_no_message(
    hardy: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    run = Database.run

    async def sometimes(self: Database, work, *, first=False):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls in (2, 3, 5):
            raise Unavailable("restarting")
        return await run(self, work, first=first)

    await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    monkeypatch.setattr(Database, "run", sometimes)
    for _ in range(4):
        await hardy.intake.settle()
    assert len(await hardy.orders()) == 1
