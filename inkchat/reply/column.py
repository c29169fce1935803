"""Blocks one below the other, among the lists and quotations that are open around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inkchat.reply.flow import Block, Setting
from inkchat.reply.levels import Levels
from inkchat.reply.ornament import EmptyLine
from inkchat.reply.prose import Prose
from inkchat.reply.typography import Typography

LONGEST_LEAD = 300
"""Characters of a paragraph that stands on the same page as what it leads to."""


@dataclass(slots=True)
class Column:
    """What is built of an answer, or of one footnote."""

    typography: Typography
    levels: Levels
    blocks: list[Block] = field(default_factory=list)

    def add(self, setting: Setting, plain: str, gap_pt: float) -> None:
        self.add_block(Block(setting, plain, before_pt=gap_pt, after_pt=gap_pt))

    def add_parts(self, parts: Sequence[Prose], block: Block) -> None:
        """`block`, which is the first of `parts`, with the others right behind it."""
        last = len(parts) - 1
        for number, part in enumerate(parts):
            self.add_block(
                replace(
                    block,
                    setting=part,
                    before_pt=0.0 if number else block.before_pt,
                    after_pt=block.after_pt if number == last else 0.0,
                    entry=None if number else block.entry,
                )
            )

    def add_block(self, block: Block) -> None:
        self.blocks.append(self.levels.enclose(block))

    def end_level(self, gap_pt: float) -> None:
        """Parts what was added last from what follows."""
        if self.blocks and gap_pt:
            last = self.blocks[-1]
            self.blocks[-1] = replace(last, after_pt=max(last.after_pt, gap_pt))

    def keep_sentence(self) -> None:
        """Keeps a sentence that goes on in what follows on the same page."""
        if not self.blocks:
            return
        last = self.blocks[-1]
        is_open = last.plain.rstrip()[-1:] not in ("", ".", "!", "?", "$")
        if isinstance(last.setting, Prose) and is_open and len(last.plain) < LONGEST_LEAD:
            self.blocks[-1] = replace(last, keeps_with_next=True)

    def flush_markers(self) -> None:
        """Draws the bullet or the number of an item without text."""
        if self.levels.has_markers:
            self.add(EmptyLine(self.typography.body.leading_pt), "", self.levels.tight_gap_pt)
