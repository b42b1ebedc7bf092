"""The process that opens one photo: a stranger's bytes in, a plain JPEG out.

Run by `bot/images.py` for every photo, so that what a photo does to its reader it does to a
process about to end. Knows nothing of the service. One word on standard error refuses the photo.
"""

from __future__ import annotations

import io
import resource
import sys

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

LONGEST_SIDE = 2048
MOST_PIXELS = 25_000_000
# A JPEG is scaled down while it is decoded, so the largest cameras are fine.
MOST_PIXELS_OF_JPEG = 120_000_000
QUALITY = 85
MEMORY = 1 << 30  # bytes
SECONDS = 10


class NotTaken(Exception):
    """The photo is refused, for a reason of one word."""


def plain(data: bytes) -> bytes:
    """The photo upright, at most 2,048 pixels a side, nothing but pixels. Raises NotTaken."""
    Image.MAX_IMAGE_PIXELS = None  # counted below, before anything is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            _check_size(image)
            if image.format == "JPEG":
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _written(_upright(image))
    except UnidentifiedImageError:
        raise NotTaken("heic" if _is_heic(data) else "unknown") from None
    except (OSError, ValueError, SyntaxError, MemoryError, OverflowError, EOFError):
        raise NotTaken("damaged") from None


def _check_size(image: Image.Image) -> None:
    most = MOST_PIXELS_OF_JPEG if image.format == "JPEG" else MOST_PIXELS
    if image.width * image.height > most:
        raise NotTaken("huge")


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        seen = turned.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        turned = Image.alpha_composite(paper, seen)
    return turned.convert("RGB")


def _written(image: Image.Image) -> bytes:
    pixels = Image.frombytes("RGB", image.size, image.tobytes())  # nothing else comes along
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _is_heic(data: bytes) -> bool:
    brands = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
    return data[4:8] == b"ftyp" and data[8:12] in brands


def main() -> int:
    """Reads, limits itself, writes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        sys.stdout.buffer.write(plain(sys.stdin.buffer.read()))
    except NotTaken as refused:
        sys.stderr.write(str(refused))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
