"""Photos and voices over HTTP: who may send them, what is kept of them, who may look."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from bot.channels import web_files
from bot.channels.web_files import MOST_WAITING
from bot.images import Unreadable, sanitise
from domain.messages import Address, AttachmentKind, Inbound, Lane, Outbound
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.channels.web_house import GROUP, WebHouse, built_house, photo
from tests.databases import NewDatabase

MAKE, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825


@pytest.fixture
async def house(database_url: str, keyring: Keyring) -> AsyncIterator[WebHouse]:
    async with built_house(database_url, keyring) as built:
        await built.look()
        yield built


@pytest.fixture
async def door(new_database_url: NewDatabase, keyring: Keyring) -> AsyncIterator[WebHouse]:
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring) as built:
            await built.look()
            yield built


def told_by_a_phone() -> bytes:
    """A photo that tells where it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[MAKE] = "SecretPhone 12"
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS)[2] = (32.0, 3.0, 30.0)
    return photo(exif=exif, comment=b"written by somebody")


def png_of(width: int, height: int) -> bytes:
    """The smallest file that claims to be this large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        whole = kind + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


async def upload(house: WebHouse, data: bytes, *, base: str = "/chat", to: str = "photos") -> str:
    answer = await house.client.post(
        f"{base}/{to}", data=data, headers={"Content-Type": "application/octet-stream"}
    )
    assert answer.status == 200
    token: str = (await answer.json())["id"]
    return token


def path_of(row: dict[str, Any], base: str = "/chat", chat: str = "me") -> str:
    file = (row.get("photos") or row.get("voices") or row["files"])[0]
    return f"{base}/files/{file['id']}?chat={chat}&seal={file['seal']}"


async def test_a_photo_is_kept_without_what_the_phone_told(house: WebHouse) -> None:
    token = await upload(house, told_by_a_phone())
    await house.says("3栋2单元门口", key="with-a-photo-1", photos=[token])

    row = (await house.look())["rows"][0]
    answer = await house.client.get(path_of(row))
    seen = await answer.read()
    stored = await house.database.read(lambda tx: tx.attachments.content(row["photos"][0]["id"]))

    assert stored == ("image/jpeg", seen)
    assert b"SecretPhone" not in seen
    assert b"somebody" not in seen
    with Image.open(io.BytesIO(seen)) as image:
        assert not image.getexif()
        assert image.size == (40, 60)


async def test_a_photo_without_words_is_a_message(house: WebHouse) -> None:
    heard: list[Inbound] = []

    class Ear:
        async def accept(self, inbound: Inbound) -> bool:
            heard.append(inbound)
            return True

    house.channel._acts.door = Ear()
    tokens = [await upload(house, photo()), await upload(house, photo("PNG"))]
    answer = await house.says("", key="only-photos-01", photos=tokens)

    assert answer.status == 200
    assert [one.reference.partition(":")[0] for one in heard[0].attachments] == ["stored"] * 2


async def test_a_photo_is_seen_where_it_was_shown_and_nowhere_else(house: WebHouse) -> None:
    token = await upload(house, photo(), base="/sample/resident")
    await house.says("x", key="shown-in-private", base="/sample/resident", photos=[token])
    row = (await house.rows("resident/me"))[0]

    own = await house.client.get(path_of(row, "/sample/resident"))
    by_neighbour = await house.client.get(path_of(row, "/sample/neighbour"))
    in_group = await house.client.get(path_of(row, "/sample/resident", GROUP))
    forged = await house.client.get(path_of(row, "/sample/resident")[:-3] + "AAA")
    async with house.stranger() as client:
        await client.get("/")
        by_stranger = await client.get(path_of(row))

    assert own.status == 200
    answers = (by_neighbour, in_group, forged, by_stranger)
    assert {answer.status for answer in answers} == {404}


async def test_neighbours_see_a_photo_of_the_group(house: WebHouse) -> None:
    token = await upload(house, photo(), base="/sample/resident")
    await house.says(
        "看看这个", key="shown-in-group1", base="/sample/resident", photos=[token], chat=GROUP
    )
    row = (await house.rows(GROUP))[0]

    answer = await house.client.get(path_of(row, "/sample/neighbour", GROUP))

    assert answer.status == 200


async def test_somebody_elses_upload_cannot_be_sent(house: WebHouse) -> None:
    token = await upload(house, photo(), base="/sample/resident")

    answer = await house.says("x", key="not-my-upload-1", photos=[token])

    assert (answer.status, (await answer.json())["error"]) == (400, "photo_gone")


async def test_a_served_photo_cannot_become_a_page(house: WebHouse) -> None:
    html = b"<html><script>alert(1)</script>"
    token = await upload(house, photo(comment=html) + html)
    await house.says("x", key="a-polyglot-0001", photos=[token])
    answer = await house.client.get(path_of((await house.look())["rows"][0]))

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.content_type == "image/jpeg"
    assert b"script" not in await answer.read()


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (b"", 415, "photo_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "photo_unknown"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(20), 415, "photo_unknown"),
        (b"%PDF-1.7", 415, "photo_unknown"),
        (b"\0\0\0\x18ftypheic" + bytes(60), 415, "photo_heic"),
        (png_of(50_000, 50_000), 415, "photo_huge"),
        (photo()[:400], 415, "photo_damaged"),
        (png_of(64, 64)[:60], 415, "photo_damaged"),
        (b"\xff" * (10 * 1024 * 1024 + 1), 413, "photo_too_big"),
    ],
    ids=["nothing", "svg", "gif", "pdf", "heic", "bomb", "cut off", "broken png", "too big"],
)
async def test_what_is_no_photo_is_refused_kindly(
    door: WebHouse, data: bytes, status: int, error: str
) -> None:
    answer = await door.client.post(
        "/chat/photos", data=io.BytesIO(data), headers={"Content-Type": "image/jpeg"}
    )

    told = await answer.json()
    assert (answer.status, told["error"]) == (status, error)
    assert told["text"].endswith("。")


async def test_a_photo_without_a_length_is_measured_while_it_comes(door: WebHouse) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"\xff" * (1 << 20)

    answer = await door.client.post(
        "/chat/photos", data=endless(), headers={"Content-Type": "image/jpeg"}
    )

    assert answer.status == 413


async def test_more_uploads_than_memory_holds_are_to_come_again(door: WebHouse) -> None:
    door.channel._acts._darkroom._waiting = MOST_WAITING

    answer = await door.client.post(
        "/chat/photos", data=photo(), headers={"Content-Type": "image/jpeg"}
    )

    assert (answer.status, (await answer.json())["error"]) == (503, "photo_later")
    assert "Retry-After" in answer.headers


async def test_a_body_that_drips_is_given_up(
    door: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_files, "SLOWEST", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"\xff"
        await asyncio.Event().wait()

    answer = await door.client.post(
        "/chat/photos", data=dripping(), headers={"Content-Type": "image/jpeg"}
    )

    assert (answer.status, (await answer.json())["error"]) == (408, "slow")


async def test_who_has_themselves_deleted_leaves_no_word_and_no_photo(house: WebHouse) -> None:
    token = await upload(house, photo())
    await house.says("你好", key="before-erasure1", photos=[token])
    path = path_of((await house.look())["rows"][0])
    await house.says("删除我的信息", key="erase-me-please")
    await house.settle()
    asked = next(row for row in (await house.look())["rows"] if "确定删除" in str(row))
    button = next(one for one in asked["buttons"] if "确定删除" in one["label"])

    await house.client.post("/chat/press", json={"key": "yes-erase-me", "token": button["token"]})
    await house.settle()

    assert "你好" not in str((await house.look())["rows"])
    assert (await house.client.get(path)).status == 404


async def test_a_voice_is_kept_and_handed_on(house: WebHouse) -> None:
    recording = b"\x1a\x45\xdf\xa3" + bytes(500)
    token = await upload(house, recording, to="voice")
    answer = await house.says("", key="a-voice-message", voice=token)

    assert answer.status == 200
    row = (await house.look())["rows"][0]
    heard = await house.client.get(path_of(row))
    assert heard.content_type == "audio/webm"
    assert heard.headers["Content-Disposition"].startswith("attachment")
    assert await heard.read() == recording


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (b"<html>", 415, "voice_unknown"),
        (b"", 415, "voice_unknown"),
        (b"OggS" + bytes(5 * 1024 * 1024), 413, "voice_too_big"),
    ],
)
async def test_what_is_no_voice_is_refused_kindly(
    door: WebHouse, data: bytes, status: int, error: str
) -> None:
    answer = await door.client.post(
        "/chat/voice", data=io.BytesIO(data), headers={"Content-Type": "audio/webm"}
    )

    assert (answer.status, (await answer.json())["error"]) == (status, error)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_every_photo_leaves_as_a_jpeg_of_bounded_size(kind: str) -> None:
    media_type, data = await sanitise(photo(kind, (3000, 1000)))

    assert media_type == "image/jpeg"
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (2048, 683))


async def test_what_was_see_through_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")

    _, data = await sanitise(out.getvalue())

    with Image.open(io.BytesIO(data)) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("angle", "red_at"), [(1, (5, 5)), (3, (35, 15)), (6, (15, 5)), (8, (5, 35))]
)
async def test_a_photo_is_turned_upright(angle: int, red_at: tuple[int, int]) -> None:
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste("red", (0, 0, 12, 12))
    exif = Image.Exif()
    exif[ORIENTATION] = angle
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, quality=95)

    _, data = await sanitise(out.getvalue())

    with Image.open(io.BytesIO(data)) as image:
        red, green, blue = image.getpixel(red_at)
        assert red > 200 > 90 > max(green, blue)


async def test_a_photo_that_cannot_be_opened_says_why() -> None:
    with pytest.raises(Unreadable) as caught:
        await sanitise(png_of(50_000, 50_000))

    assert caught.value.why == "huge"


@pytest.mark.parametrize(
    ("kind", "claimed", "shown", "served"),
    [
        (AttachmentKind.PHOTO, "image/jpeg", "photos", "image/jpeg"),
        (AttachmentKind.VOICE, "audio/ogg", "voices", "audio/ogg"),
        (AttachmentKind.VIDEO, "video/mp4", "files", "video/mp4"),
        (AttachmentKind.FILE, "application/pdf", "files", "application/octet-stream"),
        (AttachmentKind.FILE, "text/html", "files", "application/octet-stream"),
        (AttachmentKind.FILE, "image/svg+xml", "files", "application/octet-stream"),
        (AttachmentKind.FILE, "no; type\r\nat all", "files", "application/octet-stream"),
    ],
)
async def test_what_others_send_is_shown_as_what_it_is(
    door: WebHouse, kind: AttachmentKind, claimed: str, shown: str, served: str
) -> None:
    here = Address(channel="web", chat=door.account())

    def say(tx: Transaction) -> None:
        file = tx.attachments.put(None, kind, claimed, b"<b>bytes</b>", channel="telegram")
        words = Outbound(id=0, address=here, lane=Lane.DIALOGUE, text="李姐：", photos=(file,))
        tx.outbox.add(words, person=None, phrase="test", values={})

    await door.database.run(say)
    await door.settle()
    [row] = (await door.look())["rows"]
    answer = await door.client.get(path_of(row))

    assert len(row[shown]) == 1
    assert (answer.status, answer.content_type) == (200, served)
    assert await answer.read() == b"<b>bytes</b>"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    inline = answer.headers["Content-Disposition"] == "inline"
    assert inline == (kind is AttachmentKind.PHOTO)
