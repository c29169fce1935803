"""The QR codes of a page, by which one that comes back from a tablet is known again.

A code says `INK:K7M3QD:2:1:4B`: the conversation's short code, the exchange, the page, and a
checksum. Of an ERROR page the exchange is written `E2`, since the answer that follows it has the
same number, and of a digest it is `D`. All signs are of the alphanumeric kind, of which the
smallest symbol holds 20 at level M.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Any, cast

import zxingcpp
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.objects import add_form, draw_form

QUIET_MODULES = 4
"""Left white around a symbol."""
_CHECK_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = re.compile(r"[0-9A-Z]{1,12}")
_DARK = re.compile(b"\x00+")
"""Modules in a row."""


def can_be_coded(code: str) -> bool:
    """Whether `code` is a short code, and not whatever else an old database may hold."""
    return _CODE.fullmatch(code) is not None


def write_payload(code: str, exchange: str, page: int) -> str:
    """What a symbol says; `exchange` is a number, `E` and a number, or `D`."""
    text = f"INK:{code}:{exchange}:{page}"
    return f"{text}:{compute_check(text)}"


def compute_check(text: str) -> str:
    """Two signs for the ten lowest bits of the CRC-32 of what stands before the last colon."""
    bits = zlib.crc32(text.encode("ascii")) & 0x3FF
    return _CHECK_SIGNS[bits >> 5] + _CHECK_SIGNS[bits & 31]


def add_symbol(canvas: Canvas, payload: str) -> int:
    """Put the symbol into the document, once for all places; how many modules a side has."""
    rows = _make_rows(payload)
    side = len(rows)
    document = cast(Any, canvas)._doc
    add_form(document, _trace(rows), (0, 0, side, side), document.getXObjectName(payload))
    return side


def _make_rows(payload: str) -> list[bytes]:
    """The modules from the upper row on: 0 is dark."""
    symbol = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = cast(Any, symbol.to_image(scale=1, add_quiet_zones=False))
    side: int = image.shape[0]
    modules = bytes(memoryview(image))
    return [modules[start : start + side] for start in range(0, side * side, side)]


def _trace(rows: Sequence[bytes]) -> str:
    """The dark modules as rectangles, those that touch in a row as one."""
    parts = ["0 g"]
    for y, row in zip(reversed(range(len(rows))), rows, strict=True):
        spans = [run.span() for run in _DARK.finditer(row)]
        parts += [f"{start} {y} {end - start} 1 re" for start, end in spans]
    return " ".join([*parts, "f"])


def draw_symbol(
    canvas: Canvas, payload: str, modules: int, x: float, y: float, side_pt: float
) -> None:
    """The symbol that `add_symbol` put in, with its lower left corner at x, y."""
    scale = side_pt / modules
    draw_form(canvas, payload, x, y, scale, scale)
