"""Block tokens to blocks: headings, paragraphs, lists, quotations, code, tables.

One pass over the tokens with a stack of what is open, so that no depth of nesting in the answer
becomes a depth of calls here. Every word of the answer ends up in a block.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from markdown_it.token import Token

from inkchat.reply.bidi import has_rtl
from inkchat.reply.characters import cut_text, shorten
from inkchat.reply.fences import FenceReader
from inkchat.reply.flow import Block, Entry, Setting
from inkchat.reply.fonts import Face
from inkchat.reply.formulas import make_display_formula
from inkchat.reply.levels import Levels
from inkchat.reply.limits import ENTRY_CHARACTERS, NESTING, PROSE_CHARACTERS
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import Parsed, read_words
from inkchat.reply.notes import NoteRegister
from inkchat.reply.ornament import Divider, EmptyLine
from inkchat.reply.prose import Prose, cut_pieces, set_text
from inkchat.reply.spans import SpanSetter
from inkchat.reply.tables import TableReader
from inkchat.reply.typography import Type, Typography

_LONGEST_LEAD = 300
"""Characters of a paragraph that stands on the same page as what it leads to."""
_OUTER_MARKS = re.compile(r"^[\s>]*(?:[-+*][ \t]+)*")


class _Around(NamedTuple):
    """What a footnote stands in, and is no part of."""

    label: str
    blocks: list[Block]
    levels: Levels
    typography: Typography


@dataclass(slots=True)
class BlockBuilder:
    """Builds the blocks of one answer; `definitions` are its footnotes by label."""

    parsed: Parsed
    typography: Typography
    notes: NoteRegister
    title: str = ""
    """Already on the page: a first heading that repeats it is left out."""
    definitions: dict[str, list[Block]] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)
    _levels: Levels = field(init=False)
    _outside: list[_Around] = field(default_factory=list)
    """Of each footnote that is open, since they can be nested."""
    _table: TableReader | None = None
    _role: Token | None = None
    """The token that the next inline token is the text of."""
    _fences: FenceReader = field(init=False)
    _has_rtl: bool = False
    _place: int = 0
    """The number of the token that is read."""

    def build(self) -> list[Block]:
        tokens = self.parsed.tokens
        self._has_rtl = any(map(has_rtl, self.parsed.lines))
        self._levels = Levels(self.typography, tokens, has_rtl=self._has_rtl)
        self._fences = FenceReader(self.typography)
        for number, token in enumerate(tokens):
            self._place = number
            self._read(token)
            if token.nesting == 1 and token.level + 1 >= NESTING:
                self._rescue(token, tokens[number + 1])
        return self._blocks

    def _read(self, token: Token) -> None:
        if self._table is not None:
            self._read_in_table(self._table, token)
        elif token.type in _ROLES:
            self._role = token
        elif token.type in _READERS:
            _READERS[token.type](self, token)
        elif token.content:
            self._add_plain(token.content)

    # Text

    def _add_text(self, token: Token) -> None:
        role, self._role = self._role, None
        children = token.children or []
        if role is not None and role.type == "heading_open":
            self._add_heading(token, int(role.tag[1:]))
            return
        if self.parsed.tokens[self._place - 2].type == "list_item_open":
            self._levels.take_task_mark(children)
        type_, gap_pt = self.typography.body, self.typography.gap_pt
        is_term = role is not None and role.type == "dt_open"
        if is_term:
            type_ = replace(type_, face=Face.SERIF_BOLD)
        if role is None or role.hidden or is_term:
            gap_pt = self._levels.tight_gap_pt
        leads_in = token.content.endswith((":", "：")) and len(token.content) < _LONGEST_LEAD
        parts = self._make_parts(type_, children, self.typography.hyphenation_language)
        self._add_parts(
            parts,
            Block(
                parts[0],
                token.content,
                before_pt=gap_pt,
                after_pt=gap_pt,
                keeps_with_next=leads_in or is_term,
            ),
        )

    def _make_parts(
        self,
        type_: Type,
        children: Sequence[Token],
        hyphenation: str = "",
        least_pt: float | None = None,
    ) -> list[Prose]:
        """The paragraph; a very long one in several."""
        setter = SpanSetter(type_, self.notes, self.typography)
        return [
            Prose(
                type_,
                part,
                starts_right=self._levels.is_rtl,
                hyphenation=hyphenation,
                least_pt=least_pt,
            )
            for part in cut_pieces(setter.set(children))
        ]

    def _add_heading(self, token: Token, level: int) -> None:
        title = read_words(token)
        if not self._blocks and title.casefold() == self.title.casefold():
            return
        body = self.typography.body
        leading_pt, least_pt = body.leading_pt, body.size_pt
        type_ = self.typography.headings[level]
        parts = self._make_parts(type_, token.children or [], least_pt=least_pt)
        self._add_parts(
            parts,
            Block(
                parts[0],
                token.content,
                before_pt=(0.9 if level <= 2 else 0.7) * leading_pt,
                after_pt=0.35 * leading_pt,
                keeps_with_next=True,
                entry=Entry(level, shorten(title, ENTRY_CHARACTERS)),
            ),
        )

    def _add_plain(self, plain: str) -> None:
        """A paragraph without markup."""
        type_, gap_pt = self.typography.body, self.typography.gap_pt
        parts = [
            Prose(type_, set_text(part, type_), starts_right=self._levels.is_rtl)
            for part in cut_text(plain, PROSE_CHARACTERS)
        ]
        self._add_parts(parts, Block(parts[0], plain, before_pt=gap_pt, after_pt=gap_pt))

    def _rescue(self, token: Token, following: Token) -> None:
        """Draws what markdown-it skips because it lies too deep."""
        if following.nesting != -1:
            return
        lines = self.parsed.read_source(token).split("\n")
        text = "\n".join(_OUTER_MARKS.sub("", line) for line in lines).strip("\n")
        self._add_plain(text)

    # Code

    def _add_code(self, token: Token) -> None:
        self._add(self._fences.read(token), token.content, 1.15 * self.typography.gap_pt)

    def _add_math(self, token: Token) -> None:
        formula = make_display_formula(token.content, self.typography)
        if formula is not None:
            self._keep_sentence()
            self._add(formula, token.meta["written"], self.typography.gap_pt)
            return
        written: str = token.meta["written"]
        self._add(Listing(written, "", self.typography), written, 1.15 * self.typography.gap_pt)

    def _keep_sentence(self) -> None:
        """Keeps a sentence that goes on in a formula on the page of the formula."""
        if not self._blocks:
            return
        last = self._blocks[-1]
        is_open = last.plain.rstrip()[-1:] not in ("", ".", "!", "?", "$")
        if isinstance(last.setting, Prose) and is_open and len(last.plain) < _LONGEST_LEAD:
            self._blocks[-1] = replace(last, keeps_with_next=True)

    # Tables

    def _open_table(self, _: Token) -> None:
        self._table = TableReader(self.parsed, self.typography, self.notes)

    def _read_in_table(self, table: TableReader, token: Token) -> None:
        table.read(token)
        if token.type == "table_close":
            setting, plain = table.make_setting()
            self._table = None
            self._add(setting, plain, 1.3 * self.typography.gap_pt)

    # Lists, quotations, footnotes

    def _open_list(self, _: Token) -> None:
        self._levels.open_list(self._place)

    def _open_item(self, _: Token) -> None:
        if self._levels.is_crowded:
            self._flush_markers()
        self._levels.open_item()

    def _close_item(self, _: Token) -> None:
        has_footnote = self.parsed.tokens[self._place - 1].type == "footnote_reference_close"
        if has_footnote and self._levels.has_markers:
            # All that was written in the item stands among the notes.
            self._levels.drop_marker()
        else:
            self._flush_markers()

    def _flush_markers(self) -> None:
        """Draws the bullet or the number of an item without text."""
        if self._levels.has_markers:
            gap_pt = self._levels.tight_gap_pt
            self._add(EmptyLine(self.typography.body.leading_pt), "", gap_pt)

    def _close_list(self, _: Token) -> None:
        self._end(self._levels.close_list())

    def _open_quote(self, _: Token) -> None:
        self._levels.open_quote(self._place)

    def _open_definition(self, _: Token) -> None:
        self._levels.open_definition(self._place)

    def _close_level(self, _: Token) -> None:
        self._end(self._levels.close())

    def _end(self, gap_pt: float) -> None:
        if self._blocks and gap_pt:
            last = self._blocks[-1]
            self._blocks[-1] = replace(last, after_pt=max(last.after_pt, gap_pt))

    def _open_footnote(self, token: Token) -> None:
        self._outside.append(
            _Around(token.meta["label"], self._blocks, self._levels, self.typography)
        )
        self._blocks = []
        self.typography = replace(self.typography, body=self.typography.notes)
        is_rtl = self._levels.find_direction(self._place)
        self._levels = Levels(
            self.typography, self.parsed.tokens, has_rtl=self._has_rtl, is_rtl=is_rtl
        )

    def _close_footnote(self, _: Token) -> None:
        footnote = self._blocks
        label, self._blocks, self._levels, self.typography = self._outside.pop()
        self.definitions.setdefault(label, []).extend(footnote)

    # Blocks

    def _add_rule(self, _: Token) -> None:
        self._add(Divider(), "", self.typography.body.leading_pt)

    def _add(self, setting: Setting, plain: str, gap_pt: float) -> None:
        self._add_block(Block(setting, plain, before_pt=gap_pt, after_pt=gap_pt))

    def _add_parts(self, parts: Sequence[Prose], block: Block) -> None:
        """`block`, which is the first of `parts`, with the others right behind it."""
        last = len(parts) - 1
        for number, part in enumerate(parts):
            self._add_block(
                replace(
                    block,
                    setting=part,
                    before_pt=0.0 if number else block.before_pt,
                    after_pt=block.after_pt if number == last else 0.0,
                    entry=None if number else block.entry,
                )
            )

    def _add_block(self, block: Block) -> None:
        self._blocks.append(self._levels.enclose(block))


_ROLES = frozenset({"heading_open", "paragraph_open", "dt_open"})
_READERS: dict[str, Callable[[BlockBuilder, Token], None]] = {
    "inline": BlockBuilder._add_text,
    "bullet_list_open": BlockBuilder._open_list,
    "ordered_list_open": BlockBuilder._open_list,
    "bullet_list_close": BlockBuilder._close_list,
    "ordered_list_close": BlockBuilder._close_list,
    "list_item_open": BlockBuilder._open_item,
    "list_item_close": BlockBuilder._close_item,
    "blockquote_open": BlockBuilder._open_quote,
    "blockquote_close": BlockBuilder._close_level,
    "dd_open": BlockBuilder._open_definition,
    "dd_close": BlockBuilder._close_level,
    "fence": BlockBuilder._add_code,
    "code_block": BlockBuilder._add_code,
    "math_block": BlockBuilder._add_math,
    "hr": BlockBuilder._add_rule,
    "table_open": BlockBuilder._open_table,
    "footnote_reference_open": BlockBuilder._open_footnote,
    "footnote_reference_close": BlockBuilder._close_footnote,
}
