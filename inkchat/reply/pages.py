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
from inkchat.reply.typography import Typography

_log = logging.getLogger(__name__)

_TOLERANCE_PT = 0.01
_LONGEST_CHAIN = 6
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
            block = self._prepare(block)
            height_pt = self._measure(block)
            if self.pages[-1] and block.keeps_with_next:
                following = blocks[number + 1 : number + 1 + _LONGEST_CHAIN]
                if self._gap_before(block) + self._measure_chain(block, following) > self._room_pt:
                    self._turn_page()
            self._place(block, height_pt)
        return self.pages

    @property
    def _room_pt(self) -> float:
        return self.typography.text_height_pt - self._used_pt + _TOLERANCE_PT

    def _width_of(self, block: Block) -> float:
        return self.typography.text_width_pt - block.indent_pt

    def _gap_before(self, block: Block) -> float:
        return max(self._after_pt, block.before_pt) if self.pages[-1] else 0.0

    def _turn_page(self) -> None:
        self.pages.append([])
        self._used_pt = 0.0

    def _measure(self, block: Block) -> float:
        return block.setting.wrap(self._width_of(block), self.typography.text_height_pt)[1]

    def _prepare(self, block: Block) -> Block:
        """`block`, or its text as it was written if it cannot be set."""
        try:
            self._measure(block)
        except Exception as error:
            # An answer has been paid for: a fault in setting one block must not cost the others.
            _log.warning("a block could not be set and is drawn as text: %s", type(error).__name__)
            types = self.typography
            plain = Listing(clean_text(block.plain).expandtabs(4), "", types.code, types.furniture)
            return replace(block, setting=plain)
        return block

    def _measure_chain(self, block: Block, following: Sequence[Block]) -> float:
        """Height of a heading with the beginning of what it heads; 0 if no page holds that."""
        height_pt = self._measure(block)
        last = block
        for other in following:
            if not last.keeps_with_next:
                break
            other = self._prepare(other)
            whole_pt = self._measure(other)
            height_pt += max(last.after_pt, other.before_pt)
            height_pt += whole_pt if other.keeps_with_next else other.setting.lead_height_pt
            last = other
        return height_pt if height_pt <= self.typography.text_height_pt else 0.0

    def _place(self, block: Block, height_pt: float) -> None:
        setting = block.setting
        is_first = True
        while True:
            gap_pt = self._gap_before(block) if is_first else 0.0
            if gap_pt + height_pt <= self._room_pt:
                self._put(block, setting, gap_pt, height_pt, is_first)
                self._after_pt = block.after_pt
                return
            parts = setting.cut(self._width_of(block), self._room_pt - gap_pt)
            if parts:
                first, setting = parts
                first_pt = first.wrap(self._width_of(block), self._room_pt)[1]
                self._put(block, first, gap_pt, first_pt, is_first)
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
