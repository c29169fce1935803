"""The measures of a page for one device: margins, bands, and the space between blocks.

All of the column stands on lines of the body's leading: its height is a whole number of them, and
what parts two blocks is a half, a quarter or a whole one. Above and below the column stand bands
as high as a QR code, which hold the codes and the furniture.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from reportlab.lib.colors import Color

from inkchat.domain import Device, Side
from inkchat.reply.fonts import SMALLEST_PT
from inkchat.reply.type_sizes import (
    PHONE_SIDE_PT,
    SMALL_SIDE_PT,
    Type,
    is_phone,
    make_headings,
    make_types,
)

__all__ = [
    "BLACK",
    "BLOCK_GREY",
    "LINE_GREY",
    "RULE_GREY",
    "Alignment",
    "Type",
    "Typography",
    "make_typography",
]

BLACK = Color(0, 0, 0)
RULE_GREY = Color(0.3, 0.3, 0.3)
"""Of fine rules: dark, because a light grey is dithered away on e-ink."""
BLOCK_GREY = Color(0.94, 0.94, 0.94)
"""Behind code, and only as a background."""
LINE_GREY = Color(0.6, 0.6, 0.6)
"""Of lines to write on: nothing is lost where they fade."""

Alignment = Literal["left", "center", "right"]
"""Of the lines of a paragraph or a column."""

_TABLET_MARGIN_PT = 40.0
"""At the left, the right and the top: a tablet's tools are moved from one side to another."""
_OVERHANG_PT = 2.0
"""By which a letter may stand out of its line."""
_LONGEST_LINE = 32.0
"""Times the body's size: about 75 characters of Source Serif."""
_LEAST_CODE_PT = 12 / 25.4 * 72
"""12 mm: a QR code of this side is read from under some ink."""
_MOST_CODE_PT = 15 / 25.4 * 72
_CODE_MODULES = 21
"""Along a side of the usual QR code."""
_LEAST_COLUMN = 0.5
"""Of the page's height: where it would be less, there are no codes."""


@dataclass(frozen=True, slots=True)
class Typography:
    """Lengths in points, from the page's edges or of the thing named."""

    width_pt: float
    height_pt: float
    left_pt: float
    right_pt: float
    top_pt: float
    """Of the column, below the upper band."""
    bottom_pt: float
    """Of the column, above the lower band."""
    head_pt: float
    """Upper edge of the upper band, from the page's."""
    footer_pt: float
    """Baseline of the footer and lower edge of the lower band, above the page's lower edge."""
    code_pt: float
    """Side of a QR code, which is the height of the bands; 0 where there is no room for codes."""

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
    choice: Type
    """Of the words beside the boxes to tick."""

    has_colour: bool
    smallest_pt: float
    """Of type that can be read on the device: formulas and figures have it."""
    shows_grey: bool
    """Whether a light grey is seen as one."""
    hyphenation_language: str
    """BCP 47 tag of what is hyphenated; empty where nothing is."""

    @property
    def text_width_pt(self) -> float:
        return self.width_pt - self.left_pt - self.right_pt

    @property
    def text_height_pt(self) -> float:
        return self.height_pt - self.top_pt - self.bottom_pt

    @property
    def least_pt(self) -> float:
        """Of all other type."""
        return max(SMALLEST_PT, self.smallest_pt)

    @property
    def is_narrow(self) -> bool:
        """As a phone is."""
        return min(self.width_pt, self.height_pt) < PHONE_SIDE_PT

    @property
    def is_small(self) -> bool:
        """A phone, or a small tablet."""
        return min(self.width_pt, self.height_pt) < SMALL_SIDE_PT

    @property
    def gap_pt(self) -> float:
        """Between paragraphs: half a line."""
        return self.body.leading_pt / 2

    @property
    def rule_colour(self) -> Color:
        """Of fine rules."""
        return RULE_GREY if self.shows_grey else BLACK

    @property
    def line_colour(self) -> Color:
        """Of lines to write on; black where a grey would be scattered dots."""
        return LINE_GREY if self.shows_grey else BLACK


@lru_cache(maxsize=32)
def make_typography(device: Device, language: str = "", *, has_codes: bool = True) -> Typography:
    """The measures for `device` and a text in `language`, a BCP 47 tag or empty.

    Without QR codes, the column takes what the bands need not.
    """
    types = make_types(device)
    body = types["body"]
    left_pt, right_pt = _choose_sides(device, body)
    head_pt, footer_pt = _choose_ends(device)
    code_pt = _choose_code(device)
    band_pt = code_pt + 0.55 * body.leading_pt
    column_pt = device.page_height_pt - head_pt - footer_pt - 2 * band_pt
    if not has_codes or column_pt < _LEAST_COLUMN * device.page_height_pt:
        code_pt = 0.0
        band_pt = 2 * types["furniture"].leading_pt + 0.55 * body.leading_pt
        column_pt = device.page_height_pt - head_pt - footer_pt - 2 * band_pt
    lines = max(1, int(column_pt / body.leading_pt))
    top_pt = round(head_pt + band_pt, 2)
    return Typography(
        width_pt=device.page_width_pt,
        height_pt=device.page_height_pt,
        left_pt=left_pt,
        right_pt=right_pt,
        top_pt=top_pt,
        bottom_pt=round(device.page_height_pt - top_pt - lines * body.leading_pt, 2),
        head_pt=head_pt,
        footer_pt=footer_pt,
        code_pt=code_pt,
        **types,
        headings=make_headings(device),
        has_colour=device.has_colour,
        smallest_pt=device.smallest_pt,
        shows_grey=device.shows_grey,
        hyphenation_language=language if device.hyphenates else "",
    )


def _choose_sides(device: Device, body: Type) -> tuple[float, float]:
    """The left and the right margin: what the toolbar takes, and enough to hold the tablet by."""
    width_pt = device.page_width_pt
    if is_phone(device):
        least_pt, beside_pt = max(14.0, 0.065 * width_pt), 6.0
    else:
        least_pt = max(_TABLET_MARGIN_PT + _OVERHANG_PT, 0.09 * width_pt)
        beside_pt = 0.04 * width_pt
    strips = {
        side: device.toolbar_depth_pt + beside_pt if device.toolbar is side else 0.0
        for side in (Side.LEFT, Side.RIGHT)
    }
    left_pt, right_pt = (max(least_pt, strips[side]) for side in (Side.LEFT, Side.RIGHT))
    spare_pt = max(0.0, width_pt - left_pt - right_pt - _LONGEST_LINE * body.size_pt)
    return round(left_pt + spare_pt / 2, 1), round(right_pt + spare_pt / 2, 1)


def _choose_ends(device: Device) -> tuple[float, float]:
    """Where the upper band begins and the lower one ends, from the edges of the page."""
    head_pt = 14.0 if is_phone(device) else _TABLET_MARGIN_PT
    if device.toolbar is Side.TOP:
        head_pt = max(head_pt, device.toolbar_depth_pt + 6.0)
    footer_pt = 15.0 if is_phone(device) else max(21.0, 0.036 * device.page_height_pt)
    return head_pt, round(footer_pt, 1)


def _choose_code(device: Device) -> float:
    """The smallest side of at least 12 mm whose modules are whole pixels."""
    pixel_pt = 72 / device.resolution_dpi
    module_px = math.ceil(_LEAST_CODE_PT / _CODE_MODULES / pixel_pt)
    return min(round(_CODE_MODULES * module_px * pixel_pt, 3), _MOST_CODE_PT)
