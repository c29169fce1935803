"""What is shown of a page of the note: cut out, made as fine as the screen, and in the PDF.

The picture was made in a sandbox out of a foreign file: whatever is wrong with it, there is
nothing to show, and no error.
"""

import io
from dataclasses import dataclass
from typing import Any, cast

from PIL import Image, ImageChops, PngImagePlugin
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.note_address import PagePart
from inkchat.reply.objects import USUAL, add_stream, draw_form

_MOST_PIXELS = 4_000_000
"""Of a page; no picture of ours has more than 1568 × 1568."""
_LEAST_PX = 4
"""Of each side of what is cut out."""
_PAPER = 0xE0
"""As light as this, or lighter, is nothing written."""
_MARGIN = 0.04
"""Left around what is written, of the page's width."""
_LEVELS = 16
"""Of grey: e-ink shows no more."""


def open_page(png: bytes) -> Image.Image | None:
    """The page in grey; None if it cannot be shown."""
    try:
        with PngImagePlugin.PngImageFile(io.BytesIO(png)) as image:
            # Told by its header, before anything is decoded.
            return image.convert("L") if image.width * image.height <= _MOST_PIXELS else None
    except Exception:
        # A decoder's error can be of any kind, and there is nothing to tell of it.
        return None


def cut_out(page: Image.Image, part: PagePart) -> Image.Image | None:
    """`part` of a page, with all its pixels; None if it is too small to be one."""
    left, right = (round(share * page.width) for share in (part.left, part.right))
    top, bottom = (round(share * page.height) for share in (part.top, part.bottom))
    if right - left < _LEAST_PX or bottom - top < _LEAST_PX:
        return None
    return page.crop((left, top, right, bottom))


def find_written(page: Image.Image, number: int) -> PagePart:
    """Page `number` without the empty margins around what is on it; all of it if it is empty."""
    ink = page.point([255 * (grey < _PAPER) for grey in range(256)]).getbbox()
    if ink is None:
        return PagePart(number)
    (left, top, right, bottom), gap_px = ink, _MARGIN * page.width
    return PagePart(
        number,
        max(0.0, (left - gap_px) / page.width),
        max(0.0, (top - gap_px) / page.height),
        min(1.0, (right + gap_px) / page.width),
        min(1.0, (bottom + gap_px) / page.height),
    )


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture as a PDF has it: rows of pixels of four bits, each begun with a new byte."""

    width_px: int
    height_px: int
    rows: bytes


def make_raster(image: Image.Image, width_px: int) -> Raster:
    """A grey picture, so many pixels wide if it has as many; no pixel is scattered into dots."""
    if width_px < image.width:
        height_px = max(1, round(image.height * width_px / image.width))
        image = image.resize((width_px, height_px), Image.Resampling.HAMMING)
    levels = image.point([(grey * (_LEVELS - 1) + 127) // 255 for grey in range(256)])
    pairs = levels.crop((0, 0, levels.width + levels.width % 2, levels.height))
    high, low = Image.frombytes("LA", (pairs.width // 2, pairs.height), pairs.tobytes()).split()
    packed = ImageChops.add(high.point([level * 16 % 256 for level in range(256)]), low)
    return Raster(image.width, image.height, packed.tobytes())


def draw_raster(
    canvas: Canvas, raster: Raster, x: float, y: float, width_pt: float, height_pt: float
) -> None:
    """With the lower left corner at x, y; the same pixels are written only once."""
    document = cast(Any, canvas)._doc
    names: dict[Raster, str] = document.__dict__.setdefault("inkchat_rasters", {})
    name = names.get(raster)
    if name is None:
        name = names[raster] = f"raster{len(names) + 1}"
        _add_image(document, raster, document.getXObjectName(name))
    draw_form(canvas, name, round(x, 2), round(y, 2), round(width_pt, 2), round(height_pt, 2))


def _add_image(document: Any, raster: Raster, name: str) -> None:
    entries = {
        "Type": "/XObject",
        "Subtype": "/Image",
        "Width": raster.width_px,
        "Height": raster.height_px,
        "ColorSpace": "/DeviceGray",
        "BitsPerComponent": 4,
    }
    add_stream(document, raster.rows, entries, name, USUAL)
