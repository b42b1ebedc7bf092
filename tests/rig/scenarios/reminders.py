"""Reminders of activities fall due one after the other while processes are killed, stand still, or
are all away for a while.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import aiohttp

from bot.bench.clock import add_activity
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.rig.checker import doubted
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import Service
from tests.rig.storm import until
from tests.rig.telegram import Telegram

FIRST_PERSON = 30_001
FILLED_AT_ONCE = 250
BEFORE_THE_FIRST = 3.0  # seconds
SETTLES = 90.0  # seconds after the last one: longer than the lease of a message that was sent
UNDER_WAY = 32  # messages at once
_TITLE = re.compile("提醒演练[0-9]+号")

Told = Counter[tuple[int, str]]


async def play(
    rig: Rig,
    *,
    people: int,
    activities: int,
    processes: int,
    seconds: float,
    kills: int,
    pauses: int,
    away: float,
    minutes: int,
) -> Verdict:
    """Everybody is reminded of every activity once; at half time nobody is there to do it."""
    telegram = await rig.telegram(retry_scale=0.2)
    service = await rig.service(
        telegram,
        mode="webhook",
        processes=processes,
        database="postgres",
        settings={"COMMUNITY__TIME_ZONE": _where_it_is_noon()},
    )
    await service.start()
    titles = [f"提醒演练{number}号" for number in range(1, activities + 1)]
    chats = range(FIRST_PERSON, FIRST_PERSON + people)
    async with _opened(service) as database:
        ids = await _add_people(database, people)
        # A bot may not write first.
        await telegram.say_all({"chat": one, "user": one, "text": "你好"} for one in chats)
        await _plan(database, ids, titles, seconds)
    await _hurt(rig, service, seconds, kills=kills, pauses=pauses, away=away, minutes=minutes)
    await _another_minute(service)
    everybody = {(one, title) for one in chats for title in titles}
    try:
        async with asyncio.timeout(SETTLES):
            await until(lambda: len(_told(telegram)) == len(everybody))
    except TimeoutError:
        pass  # who heard nothing is counted below
    told = _told(telegram)
    listed = {key for one in await doubted(service) if (key := _key(one["chat"], one["text"]))}
    twice = [key for key, times in told.items() if times > 1]
    missed = everybody - told.keys() - listed
    return verdict(
        {
            "reminders": len(everybody),
            "kills": kills + processes,
            "stood still": pauses,
            "told": len(told),
            "told twice": len(twice),
            "unknown": len(listed),
            "missed": len(missed),
        },
        nobody_is_reminded_twice=not twice,
        nobody_is_missed_in_silence=not missed,
        nobody_else_is_told=told.keys() <= everybody,
        no_more_doubtful_than_were_under_way=len(listed) <= (kills + processes) * UNDER_WAY,
    )


def _where_it_is_noon() -> str:
    """A zone whose day has hours left on both sides: nobody is reminded at night."""
    behind = datetime.now(UTC).hour - 12
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


@asynccontextmanager
async def _opened(service: Service) -> AsyncIterator[Database]:
    """The service's own database."""
    database = Database.open(
        service.database,
        keyring=Keyring.from_file(service.folder / "key"),
        wording=Phrasebook.load(),
        now=lambda: datetime.now(UTC),
    )
    yield database
    await database.close()


async def _add_people(database: Database, people: int) -> list[int]:
    ids: list[int] = []
    while len(ids) < people:
        many = min(FILLED_AT_ONCE, people - len(ids))
        ids += await database.run(partial(_add_some, len(ids), many))
    return ids


def _add_some(first: int, many: int, tx: Transaction) -> list[int]:
    found = []
    for number in range(first, first + many):
        person = tx.people.add(f"R{number}").id
        tx.people.reached_by(person, "telegram", str(FIRST_PERSON + number))
        found.append(person)
    return found


async def _plan(database: Database, ids: list[int], titles: list[str], seconds: float) -> None:
    """Reminders of all activities for all of them, a day ahead of each, in the coming time."""
    begins = datetime.now(UTC) + timedelta(seconds=BEFORE_THE_FIRST)
    for number, title in enumerate(titles):
        due = begins + timedelta(seconds=seconds * number / len(titles))
        await database.run(partial(add_activity, title, due, ids))


async def _hurt(
    rig: Rig,
    service: Service,
    seconds: float,
    *,
    kills: int,
    pauses: int,
    away: float,
    minutes: int,
) -> None:
    """Kills, pauses and minutes in any order over that time; in the middle all are away."""
    many = len(service.processes)

    async def kill() -> None:
        victim = rig.dice.randrange(many)
        service.kill(victim)
        service.launch(victim)

    async def pause() -> None:
        victim = rig.dice.randrange(many)
        service.pause(victim)
        await asyncio.sleep(seconds / 20)
        service.resume(victim)

    async def all_away() -> None:
        for number in range(many):
            service.kill(number)
        await asyncio.sleep(away)
        for number in range(many):
            service.launch(number)

    minute = partial(_another_minute, service)
    acts: list[Callable[[], Awaitable[None]]]
    acts = [kill] * kills + [pause] * pauses + [minute] * minutes
    rig.dice.shuffle(acts)
    acts.insert(len(acts) // 2, all_away)
    for done, act in enumerate(acts, start=1):
        await asyncio.sleep(seconds / len(acts) * rig.dice.uniform(0.5, 1.5))
        await act()
        rig.show("acts", done, len(acts))
    for number in range(many):
        await service.ready(number)


async def _another_minute(service: Service) -> None:
    """What is due is looked for once a minute; the sample's clock is moved to the next, by
    whichever process is there.
    """
    for number in range(len(service.processes)):
        url = f"{service.url(number)}/sample/clock"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with service.http.post(url, json={"advance": "1m"}) as answer:
                answer.raise_for_status()
                return


def _told(telegram: Telegram) -> Told:
    """How often the platform took which reminder to whom."""
    keys = (
        _key(call["chat"], call["text"] or "")
        for call in telegram.events("call")
        if not call["error"]
    )
    return Counter(key for key in keys if key)


def _key(chat: object, text: str) -> tuple[int, str] | None:
    title = _TITLE.search(text)
    return None if title is None else (int(str(chat)), title[0])


SCENARIOS = (
    Scenario(
        name="reminders",
        promise="reminders on several processes that are killed, stand still, or are all away:"
        " each is told once, or listed",
        play=play,
        short={
            "people": 20,
            "activities": 3,
            "processes": 2,
            "seconds": 5.0,
            "kills": 1,
            "pauses": 1,
            "away": 0.5,
            "minutes": 2,
        },
        long={
            "people": 1_000,
            "activities": 10,
            "processes": 3,
            "seconds": 600.0,
            "kills": 50,
            "pauses": 5,
            "away": 60.0,
            "minutes": 0,
        },
        minutes=13.0,
    ),
)
