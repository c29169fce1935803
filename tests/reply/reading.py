"""Reads drawn pages back, as a program and as an eye would."""

import io
import re
import unicodedata

import pypdf
import pypdfium2
from PIL import Image

from inkchat.domain import Device, Side
from tests.golden import render_pages


def read_with_pdfium(pdf: bytes) -> str:
    return "\n".join(read_pages_with_pdfium(pdf))


def read_pages_with_pdfium(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def read_with_pypdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in open_pdf(pdf).pages)


def open_pdf(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def list_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def squeeze(text: str) -> str:
    """Letters and digits alone: where a line ends depends on the page, not on the answer."""
    return "".join(list_words(unicodedata.normalize("NFC", text)))


def find_ink_in_margins(pdf: bytes, device: Device) -> list[str]:
    """Where something is drawn outside the safe area, or where the tablet's tools lie.

    The area is 40 pt from the left, the right and the top of a tablet, and 18 pt above its foot;
    of a phone, 12 pt from all sides.
    """
    scale = 2.0
    found = []
    margins = _find_margins(device)
    for number, page in enumerate(render_pages(pdf, scale), start=1):
        width, height = page.size
        left, right, top, bottom = (int(margin * scale) for margin in margins)
        edges = {
            "left": (0, 0, left, height),
            "top": (0, 0, width, top),
            "right": (width - right, 0, width, height),
            "bottom": (0, height - bottom, width, height),
        }
        for name, box in edges.items():
            if _is_inked(page.crop(box)):
                found.append(f"page {number} of {device.name}: {name}")
    return found


def _find_margins(device: Device) -> tuple[float, float, float, float]:
    """Left, right, above and below, in points; letters may hang over at the right."""
    is_tablet = device.page_width_pt >= 300
    left = top = 40.0 if is_tablet else 12.0
    right = 38.0 if is_tablet else 10.0
    strip = {device.toolbar: device.toolbar_depth_pt}
    return (
        max(left, strip.get(Side.LEFT, 0.0)),
        max(right, strip.get(Side.RIGHT, 0.0)),
        max(top, strip.get(Side.TOP, 0.0)),
        18.0 if is_tablet else 12.0,
    )


def _is_inked(picture: Image.Image) -> bool:
    darkest = picture.getextrema()[0]
    return not isinstance(darkest, tuple) and darkest < 200
