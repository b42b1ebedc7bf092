"""Nothing Telegram brings is lost or taken twice, polled or posted; forgeries are refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.channels.base import CannotAccept
from bot.channels.telegram_listening import ATTEMPTS, SECRET_HEADER
from domain.messages import InboundKind
from tests.rig.telegram_bench import SECRET, Bench, bench, until
from tests.rig.telegram_server import Fault

GROUP = -1_001_000_000_001
HEADERS = {SECRET_HEADER: SECRET}


@pytest.fixture(params=["polling", "webhook"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with bench(mode=request.param) as ready:
        yield ready
        assert ready.world.violations == []


@pytest.fixture
async def polling() -> AsyncIterator[Bench]:
    async with bench() as ready:
        yield ready
        assert ready.world.violations == []


@pytest.fixture
async def webhook() -> AsyncIterator[Bench]:
    async with bench(mode="webhook") as ready:
        yield ready
        assert ready.world.violations == []


def texts(telegram: Bench, chat: int) -> list[str]:
    return [heard.text for heard in telegram.door.heard if heard.chat == str(chat)]


async def test_what_is_said_is_heard_in_order(either: Bench) -> None:
    for number in range(30):
        either.world.say(chat=1 + number % 3, user=1 + number % 3, text=f"第 {number} 句")
    async with either.listening() as door:
        await door.until(30)

    for chat in (1, 2, 3):
        assert texts(either, chat) == [f"第 {n} 句" for n in range(30) if 1 + n % 3 == chat]


async def test_what_cannot_be_kept_comes_again(either: Bench) -> None:
    either.door.refuse_next(3)
    either.world.say(chat=1, user=1, text="灯坏了")
    either.world.say(chat=1, user=1, text="还有垃圾")
    async with either.listening() as door:
        await door.until(2)

    assert texts(either, 1) == ["灯坏了", "还有垃圾"]


async def test_a_malformed_update_mutes_nobody(either: Bench) -> None:
    either.world.put({"update_id": 500_000_000, "message": {"chat": {"id": 1}, "text": 3}})
    either.world.say(chat=1, user=1, text="灯坏了")
    async with either.listening() as door:
        await door.until(1)
        await acknowledged(either)

    assert texts(either, 1) == ["灯坏了"]


async def test_an_update_that_always_fails_mutes_nobody(either: Bench) -> None:
    either.door.refuse += [ZeroDivisionError()] * ATTEMPTS
    either.world.say(chat=1, user=1, text="毒")
    async with either.listening() as door:
        await until(lambda: not door.refuse)
        either.world.say(chat=1, user=1, text="灯坏了")
        await door.until(1)
        await acknowledged(either)

    assert texts(either, 1) == ["灯坏了"]


async def test_a_migration_is_heard_in_both_chats(either: Bench) -> None:
    either.world.migrate(chat=-100, to=GROUP)
    async with either.listening() as door:
        told = await door.until(2)

    assert [(one.kind, one.chat, one.migrated_to) for one in told] == [
        (InboundKind.MIGRATED, "-100", str(GROUP))
    ] * 2


async def test_a_pressed_button_stops_spinning_and_goes_away(either: Bench) -> None:
    message = await either.say("办好了吗？", chat=1, buttons=[("好了", "t1")])
    either.world.press(chat=1, user=1, message=message["message_id"], data="t1")
    async with either.listening() as door:
        (press,) = await door.until(1)
        shown = either.world.chats[1].messages[message["message_id"]]
        await until(lambda: "reply_markup" not in shown)

    assert press.press == "t1"
    assert "answerCallbackQuery" in called(either)


async def test_buttons_in_a_group_stay_for_the_one_they_are_for(either: Bench) -> None:
    message = await either.say("办好了吗？", chat=GROUP, buttons=[("好了", "t1")])
    either.world.press(chat=GROUP, user=1, message=message["message_id"], data="t1")
    async with either.listening() as door:
        await door.until(1)
        await until(lambda: "answerCallbackQuery" in called(either))

    assert "reply_markup" in either.world.chats[GROUP].messages[message["message_id"]]


async def acknowledged(telegram: Bench) -> None:
    """Returns when the platform holds no update any more."""
    await until(lambda: not (telegram.world.updates or telegram.server.undelivered))


def called(telegram: Bench) -> list[str]:
    return [entry["method"] for entry in telegram.world.sent]


# -- polling


async def test_an_update_is_confirmed_only_after_its_commit(polling: Bench) -> None:
    polling.world.say(chat=1, user=1, text="灯坏了")
    polling.door.refuse_next()
    async with polling.listening() as door:
        await until(lambda: not door.refuse)
        assert len(polling.world.updates) == 1
        await door.until(1)
        await acknowledged(polling)


async def test_what_waits_at_the_start_is_not_dropped(polling: Bench) -> None:
    for number in range(250):
        polling.world.say(chat=number + 1, user=number + 1, text="灯坏了")
    async with polling.listening() as door:
        await door.until(250)

    assert len({heard.key for heard in polling.door.heard}) == 250


async def test_a_new_count_after_a_long_silence_is_heard(polling: Bench) -> None:
    polling.world.say(chat=1, user=1, text="灯坏了")
    async with polling.listening() as door:
        await door.until(1)
        await acknowledged(polling)
        said = polling.world.say(chat=1, user=1, text="一周以后")
        said["update_id"] = 17
        await door.until(2)

    assert texts(polling, 1) == ["灯坏了", "一周以后"]


async def test_a_webhook_left_over_is_taken_away(polling: Bench) -> None:
    polling.server.webhook = {"url": "http://127.0.0.1:1/"}
    polling.world.say(chat=1, user=1, text="灯坏了")
    async with polling.listening() as door:
        await door.until(1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="getUpdates", code=409, description="Conflict: terminated by other"),
        Fault(method="getUpdates", code=502, body="<h1>Bad Gateway</h1>"),
        Fault(method="getUpdates", code=200, body="not json"),
        Fault(method="getUpdates", code=429, description="", parameters={"retry_after": 1}),
        Fault(method="getUpdates", code=401, description="Unauthorized"),
        Fault(method="getUpdates", cut=True),
        Fault(method="getMe", code=500, description="Internal Server Error"),
    ],
    ids=lambda fault: f"{fault.method}-{fault.code}",
)
async def test_polling_goes_on_after_trouble(polling: Bench, fault: Fault) -> None:
    polling.server.faults.append(fault)
    polling.world.say(chat=1, user=1, text="灯坏了")
    async with polling.listening() as door:
        await door.until(1)

    assert fault.times == 0


async def test_two_pollers_lose_nothing() -> None:
    async with bench() as telegram:
        first = asyncio.create_task(telegram.channel.run(telegram.door))
        second = asyncio.create_task(telegram.channel.run(telegram.door))
        for number in range(20):
            telegram.world.say(chat=1, user=1, text=str(number))
        await telegram.door.until(20)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

        assert len({heard.key for heard in telegram.door.heard}) == 20


# -- webhook


def update(number: int = 7, text: str = "灯坏了") -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1_763_712_000,
            "chat": {"id": 5, "type": "private", "first_name": "王"},
            "from": {"id": 5, "is_bot": False, "first_name": "王"},
            "text": text,
        },
    }


async def post(telegram: Bench, body: bytes | dict[str, Any], **more: Any) -> int:
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    headers = {"Content-Type": "application/json"} | more.pop("headers", HEADERS)
    async with (
        aiohttp.ClientSession() as session,
        session.post(telegram.hook, data=data, headers=headers) as answer,
    ):
        assert await answer.read() == b""
        return answer.status


async def test_the_platform_is_told_where_we_listen(webhook: Bench) -> None:
    async with webhook.listening():
        await until(lambda: bool(webhook.server.webhook))

    assert webhook.server.webhook["url"] == webhook.hook
    assert webhook.server.webhook["secret_token"] == SECRET
    assert not webhook.server.webhook.get("drop_pending_updates")


async def test_the_same_update_twenty_times_at_once_is_one(webhook: Bench) -> None:
    async with webhook.listening() as door:
        statuses = await asyncio.gather(*(post(webhook, update()) for _ in range(20)))

    assert statuses == [200] * 20
    assert len(door.heard) == 1


async def test_an_older_update_after_a_newer_one_is_heard_with_its_order(webhook: Bench) -> None:
    async with webhook.listening() as door:
        await post(webhook, update(8, "后说的"))
        await post(webhook, update(7, "先说的"))

    assert [heard.text for heard in sorted(door.heard, key=lambda heard: heard.order)] == [
        "先说的",
        "后说的",
    ]


@pytest.mark.parametrize(
    "secret",
    [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "密码", "\xff"],
    ids=repr,
)
async def test_a_wrong_secret_is_refused(webhook: Bench, secret: str | None) -> None:
    async with webhook.listening() as door:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        status = await post(webhook, update(), headers=headers)

    assert (status, door.heard) == (401, [])


async def test_a_wrong_secret_is_refused_before_the_body_is_read(webhook: Bench) -> None:
    async with webhook.listening():
        answer = await raw_request(webhook, secret="wrong", length=1_000_000, body=b"{")

    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_a_body_that_says_it_is_too_long_is_refused_unread(webhook: Bench) -> None:
    async with webhook.listening():
        answer = await raw_request(webhook, secret=SECRET, length=50 << 20, body=b"{")

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_turns_out_too_long_is_refused(webhook: Bench) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * (1 << 16)

    async with webhook.listening(), aiohttp.ClientSession() as session:
        headers = HEADERS | {"Content-Type": "application/json"}
        async with session.post(webhook.hook, data=drip(), headers=headers) as answer:
            assert answer.status == 413


async def raw_request(
    telegram: Bench, *, secret: str, length: int, body: bytes, hang_up: bool = False
) -> bytes:
    """Sends only the beginning of a body and returns the first line of the answer."""
    where = urlsplit(telegram.hook)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = [
        "POST /telegram/webhook HTTP/1.1",
        "Host: here",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        f"{SECRET_HEADER}: {secret}",
    ]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    line = b"" if hang_up else await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"{", b"[1]", b"3", b"\xff\xfe", b"[" * 200_000, b"1" * 6_000],
    ids=lambda body: repr(body[:12]),
)
async def test_what_is_no_update_at_all_is_refused(webhook: Bench, body: bytes) -> None:
    async with webhook.listening() as door:
        assert await post(webhook, body) == 400

    assert door.heard == []


async def test_another_content_type_is_refused(webhook: Bench) -> None:
    headers = HEADERS | {"Content-Type": "text/plain"}
    async with webhook.listening():
        assert await post(webhook, update(), headers=headers) == 415


@pytest.mark.parametrize(
    "raw", [{"update_id": "x"}, {}, {"update_id": 1, "message": 3}, {"update_id": 1}], ids=str
)
async def test_a_malformed_update_is_acknowledged(webhook: Bench, raw: dict[str, Any]) -> None:
    async with webhook.listening() as door:
        assert await post(webhook, raw) == 200

    assert door.heard == []


async def test_a_full_disk_asks_the_platform_to_wait(webhook: Bench) -> None:
    webhook.door.refuse.append(CannotAccept("disk full", after=7))
    async with webhook.listening(), aiohttp.ClientSession() as session:
        async with session.post(webhook.hook, json=update(), headers=HEADERS) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
        assert await post(webhook, update()) == 200


async def test_before_it_listens_the_platform_is_asked_to_wait(webhook: Bench) -> None:
    assert await post(webhook, update()) == 503


async def test_a_caller_who_hangs_up_harms_nothing(webhook: Bench) -> None:
    async with webhook.listening() as door:
        await raw_request(webhook, secret=SECRET, length=1_000, body=b"{", hang_up=True)
        assert await post(webhook, update()) == 200

    assert len(door.heard) == 1
