"""What a file is by its first bytes: nobody is taken at their word about a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_LIST = 4096  # bytes of brands

# How a recording begins, at which byte, and what it is then served as.
_VOICES = (
    (0, b"\x1a\x45\xdf\xa3", "audio/webm"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "audio/mp4"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"#!AMR", "audio/amr"),
)
VOICES = frozenset(media_type for _, _, media_type in _VOICES)

# Pictures that may tell where and by whom they were taken: those we can write afresh, and those
# we can only refuse (TIFF and the raw formats built on it, JPEG 2000, JPEG XL, GIF, Photoshop).
_PICTURES = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (8, b"WEBP"),
    *((0, begins) for begins in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((0, begins) for begins in (b"IIRO", b"IIRS", b"IIU\0", b"FUJIFILMCCD-RAW", b"\0MRM")),
    *((0, begins) for begins in (b"\xff\x0a", b"\xff\x4f\xff\x51", b"GIF8", b"8BPS")),
    *((4, begins) for begins in (b"jP  \r\n", b"JXL \r\n")),
)
_BRANDS = re.compile(rb"hei[a-z]|hev[a-z]|mif\d|msf\d|avi[fso]|miaf|crx |jp[2xm] |jxl ")


def voice_type(data: bytes) -> str | None:
    """The media type of a recording, or None when it is none."""
    if is_picture(data):
        return None
    for offset, begins, media_type in _VOICES:
        if data.startswith(begins, offset):
            return media_type
    return None


def is_picture(data: bytes) -> bool:
    """Whether it begins as a picture that may carry EXIF."""
    if any(data.startswith(begins, offset) for offset, begins in _PICTURES):
        return True
    return data[4:8] == b"ftyp" and any(map(_BRANDS.fullmatch, _brands(data)))


def _brands(data: bytes) -> Iterator[bytes]:
    """What a file of boxes (ISO 14496-12) says it is: its own brand, then those it goes along
    with.
    """
    length = int.from_bytes(data[:4], "big")
    listed = data[: min(length, LONGEST_LIST)]
    yield data[8:12]
    for at in range(16, len(listed) - 3, 4):
        yield listed[at : at + 4]
