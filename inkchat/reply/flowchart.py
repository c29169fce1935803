"""Boxes and arrows, laid out in layers: `docs/figures.md` has the language."""

from collections.abc import Iterator
from dataclasses import dataclass

from inkchat.reply.figure import (
    WHITE,
    Figure,
    Points,
    Room,
    Sketch,
    list_corners,
    list_types,
    measure_height,
    measure_line,
    measure_words,
)
from inkchat.reply.flow import Setting
from inkchat.reply.flowchart_layers import Layers, Slot, arrange_layers
from inkchat.reply.flowchart_places import Extent, Placement, measure_least, place_slots
from inkchat.reply.flowchart_text import (
    Direction,
    Edge,
    Flowchart,
    Shape,
    is_flowchart,
    read_flowchart,
)
from inkchat.reply.typography import BLACK, Type, Typography

_PAD_SIDE = 0.75
_PAD = 0.4
"""Of the size of the words, between them and the line around them."""
_LABEL_PAD_PT = 3.0
_DIAMOND = 1.5
"""Width of a diamond to that of the words in it."""
_PASS_PT = 4.0
"""Room for a line that passes a layer."""
_LINE_PT = 1.0
_THICK_PT = 2.2
_DASHES = (4.0, 2.6)
_HEAD_PT = 7.0
_HEAD_HALF_PT = 3.0
_PORTS_PT = 15.0
"""Between the lines that leave a box at one side, at most."""
_JOG_PT = 9.0
"""A line that would leave its course by less runs straight instead."""
_MEASURES_PT = (150.0, 115.0, 85.0, 62.0, 52.0, 40.0)
"""How long the lines in a box may be."""
_GAPS_PT = (20.0, 15.0, 11.0, 8.0)


def make_mermaid(source: str, typography: Typography) -> Setting | None:
    """The same for Mermaid, of whose diagrams only the flowchart is known."""
    return make_flowchart(source, typography) if is_flowchart(source) else None


def make_flowchart(source: str, typography: Typography) -> Setting | None:
    """The diagram that `source` describes; None if it describes none, or one too large."""
    flowchart = read_flowchart(source)
    layers = arrange_layers(flowchart) if flowchart else None
    if flowchart is None or layers is None:
        return None
    found_flowchart, found_layers = flowchart, layers

    def compose(room: Room) -> Sketch | None:
        return _compose(found_flowchart, found_layers, typography, room)

    return Figure.try_to_make(compose, typography)


def _compose(
    flowchart: Flowchart, layers: Layers, typography: Typography, room: Room
) -> Sketch | None:
    """The diagram at the first size, in the first direction in which it fits."""
    sketch = Sketch(room.width_pt)
    if flowchart.title:
        title = typography.cell_head
        sketch.height_pt = sketch.write(flowchart.title, title, 0, 0, room.width_pt) + 4
    height_pt = room.height_pt - sketch.height_pt - 2
    directions = sorted(Direction, key=lambda direction: direction != flowchart.direction)
    for type_ in list_types(room):
        sizes: _Sizes = {}
        for direction in directions:
            for measure_pt in _MEASURES_PT:
                layout = _Layout(flowchart, layers, type_, direction, measure_pt, sizes)
                if layout.fit(room.width_pt, height_pt):
                    _Drawing(layout, sketch).draw()
                    return sketch
    return None


@dataclass(frozen=True, slots=True)
class _Box:
    """What stands in a slot, upright as it is seen; lengths in points."""

    text: str
    shape: Shape | None
    """None for a label."""
    text_width_pt: float
    width_pt: float
    height_pt: float


_Sizes = dict[tuple[str, float], tuple[float, float]]
"""Width and height of a text by itself and how long its lines may be; all in points."""


class _Layout:
    """The diagram at one size, in one direction."""

    def __init__(
        self,
        flowchart: Flowchart,
        layers: Layers,
        type_: Type,
        direction: Direction,
        measure_pt: float,
        sizes: _Sizes,
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

    def _make_box(self, slot: Slot, measure_pt: float) -> _Box:
        if slot.node is None:
            label = self.flowchart.edges[slot.edge or 0].label if slot.has_label else ""
            return self._make_label(label, measure_pt)
        node = self.flowchart.nodes[slot.node]
        wide_pt, high_pt = self._measure(node.text, measure_pt)
        if node.shape is Shape.DIAMOND:
            outer_pt = _DIAMOND * wide_pt + 16
            # The corners of the words lie on its sides.
            return _Box(
                node.text, node.shape, wide_pt, outer_pt, (high_pt + 2) / (1 - wide_pt / outer_pt)
            )
        size_pt = self.type.size_pt
        width_pt = max(wide_pt + 2 * _PAD_SIDE * size_pt, 3 * size_pt)
        return _Box(node.text, node.shape, wide_pt, width_pt, high_pt + 2 * _PAD * size_pt)

    def _make_label(self, label: str, measure_pt: float) -> _Box:
        if not label:
            size = (0.0, _PASS_PT) if self.is_level else (_PASS_PT, 0.0)
            return _Box("", None, 0.0, *size)
        wide_pt, high_pt = self._measure(label, measure_pt)
        return _Box(label, None, wide_pt, wide_pt + 2 * _LABEL_PAD_PT, high_pt)

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


class _Drawing:
    """A layout on its sketch."""

    def __init__(self, layout: _Layout, sketch: Sketch) -> None:
        assert layout.placement is not None  # noqa: S101 - it was asked whether it fits
        self._layout = layout
        self._placement = layout.placement
        self._sketch = sketch
        used_pt = self._placement.along if layout.is_level else self._placement.across
        self._left = (sketch.width_pt - used_pt) / 2
        self._top = sketch.height_pt + 1
        self._row_of = {
            slot: number for number, row in enumerate(layout.layers.rows) for slot in row
        }
        self._ports = self._find_ports()

    def draw(self) -> None:
        layers, sketch = self._layout.layers, self._sketch
        for number, edge in enumerate(self._layout.flowchart.edges):
            self._draw_edge(number, edge)
        for number, slot in enumerate(layers.slots):
            self._draw_box(number, slot)
        used_pt = self._placement.across if self._layout.is_level else self._placement.along
        sketch.height_pt = self._top + used_pt + 1

    def _find(self, across: float, along: float) -> tuple[float, float]:
        """The place on the sketch."""
        x, y = (along, across) if self._layout.is_level else (across, along)
        return self._left + x, self._top + y

    # Lines

    def _find_ports(self) -> dict[tuple[int, bool], float]:
        """How far from the middle of its box each line ends, by edge and whether it is its first
        end in the order of the layers."""
        routes = self._layout.layers.routes
        middles = self._placement.middles
        ends: dict[tuple[int, bool], list[tuple[float, int]]] = {}
        for number, route in enumerate(routes):
            ends.setdefault((route.slots[0], True), []).append((middles[route.slots[1]], number))
            ends.setdefault((route.slots[-1], False), []).append((middles[route.slots[-2]], number))
        ports = {}
        for (slot, is_first), lines in ends.items():
            apart_pt = min(_PORTS_PT, 0.6 * self._measure_across(slot) / len(lines))
            for place, (_, number) in enumerate(sorted(lines)):
                ports[number, is_first] = (place - (len(lines) - 1) / 2) * apart_pt
        self._straighten(ports, {end: len(lines) for end, lines in ends.items()})
        return ports

    def _measure_across(self, slot: int) -> float:
        box = self._layout.boxes[slot]
        return box.height_pt if self._layout.is_level else box.width_pt

    def _straighten(
        self, ports: dict[tuple[int, bool], float], counts: dict[tuple[int, bool], int]
    ) -> None:
        """Moves an end that is its side's only one straight below or above the other end."""
        middles = self._placement.middles
        for number, route in enumerate(self._layout.layers.routes):
            first, last = route.slots[0], route.slots[-1]
            if len(route.slots) > 2:
                continue
            leaving = middles[first] + ports[number, True]
            entering = middles[last] + ports[number, False]
            least = min(self._measure_across(first), self._measure_across(last))
            if abs(leaving - entering) <= min(_JOG_PT, 0.3 * least):
                if counts[last, False] == 1:
                    ports[number, False] += leaving - entering
                elif counts[first, True] == 1:
                    ports[number, True] += entering - leaving

    def _draw_edge(self, number: int, edge: Edge) -> None:
        route = self._layout.layers.routes[number]
        places = list(self._list_places(number))
        starts_with_head = edge.has_head if route.is_reversed else edge.has_tail
        ends_with_head = edge.has_tail if route.is_reversed else edge.has_head
        points = [self._find(*place) for place in places]
        if starts_with_head:
            self._draw_head(points, 0, -1)
        if ends_with_head:
            self._draw_head(points, -1, 1)
        self._sketch.draw_bends(
            points,
            _THICK_PT if edge.is_thick else _LINE_PT,
            _DASHES if edge.is_dashed else (),
            is_level=self._layout.is_level,
        )

    def _list_places(self, number: int) -> Iterator[tuple[float, float]]:
        """Across and along, of the points that the line goes through."""
        slots = self._layout.layers.routes[number].slots
        placement = self._placement
        for place, slot in enumerate(slots):
            row = self._row_of[slot]
            start, end = placement.starts[row], placement.ends[row]
            across = placement.middles[slot]
            if place == 0:
                across += self._ports[number, True]
                yield across, (start + end) / 2 + self._measure_half(slot, across)
                yield across, end
            elif place == len(slots) - 1:
                across += self._ports[number, False]
                yield across, start
                yield across, (start + end) / 2 - self._measure_half(slot, across)
            else:
                yield across, start
                yield across, end

    def _measure_half(self, slot: int, across: float) -> float:
        """From the middle of the box along to its edge, at this place across."""
        box = self._layout.boxes[slot]
        half, side = box.height_pt / 2, box.width_pt / 2
        if self._layout.is_level:
            half, side = side, half
        if box.shape is Shape.DIAMOND:
            return half * (1 - abs(across - self._placement.middles[slot]) / side)
        return half

    def _draw_head(self, points: list[tuple[float, float]], place: int, sign: int) -> None:
        """An arrowhead at one end of the line, which is made shorter by it."""
        x, y = points[place]
        back, half = sign * _HEAD_PT, _HEAD_HALF_PT
        if self._layout.is_level:
            corners: Points = [(x, y), (x - back, y - half), (x - back, y + half)]
            points[place] = (x - 0.8 * back, y)
        else:
            corners = [(x, y), (x - half, y - back), (x + half, y - back)]
            points[place] = (x, y - 0.8 * back)
        self._sketch.draw_area(corners, BLACK, None)

    # Boxes

    def _draw_box(self, number: int, slot: Slot) -> None:
        box = self._layout.boxes[number]
        if not box.text:
            return
        row = self._row_of[number]
        middle = (self._placement.starts[row] + self._placement.ends[row]) / 2
        x, y = self._find(self._placement.middles[number], middle)
        left, top = x - box.width_pt / 2, y - box.height_pt / 2
        if box.shape is None:
            corners = list_corners(left, top, box.width_pt, box.height_pt)
            self._sketch.draw_area(corners, WHITE, None)
        elif box.shape is Shape.DIAMOND:
            right, bottom = left + box.width_pt, top + box.height_pt
            corners = [(x, top), (right, y), (x, bottom), (left, y)]
            self._sketch.draw_area(corners, WHITE, BLACK, _LINE_PT)
        else:
            radius_pt = 2.0 if box.shape is Shape.BOX else min(box.height_pt / 2, 11.0)
            self._sketch.draw_frame(left, top, box.width_pt, box.height_pt, radius_pt)
        type_ = self._layout.type
        height_pt = measure_height(box.text, type_, box.text_width_pt)
        text_left = x - box.text_width_pt / 2
        self._sketch.write(
            box.text, type_, text_left, y - height_pt / 2, box.text_width_pt, "center"
        )
