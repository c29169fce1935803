"""Where there is room to write back: below the answer, and on a page more if that is too little.

What is left of a page below an answer is never left empty.
"""

from collections.abc import Sequence
from dataclasses import replace

from inkchat.domain import Device, Place, PlaceKind
from inkchat.reply.flow import Block
from inkchat.reply.pages import Placed
from inkchat.reply.reply_area import CHOICES, LABEL, ReplyArea
from inkchat.reply.ruling import LEAST_LINE_PT
from inkchat.reply.typography import Typography

LEAST_SHARE = 1 / 3
"""Of the page's height."""
_LEAST_LINES = 2
"""To write on, below the boxes, where it goes on over a page: else they stand on that."""
_LEAST_LINES_ALONE = 4
"""Where it does not: else there is no room to write, and nothing is ruled."""


def add_reply_area(
    pages: list[list[Placed]],
    typography: Typography,
    device: Device,
    kinds: Sequence[PlaceKind] = CHOICES,
    least_share: float = LEAST_SHARE,
    *,
    needs_boxes: bool = True,
) -> list[Place]:
    """Fill what is left of the last page; where the boxes and the room stand.

    Where that is less than `least_share` of the page's height (within its margins, if it is a
    small one), a further page is filled, too.
    If there is no room for the boxes, they stand on a further page, or are left out if they are
    not needed. Without a least share, what is too low to write in is not ruled, and the boxes do
    not stand alone on a page.
    """
    page_pt = typography.height_pt
    if typography.is_small:
        # Its margins take so much that an answer of one line would go on over a page more.
        page_pt -= typography.head_pt + typography.footer_pt
    least_pt = min(least_share * page_pt, typography.text_height_pt)
    area = ReplyArea(kinds, typography, device, 0.0)
    used_pt = _find_used(pages[-1], typography)
    lines = _LEAST_LINES if least_share else 0
    if typography.text_height_pt - used_pt < area.head_pt + lines * LEAST_LINE_PT:
        if not needs_boxes:
            return []
        needed_pt = 0.0 if least_share else area.head_pt + _measure_gap(typography)
        pages.append(_take_last_part(pages[-1], typography, needed_pt) if needed_pt else [])
        used_pt = _find_used(pages[-1], typography)
    area.height_pt = typography.text_height_pt - used_pt
    if not least_share and area.height_pt < area.head_pt + _LEAST_LINES_ALONE * LEAST_LINE_PT:
        area.height_pt = area.head_pt
    places = _place(area, pages, used_pt, typography)
    if area.height_pt < least_pt:
        pages.append([])
        further = ReplyArea((), typography, device, typography.text_height_pt)
        places += _place(further, pages, 0.0, typography)
    return places


def _take_last_part(page: list[Placed], typography: Typography, needed_pt: float) -> list[Placed]:
    """What stands below the last heading of `page`, with it, for the head of another page.

    Nothing if there is less than `needed_pt` above it, or but headings.
    """
    begin = max(
        (number for number, placed in enumerate(page) if placed.block.keeps_with_next), default=0
    )
    up_pt = page[begin].top_pt - typography.top_pt if page else 0.0
    if up_pt < needed_pt or page[begin - 1].block.keeps_with_next:
        return []
    part = [replace(placed, top_pt=placed.top_pt - up_pt) for placed in page[begin:]]
    del page[begin:]
    return part


def _find_used(page: Sequence[Placed], typography: Typography) -> float:
    """How much of the column is, with what parts the area from the text."""
    if not page:
        return 0.0
    end_pt = page[-1].top_pt + page[-1].height_pt
    return end_pt - typography.top_pt + _measure_gap(typography)


def _measure_gap(typography: Typography) -> float:
    return (0.75 if typography.is_small else 1.3) * typography.body.leading_pt


def _place(
    area: ReplyArea, pages: list[list[Placed]], used_pt: float, typography: Typography
) -> list[Place]:
    top_pt = typography.top_pt + used_pt
    pages[-1].append(Placed(Block(area, LABEL), area, top_pt, area.height_pt, is_first=True))
    return area.list_places(len(pages), typography.left_pt, top_pt)
