"""What is written into a PDF as it is: objects, and operators on its pages.

It takes a quarter of the time that reportlab takes to write its own, or less.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, cast

from reportlab.pdfbase.pdfdoc import PDFDocument, PDFObject, PDFStreamFilterZCompress
from reportlab.pdfgen.canvas import Canvas

QUICK = 4
"""A level of compression: in two thirds of the usual time. Fonts become a fortieth larger, pages
of prose a twelfth, a long table a sixth."""
USUAL = 6


class _Written(PDFObject):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def format(self, document: PDFDocument) -> bytes:
        return self._content


class QuickDeflate(PDFStreamFilterZCompress):
    """The filter for what reportlab writes by itself, such as the pages."""

    def encode(self, text: str | bytes) -> bytes:
        return zlib.compress(text.encode() if isinstance(text, str) else text, QUICK)


def add_object(document: PDFDocument, entries: Mapping[str, object], name: str = "") -> str:
    """Put a dictionary into `document`; what refers to it. The entries are as PDF writes them."""
    return _add(document, _write_entries(entries).encode("ascii"), name)


def add_stream(
    document: PDFDocument,
    data: bytes,
    entries: Mapping[str, object],
    name: str = "",
    level: int = QUICK,
) -> str:
    """The same for a stream, which is compressed unless its level is 0."""
    if level:
        data = zlib.compress(data, level)
        entries = {**entries, "Filter": "/FlateDecode"}
    written = _write_entries({**entries, "Length": len(data)})
    return _add(document, b"%s\nstream\n%s\nendstream" % (written.encode("ascii"), data), name)


def add_form(
    document: PDFDocument,
    operators: str,
    box: Iterable[float],
    name: str,
    resources: str = "<< >>",
) -> str:
    """The same for what is drawn wherever it is called by its name."""
    entries = {
        "Type": "/XObject",
        "Subtype": "/Form",
        "BBox": f"[{' '.join([f'{edge:g}' for edge in box])}]",
        "Resources": resources,
    }
    return add_stream(document, operators.encode("ascii"), entries, name)


def draw_form(
    canvas: Canvas, name: str, x: float, y: float, width: float = 1.0, height: float = 1.0
) -> None:
    """What was added under that name, at x, y, and so many times as wide and high."""
    write(canvas, f"q {width:.7g} 0 0 {height:.7g} {x:.7g} {y:.7g} cm")
    canvas.doForm(name)
    write(canvas, "Q")


def write(canvas: Canvas, operators: str) -> None:
    """Put operators into the page."""
    cast(Any, canvas)._code.append(operators)


def _add(document: PDFDocument, content: bytes, name: str) -> str:
    known = cast(Any, document)
    reference = known.Reference(_Written(content), name or None)
    return "{} {} R".format(*known.idToObjectNumberAndVersion[reference.name])


def _write_entries(entries: Mapping[str, object]) -> str:
    return f"<< {' '.join([f'/{key} {value}' for key, value in entries.items()])} >>"
