"""Block tokens to blocks: headings, paragraphs, lists, quotations, code, tables.

One pass over the tokens with a stack of what is open, so that no depth of nesting in the answer
becomes a depth of calls here. Every word of the answer ends up in a block.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from markdown_it.token import Token

from inkchat.reply.bidi import has_rtl
from inkchat.reply.column import Column
from inkchat.reply.fences import FenceReader
from inkchat.reply.flow import Block
from inkchat.reply.formulas import make_display_formula
from inkchat.reply.gallery import Exhibit, Gallery
from inkchat.reply.levels import Levels
from inkchat.reply.limits import NESTING
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import Parsed, read_words
from inkchat.reply.notes import NoteRegister
from inkchat.reply.ornament import Divider
from inkchat.reply.paragraphs import ParagraphSetter
from inkchat.reply.tables import TableReader
from inkchat.reply.typography import Typography

_OUTER_MARKS = re.compile(r"^[\s>]*(?:[-+*][ \t]+)*")


class _Around(NamedTuple):
    """What a footnote stands in, and is no part of."""

    label: str
    column: Column


@dataclass(slots=True)
class BlockBuilder:
    """Builds the blocks of one answer; `definitions` are its footnotes by label."""

    parsed: Parsed
    typography: Typography
    notes: NoteRegister
    title: str = ""
    """Already on the page: a first heading that repeats it is left out."""
    gallery: Gallery = field(default_factory=Gallery)
    """What it may show of the note."""
    definitions: dict[str, list[Block]] = field(default_factory=dict)
    _column: Column = field(init=False)
    _outside: list[_Around] = field(default_factory=list)
    """Of each footnote that is open, since they can be nested."""
    _paragraphs: ParagraphSetter = field(init=False)
    _table: TableReader | None = None
    _exhibits: list[Exhibit] = field(default_factory=list)
    """What the cells of the table show, to stand below it."""
    _role: Token | None = None
    """The token that the next inline token is the text of."""
    _fences: FenceReader = field(init=False)
    _has_rtl: bool = False
    _place: int = 0
    """The number of the token that is read."""

    def build(self) -> list[Block]:
        tokens = self.parsed.tokens
        self._has_rtl = any(map(has_rtl, self.parsed.lines))
        levels = Levels(self.typography, tokens, has_rtl=self._has_rtl)
        self._column = Column(self.typography, levels)
        self._paragraphs = ParagraphSetter(self.notes, self.gallery)
        self._fences = FenceReader(self.typography)
        for number, token in enumerate(tokens):
            self._place = number
            self._read(token)
            if token.nesting == 1 and token.level + 1 >= NESTING:
                self._rescue(token, tokens[number + 1])
        return self._column.blocks

    def _read(self, token: Token) -> None:
        if self._table is not None:
            self._read_in_table(self._table, token)
        elif token.type in _ROLES:
            self._role = token
        elif token.type in _READERS:
            _READERS[token.type](self, token)
        elif token.content:
            self._paragraphs.add_plain(self._column, token.content)

    # Text

    def _add_text(self, token: Token) -> None:
        role, self._role = self._role, None
        if role is not None and role.type == "heading_open":
            self._add_heading(token, int(role.tag[1:]))
            return
        if self.parsed.tokens[self._place - 2].type == "list_item_open":
            self._column.levels.take_task_mark(token.children or [])
        is_term = role is not None and role.type == "dt_open"
        is_tight = role is None or role.hidden or is_term
        self._paragraphs.add(self._column, token, is_tight=is_tight, is_term=is_term)

    def _add_heading(self, token: Token, level: int) -> None:
        is_first = not (self._column.blocks or self._outside)
        if is_first and read_words(token).casefold() == self.title.casefold():
            return
        self._paragraphs.add_heading(self._column, token, level)

    def _rescue(self, token: Token, following: Token) -> None:
        """Draws what markdown-it skips because it lies too deep."""
        if following.nesting != -1:
            return
        lines = self.parsed.read_source(token).split("\n")
        text = "\n".join(_OUTER_MARKS.sub("", line) for line in lines).strip("\n")
        self._paragraphs.add_plain(self._column, text)

    # Code

    def _add_code(self, token: Token) -> None:
        setting, gap_pt = self._fences.read(token)
        self._column.add(setting, token.content, gap_pt)

    def _add_math(self, token: Token) -> None:
        typography = self._column.typography
        formula = make_display_formula(token.content, typography)
        written: str = token.meta["written"]
        if formula is not None:
            self._column.keep_sentence()
            self._column.add(formula, written, typography.gap_pt)
            return
        self._column.add(Listing(written, "", typography), written, 1.15 * typography.gap_pt)

    # Tables

    def _open_table(self, _: Token) -> None:
        self._table = TableReader(self.parsed, self._column.typography, self.notes)

    def _read_in_table(self, table: TableReader, token: Token) -> None:
        table.read(token)
        self._exhibits += self.gallery.find(token.children or [], self.typography)
        if token.type == "table_close":
            setting, plain = table.make_setting()
            self._table = None
            self._column.add(setting, plain, 1.3 * self.typography.gap_pt)
            self._paragraphs.show(self._column, self._exhibits)
            self._exhibits = []

    # Lists, quotations, footnotes

    def _open_list(self, _: Token) -> None:
        self._column.levels.open_list(self._place)

    def _open_item(self, _: Token) -> None:
        if self._column.levels.is_crowded:
            self._column.flush_markers()
        self._column.levels.open_item()

    def _close_item(self, _: Token) -> None:
        has_footnote = self.parsed.tokens[self._place - 1].type == "footnote_reference_close"
        if has_footnote and self._column.levels.has_markers:
            # All that was written in the item stands among the notes.
            self._column.levels.drop_marker()
        else:
            self._column.flush_markers()

    def _close_list(self, _: Token) -> None:
        self._column.end_level(self._column.levels.close_list())

    def _open_quote(self, _: Token) -> None:
        self._column.levels.open_quote(self._place)

    def _open_definition(self, _: Token) -> None:
        self._column.levels.open_definition(self._place)

    def _close_level(self, _: Token) -> None:
        self._column.end_level(self._column.levels.close())

    def _open_footnote(self, token: Token) -> None:
        is_rtl = self._column.levels.find_direction(self._place)
        self._outside.append(_Around(token.meta["label"], self._column))
        typography = replace(self.typography, body=self.typography.notes)
        levels = Levels(typography, self.parsed.tokens, has_rtl=self._has_rtl, is_rtl=is_rtl)
        self._column = Column(typography, levels)

    def _close_footnote(self, _: Token) -> None:
        footnote = self._column.blocks
        label, self._column = self._outside.pop()
        self.definitions.setdefault(label, []).extend(footnote)

    def _add_rule(self, _: Token) -> None:
        self._column.add(Divider(), "", self._column.typography.body.leading_pt)


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
