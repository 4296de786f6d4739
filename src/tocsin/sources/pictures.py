"""A picture file → its PDQ hash, which survives another compression, size or a light crop.

A picture is somebody else's bytes: few formats, bounded size and pixels, and whatever goes wrong
means no hash, never an error. Nothing of the picture is kept, and nothing of its EXIF.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_SCANS = 40
"""A progressive JPEG has about ten. Each costs up to 30 ms, and 20 MB hold 300,000 empty ones."""
LEAST_QUALITY = 50
"""Below it, say the authors of PDQ, a picture is too plain to be told from others."""

_SIDE = 512  # PDQ's own tools look at 512 × 512 (Facebook 2019, PDQ and TMK+PDQF, section on PDQ)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # no interpreters (EPS), no rare decoders
_SOI, _EOI, _SOS = b"\xff\xd8", 0xD9, 0xDA
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # those that have a length, and the end


def picture_hash(path: Path) -> tuple[str, int] | None:
    """PDQ hash (64 hex digits) and its quality (0 to 100) of the first frame.

    None for what is no picture, too large, broken, or too plain to be told from others (blank,
    a gradient), and where the extra ``pictures`` is not installed.
    """
    try:
        import pdqhash
    except ImportError:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decoder's doubts are not the operator's business
            pixels = _pixels(path)
            if pixels is None:
                return None
            bits, quality = pdqhash.compute(pixels)
    except Exception:  # decoders fail in more ways than they list, and none may stop an ingest
        return None
    if quality < LEAST_QUALITY:
        return None
    return f"{int(''.join(map(str, bits.tolist())), 2):064x}", int(quality)


def _pixels(path: Path) -> object | None:
    """Array of shape (rows, columns, 3), uint8, at most 512 a side; None where over a limit."""
    import numpy as np
    from PIL import Image

    data = _bounded(path)
    if data is None:
        return None
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            return None
        picture.draft("RGB", (_SIDE, _SIDE))
        return np.asarray(_small(picture))


def _bounded(path: Path) -> bytes | None:
    """The file, read once; None if it is empty, too long, or a JPEG made to take for ever."""
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if not data or len(data) > MAX_BYTES:
        return None
    return None if data.startswith(_SOI) and _scans(data) > MAX_SCANS else data


def _scans(jpeg: bytes) -> int:
    """Scans up to the end mark; what a phone appends after it (a film) is not looked at."""
    scans, at = 0, len(_SOI)
    while (found := _MARKER.search(jpeg, at)) and jpeg[found.end() - 1] != _EOI:
        scans += jpeg[found.end() - 1] == _SOS
        at = found.end() + int.from_bytes(jpeg[found.end() : found.end() + 2])
    return scans


def _small(picture: Image.Image) -> Image.Image:
    """RGB, each side reduced to 512 by itself as PDQ's tools do, and turned as it is shown."""
    from PIL import Image, ImageOps

    clear = picture.has_transparency_data
    wanted = "RGBA" if clear else "RGB"
    whole = picture if picture.mode == wanted else picture.convert(wanted)
    size = min(whole.width, _SIDE), min(whole.height, _SIDE)
    small = ImageOps.exif_transpose(whole.resize(size, reducing_gap=2.0))
    if not clear:
        return small
    return Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
