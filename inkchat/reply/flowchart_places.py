"""Where the boxes of a diagram stand: along its direction, and across it.

Within its layer each box is moved as near to the middle of what it is joined to as its neighbours
let it, so that lines run straight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from inkchat.reply.flowchart_layers import Layers

_SWEEPS = 8
_LAST_SWEEPS = 24
"""In which boxes in a row come to stand below each other."""
_BETWEEN = 0.7
"""Between two boxes of a layer, of the gap between layers."""
_BETWEEN_LINES = 0.55
_SLOPE = 0.1
"""How much a gap grows with the way that a line goes across it, up to twice its size."""
_STRAIGHT = 6.0
"""How much more a line that passes insists on its place than a box does."""
_BACK = 0.02
"""The same of one that leads back past boxes: it goes beside what leads on."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Of what stands in a slot, in points."""

    across: float
    along: float


@dataclass(frozen=True, slots=True)
class Placement:
    middles: tuple[float, ...]
    """Of each slot, across; from 0."""
    starts: tuple[float, ...]
    """Of each layer, along; from 0."""
    ends: tuple[float, ...]
    across: float
    along: float


def place_slots(layers: Layers, extents: Sequence[Extent], gap_pt: float) -> Placement:
    """`gap_pt` parts the layers, and more where lines lead far across."""
    middles = _place_across(layers, extents, gap_pt)
    lefts = [middle - extent.across / 2 for middle, extent in zip(middles, extents, strict=True)]
    rights = [middle + extent.across / 2 for middle, extent in zip(middles, extents, strict=True)]
    left = min(lefts)
    widest = _find_widest(layers, middles)
    starts, ends, at = [], [], 0.0
    for row, far in zip(layers.rows, widest, strict=True):
        starts.append(at)
        at += max(extents[slot].along for slot in row)
        ends.append(at)
        at += gap_pt + min(_SLOPE * far, gap_pt)
    return Placement(
        tuple(middle - left for middle in middles),
        tuple(starts),
        tuple(ends),
        max(rights) - left,
        ends[-1],
    )


def measure_least(layers: Layers, extents: Sequence[Extent], gap_pt: float) -> Extent:
    """How much room all needs at least, in points."""
    across = max(
        sum(extents[slot].across for slot in row)
        + sum(_part(layers, first, second, gap_pt) for first, second in pairwise(row))
        for row in layers.rows
    )
    along = sum(max(extents[slot].along for slot in row) for row in layers.rows)
    return Extent(across, along + gap_pt * (len(layers.rows) - 1))


def _find_widest(layers: Layers, middles: Sequence[float]) -> list[float]:
    """How far across a line goes behind each layer, at most."""
    row_of = {slot: number for number, row in enumerate(layers.rows) for slot in row}
    widest = [0.0] * len(layers.rows)
    for first, second in layers.list_links():
        row = row_of[first]
        widest[row] = max(widest[row], abs(middles[first] - middles[second]))
    return widest


def _place_across(layers: Layers, extents: Sequence[Extent], gap_pt: float) -> list[float]:
    above, below = layers.list_neighbours()
    middles = _line_up(layers, extents, gap_pt)
    pulls = _weigh(layers)
    for sweep in range(_SWEEPS):
        rows = layers.rows if sweep % 2 == 0 else layers.rows[::-1]
        for row in rows:
            _settle(
                layers, extents, row, middles, above if sweep % 2 == 0 else below, pulls, gap_pt
            )
    both = {slot: [*above.get(slot, ()), *below.get(slot, ())] for slot in range(len(middles))}
    for _ in range(_LAST_SWEEPS):
        for row in layers.rows:
            _settle(layers, extents, row, middles, both, pulls, gap_pt)
    # A row of single boxes before or after all that branches stands straight.
    branching = [number for number, row in enumerate(layers.rows) if len(row) > 1] or [0]
    for row in layers.rows[branching[-1] + 1 :]:
        _settle(layers, extents, row, middles, above, pulls, gap_pt)
    for row in reversed(layers.rows[: branching[0]]):
        _settle(layers, extents, row, middles, below, pulls, gap_pt)
    return middles


def _line_up(layers: Layers, extents: Sequence[Extent], gap_pt: float) -> list[float]:
    """Each layer side by side, its middle at 0."""
    middles = [0.0] * len(layers.slots)
    for row in layers.rows:
        at = 0.0
        for place, slot in enumerate(row):
            at += _measure_apart(layers, extents, row, place, gap_pt)
            middles[slot] = at
        for slot in row:
            middles[slot] -= at / 2
    return middles


def _settle(
    layers: Layers,
    extents: Sequence[Extent],
    row: Sequence[int],
    middles: list[float],
    neighbours: Mapping[int, Sequence[int]],
    pulls: Sequence[float],
    gap_pt: float,
) -> None:
    """Moves the slots of a layer as near to their neighbours' middles as their order allows.

    Least squares under a given order: slots that would overlap are joined and moved together.
    """
    blocks: list[tuple[float, float, int]] = []
    offset = 0.0
    offsets = []
    for place, slot in enumerate(row):
        offset += _measure_apart(layers, extents, row, place, gap_pt)
        offsets.append(offset)
        near = neighbours.get(slot, ())
        wanted = _find_mean(near, middles, pulls) if near else middles[slot]
        weight = pulls[slot]
        if layers.slots[slot].node is None and weight == 1.0:
            weight = _STRAIGHT
        if not near:
            weight = 0.1
        block = (wanted - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            before = blocks.pop()
            weights = before[1] + block[1]
            mean = (before[0] * before[1] + block[0] * block[1]) / weights
            block = (mean, weights, before[2] + block[2])
        blocks.append(block)
    place = 0
    for shift, _, count in blocks:
        for _ in range(count):
            middles[row[place]] = shift + offsets[place]
            place += 1


def _find_mean(slots: Sequence[int], middles: Sequence[float], pulls: Sequence[float]) -> float:
    pull = sum(pulls[slot] for slot in slots)
    return sum(pulls[slot] * middles[slot] for slot in slots) / pull


def _weigh(layers: Layers) -> list[float]:
    """How much each slot draws its neighbours to its side."""
    pulls = [1.0] * len(layers.slots)
    has_boxes = [any(layers.slots[slot].node is not None for slot in row) for row in layers.rows]
    beside = {slot for row, has in zip(layers.rows, has_boxes, strict=True) if has for slot in row}
    for route in layers.routes:
        passing = route.slots[1:-1]
        if route.is_reversed and not beside.isdisjoint(passing):
            for slot in passing:
                pulls[slot] = _BACK
    return pulls


def _measure_apart(
    layers: Layers, extents: Sequence[Extent], row: Sequence[int], place: int, gap_pt: float
) -> float:
    """From the middle of the slot before to that of this one."""
    if place == 0:
        return 0.0
    first, second = row[place - 1], row[place]
    return (extents[first].across + extents[second].across) / 2 + _part(
        layers, first, second, gap_pt
    )


def _part(layers: Layers, first: int, second: int, gap_pt: float) -> float:
    has_box = layers.slots[first].node is not None and layers.slots[second].node is not None
    return gap_pt * (_BETWEEN if has_box else _BETWEEN_LINES)
