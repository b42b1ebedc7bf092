"""What we say arrives on Telegram as it was meant, and every failure has one meaning."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram import Settings, TelegramChannel
from domain.messages import Attachment, AttachmentKind, Refused, TryLater, Unknown
from tests.rig.telegram_bench import PNG, Bench, bench, outbound
from tests.rig.telegram_server import Fault
from tests.rig.telegram_world import ApiError, Pace, World, units

GROUP = -1_001_000_000_001


@pytest.fixture
async def telegram() -> AsyncIterator[Bench]:
    async with bench(
        photos={
            5: ("image/png", PNG),
            6: ("image/png", b"no photo at all"),
            8: ("audio/ogg", b"OggS"),
            9: ("audio/mpeg", b"ID3"),
            10: ("application/pdf", b"%PDF"),
            11: ("audio/webm", b"\x1a\x45\xdf\xa3"),
            12: ("video/mp4", b"ftyp"),
        }
    ) as ready:
        yield ready
        assert ready.world.violations == []


async def test_a_text_arrives_word_for_word(telegram: Bench) -> None:
    message = await telegram.say("3 号楼的灯 <b>修好</b>了 *谢谢* `_`")

    assert message["text"] == "3 号楼的灯 <b>修好</b>了 *谢谢* `_`"
    assert message["entities"] == []


async def test_link_previews_are_off(telegram: Bench) -> None:
    await telegram.say("看这里")

    asked = telegram.world.sent[-1]["asked"]
    assert asked["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in asked


async def test_buttons_stand_in_rows_and_long_ones_alone(telegram: Bench) -> None:
    message = await telegram.say(
        "办好了吗？",
        buttons=[("好了", "t1"), ("没有", "t2"), ("还要再等几天才能看出来好没好", "t3")],
    )

    rows = message["reply_markup"]["inline_keyboard"]
    assert [[button["callback_data"] for button in row] for row in rows] == [["t1", "t2"], ["t3"]]


async def test_a_deep_link_is_one_more_button(telegram: Bench) -> None:
    message = await telegram.say("办好了", chat=GROUP, link="abc-123")

    (row,) = message["reply_markup"]["inline_keyboard"]
    assert row == [{"text": "到私聊里看", "url": "https://t.me/xiaoqi_bot?start=abc-123"}]


async def test_a_long_text_comes_in_parts_with_the_buttons_on_the_last(telegram: Bench) -> None:
    text = "👨‍👩‍👧 报修。" * 1_500
    await telegram.say(text, buttons=[("好", "t1")])

    parts = [entry["result"] for entry in telegram.world.sent]
    assert "".join(part["text"] for part in parts) == text
    assert all(units(part["text"]) <= 4096 for part in parts)
    assert ["reply_markup" in part for part in parts] == [False] * (len(parts) - 1) + [True]


async def test_an_answer_hangs_on_its_question(telegram: Bench) -> None:
    asked = telegram.world.say(chat=GROUP, user=5, text="@xiaoqi_bot 灯坏了")["message"]
    message = await telegram.say("记下了", chat=GROUP, reply_to=str(asked["message_id"]))

    assert message["reply_to_message"]["message_id"] == asked["message_id"]


async def test_an_answer_to_a_deleted_question_arrives_all_the_same(telegram: Bench) -> None:
    message = await telegram.say("记下了", chat=GROUP, reply_to="4711")

    assert message["text"] == "记下了"


async def test_what_is_taken_back_goes_and_says_so(telegram: Bench) -> None:
    wrong = await telegram.say("明天停水")
    await telegram.say("【撤回】之前的作废", takes_back=str(wrong["message_id"]))

    texts = [one.get("text") for one in telegram.world.chats[11].messages.values()]
    assert texts == ["【撤回】之前的作废"]


async def test_what_is_too_old_to_go_stays_and_the_words_follow(telegram: Bench) -> None:
    wrong = await telegram.say("明天停水")
    wrong["date"] -= 3 * 86_400
    await telegram.say("【撤回】之前的作废", takes_back=str(wrong["message_id"]))

    texts = [one.get("text") for one in telegram.world.chats[11].messages.values()]
    assert texts == ["明天停水", "【撤回】之前的作废"]


async def test_a_photo_carries_a_short_text(telegram: Bench) -> None:
    message = await telegram.say("修好了", photos=(5,), buttons=[("好", "t1")])

    assert (message["caption"], len(message["photo"])) == ("修好了", 1)
    assert "reply_markup" in message


async def test_a_long_text_follows_its_photo(telegram: Bench) -> None:
    await telegram.say("长" * 1_500, photos=(5,))

    assert [entry["method"] for entry in telegram.world.sent] == ["sendPhoto", "sendMessage"]


@pytest.mark.parametrize(
    ("file", "kind"),
    [(8, "voice"), (9, "audio"), (10, "document"), (11, "document"), (12, "document")],
    ids=["ogg", "mp3", "pdf", "webm", "video"],
)
async def test_a_file_goes_as_what_it_is(telegram: Bench, file: int, kind: str) -> None:
    message = await telegram.say("王阿姨说", photos=(file,), buttons=[("好", "t1")])

    assert message["caption"] == "王阿姨说"
    assert kind in message
    assert "reply_markup" in message


async def test_who_takes_no_voices_gets_a_file(telegram: Bench) -> None:
    await telegram.say("先写一句")
    telegram.world.no_voices.add(telegram.world.sent[-1]["asked"]["chat_id"])

    message = await telegram.say("王阿姨说", photos=(8,))

    assert "document" in message


@pytest.mark.parametrize("photo", [6, 7], ids=["not a photo", "erased"])
async def test_the_words_go_without_a_photo_that_cannot(telegram: Bench, photo: int) -> None:
    message = await telegram.say("修好了", photos=(photo,))

    assert message["text"] == "修好了"


@pytest.mark.parametrize(
    "typed",
    [
        "@someone_else 快来", "<@all> @all", "tg://user?id=5", "找 @abc，TG://resolve?domain=x",
        "点 /deleteme 就好", "/start@other_bot", "加 t.me/joinchat/x", "HTTPS://Telegram.me/durov",
    ],
)  # fmt: skip
@pytest.mark.parametrize("chat", [GROUP, 11], ids=["group", "private"])
async def test_what_residents_wrote_rings_nobody_and_is_no_command(
    telegram: Bench, typed: str, chat: int
) -> None:
    message = await telegram.say(typed, chat=chat)

    assert message["entities"] == []
    assert message["text"].replace("\u2060", "") == typed


async def test_our_own_name_stays_a_mention(telegram: Bench) -> None:
    message = await telegram.say("有事 @xiaoqi_bot", chat=GROUP)

    assert [entity["type"] for entity in message["entities"]] == ["mention"]


@pytest.mark.parametrize("blank", ["", " \n ", "\u3000"])
async def test_nothing_to_say_is_not_sent(telegram: Bench, blank: str) -> None:
    with pytest.raises(Refused):
        await telegram.say(blank)
    assert telegram.world.sent == []


GONE = {
    "Forbidden: bot was blocked by the user": 403,
    "Forbidden: user is deactivated": 403,
    "Forbidden: bot was kicked from the group chat": 403,
    "Forbidden: bot was kicked from the supergroup chat": 403,
    "Forbidden: bot is not a member of the group chat": 403,
    "Forbidden: bot is not a member of the supergroup chat": 403,
    "Forbidden: the group chat was deleted": 403,
    "Forbidden: bot can't initiate conversation with a user": 403,
    "Bad Request: chat not found": 400,
    "Bad Request: private chat not found": 400,
    "Bad Request: PEER_ID_INVALID": 400,
    "Bad Request: CHANNEL_PRIVATE": 400,
}


@pytest.mark.parametrize(("wording", "code"), GONE.items())
async def test_a_chat_nobody_reaches_is_gone(telegram: Bench, wording: str, code: int) -> None:
    telegram.world.chat(11).refusal = ApiError(code, wording)

    with pytest.raises(Refused) as refused:
        await telegram.channel.send(outbound("喂"))
    assert (refused.value.gone, refused.value.reason) == (True, wording)


async def test_a_chat_that_never_was_is_gone(telegram: Bench) -> None:
    with pytest.raises(Refused) as refused:
        await telegram.channel.send(outbound("喂", chat=404))
    assert refused.value.gone


async def test_an_address_of_another_kind_is_refused(telegram: Bench) -> None:
    sent = outbound("喂", chat="web-1")  # type: ignore[arg-type]

    with pytest.raises(Refused):
        await telegram.channel.send(sent)


@pytest.mark.parametrize(
    "wording",
    [
        "Bad Request: not enough rights to send text messages to the chat",
        "Bad Request: message is too long",
        "Bad Request: message text is empty",
        "Bad Request: BUTTON_DATA_INVALID",
    ],
)
async def test_a_message_that_is_not_taken_leaves_its_chat(telegram: Bench, wording: str) -> None:
    telegram.world.chat(11).refusal = ApiError(400, wording)

    with pytest.raises(Refused) as refused:
        await telegram.channel.send(outbound("喂"))
    assert not refused.value.gone


async def test_a_group_that_moved_names_its_new_number(telegram: Bench) -> None:
    telegram.world.migrate(chat=-100, to=GROUP)

    with pytest.raises(Refused) as refused:
        await telegram.channel.send(outbound("喂", chat=-100))
    assert (refused.value.migrated_to, refused.value.gone) == (str(GROUP), False)


async def test_flood_control_names_its_time_and_stops_its_chat_only(telegram: Bench) -> None:
    telegram.server.faults.append(flood(17))

    with pytest.raises(TryLater) as later:
        await telegram.say("喂")
    assert (later.value.after, later.value.scope) == (17.0, "chat")


async def test_flood_control_in_many_chats_stops_the_account(telegram: Bench) -> None:
    scopes = []
    for chat in (1, 2, 3):
        telegram.server.faults.append(flood(17))
        with pytest.raises(TryLater) as later:
            await telegram.say("喂", chat=chat)
        scopes.append(later.value.scope)

    assert scopes == ["chat", "chat", "channel"]


def flood(seconds: int) -> Fault:
    return Fault(
        method="sendMessage",
        code=429,
        description=f"Too Many Requests: retry after {seconds}",
        parameters={"retry_after": seconds},
    )


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(method="sendMessage", code=401, description="Unauthorized"), TryLater),
        (Fault(method="sendMessage", code=404, description="Not Found"), TryLater),
        (Fault(method="sendMessage", code=409, description="Conflict"), TryLater),
        (Fault(method="sendMessage", code=503, body="<h1>busy</h1>"), TryLater),
        (Fault(method="sendMessage", code=500, description="Request aborted"), Unknown),
        (Fault(method="sendMessage", code=502, body="<h1>Bad Gateway</h1>"), Unknown),
        (Fault(method="sendMessage", code=504, body="\xff not json"), Unknown),
        (Fault(method="sendMessage", code=200, body="not json"), Unknown),
        (Fault(method="sendMessage", cut=True), Unknown),
        (Fault(method="sendMessage", cut=True, deliver=True), Unknown),
    ],
    ids=lambda value: str(getattr(value, "code", "")) or None,
)
async def test_a_failure_has_one_meaning(
    telegram: Bench, fault: Fault, outcome: type[Exception]
) -> None:
    telegram.server.faults.append(fault)

    with pytest.raises(outcome):
        await telegram.say("喂")


async def test_an_answer_that_does_not_come_is_unknown() -> None:
    async with bench(patience=0.2) as telegram:
        telegram.world.chat(11)
        telegram.server.faults.append(Fault(method="sendMessage", deliver=True, hang=2, code=200))

        with pytest.raises(Unknown) as unknown:
            await telegram.channel.send(outbound("喂"))
        assert unknown.value.reason == "SocketTimeoutError"


async def test_a_server_that_is_not_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    channel = lonely(f"http://127.0.0.1:{port}")

    with pytest.raises(TryLater) as later:
        await channel.send(outbound("喂"))
    assert later.value.scope == "channel"
    assert "700000001" not in str(later.value)
    await channel.close()


def lonely(url: str) -> TelegramChannel:
    async def photo(_: int) -> None:
        return None

    settings = Settings.model_validate({"token": "700000001:test", "api_url": url})
    return TelegramChannel(settings, secret="s", photos=photo, link_label="link")


async def test_a_message_in_parts_goes_on_where_it_failed(telegram: Bench) -> None:
    telegram.world.chat(11)
    long = outbound("字" * 9_000)
    telegram.server.faults += [Fault(method="sendMessage", deliver=True), flood(1)]

    with pytest.raises(TryLater):
        await telegram.channel.send(long)
    await telegram.channel.send(long)

    said = [entry["result"]["text"] for entry in telegram.world.sent if "result" in entry]
    assert "".join(said) == "字" * 9_000


async def test_our_pace_never_meets_flood_control() -> None:
    async with bench(world=lambda: World(pace=Pace(second=0.01))) as telegram:
        for number in range(3):
            await telegram.say(f"第 {number} 句", chat=GROUP)
            await asyncio.sleep(0.02)
        assert telegram.world.violations == []


async def test_a_file_is_fetched_as_it_was_sent(telegram: Bench) -> None:
    reference = telegram.world.upload(PNG)

    assert await telegram.channel.fetch(photo(reference)) == ("image/jpeg", PNG)


async def test_a_file_nobody_may_download_is_refused(telegram: Bench) -> None:
    large = telegram.world.upload(bytes(20 * 1024 * 1024 + 1))

    with pytest.raises(Refused):
        await telegram.channel.fetch(photo(large))
    with pytest.raises(Refused):
        await telegram.channel.fetch(photo("declared", size=21 * 1024 * 1024))


async def test_a_file_that_is_larger_than_declared_is_cut_off(
    telegram: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.rig.telegram_world.LARGEST_FILE", 1 << 30)
    reference = telegram.world.upload(bytes(21 * 1024 * 1024))

    with pytest.raises(Refused, match="too big"):
        await telegram.channel.fetch(photo(reference, size=100))


async def test_a_file_that_is_gone_is_tried_again_or_refused(telegram: Bench) -> None:
    with pytest.raises(TryLater):
        await telegram.channel.fetch(photo("never-was"))


def photo(reference: str, *, size: int | None = None) -> Attachment:
    return Attachment(
        kind=AttachmentKind.PHOTO, reference=reference, media_type="image/jpeg", size=size
    )
