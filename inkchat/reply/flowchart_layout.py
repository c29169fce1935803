"""A diagram at one size of type and in one direction: how large its boxes are, and where."""

from dataclasses import dataclass

from inkchat.reply.flowchart_data import Direction, Flowchart, Shape
from inkchat.reply.flowchart_layers import Layers, Slot
from inkchat.reply.flowchart_places import Extent, Placement, measure_least, place_slots
from inkchat.reply.lettering import measure_height, measure_line, measure_words
from inkchat.reply.typography import Type

_PAD_SIDE = 0.75
_PAD = 0.4
"""Of the size of the words, between them and the line around them."""
_LABEL_PAD_PT = 3.0
_DIAMOND = 1.5
"""Width of a diamond to that of the words in it."""
_PASS_PT = 4.0
"""Room for a line that passes a layer."""
MEASURES_PT = (150.0, 115.0, 85.0, 62.0, 52.0, 40.0)
"""How long the lines in a box may be."""
_GAPS_PT = (20.0, 15.0, 11.0, 8.0)


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in a slot, upright as it is seen; lengths in points."""

    text: str
    shape: Shape | None
    """None for a label."""
    text_width_pt: float
    width_pt: float
    height_pt: float


Sizes = dict[tuple[str, float], tuple[float, float]]
"""Width and height of a text by itself and how long its lines may be; all in points."""


class Layout:
    """The diagram at one size, in one direction."""

    def __init__(
        self,
        flowchart: Flowchart,
        layers: Layers,
        type_: Type,
        direction: Direction,
        measure_pt: float,
        sizes: Sizes,
    ) -> None:
        """`sizes` of texts are remembered, since both directions ask for them."""
        self._sizes = sizes
        self.flowchart = flowchart
        self.layers = layers
        self.type = type_
        self.is_level = direction is Direction.RIGHT
        self.boxes = [self._make_box(slot, measure_pt) for slot in layers.slots]
        self.placement: Placement | None = None

    def fit(self, width_pt: float, height_pt: float) -> bool:
        """Places everything, if there is room for it."""
        across, along = (height_pt, width_pt) if self.is_level else (width_pt, height_pt)
        extents = [
            Extent(box.height_pt, box.width_pt)
            if self.is_level
            else Extent(box.width_pt, box.height_pt)
            for box in self.boxes
        ]
        for gap_pt in _GAPS_PT:
            least = measure_least(self.layers, extents, gap_pt)
            if least.across > across or least.along > along:
                continue
            placement = place_slots(self.layers, extents, gap_pt)
            if placement.across <= across and placement.along <= along:
                self.placement = placement
                return True
        return False

    def _make_box(self, slot: Slot, measure_pt: float) -> Box:
        if slot.node is None:
            label = self.flowchart.edges[slot.edge or 0].label if slot.has_label else ""
            return self._make_label(label, measure_pt)
        node = self.flowchart.nodes[slot.node]
        wide_pt, high_pt = self._measure(node.text, measure_pt)
        if node.shape is Shape.DIAMOND:
            outer_pt = _DIAMOND * wide_pt + 16
            # The corners of the words lie on its sides.
            return Box(
                node.text, node.shape, wide_pt, outer_pt, (high_pt + 2) / (1 - wide_pt / outer_pt)
            )
        size_pt = self.type.size_pt
        width_pt = max(wide_pt + 2 * _PAD_SIDE * size_pt, 3 * size_pt)
        return Box(node.text, node.shape, wide_pt, width_pt, high_pt + 2 * _PAD * size_pt)

    def _make_label(self, label: str, measure_pt: float) -> Box:
        if not label:
            size = (0.0, _PASS_PT) if self.is_level else (_PASS_PT, 0.0)
            return Box("", None, 0.0, *size)
        wide_pt, high_pt = self._measure(label, measure_pt)
        return Box(label, None, wide_pt, wide_pt + 2 * _LABEL_PAD_PT, high_pt)

    def _measure(self, text: str, measure_pt: float) -> tuple[float, float]:
        known = self._sizes.get((text, measure_pt))
        if known is None:
            known = self._sizes[text, measure_pt] = self._set(text, measure_pt)
        return known

    def _set(self, text: str, measure_pt: float) -> tuple[float, float]:
        """Width and height of `text` in lines of about equal length, in points."""
        whole_pt = measure_line(text, self.type) + 0.2
        widest_pt = max(measure_pt, measure_words(text, self.type) + 0.2)
        if whole_pt <= widest_pt:
            return whole_pt, self.type.leading_pt
        height_pt = measure_height(text, self.type, widest_pt)
        even_pt = whole_pt / round(height_pt / self.type.leading_pt)
        least_pt = max(even_pt, measure_words(text, self.type) + 0.2)
        for width_pt in (least_pt * 1.06, least_pt * 1.18, least_pt * 1.3):
            if width_pt < widest_pt and measure_height(text, self.type, width_pt) <= height_pt:
                return width_pt, height_pt
        return widest_pt, height_pt
