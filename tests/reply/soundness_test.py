"""Readers that others wrote find nothing wrong with any page, and it is small."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import pytest
from pikepdf import Name

from inkchat.reply import draw_response
from tests.reply.answers import GOLDEN
from tests.reply.golden_set import SCREENS, list_drawers
from tests.reply.reading import open_pdf

DRAWERS = list_drawers()
ONE_PAGE_BYTES = 60_000
FIVE_PAGES_BYTES = 120_000


@pytest.fixture(scope="module", params=DRAWERS)
def named(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """A page of the golden set, drawn once for all that is asked of it."""
    return request.param, DRAWERS[request.param]()


def test_qpdf_finds_nothing_wrong(named: tuple[str, bytes]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pikepdf.open(io.BytesIO(named[1])) as document:
            assert [] == document.check_pdf_syntax()


def test_pypdf_reads_it_strictly(
    named: tuple[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    reader = pypdf.PdfReader(io.BytesIO(named[1]), strict=True)

    assert all(page.extract_text() for page in reader.pages)
    assert reader.metadata
    assert [] == caplog.records


def test_pdfium_draws_every_page(named: tuple[str, bytes]) -> None:
    document = pypdfium2.PdfDocument(named[1])
    try:
        assert len(document) == len(open_pdf(named[1]).pages)
        for page in document:
            low, high = page.render(scale=0.5, grayscale=True).to_pil().getextrema()
            assert (low, high) != (255, 255)
            assert page.get_objects(max_depth=1)
    finally:
        document.close()


def test_every_font_is_in_the_file_and_says_what_its_glyphs_are(named: tuple[str, bytes]) -> None:
    with pikepdf.open(io.BytesIO(named[1])) as document:
        fonts = list(_list_fonts(document))
        faults = [fault for font in fonts if (fault := _find_fault(font))]

    assert fonts
    assert [] == faults


def _list_fonts(document: pikepdf.Pdf) -> Iterator[Any]:
    """Also those within formulas and figures, which have resources of their own."""
    things = [thing for thing in document.objects if isinstance(thing, pikepdf.Dictionary)]
    for font in (thing for thing in things if thing.get(Name.Type) == Name.Font):
        if font.get(Name.Subtype) not in (Name.CIDFontType0, Name.CIDFontType2):
            yield font


def _find_fault(font: Any) -> str:
    name = str(font.get(Name.BaseFont, font.get(Name.Name, "?")))
    if Name.ToUnicode not in font:
        return f"{name} does not say what its glyphs are"
    if font.Subtype == Name.Type3:
        return ""
    holder = font.DescendantFonts[0] if font.Subtype == Name.Type0 else font
    descriptor = holder.get(Name.FontDescriptor, {})
    if not {"/FontFile2", "/FontFile3"} & set(descriptor.keys()):
        return f"{name} is not in the file"
    return ""


def test_nothing_is_painted_without_a_path(named: tuple[str, bytes]) -> None:
    with pikepdf.open(io.BytesIO(named[1])) as document:
        forms = [
            thing
            for thing in document.objects
            if isinstance(thing, pikepdf.Stream) and thing.get(Name.Subtype) == Name.Form
        ]
        faults = [fault for form in forms for fault in _find_empty_paths(form)]
        faults += [fault for page in document.pages for fault in _find_empty_paths(page)]

    assert [] == faults


def _find_empty_paths(content: Any) -> Iterator[str]:
    """The operators that paint or clip with a path where there is none.

    `n` is none of them: reportlab begins paths with it.
    """
    has_path = False
    for instruction in pikepdf.parse_content_stream(content):
        operator = str(instruction.operator)
        if operator in ("m", "re"):
            has_path = True
        elif operator in ("S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "W", "W*"):
            if not has_path:
                yield operator
            has_path = has_path and operator in ("W", "W*")
        elif operator == "n":
            has_path = False


def test_everything_is_page_content(named: tuple[str, bytes]) -> None:
    name, pdf = named
    if name.startswith("digest."):
        pytest.skip("a digest has links between its pages")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert Name.AcroForm not in document.Root
        assert all(Name.Annots not in page for page in document.pages)
        assert Name.Names not in document.Root or Name.JavaScript not in document.Root.Names
        assert Name.OpenAction not in document.Root


def test_no_page_is_larger_than_it_may_be(named: tuple[str, bytes]) -> None:
    pages = len(open_pdf(named[1]).pages)
    # A digest, and a phone, have more of them: each further five may have as much again.
    allowed = ONE_PAGE_BYTES if pages == 1 else FIVE_PAGES_BYTES * -(-pages // 5)

    assert len(named[1]) <= allowed


def test_the_judge_finds_a_font_that_is_not_in_the_file() -> None:
    response, device = GOLDEN["one-line"], SCREENS["remarkable-2"]
    with pikepdf.open(io.BytesIO(draw_response(response, device))) as document:
        font, *_ = _list_fonts(document)
        del font.DescendantFonts[0].FontDescriptor[Name.FontFile2]
        assert "is not in the file" in _find_fault(font)
        del font[Name.ToUnicode]
        assert "does not say" in _find_fault(font)


def test_the_judge_finds_a_fault_of_syntax() -> None:
    pdf = draw_response(GOLDEN["one-line"], SCREENS["remarkable-2"])
    broken = pdf.replace(b"startxref\n", b"startxref\n9", 1)
    with pikepdf.open(io.BytesIO(broken)) as document:
        assert document.get_warnings() or document.check_pdf_syntax()
