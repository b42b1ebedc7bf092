"""Takes out of a film or a recording where it was made and by what: MP4, MOV, M4A, 3GP.

Such a file is boxes in boxes (ISO 14496-12). What a camera tells of itself is in `udta`, `meta`
and `uuid` boxes; they become `free` boxes of the same length full of zeros, so that whatever
points to a place in the file still does. Some cameras write a track of positions beside the
pictures (GoPro `gpmd`, Google `camm`); such a file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.images import Unreadable

_TELLING = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip", b"wide"})
_HOLDING = frozenset({b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"stbl", b"edts"})
_POSITIONS = (b"gpmd", b"camm")
_FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"pnot", *_TELLING})
_DEEPEST = 8
_MOST = 100_000  # boxes


def is_boxes(data: bytes) -> bool:
    """Whether it begins as a film or recording of this kind."""
    return data[4:8] in _FIRST


def without_whereabouts(data: bytes) -> bytes:
    """The same film, telling nothing of who made it where.

    Raises Unreadable when it holds a track of positions ("whereabouts") or its boxes do not fit
    into each other ("damaged").
    """
    film = bytearray(data)
    for count, (at, body, end, kind) in enumerate(_boxes(film, 0, len(film))):
        if count >= _MOST:
            raise Unreadable("damaged")
        if kind == b"stsd" and any(film.find(code, body, end) >= 0 for code in _POSITIONS):
            raise Unreadable("whereabouts")
        if kind in _TELLING:
            film[at + 4 : at + 8] = b"free"
            film[body:end] = bytes(end - body)
    return bytes(film)


def _boxes(
    film: bytearray, begin: int, end: int, depth: int = 0
) -> Iterator[tuple[int, int, int, bytes]]:
    """Where each box begins, where its content begins and ends, and its kind; outer ones first."""
    at = begin
    while at + 8 <= end:
        length, kind = int.from_bytes(film[at : at + 4], "big"), bytes(film[at + 4 : at + 8])
        body = at + 8
        if length == 1:
            length, body = int.from_bytes(film[at + 8 : at + 16], "big"), at + 16
        elif length == 0:
            length = end - at
        if length < body - at or at + length > end:
            raise Unreadable("damaged")
        yield at, body, at + length, kind
        if kind in _HOLDING:
            if depth >= _DEEPEST:
                raise Unreadable("damaged")
            yield from _boxes(film, body, at + length, depth + 1)
        at += length
    film[at:end] = bytes(end - at)  # a rest that is no box
