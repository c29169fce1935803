"""Reads drawn pages back, as a program and as an eye would."""

import io
import re
import unicodedata

import pypdf
import pypdfium2
from PIL import Image

from inkchat.domain import Device
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
    """Where something is drawn outside the safe area: 40 pt left, right and top, 18 pt below."""
    scale = 2.0
    found = []
    for number, page in enumerate(render_pages(pdf, scale), start=1):
        width, height = page.size
        edges = {
            "left": (0, 0, int(40 * scale), height),
            "top": (0, 0, width, int(40 * scale)),
            "right": (width - int(38 * scale), 0, width, height),
            "bottom": (0, height - int(18 * scale), width, height),
        }
        for name, box in edges.items():
            if _is_inked(page.crop(box)):
                found.append(f"page {number} of {device.name}: {name}")
    return found


def _is_inked(picture: Image.Image) -> bool:
    darkest = picture.getextrema()[0]
    return not isinstance(darkest, tuple) and darkest < 200
