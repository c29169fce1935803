"""PDF files to pages: a picture with all ink, the text layer, and our marks.

A tablet's ink can be an annotation (Supernote: one full-page stamp, and not a dark pixel without
it), so annotations are drawn. A page's size in points means nothing (Supernote: points are
pixels), so it is scaled by its long edge.
"""

import contextlib
import math
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from inkchat.domain import Note, NoteKind
from inkchat.errors import DamagedFile, EncryptedFile, NoteError, OversizedFile
from inkchat.notes.drawing import DrawnPage, draw_page
from inkchat.notes.marks import read_marks
from inkchat.notes.names import enumerate_pages, quote
from inkchat.notes.text import TEXT_MAX_CHARACTERS, clean


def read_pdf(file: Path, name: str, max_pages: int, long_edge_px: int) -> tuple[Note, bool]:
    """The note, and whether any page has ink.

    Raises EncryptedFile, OversizedFile, or DamagedFile when no page can be drawn.
    """
    document = _open(file, name)
    _check_page_count(len(document), name, max_pages)
    with contextlib.suppress(pdfium.PdfiumError):  # a broken form is still a page to look at
        document.init_forms()  # without it, what was filled in would not be drawn
    drawn, failed, cut_off = _draw_pages(document, long_edge_px)
    if not drawn:
        raise DamagedFile(
            f"{quote(name)} is a PDF, but none of its pages can be drawn.",
            "Export the note again, as a new file.",
        )
    pages = tuple(each.page for each in drawn)
    remarks = _remark(failed, cut_off)
    note = Note(NoteKind.PDF, pages, read_marks(document, file), remarks)
    return note, any(each.has_ink for each in drawn)


def _open(file: Path, name: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        raise _explain(error, name) from error


def _explain(error: pdfium.PdfiumError, name: str) -> NoteError:
    if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
        return EncryptedFile(
            f"{quote(name)} is locked with a password.", "Save it without one, and drop that."
        )
    return DamagedFile(
        f"{quote(name)} is a PDF, but it is damaged or cut off.",
        "Export the note again, and wait until it is synced.",
    )


def _check_page_count(count: int, name: str, max_pages: int) -> None:
    if count > max_pages:
        raise OversizedFile(
            f"{quote(name)} has {count:,} pages, and at most {max_pages} are read.",
            "Export only the pages you ask about, or raise max_pages under limits in config.yaml.",
        )


def _draw_pages(
    document: pdfium.PdfDocument, long_edge_px: int
) -> tuple[list[DrawnPage], list[int], bool]:
    """The pages, the numbers of those that cannot be drawn, and whether text was cut off."""
    drawn: list[DrawnPage] = []
    failed: list[int] = []
    room, cut_off = TEXT_MAX_CHARACTERS, False
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
            text = _read_text_layer(page)
            drawn.append(_draw(page, number, text[:room], long_edge_px))
        except MemoryError:
            raise
        except Exception:
            # Whatever it was, one page does not fail the others; the note says that it is missing.
            failed.append(number)
            continue
        cut_off = cut_off or len(text) > room
        room = max(0, room - len(text))
        page.close()
    return drawn, failed, cut_off


def _draw(page: pdfium.PdfPage, number: int, text: str, long_edge_px: int) -> DrawnPage:
    long_edge_pt = max(page.get_size())
    if not math.isfinite(long_edge_pt) or long_edge_pt <= 0:
        raise ValueError(f"a page of {long_edge_pt} pt")
    # Sizes are rounded up, and a product may lie a hair above the whole number.
    scale = (long_edge_px - 0.01) / long_edge_pt
    bitmap = page.render(scale=scale, grayscale=True, draw_annots=True, limit_image_cache=True)
    return draw_page(number, bitmap.to_pil(), text)


def _read_text_layer(page: pdfium.PdfPage) -> str:
    try:
        # Bounded by the page: what lies beside it nobody has seen, and may be there to deceive.
        return clean(page.get_textpage().get_text_bounded())
    except pdfium.PdfiumError:
        return ""  # the picture shows what there is


def _remark(failed: list[int], cut_off: bool) -> tuple[str, ...]:
    remarks = []
    if failed:
        verb = "was" if len(failed) == 1 else "were"
        pages = enumerate_pages(failed)
        remarks.append(f"{pages} of the file could not be drawn and {verb} left out.")
    if cut_off:
        remarks.append(
            f"Only the first {TEXT_MAX_CHARACTERS:,} characters of the file’s text were taken; "
            "the pictures of its pages show all."
        )
    return tuple(remarks)
