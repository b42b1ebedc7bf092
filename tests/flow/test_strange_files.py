"""Files that are not what they say: nothing told by a phone is kept, and the sender is told."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from bot.fetching import Fetcher
from domain.messages import Attachment, AttachmentKind
from storage import attachments
from storage.schema import AttachmentState
from storage.transaction import Transaction
from tests.town import MemoryChannel, Town

MAKE, GPS = 0x010F, 0x8825
SECRET = b"SecretPhone"
PHOTO, VOICE, FILE = AttachmentKind.PHOTO, AttachmentKind.VOICE, AttachmentKind.FILE
HTML = b"<html><script>alert(1)</script></html>"


class Serving(MemoryChannel):
    """A channel whose only file is this one."""

    def __init__(self, claimed: str, data: bytes) -> None:
        super().__init__("web")
        self.file = (claimed, data)

    async def fetch(self, attachment: Attachment) -> tuple[str, bytes]:
        """Always the same file."""
        return self.file


async def fetched(
    town: Town, kind: AttachmentKind, claimed: str, data: bytes
) -> tuple[AttachmentState, tuple[str, bytes] | None, list[str]]:
    """What became of a file 王阿姨 sent: its state, what is kept of it, what she was told."""
    await town.says("王阿姨", "你好")

    def sent(tx: Transaction) -> int:
        found = tx.people.of_account("web", town.accounts["王阿姨"][1])
        assert found is not None
        person, _ = found
        file = Attachment(kind=kind, reference="r", media_type=claimed, size=len(data))
        return tx.attachments.add(person.id, file, channel="web")

    number = await town.database.run(sent)
    await Fetcher(town.database, {"web": Serving(claimed, data)}, owner="test").once()
    known = await town.read(lambda tx: tx.attachments.get(number))
    kept = await town.read(lambda tx: tx.attachments.content(number))
    return known.state, kept, await town.heard("王阿姨")


def picture(kind: str, mode: str = "RGB") -> bytes:
    """A photo that tells in every way it can whose phone took it, and where."""
    exif = Image.Exif()
    exif[MAKE] = SECRET.decode()
    exif.get_ifd(GPS)[2] = (32.0, 3.0, 30.0)
    more: dict[str, object] = {"exif": exif, "icc_profile": SECRET, "xmp": SECRET}
    if kind == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Author", SECRET.decode())
        told.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        more = {"exif": exif, "icc_profile": SECRET, "pnginfo": told}
    out = io.BytesIO()
    Image.new(mode, (60, 40), 7).save(out, kind, **more)
    return out.getvalue()


def animated(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    whole = kind + body
    return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))


def png(width: int, height: int, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    begin = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return begin + b"".join(more) + body + chunk(b"IEND", b"")


TEXT_BOMB = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9))


@pytest.mark.parametrize("kind", [PHOTO, FILE])
@pytest.mark.parametrize(
    "data",
    [
        *(picture(kind) for kind in ("JPEG", "PNG", "WEBP")),
        picture("JPEG", "L"),
        picture("JPEG") + HTML + b"PK\x05\x06" + bytes(18),
        animated("WEBP"),
    ],
    ids=["jpeg", "png", "webp", "grey", "polyglot", "animated webp"],
)
async def test_a_picture_is_kept_as_its_pixels_only(
    town: Town, kind: AttachmentKind, data: bytes
) -> None:
    state, kept, told = await fetched(town, kind, "application/octet-stream", data)

    assert (state, told) == (AttachmentState.STORED, [])
    assert kept is not None
    media_type, seen = kept
    assert media_type == "image/jpeg"
    assert not any(secret in seen for secret in (SECRET, b"script", b"PK\x05\x06", b"Exif"))
    with Image.open(io.BytesIO(seen)) as image:
        assert (image.format, image.getexif(), image.info.get("icc_profile")) == (
            "JPEG",
            {},
            None,
        )


@pytest.mark.parametrize(
    ("kind", "data", "what_to_do"),
    [
        (PHOTO, b"", "请发 JPG"),
        (PHOTO, HTML, "请发 JPG"),
        (PHOTO, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "请发 JPG"),
        (PHOTO, animated("GIF"), "请发 JPG"),
        (PHOTO, b"PK\x03\x04" + bytes(400), "请发 JPG"),
        (PHOTO, b"\0\0\0\x18ftypheic" + SECRET, "请截图"),
        (FILE, b"\0\0\0\x18ftypheic" + SECRET, "请截图"),
        (FILE, b"\0\0\0\x18ftypisom\0\0\0\0isomheic" + SECRET, "请发 JPG"),
        (FILE, picture("TIFF"), "请发 JPG"),
        (FILE, b"II+\0\x08\0\0\0" + SECRET, "请发 JPG"),
        (FILE, b"\0\0\0\x18ftypcrx \0\0\0\0crx isom" + SECRET, "请发 JPG"),
        (FILE, b"FUJIFILMCCD-RAW 0201" + SECRET, "请发 JPG"),
        (FILE, b"\0\0\0\x0cJXL \r\n\x87\n" + SECRET, "请发 JPG"),
        (FILE, animated("GIF"), "请发 JPG"),
        (PHOTO, png(50_000, 50_000), "请截图"),
        (FILE, png(50_000, 50_000), "请截图"),
        (PHOTO, png(2**31 - 1, 2**31 - 1), "请截图"),
        (PHOTO, png(64, 64, TEXT_BOMB), "请再发一次"),
        (PHOTO, picture("JPEG")[:-300], "请再发一次"),
        (VOICE, HTML, "请重新录"),
        (VOICE, b"", "请重新录"),
        (VOICE, picture("JPEG"), "请重新录"),
        (VOICE, b"\0\0\0\x18ftypheic" + SECRET, "请重新录"),
    ],
)
async def test_what_cannot_be_taken_is_told_to_its_sender_once(
    town: Town, kind: AttachmentKind, data: bytes, what_to_do: str
) -> None:
    state, kept, told = await fetched(town, kind, "image/jpeg", data)

    assert (state, kept) == (AttachmentState.FAILED, None)
    assert [what_to_do in text for text in told] == [True]


async def test_a_recording_is_what_its_first_bytes_say(town: Town) -> None:
    _, kept, _ = await fetched(town, VOICE, "text/html", b"OggS" + HTML)

    assert kept == ("audio/ogg", b"OggS" + HTML)


async def test_a_document_that_calls_itself_a_picture_is_not_believed(town: Town) -> None:
    _, kept, _ = await fetched(town, FILE, "image/svg+xml", b"<svg/>")

    assert kept == ("application/octet-stream", b"<svg/>")


def box(kind: bytes, *inside: bytes, wide: bool = False) -> bytes:
    body = b"".join(inside)
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


PIXELS = bytes(range(256)) * 4


def film(*more: bytes, codec: bytes = b"avc1", wide: bool = False) -> bytes:
    """A film as phones make them, that tells in every way it can who took it where."""
    table = box(b"stbl", box(b"stsd", bytes(8), box(codec, bytes(70))), box(b"stco", bytes(12)))
    track = box(b"trak", box(b"mdia", box(b"minf", table)), box(b"udta", SECRET))
    return b"".join(
        (
            box(b"ftyp", b"isom", bytes(4), b"isommp42"),
            box(b"mdat", PIXELS, wide=wide),
            box(b"moov", box(b"mvhd", bytes(100)), track, box(b"meta", SECRET), *more),
            box(b"uuid", SECRET),
            box(b"free", SECRET),
        )
    )


GPS_BOX = box(b"udta", box(b"\xa9xyz", b"+32.0584+118.7965/"))


@pytest.mark.parametrize(("kind", "claimed"), [(FILE, "video/mp4"), (VOICE, "audio/mp4")])
@pytest.mark.parametrize("wide", [False, True])
async def test_a_film_tells_nothing_of_who_made_it_where(
    town: Town, kind: AttachmentKind, claimed: str, wide: bool
) -> None:
    told = film(GPS_BOX, wide=wide)
    state, kept, heard = await fetched(town, kind, claimed, told)

    assert state is AttachmentState.STORED
    assert heard == []
    assert kept is not None
    media_type, data = kept
    assert media_type == claimed
    assert SECRET not in data
    assert b"+32.0584" not in data
    assert len(data) == len(told)
    assert data.index(PIXELS) == told.index(PIXELS)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (film(codec=b"gpmd"), "位置记录"),
        (film(codec=b"camm"), "位置记录"),
        (film()[:-4], "没有传完整"),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 3, b"moov") + bytes(40), "没有传完整"),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"udta", bytes(9))[:-3]), "没有传完整"),
    ],
)
async def test_a_film_that_cannot_be_made_safe_is_refused(
    town: Town, data: bytes, why: str
) -> None:
    state, kept, (told,) = await fetched(town, FILE, "video/mp4", data)

    assert state is AttachmentState.FAILED
    assert kept is None
    assert why in told


async def test_one_person_cannot_fill_the_store(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_OF_ONE", 1000)
    first, _, _ = await fetched(town, FILE, "text/plain", bytes(600))

    state, kept, told = await fetched(town, FILE, "text/plain", bytes(600))
    assert (first, state, kept) == (AttachmentState.STORED, AttachmentState.FAILED, None)
    assert ["请明天再发" in text for text in told] == [True]

    await town.pass_time(days=1, seconds=1)
    await town.heard("王阿姨")
    again, _, _ = await fetched(town, FILE, "text/plain", bytes(600))
    assert again is AttachmentState.STORED
