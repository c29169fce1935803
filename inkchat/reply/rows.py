"""The rows of a table: cells beside each other, their first lines on one baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkchat.reply.bidi import find_direction
from inkchat.reply.lines import measure_pieces
from inkchat.reply.pieces import Piece, measure_least
from inkchat.reply.prose import Prose
from inkchat.reply.typography import Alignment, Type


@dataclass(frozen=True, slots=True)
class Cell:
    """What is written in one, before it has a width."""

    pieces: Sequence[Piece]
    alignment: Alignment
    type_: Type

    def measure(self, *, is_rtl: bool) -> tuple[float, float, float]:
        """Widths in points: of its boxes, its longest word, and its longest line."""
        word_pt, line_pt = measure_pieces(self.pieces, is_rtl=is_rtl)
        return max(map(measure_least, self.pieces), default=0.0), word_pt, line_pt

    def shrink(self, size_pt: float) -> "Cell":
        """The same in type of that size."""
        factor = size_pt / self.type_.size_pt
        type_ = replace(self.type_, size_pt=size_pt, leading_pt=factor * self.type_.leading_pt)
        return Cell([piece.scale(factor) for piece in self.pieces], self.alignment, type_)

    def align_left(self) -> "Cell":
        return replace(self, alignment="left")


def reads_rtl(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether most cells with letters are read from right to left."""
    directions = [
        find_direction("".join(piece.text for piece in cell.pieces)) for row in rows for cell in row
    ]
    return directions.count(True) > directions.count(False)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the cells of a row; thickness and space in points."""

    pad_pt: float
    """Above and below the text."""
    rule_pt: float
    """Thickness of the rule below; 0 within a record, whose rows stay together if they can."""
    end_pt: float = 0.0
    """More space before the rule."""

    @property
    def height_pt(self) -> float:
        return 2 * self.pad_pt + self.end_pt + self.rule_pt


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Prose, ...]
    frame: Frame
    height_pt: float

    @property
    def text_pt(self) -> float:
        """How high it is without its frame."""
        return self.height_pt - self.frame.height_pt

    @property
    def baseline_pt(self) -> float:
        """Of its first line, from the top of its text."""
        return max(prose.baseline_pt for prose in self.cells)

    def cut(self, room_pt: float) -> "tuple[Row, Row] | None":
        """As much of a row as fits, and the rest; none if that is not two lines."""
        lowered_pt = self.baseline_pt - min(prose.baseline_pt for prose in self.cells)
        room_pt -= 2 * self.frame.pad_pt + lowered_pt
        fitting = [prose.count_fitting(room_pt) for prose in self.cells]
        if max(fitting) < 2:
            return None
        pairs = list(zip(self.cells, fitting, strict=True))
        heads = tuple(prose.take(0, lines) for prose, lines in pairs)
        tails = tuple(prose.take(lines, None) for prose, lines in pairs)
        return _measure_row(heads, Frame(self.frame.pad_pt, 0.0)), _measure_row(tails, self.frame)


def make_row(
    cells: Sequence[Cell], widths_pt: Sequence[float], frame: Frame, *, is_rtl: bool
) -> Row:
    proses = tuple(
        Prose(cell.type_, cell.pieces, cell.alignment, starts_right=is_rtl) for cell in cells
    )
    for prose, width_pt in zip(proses, widths_pt, strict=True):
        # The least excess keeps a line that was measured to fit from being broken by rounding.
        prose.wrap(width_pt + 0.01, math.inf)
    return _measure_row(proses, frame)


def _measure_row(cells: tuple[Prose, ...], frame: Frame) -> Row:
    baseline_pt = max(prose.baseline_pt for prose in cells)
    least_pt = min(prose.type_.leading_pt for prose in cells)
    tallest_pt = max(prose.height + baseline_pt - prose.baseline_pt for prose in cells)
    return Row(cells, frame, max(tallest_pt, least_pt) + frame.height_pt)
