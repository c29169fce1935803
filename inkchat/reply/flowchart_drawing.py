"""A diagram that has its layout, as lines and boxes."""

from collections.abc import Iterator

from inkchat.reply.flowchart_data import Edge, Shape
from inkchat.reply.flowchart_layers import Slot
from inkchat.reply.flowchart_layout import Layout
from inkchat.reply.lettering import measure_height
from inkchat.reply.sketch import WHITE, Points, Sketch, list_corners
from inkchat.reply.typography import BLACK

_LINE_PT = 1.0
_THICK_PT = 2.2
_DASHES = (4.0, 2.6)
_HEAD_PT = 7.0
_HEAD_HALF_PT = 3.0
_LEAST_HALF_PT = 2.2
_BOTH_HEADS = 0.8
"""Of a short line, that its two heads take together."""
_PORTS_PT = 15.0
"""Between the lines that leave a box at one side, at most."""
_JOG_PT = 9.0
"""A line that would leave its course by less runs straight instead."""


class Drawing:
    """A layout on its sketch."""

    def __init__(self, layout: Layout, sketch: Sketch) -> None:
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
        head_pt = _HEAD_PT
        if starts_with_head and ends_with_head:
            head_pt = min(head_pt, _BOTH_HEADS * abs(places[-1][1] - places[0][1]) / 2)
        if starts_with_head:
            self._draw_head(points, 0, -head_pt)
        if ends_with_head:
            self._draw_head(points, -1, head_pt)
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

    def _draw_head(self, points: list[tuple[float, float]], place: int, back: float) -> None:
        """An arrowhead at one end of the line, which is made shorter by it.

        `back` is its length, negative if it points against the order of the layers.
        """
        x, y = points[place]
        half = max(_LEAST_HALF_PT, _HEAD_HALF_PT / _HEAD_PT * abs(back))
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
