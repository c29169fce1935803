"""Fills pages with blocks: what stands where, before anything is drawn.

Knows all pages before the first is drawn, so that each can say how many there are. A heading
never stands at the foot of a page without what it heads, and no block can stop the reply from
being drawn: one that cannot be set is shown as it was written.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inkchat.reply.characters import clean_text
from inkchat.reply.flow import Block, Setting
from inkchat.reply.listing import Listing
from inkchat.reply.ornament import Divider
from inkchat.reply.prose import Prose
from inkchat.reply.typography import Typography

_log = logging.getLogger(__name__)

_TOLERANCE_PT = 0.01
_LONGEST_CHAIN = 10
"""So many headings in a row are kept together with what follows."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block, or a part of one, on its page."""

    block: Block
    setting: Setting
    top_pt: float
    """From the page's upper edge."""
    height_pt: float
    is_first: bool
    """Whether it begins the block: only then is it marked."""


@dataclass(slots=True)
class PageFiller:
    typography: Typography
    pages: list[list[Placed]] = field(default_factory=lambda: [[]])
    _used_pt: float = 0.0
    _after_pt: float = 0.0

    def fill(self, blocks: Sequence[Block]) -> list[list[Placed]]:
        """The pages that hold `blocks`; at least one."""
        for number, block in enumerate(blocks):
            block, height_pt = self._prepare(block)
            if block.begins_page and self.pages[-1]:
                self._turn_page()
            if _only_parts(block) and not self._parts_here(block, height_pt):
                continue
            setting = block.setting
            following = blocks[number + 1 : number + 1 + _LONGEST_CHAIN]
            if self.pages[-1] and self._moves(block, following):
                setting = self._begin_paragraph(block)
                self._turn_page()
            self._place(block, setting)
        self._drop_divider()
        return self.pages

    @property
    def _room_pt(self) -> float:
        return self.typography.text_height_pt - self._used_pt + _TOLERANCE_PT

    def _width_of(self, block: Block) -> float:
        return self.typography.text_width_pt - block.indent_pt

    def _gap_before(self, block: Block) -> float:
        return max(self._after_pt, block.before_pt) if self.pages[-1] else 0.0

    def _turn_page(self) -> None:
        self._drop_divider()
        self.pages.append([])
        self._used_pt = 0.0

    def _parts_here(self, divider: Block, height_pt: float) -> bool:
        """Whether it stands between two blocks of this page, as far as is known yet."""
        if not self.pages[-1]:
            return False
        has_room = self._gap_before(divider) + height_pt <= self._room_pt
        if not has_room:
            self._used_pt = self.typography.text_height_pt
        return has_room

    def _drop_divider(self) -> None:
        """That of the foot of the page."""
        while self.pages[-1] and _only_parts(self.pages[-1][-1].block):
            self.pages[-1].pop()

    def _measure(self, block: Block) -> float:
        return block.setting.wrap(self._width_of(block), self.typography.text_height_pt)[1]

    def _prepare(self, block: Block) -> tuple[Block, float]:
        """`block`, or its text as it was written if it cannot be set; and its height."""
        try:
            return block, self._measure(block)
        except Exception as error:
            # An answer has been paid for: a fault in setting one block must not cost the others.
            _log.warning("a block could not be set and is drawn as text: %s", type(error).__name__)
            plain = Listing(clean_text(block.plain).expandtabs(4), "", self.typography)
            block = replace(block, setting=plain)
            return block, self._measure(block)

    def _moves(self, block: Block, following: Sequence[Block]) -> bool:
        """Whether it stands with what follows on the next page, where both have room."""
        room_pt = self._room_pt - self._gap_before(block)
        return (
            block.keeps_with_next
            and not self._holds_chain(block, following, room_pt)
            and self._holds_chain(block, following, self.typography.text_height_pt)
        )

    def _begin_paragraph(self, block: Block) -> Setting:
        """What is left of it when this page has its beginning; all of it if it cannot be parted."""
        gap_pt = self._gap_before(block)
        parts = self._part_paragraph(block, self._room_pt - gap_pt)
        if parts is None:
            return block.setting
        self._put(block, parts[0], gap_pt, parts[0].height, is_first=True)
        return parts[1]

    def _part_paragraph(self, block: Block, room_pt: float) -> tuple[Prose, Prose] | None:
        """A beginning that has room, and the end; none of a heading."""
        if block.entry or not isinstance(block.setting, Prose):
            return None
        # Less than all of it, also where that has room.
        most_pt = self._measure(block) - 1
        return block.setting.cut(self._width_of(block), min(room_pt, most_pt))

    def _holds_chain(self, block: Block, following: Sequence[Block], room_pt: float) -> bool:
        """Whether there is room for a heading with the beginning of what it heads."""
        room_pt -= self._measure(block)
        last = block
        for other in following:
            if not last.keeps_with_next:
                break
            other, whole_pt = self._prepare(other)
            room_pt -= max(last.after_pt, other.before_pt)
            if not other.keeps_with_next:
                lead_pt = other.setting.lead_height_pt
                return lead_pt <= room_pt or self._shrink(other, room_pt) is not None
            if self._part_paragraph(other, room_pt):
                return True
            room_pt -= whole_pt
            last = other
        return room_pt >= 0

    def _shrink(self, block: Block, room_pt: float) -> Setting | None:
        """All of the block in less than its height, if it is a figure that can be so small."""
        parts = block.setting.cut(self._width_of(block), room_pt)
        return parts[0] if parts and parts[1] is None else None

    def _place(self, block: Block, setting: Setting) -> None:
        """`setting` is that of the block, or what is left of it."""
        is_first = setting is block.setting
        height_pt = setting.wrap(self._width_of(block), self._room_pt)[1]
        while True:
            gap_pt = self._gap_before(block) if is_first else 0.0
            if gap_pt + height_pt <= self._room_pt:
                self._put(block, setting, gap_pt, height_pt, is_first)
                self._after_pt = block.after_pt
                return
            parts = setting.cut(self._width_of(block), self._room_pt - gap_pt)
            if parts:
                first, rest = parts
                first_pt = first.wrap(self._width_of(block), self._room_pt)[1]
                self._put(block, first, gap_pt, first_pt, is_first)
                if rest is None:
                    self._after_pt = block.after_pt
                    return
                setting = rest
                height_pt = setting.wrap(self._width_of(block), self._room_pt)[1]
                is_first = False
            elif not self.pages[-1]:
                # Nothing here is taller than a page and refuses to be cut; if something were,
                # it would be drawn over the foot of the page rather than be lost.
                self._put(block, setting, 0.0, height_pt, is_first)
                return
            self._turn_page()

    def _put(
        self, block: Block, setting: Setting, gap_pt: float, height_pt: float, is_first: bool
    ) -> None:
        top_pt = self.typography.top_pt + self._used_pt + gap_pt
        self.pages[-1].append(Placed(block, setting, top_pt, height_pt, is_first))
        self._used_pt += gap_pt + height_pt


def _only_parts(block: Block) -> bool:
    """Whether it has nothing to show but that what stands before and after it is apart."""
    return isinstance(block.setting, Divider) and not block.markers
