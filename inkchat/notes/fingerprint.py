"""What tells two pages apart, however their file was packed."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a note that is typed has no picture
    from PIL import Image

_BAND_PX = 64


def fingerprint(*parts: bytes) -> str:
    """SHA-256 in hexadecimal; what is in one part is never taken for another's."""
    return _digest((len(part), (part,)) for part in parts)


def fingerprint_picture(picture: "Image.Image", text: str) -> str:
    """The same of a picture's size, its pixels of one byte each, and the page's text."""
    width_px, height_px = picture.size
    # All of it at once would be copied twice: as much time again as to read it.
    bands = (
        picture.crop((0, top, width_px, min(top + _BAND_PX, height_px))).tobytes()
        for top in range(0, height_px, _BAND_PX)
    )
    size, words = b"%d %d" % picture.size, text.encode()
    return _digest(((len(size), (size,)), (width_px * height_px, bands), (len(words), (words,))))


def _digest(parts: Iterable[tuple[int, Iterable[bytes]]]) -> str:
    digest = hashlib.sha256()
    for length, pieces in parts:
        digest.update(b"%d:" % length)
        for piece in pieces:
            digest.update(piece)
    return digest.hexdigest()
