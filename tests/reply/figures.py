"""Draws a figure by itself, and measures what was drawn."""

import io
from dataclasses import replace
from itertools import combinations

import pypdfium2
from reportlab.pdfgen.canvas import Canvas

from inkchat.devices import DEVICES
from inkchat.reply.flow import Setting
from inkchat.reply.fonts import Face, load_font
from inkchat.reply.typography import Typography, make_typography
from tests.golden import render_pages

SCREENS = {
    "remarkable-2": DEVICES["remarkable-2"],
    "supernote-nomad": DEVICES["supernote-nomad"],
    "remarkable-paper-pro": DEVICES["remarkable-paper-pro"],
    "phone": replace(
        DEVICES["remarkable-2"], name="phone", page_width_pt=198.0, page_height_pt=396.0
    ),
}
"""Wide, narrow, with colours, and as narrow as none is."""
TYPOGRAPHIES = {name: make_typography(device) for name, device in SCREENS.items()}
RM2 = TYPOGRAPHIES["remarkable-2"]
NOMAD = TYPOGRAPHIES["supernote-nomad"]
_SCALE = 3.0
_TOLERANCE_PT = 3.0
"""A letter with two marks above it, or one that leans out, is larger than its line."""


def draw_figure(setting: Setting, typography: Typography, width_pt: float | None = None) -> bytes:
    """A page with the figure alone, at the left and the top of the text."""
    load_font(Face.SERIF)
    width_pt = typography.text_width_pt if width_pt is None else width_pt
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer,
        pagesize=(typography.width_pt, typography.height_pt),
        invariant=1,
        initialFontName=Face.SERIF.value,  # type: ignore[arg-type]  # the stubs say a number
    )
    height_pt = setting.wrap(width_pt, typography.text_height_pt)[1]
    y = typography.height_pt - typography.top_pt - height_pt
    setting.drawOn(canvas, typography.left_pt, y)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def find_ink_outside(
    setting: Setting, typography: Typography, width_pt: float | None = None
) -> str | None:
    """On which side something is drawn beyond the size that the figure says it has."""
    pdf = draw_figure(setting, typography, width_pt)
    width_pt, height_pt = setting.wrap(
        typography.text_width_pt if width_pt is None else width_pt, typography.text_height_pt
    )
    page = render_pages(pdf, _SCALE)[0].point(lambda grey: 255 if grey < 200 else 0)
    left, top, right, bottom = page.getbbox() or (0, 0, 0, 0)
    if not right:
        return "there is none"
    sides = {
        "left": typography.left_pt - left / _SCALE,
        "top": typography.top_pt - top / _SCALE,
        "right": right / _SCALE - typography.left_pt - width_pt,
        "bottom": bottom / _SCALE - typography.top_pt - height_pt,
    }
    return next((side for side, excess in sides.items() if excess > _TOLERANCE_PT), None)


def find_touching_words(pdf: bytes) -> list[tuple[str, str]]:
    """Texts that stand on each other, as pdfium sees them."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        text = document[0].get_textpage()
        rects = [text.get_rect(number) for number in range(text.count_rects())]
        words = [text.get_text_bounded(*rect) for rect in rects]
    finally:
        document.close()
    return [
        (words[first], words[second])
        for first, second in combinations(range(len(rects)), 2)
        if _overlap(rects[first], rects[second])
    ]


def _overlap(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float]
) -> bool:
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return across > 0.5 and down > 0.5
