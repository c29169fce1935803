"""A table whose columns cannot stand side by side: a list of records, a row of it each.

Before each cell stand the words of the header.
"""

from collections.abc import Iterable, Iterator, Sequence

from inkchat.reply.columns import COLUMN_GAP_PT
from inkchat.reply.rows import Cell, Frame, Row, make_row

_PAD_PT = 0.1
_END_PT = 2.4
"""More space before the rule that ends a record."""
_RULE_PT = 0.5
_LABEL_SHARES = (0.3, 0.36, 0.42, 0.48, 0.54)
"""Of the text's width: what the words of the header may take before a record's cells."""
_MEASURED = 24
"""Records from which is seen how wide they are best."""


def make_records(
    head: Sequence[Cell], rows: Sequence[Sequence[Cell]], width_pt: float, *, is_rtl: bool
) -> tuple[tuple[float, float], list[Row]]:
    """Two columns for the words of the header and for the cells, and their rows."""
    records = rows or [[Cell((), "left", head[0].type_)] * len(head)]
    sizes_pt = [cell.measure(is_rtl=is_rtl) for cell in head]
    wanted_pt = max(line_pt for _, _, line_pt in sizes_pt)
    least_pt = min(max(word_pt for _, word_pt, _ in sizes_pt), _LABEL_SHARES[-1] * width_pt)
    room_pt = width_pt - COLUMN_GAP_PT
    labels_pt = {min(wanted_pt, max(least_pt, share * width_pt)) for share in _LABEL_SHARES}
    ways = [(label_pt, room_pt - label_pt) for label_pt in sorted(labels_pt)]
    if len(ways) > 1:
        measured = records[:_MEASURED]
        heights_pt = [
            sum(row.height_pt for row in _make_rows(head, measured, way, is_rtl)) for way in ways
        ]
        ways = [ways[heights_pt.index(min(heights_pt))]]
    return ways[0], list(_make_rows(head, records, ways[0], is_rtl))


def _make_rows(
    head: Sequence[Cell],
    records: Iterable[Sequence[Cell]],
    widths_pt: tuple[float, float],
    is_rtl: bool,
) -> Iterator[Row]:
    within, last = Frame(_PAD_PT, 0.0), Frame(_PAD_PT, _RULE_PT, _END_PT)
    for record in records:
        pairs = list(zip(head, record, strict=True))
        for number, (label, cell) in enumerate(pairs, start=1):
            sides = (label.align_left(), cell.align_left())
            frame = last if number == len(pairs) else within
            yield make_row(sides, widths_pt, frame, is_rtl=is_rtl)
