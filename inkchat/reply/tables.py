"""The tokens of a table to its grid, with every cell that was written."""

import re
from dataclasses import dataclass, field, replace

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from inkchat.reply.grid import Grid
from inkchat.reply.limits import TABLE_CELLS
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import Parsed
from inkchat.reply.notes import NoteRegister
from inkchat.reply.rows import Cell
from inkchat.reply.spans import SpanSetter
from inkchat.reply.typography import Alignment, Typography

_ALIGNMENTS: dict[str, Alignment] = {
    "text-align:center": "center",
    "text-align:right": "right",
}
_NUMBER = re.compile(r"[-+\u2212]?\d[\d,' \u00a0]*(\.\d+)?%?")
_QUOTE_MARKS = re.compile(r"^[\s>]*")


@dataclass(slots=True)
class TableReader:
    """Collects the cells between `table_open` and `table_close`."""

    parsed: Parsed
    typography: Typography
    notes: NoteRegister
    _rows: list[list[Cell]] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _alignment: Alignment = "left"
    _is_head: bool = False
    _is_told: bool = False
    """Whether a column's alignment was written."""
    _cells: int = 0

    def read(self, token: Token) -> None:
        match token.type:
            case "tr_open":
                self._rows.append([])
                self._texts.append(self.parsed.read_source(token))
            case "th_open" | "td_open":
                self._is_head = token.type == "th_open"
                style = str(token.attrGet("style") or "")
                self._alignment = _ALIGNMENTS.get(style, "left")
                self._is_told |= bool(style)
            case "inline":
                self._add_cell(token)
            case "tr_close":
                self._add_excess()
            case _:
                pass

    def _add_cell(self, token: Token) -> None:
        self._cells += 1
        if self._cells > TABLE_CELLS:
            return
        types = self.typography
        type_ = types.cell_head if self._is_head else types.cell
        setter = SpanSetter(type_, self.notes, types)
        pieces = setter.set(token.children or [])
        self._rows[-1].append(Cell(pieces, self._alignment, type_))

    def _add_excess(self) -> None:
        """Puts cells beyond the header's columns, which the parser drops, into the last one.

        The header has none, but what its list item begins with may stand before it.
        """
        row = self._rows[-1]
        source = self._texts[-1]
        if self._is_head or self._cells > TABLE_CELLS or source.count("|") <= len(row):
            return
        cells = escapedSplit(_QUOTE_MARKS.sub("", source).rstrip())
        if cells and not cells[0].strip():
            cells = cells[1:]
        excess = [cell.strip() for cell in cells[len(row) :] if cell.strip()]
        if excess:
            last = row[-1]
            text = Token("text", "", 0, content=" | " + " | ".join(excess))
            more = SpanSetter(last.type_, self.notes, self.typography).set([text])
            row[-1] = Cell([*last.pieces, *more], last.alignment, last.type_)

    def make_setting(self) -> tuple[Grid | Listing, str]:
        """The table, and its source, as which it is drawn if it is too large."""
        types, source = self.typography, "\n".join(self._texts)
        if self._cells > TABLE_CELLS:
            return Listing(source.expandtabs(4), "", types), source
        head, *rows = self._rows if self._is_told else _align_numbers(self._rows)
        return Grid(head, rows, types), source


def _align_numbers(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Columns of nothing but numbers that end alike at the right, but for the first one."""
    aligned = [list(row) for row in rows]
    for column in range(1, len(rows[0])):
        texts = ["".join(piece.text for piece in row[column].pieces) for row in rows[1:]]
        found = [_NUMBER.fullmatch(text) for text in texts if text]
        ends = {len(number[1] or "") if number else -1 for number in found}
        if len(found) > 1 and len(ends) == 1 and -1 not in ends:
            for row in aligned:
                row[column] = replace(row[column], alignment="right")
    return aligned
