"""How wide the columns of a table are."""

import math
from collections.abc import Sequence

COLUMN_GAP_PT = 13.0
_SHORT_COLUMN = 0.2
"""Of the text's width: a column that wants no more is not broken, if that can be."""


def fit_columns(
    least_pt: Sequence[float],
    wanted_pt: Sequence[float],
    width_pt: float,
    gap_pt: float = COLUMN_GAP_PT,
) -> list[float] | None:
    """Widths in points that fill `width_pt`, or None if the columns cannot stand side by side.

    `least_pt` are the widths of what is not broken and `wanted_pt` those of the longest lines.
    Columns that want little get it; the others share what is left, the wordier the more.
    """
    room_pt = width_pt - gap_pt * (len(wanted_pt) - 1)
    if sum(least_pt) > room_pt:
        return None
    spare_pt = room_pt - sum(wanted_pt)
    if spare_pt >= 0:
        return [wanted + spare_pt / len(wanted_pt) for wanted in wanted_pt]
    unbroken_pt = [
        wanted if wanted <= _SHORT_COLUMN * width_pt else least
        for least, wanted in zip(least_pt, wanted_pt, strict=True)
    ]
    return _share_room(unbroken_pt if sum(unbroken_pt) <= room_pt else least_pt, wanted_pt, room_pt)


def _share_room(
    least_pt: Sequence[float], wanted_pt: Sequence[float], room_pt: float
) -> list[float]:
    """`least_pt`, and more of what is left of `room_pt` for the columns that want more."""
    widths_pt = list(least_pt)
    hungry = [number for number, least in enumerate(least_pt) if wanted_pt[number] > least]
    while hungry:
        spare_pt = room_pt - sum(widths_pt)
        weights = {number: math.sqrt(wanted_pt[number]) for number in hungry}
        unit_pt = spare_pt / sum(weights.values())
        more_pt = {number: widths_pt[number] + unit_pt * weights[number] for number in hungry}
        sated = [number for number in hungry if more_pt[number] >= wanted_pt[number]]
        for number in sated or hungry:
            widths_pt[number] = min(more_pt[number], wanted_pt[number])
        hungry = [number for number in hungry if number not in sated] if sated else []
    return widths_pt
