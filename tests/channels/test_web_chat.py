"""The web chat over HTTP: what is taken, what is refused, and what everybody then reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import FormData

from bot.channels.base import CannotAccept
from bot.channels.web_identity import COOKIE
from domain.messages import Inbound
from storage.keyring import Keyring
from tests.channels.web_house import GROUP, REPORT, WebHouse, built_house
from tests.databases import NewDatabase


@pytest.fixture
async def house(database_url: str, keyring: Keyring) -> AsyncIterator[WebHouse]:
    """On both databases."""
    async with built_house(database_url, keyring) as built:
        yield built


@pytest.fixture
async def door(new_database_url: NewDatabase, keyring: Keyring) -> AsyncIterator[WebHouse]:
    """For what is refused before a database is asked."""
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring) as built:
            await built.look()
            yield built


class ClosedDoor:
    """A door behind which nothing can be kept for now."""

    async def accept(self, inbound: Inbound) -> bool:
        raise CannotAccept("disk full", after=7)


async def test_a_message_is_answered_in_the_same_chat(house: WebHouse) -> None:
    await house.look()

    answer = await house.says(REPORT, key="first-message")
    await house.settle()

    assert answer.status == 200
    said, heard, *_ = (await house.look())["rows"]
    assert (said["text"], said["key"]) == (REPORT, "first-message")
    assert heard["from"] == ""
    assert "已登记" in heard["text"]


async def test_the_same_message_twenty_times_at_once_is_one(house: WebHouse) -> None:
    await house.look()

    posts = (house.says(REPORT, key="pressed-too-often") for _ in range(20))
    answers = await asyncio.gather(*posts)
    await house.settle()

    assert {answer.status for answer in answers} == {200}
    rows = (await house.look())["rows"]
    assert [row["text"] for row in rows].count(REPORT) == 1
    orders = await house.database.read(lambda tx: tx.orders.newest(limit=10))
    assert len(orders) == 1


async def test_what_could_not_be_kept_is_not_acknowledged(house: WebHouse) -> None:
    await house.look()
    open_door, house.channel._acts.door = house.channel._acts.door, ClosedDoor()

    refused = await house.says(REPORT, key="sent-twice-over")
    house.channel._acts.door = open_door
    taken = await house.says(REPORT, key="sent-twice-over")
    await house.settle()

    assert (refused.status, refused.headers["Retry-After"]) == (503, "7")
    assert taken.status == 200
    assert [row["text"] for row in (await house.look())["rows"]].count(REPORT) == 1


async def test_before_the_service_is_up_a_message_is_to_come_again(house: WebHouse) -> None:
    await house.look()
    house.channel._acts.door = None

    answer = await house.says(REPORT, key="too-early-here")

    assert (answer.status, (await answer.json())["error"]) == (503, "later")
    assert "Retry-After" in answer.headers


async def test_a_press_is_shown_and_closes_its_question(house: WebHouse) -> None:
    await house.says(REPORT, key="for-the-leader1", base="/sample/resident")
    await house.settle()
    buttons = [
        button
        for row in (await house.look("/sample"))["rows"]
        if row["chat"] != "resident/me"
        for button in row.get("buttons", ())
    ]
    seen = await house.look("/sample")
    where = next(row["chat"] for row in seen["rows"] if row.get("buttons"))
    persona = where.partition("/")[0]

    answer = await house.client.post(
        f"/sample/{persona}/press", json={"key": "press-it-once", "token": buttons[0]["token"]}
    )

    assert answer.status == 200
    pressed = (await house.rows(where))[-1]
    assert pressed["text"] == buttons[0]["label"].partition(" ")[2]
    await house.settle()
    closed = buttons[0]["token"].rpartition(".")[0]
    assert [row["answers"] for row in await house.rows(where) if "answers" in row] == [closed]


async def test_an_answer_in_words_closes_its_question(house: WebHouse) -> None:
    await house.says(REPORT, key="for-the-leader3", base="/sample/resident")
    await house.settle()
    asked = next(row for row in await house.rows("leader/me") if row.get("buttons"))
    await house.says("1", key="answers-in-words", base="/sample/leader")

    await house.settle()

    closed = [row for row in await house.rows("leader/me") if "answers" in row]
    assert [row["answers"] for row in closed] == [asked["buttons"][0]["token"].rpartition(".")[0]]
    assert (closed[0]["from"], closed[0]["text"]) == ("", "")


async def test_a_button_that_never_was_is_answered_in_words(house: WebHouse) -> None:
    await house.look()

    answer = await house.client.post(
        "/chat/press", json={"key": "a-forged-press", "token": "madeup.0"}
    )
    await house.settle()

    assert answer.status == 200
    pressed, told = (await house.look())["rows"][:2]
    assert "answers" not in pressed
    assert "按钮" in told["text"]


async def test_somebody_elses_button_does_not_close_it(house: WebHouse) -> None:
    await house.says(REPORT, key="for-the-leader2", base="/sample/resident")
    await house.settle()
    rows = (await house.look("/sample"))["rows"]
    token = next(row["buttons"][0]["token"] for row in rows if row.get("buttons"))

    await house.client.post(
        "/sample/neighbour/press", json={"key": "not-my-button", "token": token}
    )

    await house.settle()
    assert not [row for row in (await house.look("/sample"))["rows"] if "answers" in row]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": ""}, "empty"),
        ({"text": "  \n\t "}, "empty"),
        ({"text": "\u200b\u200d\u2060\ufeff\u202e"}, "empty"),
        ({}, "empty"),
        ({"text": "长" * 4097}, "too_long"),
        ({"text": "灯\0坏了"}, "unreadable_text"),
        ({"text": 12}, "wrong_shape"),
        ({"text": None}, "wrong_shape"),
        ({"text": "灯坏了", "admin": True}, "wrong_shape"),
        ({"text": "灯坏了", "photos": "1"}, "wrong_shape"),
        ({"text": "灯坏了", "photos": ["../../etc/passwd"]}, "wrong_shape"),
        ({"text": "灯坏了", "photos": ["1.AAAAAAAAAAAAAAAAAAAAAA"]}, "photo_gone"),
        ({"text": "灯坏了", "photos": ["1.A"] * 10}, "too_many_photos"),
        ({"text": "灯坏了", "location": {"latitude": 91, "longitude": 0}}, "wrong_shape"),
        ({"text": "灯坏了", "location": {"latitude": True, "longitude": 0}}, "wrong_shape"),
        ({"text": "灯坏了", "key": "short"}, "wrong_shape"),
        ({"text": "灯坏了", "key": "with spaces in it"}, "wrong_shape"),
        ({"text": "灯坏了", "key": "with-newline\n"}, "wrong_shape"),
        ({"text": "灯坏了", "name": "小 栖"}, "name_taken"),
        ({"text": "灯坏了", "name": "网格长\u200b小\u200b栖"}, "name_taken"),
        ({"text": "灯坏了", "reply_to": -1}, "wrong_shape"),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused_in_words(
    door: WebHouse, body: dict[str, Any], error: str
) -> None:
    answer = await door.client.post("/chat/messages", json={"key": "one-good-key", **body})

    assert answer.status == 400
    told = await answer.json()
    assert told["error"] == error
    assert told["text"].endswith("。")
    assert (await door.look())["rows"] == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "no_json"),
        (b"{", "no_json"),
        (b"\xff\xfe", "no_json"),
        (b"[" * 60_000, "no_json"),
        (b"9" * 5000, "no_json"),
        (b'["text"]', "wrong_shape"),
        (b'{"key": "one-good-key", "text": "\\ud800"}', "unreadable_text"),
        (b'{"key": "one-good-key", "text": "x", "location": {"latitude": NaN}}', "wrong_shape"),
    ],
)
async def test_a_body_that_is_no_message_is_refused(
    door: WebHouse, body: bytes, error: str
) -> None:
    answer = await door.client.post(
        "/chat/messages", data=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status, (await answer.json())["error"]) == (400, error)


async def test_a_body_that_is_too_big_is_not_read(door: WebHouse) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * (1 << 20)

    answer = await door.client.post(
        "/chat/messages", data=endless(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status, (await answer.json())["error"]) == (413, "too_big")


async def test_words_arrive_as_they_were_typed(house: WebHouse) -> None:
    await house.look()
    words = [
        "</b><a href=x onclick=alert(1)>",
        "‮倒着写",
        "👨‍👩‍👧‍👦🏳️‍🌈",
        "e\u0301 ﬁ Ω",
        " 前后有空格 ",
        "a\r\nb\tc\x07",
        "@all",
    ]

    for number, text in enumerate(words):
        assert (await house.says(text, key=f"naughty-{number}")).status == 200

    rows = (await house.look())["rows"]
    assert [row["text"] for row in rows if row["from"]] == words


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["messages", "press", "photos", "voice"])
async def test_another_site_cannot_act_for_a_visitor(
    door: WebHouse, path: str, headers: dict[str, str]
) -> None:
    answer = await door.client.post(
        f"/chat/{path}", json={"key": "from-elsewhere", "text": "x"}, headers=headers
    )

    assert (answer.status, (await answer.json())["error"]) == (403, "foreign")


@pytest.mark.parametrize("path", ["messages", "press", "photos", "voice"])
async def test_what_a_form_could_send_is_refused(door: WebHouse, path: str) -> None:
    plain = await door.client.post(
        f"/chat/{path}", data="{}", headers={"Content-Type": "text/plain"}
    )
    form = await door.client.post(f"/chat/{path}", data=FormData({"text": "x"}))

    assert {plain.status, form.status} == {415}


async def test_our_own_page_may_act_behind_a_proxy(
    new_database_url: NewDatabase, keyring: Keyring
) -> None:
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring, public_url="https://hi.example.org") as house:
            page = await house.client.get("/")
            cookie = page.cookies[COOKIE]
            answer = await house.client.post(
                "/chat/messages",
                json={"key": "from-our-page", "text": REPORT},
                headers={
                    "Origin": "https://hi.example.org",
                    "Cookie": f"{COOKIE}={cookie.value}",
                },
            )

    assert cookie["secure"]
    assert answer.status == 200


async def test_looking_changes_nothing(door: WebHouse) -> None:
    def everything(tx: Any) -> list[Any]:
        return [tx.outbox.get(1), tx.orders.newest(limit=9), tx.inbox.ready(9, owner="x")]

    before = await door.database.read(everything)
    for path in ("/", "/?as=me", "/?start=abc", "/chat/transcript", "/sample/transcript"):
        assert (await door.client.get(path)).status == 200
    for path in ("/chat/messages", "/chat/press", "/sample/leader/messages"):
        assert (await door.client.get(path)).status == 405

    assert await door.database.read(everything) == before


async def test_a_visitor_without_a_cookie_is_asked_to_look_first(door: WebHouse) -> None:
    async with door.stranger() as client:
        refused = await client.post("/chat/messages", json={"key": "no-cookie-yet", "text": "x"})
        forged = await client.post(
            "/chat/messages",
            json={"key": "no-cookie-yet", "text": "x"},
            headers={"Cookie": f"{COOKIE}=sample-resident.AAAAAAAAAAAAAAAAAAAAAA"},
        )
        events = await client.get("/chat/events")

    assert [answer.status for answer in (refused, forged, events)] == [401, 401, 401]


async def test_two_visitors_do_not_read_each_other(house: WebHouse) -> None:
    await house.look()
    await house.says("我家漏水 5栋2单元", key="only-for-us-1")
    await house.settle()

    async with house.stranger() as client:
        seen = await (await client.get("/chat/transcript")).json()

    assert seen["rows"] == []


async def test_two_tabs_of_one_visitor_read_the_same(house: WebHouse) -> None:
    await house.look()
    await house.says(REPORT, key="from-one-tab-1")
    await house.settle()

    assert (await house.look())["rows"] == (await house.look())["rows"] != []


async def test_the_cookie_is_for_the_server_only(door: WebHouse) -> None:
    async with door.stranger() as client:
        cookie = (await client.get("/")).cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == 365 * 24 * 3600


async def test_the_page_runs_no_code_but_its_own(door: WebHouse) -> None:
    for path in ("/", "/?as=me", "/chat/static/column.js", "/chat/transcript"):
        answer = await door.client.get(path)
        policy = answer.headers["Content-Security-Policy"]

        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "<script>" not in await (await door.client.get("/")).text()


@pytest.mark.parametrize(
    "name", ["../web.py", "..%2fweb.py", "chat.css%00.js", "nothing.js", "%2e%2e%2fweb.py"]
)
async def test_only_the_pages_own_files_are_served(door: WebHouse, name: str) -> None:
    assert (await door.client.get(f"/chat/static/{name}")).status == 404


async def test_a_file_the_browser_has_is_not_sent_again(door: WebHouse) -> None:
    first = await door.client.get("/chat/static/chat.css")
    second = await door.client.get(
        "/chat/static/chat.css", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (first.status, second.status) == (200, 304)


async def test_neighbours_read_the_group_together(house: WebHouse) -> None:
    await house.says(REPORT, key="in-the-group-1", base="/sample/resident", chat=GROUP)
    await house.settle()

    rows = await house.rows(GROUP)
    assert rows[0]["name"] == "王阿姨"
    assert any(not row["from"] for row in rows)


async def test_a_visitor_of_the_group_gets_a_number_for_a_name(house: WebHouse) -> None:
    await house.look()
    await house.says("楼下有人跳舞吗", key="nameless-talk-1", chat=GROUP)
    await house.says("哈哈哈", key="nameless-talk-2", chat=GROUP, name=" 陈\u202e\n姐 ")

    first, second = await house.rows(GROUP)
    assert first["name"].startswith("居民")
    assert second["name"] == "陈 姐"


async def test_only_who_calls_us_addresses_us(house: WebHouse) -> None:
    heard: list[Inbound] = []

    class Ear:
        async def accept(self, inbound: Inbound) -> bool:
            heard.append(inbound)
            return True

    await house.look()
    house.channel._acts.door = Ear()
    await house.says("大家好", key="group-word-001", chat=GROUP)
    await house.says("@小栖 灯坏了", key="group-word-002", chat=GROUP)
    await house.says("是这个", key="group-word-003", chat=GROUP, reply_to=1)
    await house.says("@小栖 灯坏了", key="group-word-004")

    assert [one.addressed for one in heard] == [False, True, True, True]
    assert [one.text for one in heard] == ["大家好", "灯坏了", "是这个", "@小栖 灯坏了"]
    assert [one.order for one in heard] == sorted(one.order for one in heard)


async def test_a_link_from_the_group_goes_on_in_private(house: WebHouse) -> None:
    heard: list[Inbound] = []

    class Ear:
        async def accept(self, inbound: Inbound) -> bool:
            heard.append(inbound)
            return True

    await house.look()
    house.channel._acts.door = Ear()
    answer = await house.says("", key="follow-the-link", start="abcDEF-123")

    assert answer.status == 200
    assert (heard[0].kind, heard[0].start) == ("start", "abcDEF-123")


async def test_a_group_that_is_not_there_cannot_be_written_to(door: WebHouse) -> None:
    for chat in ("group:C99", "sample-leader", "leader/me", "group:C01\u200b"):
        answer = await door.says("x", key="wrong-chat-0001", chat=chat)

        assert (answer.status, (await answer.json())["error"]) == (404, "no_such_chat")


async def test_real_data_has_no_faces_to_look_through(
    new_database_url: NewDatabase, keyring: Keyring
) -> None:
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring, personas=(), groups=False) as house:
            page = await (await house.client.get("/")).text()
            seen = await house.look()
            group = await house.says("x", key="no-group-here-1", chat=GROUP)
            answers = [
                await house.client.get("/sample/transcript"),
                await house.client.get("/sample/events"),
                await house.says("接", key="as-the-leader-1", base="/sample/leader"),
            ]

    assert "样板" not in page
    assert seen["groups"] == []
    assert group.status == 404
    assert {answer.status for answer in answers} == {404}


async def test_a_face_the_sample_does_not_have_is_not_found(door: WebHouse) -> None:
    answer = await door.says("接", key="as-the-mayor-1", base="/sample/mayor")

    assert answer.status == 404


async def test_a_message_said_twice_by_the_relay_stands_once(house: WebHouse) -> None:
    await house.says(REPORT, key="relayed-twice-1", base="/sample/resident")
    await house.intake.settle()
    token = await house.database.run(
        lambda tx: tx.leases.take("relay:web", owner="house", seconds=20)
    )
    assert token
    claimed = await house.database.run(lambda tx: tx.outbox.claim("web", token=token, limit=9))

    first = [await house.channel.send(row.outbound) for row in claimed]
    again = [await house.channel.send(row.outbound) for row in claimed]

    assert first == again
    texts = json.dumps((await house.look("/sample"))["rows"], ensure_ascii=False)
    assert all(
        texts.count(json.dumps(row.outbound.text, ensure_ascii=False)) == 1 for row in claimed
    )
