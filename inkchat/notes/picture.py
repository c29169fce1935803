"""Photos and scans: PNG, JPEG, TIFF and WebP to pages.

Size is judged from the header, before anything is decoded: 30,000 × 30,000 white pixels are
100 KB as PNG and 900 MB in memory.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from inkchat.domain import Note, NoteKind
from inkchat.errors import DamagedFile, NoteError, OversizedFile
from inkchat.notes.drawing import DrawnPage, draw_page
from inkchat.notes.kinds import FileKind
from inkchat.notes.names import quote

# Pillow finds a decoder only once its module was imported, and would search all forty otherwise.
DECODERS = (JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
_ORIENTATION = 0x0112  # EXIF 2.3, table 4
_FULL_SCALES = (1, 255, 4095, 65535)
"""What scanners mean by white where a pixel has more than eight bits."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_picture(
    file: Path,
    name: str,
    kind: FileKind,
    max_pages: int,
    max_megapixels: float,
    long_edge_px: int,
) -> tuple[Note, bool]:
    """The note, and whether any page has ink. Raises OversizedFile or DamagedFile."""
    Image.MAX_IMAGE_PIXELS = int(max_megapixels * 1e6)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Not by its path: Pillow would map the file into memory, and then gets the size of
            # an uncompressed TIFF wrong that is to be turned by a quarter (13.0.0).
            with file.open("rb") as opened, Image.open(opened, formats=[kind.value]) as image:
                drawn = list(_draw_frames(image, kind, name, max_pages, long_edge_px))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise OversizedFile(
            f"{quote(name)} has more than {max_megapixels:g} megapixels.",
            "Save it in a smaller size, or raise max_picture_megapixels under limits in "
            "config.yaml.",
        ) from error
    except (NoteError, MemoryError):
        raise
    except Exception as error:
        # A decoder's error on a broken file can be of any kind, struct.error and KeyError too.
        raise DamagedFile(
            f"{quote(name)} is a {kind.value} picture, but it is damaged or cut off.",
            "Save the picture again, and wait until it is synced.",
        ) from error
    pages = tuple(each.page for each in drawn)
    return Note(NoteKind.IMAGE, pages), any(each.has_ink for each in drawn)


def _draw_frames(
    image: Image.Image, kind: FileKind, name: str, max_pages: int, long_edge_px: int
) -> Iterator[DrawnPage]:
    """Each page of a TIFF; of anything else the first frame, for the rest is animation."""
    number = 1
    while True:
        if number > max_pages:
            raise OversizedFile(
                f"{quote(name)} has more than {max_pages} pages.",
                "Save fewer pages at a time, or raise max_pages under limits in config.yaml.",
            )
        yield draw_page(number, _load_grey(image, long_edge_px), "")
        if kind is not FileKind.TIFF:
            return
        try:
            image.seek(number)
        except EOFError:
            return
        number += 1


def _load_grey(image: Image.Image, long_edge_px: int) -> Image.Image:
    """Decoded, grey, on white, at most `long_edge_px`, the right way up."""
    size = _fit(image.size, long_edge_px)
    # A JPEG is decoded at a half, quarter or eighth where that is enough: 12 MP in a third
    # of the time. Other decoders take no notice.
    image.draft("L", size)
    image.load()
    turn = _TURNS.get(_read_orientation(image))
    grey = _flatten(image)
    if grey.size != size:
        # A third of the time of LANCZOS, and no difference that shows in handwriting.
        grey = grey.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
    return grey.transpose(turn) if turn is not None else grey


def _fit(size: tuple[int, int], long_edge_px: int) -> tuple[int, int]:
    scale = min(1.0, long_edge_px / max(size))
    width, height = (max(1, round(edge * scale)) for edge in size)
    return width, height


def _read_orientation(image: Image.Image) -> int:
    try:
        # Asked after loading: Pillow has by then turned a TIFF itself and removed the tag.
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Broken EXIF data is common; the picture is worth more than its orientation.
        return 1


def _flatten(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        white = Image.new("L", image.size, 255)
        white.paste(layered.convert("L"), mask=layered.getchannel("A"))
        return white
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _stretch(image)
    if image.mode in ("LAB", "HSV"):
        image = image.convert("RGB")
    return image.convert("L")


def _stretch(image: Image.Image) -> Image.Image:
    """More than 256 levels: `convert` would cut them off at 255 instead of scaling them."""
    fine = image.convert("F")
    lightest = max(bound for bound in fine.getextrema() if isinstance(bound, float))
    white = next((full for full in _FULL_SCALES if lightest <= full), lightest)
    return fine.point(lambda grey: grey * (255 / white) + 0).convert("L")
