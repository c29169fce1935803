"""Block tokens to blocks: headings, paragraphs, lists, quotations, code, tables.

One pass over the tokens with a stack of what is open, so that no depth of nesting in the answer
becomes a depth of calls here. Every word of the answer ends up in a block.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from markdown_it.token import Token

from inkchat.reply.bidi import find_direction, has_rtl
from inkchat.reply.characters import cut_text, join_lines, shorten
from inkchat.reply.charts import make_chart
from inkchat.reply.flow import Bar, Block, Entry, Marker, Setting
from inkchat.reply.flowchart import make_flowchart, make_mermaid
from inkchat.reply.fonts import Face, Run, measure_runs, split_runs
from inkchat.reply.formulas import make_display_formula
from inkchat.reply.limits import (
    ENTRY_CHARACTERS,
    FIGURES,
    LANGUAGE_CHARACTERS,
    NESTING,
    PROSE_CHARACTERS,
)
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import Parsed
from inkchat.reply.notes import NoteRegister
from inkchat.reply.ornament import EmptyLine, Rule
from inkchat.reply.pieces import Piece
from inkchat.reply.prose import Prose, cut_pieces, set_text
from inkchat.reply.spans import SpanSetter
from inkchat.reply.tables import TableReader
from inkchat.reply.typography import Type, Typography

_DEEPEST_INDENT = 0.4
"""Of the text's width: lists and quotations nested deeper are not set in any further."""
_MARKER_GAP_PT = 6.0
_LONGEST_LEAD = 300
"""Characters of a paragraph that stands on the same page as what it leads to."""
_TASK = re.compile(r"\[([ xX])\][ \u00a0]+")
_OUTER_MARKS = re.compile(r"^[\s>]*(?:[-+*][ \t]+)*")
_BULLETS = ("•", "–", "·")


@dataclass(slots=True)
class _List:
    """An open list: what its items hang from."""

    numbers: Iterator[str] | None
    depth: int
    """How many lists with bullets it lies in."""
    indent_pt: float


@dataclass(slots=True)
class _Open:
    """What is open around the next block."""

    indent_pt: float = 0.0
    bars: tuple[Bar, ...] = ()
    gap_pt: float = 0.0
    """Between it and what stands before and after it."""
    is_empty: bool = True
    is_rtl: bool | None = None
    """Whether it begins at the right; None outside lists and quotations."""


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
    _outside: list[tuple[str, list[Block]]] = field(default_factory=list)
    """What was built before the footnote that is open, by its label; footnotes can be nested."""
    _stack: list[_Open] = field(default_factory=lambda: [_Open()])
    _lists: list[_List] = field(default_factory=list)
    _markers: list[Marker] = field(default_factory=list)
    _table: TableReader | None = None
    _role: Token | None = None
    """The token that the next inline token is the text of."""
    _bars: int = 0
    _figures: int = 0
    """How many were tried."""
    _has_rtl: bool = False
    _place: int = 0
    """The number of the token that is read."""

    def build(self) -> list[Block]:
        tokens = self.parsed.tokens
        self._has_rtl = any(map(has_rtl, self.parsed.lines))
        for number, token in enumerate(tokens):
            self._read(token, tokens, number)
            if token.nesting == 1 and token.level + 1 >= NESTING:
                self._rescue(token, tokens[number + 1])
        return self._blocks

    def _read(self, token: Token, tokens: Sequence[Token], number: int) -> None:
        self._place = number
        if self._table is not None:
            self._read_in_table(self._table, token)
        elif token.type in _ROLES:
            self._role = token
        elif token.type in _LISTS:
            self._open_list(token, tokens, number)
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
        self._take_task_mark(children)
        type_, gap_pt = self.typography.body, self.typography.gap_pt
        if role is not None and role.type == "dt_open":
            type_ = replace(type_, face=Face.SERIF_BOLD)
        if role is None or role.hidden or role.type == "dt_open":
            gap_pt = self._tight_gap_pt
        leads_in = token.content.endswith((":", "：")) and len(token.content) < _LONGEST_LEAD
        keeps = leads_in or (role is not None and role.type == "dt_open")
        pieces = SpanSetter(type_, self.notes).set(children)
        for part in cut_pieces(pieces):
            setting = self._make_prose(type_, part, self.typography.hyphenation_language)
            self._add(setting, token.content, gap_pt, type_=type_, keeps_with_next=keeps)

    def _make_prose(self, type_: Type, pieces: Sequence[Piece], hyphenation: str = "") -> Prose:
        starts_right = self._stack[-1].is_rtl
        return Prose(type_, pieces, starts_right=starts_right, hyphenation=hyphenation)

    @property
    def _tight_gap_pt(self) -> float:
        return round(0.18 * self.typography.body.leading_pt, 2)

    def _add_heading(self, token: Token, level: int) -> None:
        title = join_lines(token.content)
        if not self._blocks and title.casefold() == self.title.casefold():
            return
        type_ = self.typography.headings[level]
        leading_pt = self.typography.body.leading_pt
        before_pt = (0.9 if level <= 2 else 0.7) * leading_pt
        pieces = SpanSetter(type_, self.notes).set(token.children or [])
        entry: Entry | None = Entry(level, shorten(_plain_text(token), ENTRY_CHARACTERS))
        for part in cut_pieces(pieces):
            self._add(
                self._make_prose(type_, part),
                token.content,
                before_pt,
                after_pt=0.35 * leading_pt,
                type_=type_,
                keeps_with_next=True,
                entry=entry,
            )
            entry = None

    def _take_task_mark(self, children: list[Token]) -> None:
        """Turns the `[x]` that an item begins with into a box that hangs in its place."""
        if not (self._markers and children and children[0].type == "text"):
            return
        task = _TASK.match(children[0].content)
        if task:
            children[0].content = children[0].content[task.end() :]
            marker = replace(self._markers[-1], runs=(), is_checked=task[1] != " ")
            self._markers[-1] = marker

    def _add_plain(self, text: str) -> None:
        type_ = self.typography.body
        setting = self._make_prose(type_, set_text(text, type_))
        self._add(setting, text, self.typography.gap_pt)

    def _rescue(self, token: Token, following: Token) -> None:
        """Draws what markdown-it skips because it lies too deep."""
        if following.nesting != -1:
            return
        lines = self.parsed.read_source(token).split("\n")
        text = "\n".join(_OUTER_MARKS.sub("", line) for line in lines).strip("\n")
        for part in cut_text(text, PROSE_CHARACTERS):
            self._add_plain(part)

    # Code

    def _add_code(self, token: Token) -> None:
        figure = self._draw_fence(token) if token.type == "fence" else None
        if figure is not None:
            self._add(figure, self.parsed.read_source(token), 1.15 * self.typography.gap_pt)
            return
        code = token.content.removesuffix("\n").expandtabs(4)
        language = join_lines(token.info)
        if len(language) > LANGUAGE_CHARACTERS:
            code, language = f"{language}\n{code}", ""
        self._add_listing(code, language)

    def _draw_fence(self, token: Token) -> Setting | None:
        word = token.info.strip().lower()
        draw = _DRAWN_FENCES.get(word)
        if draw is None:
            return None
        self._figures += word in _FIGURES
        has_room = word not in _FIGURES or self._figures <= FIGURES
        return draw(token.content, self.typography) if has_room else None

    def _add_listing(self, code: str, language: str) -> None:
        types = self.typography
        self._add(Listing(code, language, types.code, types.furniture), code, 1.15 * types.gap_pt)

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

    def _open_list(self, token: Token, tokens: Sequence[Token], number: int) -> None:
        numbers: list[str] = []
        if token.type == "ordered_list_open":
            numbers = _number_items(tokens, number)
        bold = Face.SERIF_BOLD
        widest = max(numbers, key=len, default="")
        size_pt = self.typography.body.size_pt
        indent_pt = max(16.6, measure_runs([Run(bold, 1.0, widest)], size_pt) + _MARKER_GAP_PT)
        gap_pt = self._tight_gap_pt if self._lists else self.typography.gap_pt
        self._open(indent_pt, gap_pt)
        iterator = iter(numbers) if numbers else None
        depth = sum(list_.numbers is None for list_ in self._lists)
        self._lists.append(_List(iterator, depth, self._stack[-1].indent_pt))

    def _open_item(self, _: Token) -> None:
        list_ = self._lists[-1]
        body = self.typography.body
        if self._markers and self._markers[-1].edge_pt == list_.indent_pt:
            # Nested too deep to be set in: the outer marker would be drawn over.
            self._flush_markers()
        if list_.numbers is None:
            runs = split_runs(_BULLETS[list_.depth % len(_BULLETS)], body.face)
        else:
            number = next(list_.numbers)
            if self._stack[-1].is_rtl:
                # The dot follows it, and so stands at its left.
                number = number[-1] + number[:-1]
            runs = split_runs(number, Face.SERIF_BOLD)
        self._markers.append(
            Marker(list_.indent_pt, _MARKER_GAP_PT, body.baseline_pt, body.size_pt, tuple(runs))
        )

    def _close_item(self, _: Token) -> None:
        self._flush_markers()

    def _close_list(self, _: Token) -> None:
        self._lists.pop()
        self._close()

    def _open_definition(self, _: Token) -> None:
        self._open(18.0)

    def _close_level(self, _: Token) -> None:
        self._close()

    def _add_rule(self, _: Token) -> None:
        self._add(Rule(44, 0.8, "center"), "", self.typography.body.leading_pt)

    def _add_math(self, token: Token) -> None:
        formula = make_display_formula(token.content, self.typography)
        if formula is not None:
            self._keep_sentence()
            self._add(formula, token.meta["written"], self.typography.gap_pt)
            return
        self._add_listing(token.meta["written"], "")

    def _keep_sentence(self) -> None:
        """Keeps a sentence that goes on in a formula on the page of the formula."""
        if not self._blocks:
            return
        last = self._blocks[-1]
        is_open = last.plain.rstrip()[-1:] not in ("", ".", "!", "?", "$")
        if isinstance(last.setting, Prose) and is_open and len(last.plain) < _LONGEST_LEAD:
            self._blocks[-1] = replace(last, keeps_with_next=True)

    def _flush_markers(self) -> None:
        if self._markers:
            self._add(EmptyLine(self.typography.body.leading_pt), "", self._tight_gap_pt)

    def _open_quote(self, _: Token) -> None:
        self._flush_markers()
        current = self._stack[-1]
        self._open(14.0, self.typography.gap_pt)
        if self._stack[-1].indent_pt > current.indent_pt:
            self._bars += 1
            self._stack[-1].bars += (Bar(self._bars, current.indent_pt),)

    def _open(self, indent_pt: float, gap_pt: float = 0.0) -> None:
        current = self._stack[-1]
        deepest_pt = _DEEPEST_INDENT * self.typography.text_width_pt
        if current.indent_pt + indent_pt > deepest_pt:
            indent_pt = 0.0
        is_rtl = self._find_direction() if current.is_rtl is None else current.is_rtl
        indent_pt += current.indent_pt
        self._stack.append(_Open(indent_pt, current.bars, gap_pt, is_rtl=is_rtl))

    def _find_direction(self) -> bool:
        """Whether the first letter in the list or quotation that opens is read to the left."""
        if not self._has_rtl:
            return False
        level = self.parsed.tokens[self._place].level
        for token in islice(self.parsed.tokens, self._place + 1, None):
            if token.nesting == -1 and token.level <= level:
                break
            is_rtl = find_direction(token.content) if token.type == "inline" else None
            if is_rtl is not None:
                return is_rtl
        return False

    def _close(self) -> None:
        closed = self._stack.pop()
        if self._blocks and not closed.is_empty:
            last = self._blocks[-1]
            self._blocks[-1] = replace(last, after_pt=max(last.after_pt, closed.gap_pt))

    def _open_footnote(self, token: Token) -> None:
        self._outside.append((token.meta["label"], self._blocks))
        self._blocks = []
        self._stack.append(_Open())

    def _close_footnote(self, _: Token) -> None:
        self._flush_markers()
        self._stack.pop()
        footnote = self._blocks
        label, self._blocks = self._outside.pop()
        self.definitions.setdefault(label, []).extend(footnote)

    # Blocks

    def _add(
        self,
        setting: Setting,
        plain: str,
        before_pt: float,
        *,
        after_pt: float | None = None,
        type_: Type | None = None,
        keeps_with_next: bool = False,
        entry: Entry | None = None,
    ) -> None:
        around = self._stack[-1]
        baseline_pt = (type_ or self.typography.body).baseline_pt
        markers = tuple(replace(marker, baseline_pt=baseline_pt) for marker in self._markers)
        self._markers.clear()
        first_pt = max((open_.gap_pt for open_ in self._stack if open_.is_empty), default=0.0)
        self._blocks.append(
            Block(
                setting,
                plain,
                indent_pt=around.indent_pt,
                is_rtl=bool(around.is_rtl),
                before_pt=max(before_pt, first_pt),
                after_pt=before_pt if after_pt is None else after_pt,
                keeps_with_next=keeps_with_next,
                markers=markers,
                bars=around.bars,
                entry=entry,
            )
        )
        for open_ in self._stack:
            open_.is_empty = False


_DRAWN_FENCES: dict[str, Callable[[str, Typography], Setting | None]] = {
    "math": make_display_formula,
    "chart": make_chart,
    "flow": make_flowchart,
    "mermaid": make_mermaid,
}
"""By the word behind the fence. What gives None is drawn as code."""
_FIGURES = frozenset({"chart", "flow", "mermaid"})
_ROLES = frozenset({"heading_open", "paragraph_open", "dt_open"})
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_READERS: dict[str, Callable[[BlockBuilder, Token], None]] = {
    "inline": BlockBuilder._add_text,
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


def _number_items(tokens: Sequence[Token], number: int) -> list[str]:
    """The numbers of an ordered list: as written if they rise, else counted."""
    opening = tokens[number]
    written: list[int] = []
    for token in tokens[number + 1 :]:
        if token.level == opening.level:
            break
        if token.type == "list_item_open" and token.level == opening.level + 1:
            written.append(int(token.info))
    start = int(opening.attrGet("start") or written[0])
    rising = all(first < second for first, second in pairwise(written))
    counted = written if rising else range(start, start + len(written))
    return [f"{value}{opening.markup}" for value in counted]


def _plain_text(token: Token) -> str:
    """The words of an inline token, without their markup."""
    parts = (
        child.content or " " * (child.type in {"softbreak", "hardbreak"})
        for child in token.children or []
    )
    return join_lines("".join(parts))
