"""When the Telegram channel is on, and what of its settings is refused or kept to itself."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bot.channels.base import Photos, Surroundings
from bot.channels.telegram import Settings, open_channel
from domain.messages import Address, Unknown
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring
from tests.databases import NewDatabase
from tests.rig.telegram_bench import outbound, served
from tests.rig.telegram_server import Fault, Server
from tests.rig.telegram_world import World

TOKEN = "700000001:AAE-very_secret"


@pytest.fixture
async def around(new_database_url: NewDatabase, keyring: Keyring) -> AsyncIterator[Surroundings]:
    async def photo(_: int) -> None:
        return None

    with new_database_url("sqlite") as url:
        database = Database.open(
            url, keyring=keyring, wording=Phrasebook.load(), now=lambda: datetime.now(UTC)
        )
        yield surroundings(database, photo)
        await database.close()


def surroundings(database: Database, photo: Photos) -> Surroundings:
    return Surroundings(
        database=database,
        key=lambda purpose: purpose.encode(),
        now=lambda: datetime(2026, 6, 9, tzinfo=UTC),
        photos=photo,
        wording=Phrasebook.load(),
        public_url="https://xiaoqi.example.org/",
    )


def settings(**given: Any) -> Settings:
    return Settings.model_validate({"token": TOKEN, **given})


async def test_without_a_token_the_channel_is_off(around: Surroundings) -> None:
    assert open_channel(Settings(), around) is None


@pytest.mark.parametrize(("mode", "routes"), [("polling", 0), ("webhook", 1)])
async def test_only_a_webhook_has_a_route(around: Surroundings, mode: str, routes: int) -> None:
    channel = open_channel(settings(mode=mode), around)

    assert channel is not None
    assert (len(list(channel.routes())), channel.polls) == (routes, routes == 0)
    await channel.close()


async def test_groups_are_numbered_below_zero(around: Surroundings) -> None:
    channel = open_channel(settings(), around)

    assert channel is not None
    assert channel.is_group(Address(channel="telegram", chat="-100123"))
    assert not channel.is_group(Address(channel="telegram", chat="123"))
    await channel.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "with a blank"},
        {"token": "../getMe"},
        {"api_url": "ftp://example.org"},
        {"api_url": "http://"},
        {"api_url": "api.telegram.org"},
        {"mode": "both"},
        {"secret": "not allowed!"},
        {"secret": "x" * 257},
        {"tokn": "1:a"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_secrets_are_not_shown() -> None:
    shown = repr(settings(secret="hush-hush"))

    assert TOKEN not in shown
    assert "hush" not in shown


async def test_the_token_and_what_people_wrote_are_in_no_log(
    around: Surroundings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = Server(World(), token=TOKEN)
    server.world.chat(11)
    server.faults.append(Fault(method="sendMessage", code=200, body="not json, says 王阿姨"))
    async with served(server.application()) as url:
        channel = open_channel(settings(api_url=url), around)
        assert channel is not None
        with pytest.raises(Unknown) as unknown:
            await channel.send(outbound("喂"))
        await channel.send(outbound("喂"))
        await channel.close()

    told = caplog.text + str(capsys.readouterr()) + str(unknown.value)
    assert TOKEN not in told
    assert "王阿姨" not in told
