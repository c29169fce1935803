"""Inline tokens to blocks: paragraphs and headings, with what they show of the note."""

from collections.abc import Sequence
from dataclasses import replace

from markdown_it.token import Token

from inkchat.reply.characters import cut_text, shorten
from inkchat.reply.column import LONGEST_LEAD, Column
from inkchat.reply.flow import Block, Entry
from inkchat.reply.fonts import Face
from inkchat.reply.gallery import Exhibit, Gallery
from inkchat.reply.limits import ENTRY_CHARACTERS, PROSE_CHARACTERS
from inkchat.reply.markdown import read_words
from inkchat.reply.note_picture import NotePicture, can_be_caption
from inkchat.reply.notes import NoteRegister
from inkchat.reply.prose import Prose, cut_pieces, set_text
from inkchat.reply.spans import SpanSetter
from inkchat.reply.typography import Type

_LONGEST_LINE = 80
"""Characters of a paragraph in bold that is a heading."""


class ParagraphSetter:
    """Sets the inline tokens of one answer."""

    def __init__(self, notes: NoteRegister, gallery: Gallery) -> None:
        self._notes = notes
        self._gallery = gallery

    def add(
        self, column: Column, token: Token, *, is_tight: bool = False, is_term: bool = False
    ) -> None:
        """A paragraph; `is_tight` as in a list without blank lines, `is_term` as it is defined."""
        typography = column.typography
        type_ = typography.body
        if is_term:
            type_ = replace(type_, face=Face.SERIF_BOLD)
        gap_pt = column.levels.tight_gap_pt if is_tight else typography.gap_pt
        for words, exhibits in self._gallery.part(token.children or [], typography):
            leads_in = _leads_in(token) or bool(exhibits)
            if words or not exhibits:
                parts = self._make_parts(column, type_, words, typography.hyphenation_language)
                block = Block(
                    parts[0],
                    token.content,
                    before_pt=gap_pt,
                    after_pt=gap_pt,
                    keeps_with_next=(leads_in and len(token.content) < LONGEST_LEAD) or is_term,
                )
                column.add_parts(parts, block)
            self.show(column, exhibits)

    def add_heading(self, column: Column, token: Token, level: int) -> None:
        body = column.typography.body
        type_ = column.typography.headings[level]
        parts = self._make_parts(column, type_, token.children or [], least_pt=body.size_pt)
        block = Block(
            parts[0],
            token.content,
            before_pt=(0.9 if level <= 2 else 0.7) * body.leading_pt,
            after_pt=0.35 * body.leading_pt,
            keeps_with_next=True,
            entry=Entry(level, shorten(read_words(token), ENTRY_CHARACTERS)),
        )
        column.add_parts(parts, block)
        self.show(column, self._gallery.find(token.children or [], column.typography))

    def add_plain(self, column: Column, plain: str) -> None:
        """A paragraph without markup."""
        type_, gap_pt = column.typography.body, column.typography.gap_pt
        parts = [
            Prose(type_, set_text(part, type_), starts_right=column.levels.is_rtl)
            for part in cut_text(plain, PROSE_CHARACTERS)
        ]
        column.add_parts(parts, Block(parts[0], plain, before_pt=gap_pt, after_pt=gap_pt))

    def show(self, column: Column, exhibits: Sequence[Exhibit]) -> None:
        """Each with what it is called below it."""
        for view, token in exhibits:
            typography = column.typography
            type_, gap_pt = typography.transcript, 1.15 * typography.gap_pt
            text = token.content.strip()
            parts = self._make_parts(column, type_, _list_caption(token)) if text else []
            is_caption = len(parts) == 1 and can_be_caption(parts[0], text, typography)
            caption = parts[0] if is_caption else None
            starts_right = column.levels.is_rtl
            is_rtl = parts[0].is_rtl if parts and starts_right is None else bool(starts_right)
            picture = NotePicture(view, caption, is_rtl=is_rtl)
            block = Block(picture, f"[picture: {text}]", before_pt=gap_pt, after_pt=gap_pt)
            if caption or not parts:
                column.add_block(block)
                continue
            column.add_block(replace(block, keeps_with_next=True))
            column.add_parts(parts, Block(parts[0], text, after_pt=gap_pt))

    def _make_parts(
        self,
        column: Column,
        type_: Type,
        tokens: Sequence[Token],
        hyphenation: str = "",
        least_pt: float | None = None,
    ) -> list[Prose]:
        """The paragraph; a very long one in several."""
        setter = SpanSetter(type_, self._notes, column.typography)
        return [
            Prose(
                type_,
                part,
                starts_right=column.levels.is_rtl,
                hyphenation=hyphenation,
                least_pt=least_pt,
            )
            for part in cut_pieces(setter.set(tokens))
        ]


def _leads_in(token: Token) -> bool:
    """Whether a paragraph ends with a colon, or is a line in bold, as a heading is."""
    if token.content.endswith((":", "：")):
        return True
    shown = [child for child in token.children or () if child.content or child.type != "text"]
    around = [child.type for child in shown if child.level == 0]
    return len(token.content) <= _LONGEST_LINE and around == ["strong_open", "strong_close"]


def _list_caption(token: Token) -> list[Token]:
    """The description of a picture, and its title if that says anything else."""
    caption = list(token.children or [])
    title = str(token.attrGet("title") or "").strip()
    if title and title not in token.content:
        caption.append(Token("text", "", 0, content=f" ({title})"))
    return caption
