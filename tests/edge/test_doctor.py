"""`xiaoqi check` as a doctor: it says why the service is silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web

from bot import doctor
from bot.channels.telegram_reading import ALLOWED_UPDATES
from bot.findings import Finding, Severity
from bot.settings import ServerSettings, read_settings
from domain.messages import ChatKind, Inbound, InboundKind
from knowledge.phrasebook import Phrasebook
from storage.database import Database
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.edge.conftest import Xiaoqi
from tests.rig.telegram_bench import Bench, bench, served
from tests.rig.telegram_server import Fault

T = TypeVar("T")
Arrange = Callable[[Bench], None]


def now() -> datetime:
    return datetime.now(UTC)


def refuse_the_token(telegram: Bench) -> None:
    telegram.server.token = "1:another"


def leave_privacy_on(telegram: Bench) -> None:
    telegram.world.me["can_read_all_group_messages"] = False


def keep_out_of_groups(telegram: Bench) -> None:
    telegram.world.me["can_join_groups"] = False


def set_the_hook(telegram: Bench) -> None:
    telegram.server.webhook = {"url": telegram.hook}


def set_another_hook(telegram: Bench) -> None:
    telegram.server.webhook = {"url": "https://elsewhere.example.org/hook"}


def be_cut_off(telegram: Bench) -> None:
    telegram.server.faults.append(Fault(method="getMe", cut=True))


def be_behind_a_portal(telegram: Bench) -> None:
    telegram.server.faults.append(Fault(method="getMe", code=200, body="<html>Log in</html>"))


def told_of_hook(**more: Any) -> Arrange:
    """What getWebhookInfo says besides the address."""

    def arrange(telegram: Bench) -> None:
        told = {"url": telegram.hook, "pending_update_count": 0, **more}
        body = json.dumps({"ok": True, "result": told})
        telegram.server.faults.append(Fault(method="getWebhookInfo", code=200, body=body))

    return arrange


def nothing(_: Bench) -> None:
    return None


LATELY = round(now().timestamp()) - 60
LONG_AGO = LATELY - 100_000
CERTIFICATE = "SSL error {certificate verify failed}"


@pytest.mark.parametrize(
    ("mode", "arrange", "found"),
    [
        ("polling", nothing, []),
        ("webhook", set_the_hook, []),
        ("polling", refuse_the_token, ["telegram_token"]),
        ("polling", leave_privacy_on, ["telegram_privacy"]),
        ("polling", keep_out_of_groups, ["telegram_no_groups"]),
        ("polling", set_another_hook, ["telegram_webhook_left"]),
        ("webhook", nothing, ["telegram_webhook_differs"]),
        ("webhook", set_another_hook, ["telegram_webhook_differs"]),
        ("polling", be_cut_off, ["telegram_unreachable"]),
        ("polling", be_behind_a_portal, ["telegram_unreachable"]),
        ("webhook", told_of_hook(pending_update_count=5_000), ["telegram_pending"]),
        (
            "webhook",
            told_of_hook(last_error_message=CERTIFICATE, last_error_date=LATELY),
            ["telegram_webhook_fails"],
        ),
        (
            "webhook",
            told_of_hook(last_error_message=CERTIFICATE, last_error_date=LONG_AGO),
            [],
        ),
        ("webhook", told_of_hook(allowed_updates=["message"]), ["telegram_not_heard"]),
        ("webhook", told_of_hook(allowed_updates=list(ALLOWED_UPDATES)), []),
    ],
)
async def test_telegram_says_why_it_is_silent(
    mode: str, arrange: Arrange, found: list[str]
) -> None:
    async with bench(mode=mode) as telegram:
        telegram.world.me |= {"can_join_groups": True, "can_read_all_group_messages": True}
        arrange(telegram)
        findings = await telegram.channel.diagnose(now())

    assert [one.phrase.removeprefix("check.") for one in findings] == found
    for finding in findings:
        assert said(finding)


async def test_a_clock_that_is_off_is_named() -> None:
    async with bench() as telegram:
        telegram.world.me |= {"can_join_groups": True, "can_read_all_group_messages": True}
        (skew,) = await telegram.channel.diagnose(now() + timedelta(minutes=10))

    assert skew.phrase == "check.clock_skew"
    assert 590 <= skew.values["seconds"] <= 610


def said(finding: Finding) -> str:
    """The finding in both languages, never with the token."""
    book = Phrasebook.load()
    words = [book.say(finding.phrase, finding.values, language=one) for one in ("zh", "en")]
    assert words[0] != words[1]
    assert "700000001" not in "".join(words)
    return words[0]


@pytest.fixture
def stored(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Runs one unit of work on the database that is checked."""

    def run(work: Callable[[Transaction], T]) -> T:
        async def once() -> T:
            database = Database.open(
                database_url,
                keyring=Keyring.from_file(tmp_path / "test.key", create=True),
                wording=Phrasebook.load(),
                now=lambda: now() - timedelta(minutes=5),
            )
            try:
                return await database.run(work)
            finally:
                await database.close()

        return asyncio.run(once())

    return run


def checked(xiaoqi: Xiaoqi) -> dict[str, str]:
    """What is found, and how bad it is."""
    lines = [json.loads(line) for line in xiaoqi("check", "--json").out.splitlines()]
    return {line["finding"]: line["severity"] for line in lines}


def hear(tx: Transaction) -> None:
    tx.inbox.accept(
        Inbound(
            channel="web",
            key="k",
            kind=InboundKind.MESSAGE,
            chat="c",
            chat_kind=ChatKind.PRIVATE,
            account="a",
            name="王",
            text="灯坏了",
            message="1",
            addressed=True,
            order=1,
            sent_at=now(),
        ),
        owner="dead",
        lease=0,
    )


def test_nobody_at_work_is_a_hint_until_somebody_waits(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    assert checked(xiaoqi)["not_running"] == "hint"
    stored(hear)
    assert checked(xiaoqi)["not_running"] == "broken"


def test_a_role_that_nobody_has_is_named(xiaoqi: Xiaoqi, stored: Callable[..., Any]) -> None:
    stored(hear)
    stored(lambda tx: tx.leases.take("poll:telegram", "one", 600))

    found = checked(xiaoqi)

    assert found["nobody_delivers"] == "broken"
    assert found["inbox_waits"] == "broken"
    assert found["jobs_late"] == "broken"
    assert "not_running" not in found
    stored(lambda tx: tx.leases.take("relay:web", "other", 600))
    assert "nobody_delivers" not in checked(xiaoqi)


def test_a_key_file_that_others_may_read_is_named(xiaoqi: Xiaoqi) -> None:
    assert "key_is_open" not in checked(xiaoqi)
    Path("test.key").chmod(0o644)
    assert checked(xiaoqi)["key_is_open"] == "warning"


def test_hints_alone_are_no_failure(xiaoqi: Xiaoqi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.checking, "look", lambda tx: iter(()))

    done = xiaoqi("check")

    assert done.code == 0
    assert "· 没有进程在运行" in done.out
    assert done.out.endswith("nothing is broken\n")


def test_the_worst_comes_first(xiaoqi: Xiaoqi) -> None:
    severities = list(checked(xiaoqi).values())

    assert severities == sorted(severities, key=list(Severity).index)
    assert severities[0] == "broken"


def test_a_disk_that_fills_is_named_where_it_is_ours(
    xiaoqi: Xiaoqi, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LITTLE_ROOM", 1 << 62)

    assert ("disk" in checked(xiaoqi)) is database_url.startswith("sqlite")


def test_a_damaged_database_is_named(
    xiaoqi: Xiaoqi, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("notes.db", "these are notes, not tables" * 100)
    monkeypatch.setenv("XIAOQI_DATABASE__URL", f"sqlite:///{file}")

    assert checked(xiaoqi) == {"database": "broken"}


@pytest.mark.parametrize(
    ("url", "running", "found"),
    [
        ("", False, ["no_public_url"]),
        ("https://xiaoqi.example.org", False, []),
        ("http://xiaoqi.example.org", False, ["public_url_open"]),
        ("http://127.0.0.1:1", True, ["public_url"]),
        ("alive", True, []),
        ("alive/elsewhere", True, ["public_url"]),
    ],
)
async def test_the_address_that_is_told_is_tried(
    url: str, running: bool, found: list[str]
) -> None:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    async with served(application) as alive:
        settings = read_settings(server=ServerSettings(public_url=url.replace("alive", alive)))
        findings = [one async for one in doctor.address(settings, running=running)]

    assert [one.phrase.removeprefix("check.") for one in findings] == found
