"""The measures of a page for one device: margins, sizes, leadings, and the space between blocks.

Everything is derived from a page of 447 pt width, a 10.3" screen, where the text is 12.4/17: the
size of a well-set book, which an arm's length away is what e-ink needs. Smaller screens shrink it
no further than 11.16 pt; the left margin and the top leave room for a toolbar of 40 pt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle

from inkchat.domain import Device
from inkchat.reply.fonts import SMALLEST_PT, SMALLEST_TEXT_PT, Face

BLACK = Color(0, 0, 0)
RULE_GREY = Color(0.3, 0.3, 0.3)
"""Of fine rules: dark, because a light grey is dithered away on e-ink."""
BLOCK_GREY = Color(0.94, 0.94, 0.94)
"""Behind code, and only as a background."""

Alignment = Literal["left", "center", "right"]
"""Of the lines of a paragraph or a column."""
_ALIGNMENT_CODES: dict[Alignment, Literal[0, 1, 2]] = {"left": 0, "center": 1, "right": 2}
"""`reportlab.lib.enums`, which a style must hold as numbers."""

_REFERENCE_WIDTH_PT = 447.3


@dataclass(frozen=True, slots=True)
class Type:
    """A face at a size, with its line height."""

    face: Face
    size_pt: float
    leading_pt: float

    @property
    def baseline_pt(self) -> float:
        """From the top of a line down to its baseline: letters sit in the middle of the line."""
        return round(self.leading_pt / 2 + 0.33 * self.size_pt, 2)


@dataclass(frozen=True, slots=True)
class Typography:
    """Lengths in points, from the page's edges or of the thing named."""

    width_pt: float
    height_pt: float
    left_pt: float
    right_pt: float
    top_pt: float
    bottom_pt: float
    footer_pt: float
    """Baseline of the footer above the page's lower edge."""

    body: Type
    cell: Type
    cell_head: Type
    code: Type
    notes: Type
    transcript: Type
    banner: Type
    title: Type
    headings: Mapping[int, Type]
    label: Type
    """Of WHAT I READ and its like."""
    mark: Type
    """Of the conversation's short code, which is copied by hand."""
    furniture: Type
    """Of the date, the footer, and a code block's language."""

    @property
    def text_width_pt(self) -> float:
        return self.width_pt - self.left_pt - self.right_pt

    @property
    def text_height_pt(self) -> float:
        return self.height_pt - self.top_pt - self.bottom_pt

    @property
    def gap_pt(self) -> float:
        """Between paragraphs: half a line."""
        return self.body.leading_pt / 2


def make_typography(device: Device) -> Typography:
    """The measures for `device`, the same object for the same page size."""
    return _make_typography(device.page_width_pt, device.page_height_pt)


@lru_cache(maxsize=32)
def _make_typography(width_pt: float, height_pt: float) -> Typography:
    wide = min(max(width_pt / _REFERENCE_WIDTH_PT, 0.8), 1.15)
    scale = min(max(wide, 0.9), 1.05)

    def make_type(
        face: Face, size_pt: float, leading_pt: float, least_pt: float = SMALLEST_TEXT_PT
    ) -> Type:
        factor = max(scale, least_pt / size_pt)
        return Type(face, round(size_pt * factor, 2), round(leading_pt * factor, 2))

    return Typography(
        width_pt=width_pt,
        height_pt=height_pt,
        left_pt=round(58 * wide, 1),
        right_pt=round(max(40.0, 40 * wide), 1),
        top_pt=round(max(44.0, 46 * wide), 1),
        bottom_pt=round(max(48.0, 55 * wide), 1),
        footer_pt=round(max(22.0, 25 * wide), 1),
        body=make_type(Face.SERIF, 12.4, 17),
        cell=make_type(Face.SERIF, 11.8, 15.4),
        cell_head=make_type(Face.SANS_BOLD, 11, 14.2),
        code=make_type(Face.CODE, 11, 15.4),
        notes=make_type(Face.SERIF, 11, 14.6),
        transcript=make_type(Face.SERIF_ITALIC, 11.2, 15.2),
        banner=make_type(Face.SANS, 11, 15.4),
        title=make_type(Face.SERIF_BOLD, 23.5, 27.5),
        headings={
            1: make_type(Face.SERIF_BOLD, 17.5, 21.5),
            2: make_type(Face.SERIF_BOLD, 15, 19.5),
            3: make_type(Face.SERIF_BOLD, 13.2, 17.5),
            4: make_type(Face.SERIF_BOLD_ITALIC, 12.6, 17),
            5: make_type(Face.SERIF_ITALIC, 12.6, 17),
            6: make_type(Face.SANS_BOLD, 11, 15),
        },
        label=make_type(Face.SANS_BOLD, 7.9, 12, SMALLEST_PT),
        mark=make_type(Face.SANS_BOLD, 11.6, 14),
        furniture=make_type(Face.SANS, 7.9, 11, SMALLEST_PT),
    )


@lru_cache(maxsize=256)
def make_style(type_: Type, alignment: Alignment = "left") -> ParagraphStyle:
    """reportlab's form of `type_`; shared between paragraphs, so never changed."""
    return ParagraphStyle(
        type_.face.value,
        fontName=type_.face.value,
        fontSize=type_.size_pt,
        leading=type_.leading_pt,
        alignment=_ALIGNMENT_CODES[alignment],
        textColor=BLACK,
        allowWidows=0,
        allowOrphans=0,
        splitLongWords=1,
        baseline_pt=type_.baseline_pt,
    )
