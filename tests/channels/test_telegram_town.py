"""The whole service over Telegram: heard through the fake Bot API, handled, answered there."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import ExifTags, Image

from bot.channels.telegram_listening import Ear
from bot.channels.telegram_reading import COMMANDS
from bot.fetching import Fetcher
from bot.relay import Relay
from domain.messages import Address
from domain.readings import ReadingContext
from tests.rig.telegram_bench import Bench, bench, until
from tests.town import Town

GROUP = -1_001_000_000_001


@asynccontextmanager
async def on_telegram(town: Town, mode: str) -> AsyncIterator[Bench]:
    """The town's intake and a relay of its own behind a Telegram channel."""
    async with bench(mode=mode) as telegram:
        listening = asyncio.create_task(telegram.channel.run(town.intake))
        try:
            if mode == "webhook":
                await until(lambda: bool(telegram.server.webhook))
            yield telegram
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def answered(town: Town, telegram: Bench) -> None:
    """Everything said is heard, handled and answered."""
    await until(lambda: not (telegram.world.updates or telegram.server.undelivered))
    await town.intake.settle()
    relay = Relay(
        town.database, {"telegram": telegram.channel}, owner="town", clock=time.monotonic
    )
    await relay.settle()


def said_in(telegram: Bench, chat: int) -> list[dict[str, Any]]:
    return [
        message
        for message in telegram.world.chats[chat].messages.values()
        if message["from"]["is_bot"]
    ]


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_a_report_is_answered_in_its_private_chat(town: Town, mode: str) -> None:
    async with on_telegram(town, mode) as telegram:
        telegram.world.say(chat=5, user=5, name="王阿姨", text="3栋2单元楼道灯不亮了")
        await answered(town, telegram)

        (order,) = await town.orders()
        assert any(order.number in message["text"] for message in said_in(telegram, 5))
        assert telegram.world.violations == []


async def test_the_reader_knows_every_command(town: Town) -> None:
    context = ReadingContext(addressed=True, staff=True)
    read = {
        command: (await town.understanding.read(words, context)).intent
        for command, words in COMMANDS.items()
    }

    assert read == {
        "help": "help", "progress": "progress", "urge": "urge", "withdraw": "withdraw",
        "cancel": "cancel", "human": "human", "mydata": "my_data", "deleteme": "delete_me",
        "bind": "bind_group", "link": "link", "invite": "invite", "card": "card",
    }  # fmt: skip


async def test_the_same_update_twenty_times_at_once_is_one_row(town: Town) -> None:
    async with bench() as telegram:
        raw = telegram.world.say(chat=5, user=5, text="3栋2单元楼道灯不亮了")
        ear = Ear(town.intake, telegram.channel._account.me, lambda inbound: None)
        await asyncio.gather(*(ear.hear(raw) for _ in range(20)))
        await town.intake.settle()

        assert len(await town.orders()) == 1


async def test_a_restart_hears_nothing_twice(town: Town) -> None:
    async with bench() as telegram:
        telegram.world.say(chat=5, user=5, text="3栋2单元楼道灯不亮了")
        for _ in range(3):
            # A process that dies after the commit and before it asks on: nothing is confirmed.
            held = list(telegram.world.updates)
            listening = asyncio.create_task(telegram.channel.run(town.intake))
            await until(lambda: not telegram.world.updates)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            for update in held:
                telegram.world.put(update)
        await town.intake.settle()

        assert len(await town.orders()) == 1


async def test_a_group_is_silent_until_it_is_spoken_to(town: Town) -> None:
    async with on_telegram(town, "polling") as telegram:
        telegram.world.say(chat=GROUP, user=5, text="今天天气真好")
        await answered(town, telegram)
        assert said_in(telegram, GROUP) == []

        telegram.world.say(chat=GROUP, user=5, text="@xiaoqi_bot 你会什么")
        await answered(town, telegram)
        assert len(said_in(telegram, GROUP)) == 1


async def test_a_blocked_person_is_not_written_to_until_unblocked(town: Town) -> None:
    async with on_telegram(town, "polling") as telegram:
        telegram.world.say(chat=5, user=5, text="你会什么")
        await answered(town, telegram)
        before = len(said_in(telegram, 5))

        telegram.world.membership(chat=5, user=5, status="kicked")
        await answered(town, telegram)
        assert not await reachable(town, "5")

        telegram.world.membership(chat=5, user=5, status="member")
        await answered(town, telegram)
        assert await reachable(town, "5")
        assert len(said_in(telegram, 5)) == before


async def reachable(town: Town, account: str) -> bool:
    found = await town.database.read(lambda tx: tx.people.of_account("telegram", account))
    assert found is not None
    return found[1].reachable


async def test_what_is_private_is_continued_by_the_deep_link(town: Town) -> None:
    async with on_telegram(town, "polling") as telegram:
        telegram.world.say(chat=GROUP, user=5, name="王阿姨", text="@xiaoqi_bot 我的数据")
        await answered(town, telegram)
        (answer,) = said_in(telegram, GROUP)
        ((button,),) = answer["reply_markup"]["inline_keyboard"]
        payload = button["url"].removeprefix("https://t.me/xiaoqi_bot?start=")

        telegram.world.say(chat=5, user=5, name="王阿姨", text=f"/start {payload}")
        await answered(town, telegram)
        assert said_in(telegram, 5)


async def test_a_photo_is_kept_without_where_it_was_taken(town: Town) -> None:
    async with on_telegram(town, "polling") as telegram:
        reference = telegram.world.upload(photo_with_position())
        size = {"file_id": reference, "file_unique_id": "u", "width": 64, "height": 48}
        telegram.world.say(
            chat=5, user=5, extra={"photo": [size], "caption": "3栋2单元楼道灯不亮了"}
        )
        await answered(town, telegram)
        await Fetcher(town.database, {"telegram": telegram.channel}, owner="town").once()

        (order,) = await town.orders()
        (kept,) = order.photos
        found = await town.database.read(lambda tx: tx.attachments.content(kept))
        assert found is not None
        assert not Image.open(io.BytesIO(found[1])).getexif()


def photo_with_position() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    photo = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(photo, "JPEG", exif=exif)
    return photo.getvalue()


async def test_a_group_that_moved_keeps_its_bond(town: Town) -> None:
    async with on_telegram(town, "polling") as telegram:
        telegram.world.say(chat=-100, user=5, text="@xiaoqi_bot 你会什么")
        await answered(town, telegram)
        old = Address(channel="telegram", chat="-100")
        unit = next(iter(town.database.catalogue.org)).id
        await town.database.run(lambda tx: tx.chats.bind(old, unit))

        telegram.world.migrate(chat=-100, to=GROUP)
        await answered(town, telegram)

        new = Address(channel="telegram", chat=str(GROUP))
        chat = await town.database.read(lambda tx: tx.chats.get(new))
        assert chat is not None
        assert chat.unit == unit
