"""The series of an upright chart, as bars, lines or points."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inkchat.reply.chart_data import Chart, ChartKind, Series, list_stacked
from inkchat.reply.chart_parts import write_values
from inkchat.reply.lettering import measure_line
from inkchat.reply.patterns import draw_curve, draw_mark, fill_box
from inkchat.reply.plot_frame import Frame
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type, Typography

_WIDEST_BAR_PT = 48.0
_VALUE_GAP_PT = 3.0
"""Between the numbers of two bars, at least."""
_BARS = 0.8
_STACK = 0.66
"""Of the room for a place: how much its bars fill."""
_MARK_EVERY_PT = 9.0
"""Marks on a line are no nearer to each other."""


@dataclass(frozen=True, slots=True)
class SeriesDrawer:
    chart: Chart
    typography: Typography
    type_: Type

    def draw_bars(self, sketch: Sketch, frame: Frame, *, has_values: bool) -> None:
        chart = self.chart
        slot_pt = (frame.right - frame.left) / len(chart.labels)
        if chart.is_stacked:
            self._draw_stacks(sketch, frame, min(_STACK * slot_pt, _WIDEST_BAR_PT))
            return
        bar_pt = self._measure_bar(slot_pt, self._measure_value() if has_values else 0.0)
        for number, one in enumerate(chart.series):
            for point in one.points:
                if point.y is None:
                    continue
                left = frame.find_x(point.x) + (number - len(chart.series) / 2) * bar_pt
                self._fill(sketch, frame, (left, bar_pt), (0.0, point.y), number)
                if has_values:
                    self._write_value(sketch, frame, point.y, left, bar_pt)

    def fits_values(self, width_pt: float) -> bool:
        """Whether each bar of a plot so wide has room for its number, whatever the next one has.

        Numbers at ends of the same height are as far apart as the middles of their bars; those of
        two groups are never nearer than those within one.
        """
        slot_pt = width_pt / len(self.chart.labels)
        value_pt = self._measure_value()
        bar_pt = self._measure_bar(slot_pt, value_pt)
        apart_pt = bar_pt if len(self.chart.series) > 1 else _BARS * slot_pt
        return value_pt <= apart_pt

    def _measure_bar(self, slot_pt: float, value_pt: float) -> float:
        """Width of a bar; wider than most if its number, of `value_pt`, is."""
        widest_pt = _WIDEST_BAR_PT
        if len(self.chart.series) > 1:
            widest_pt = max(widest_pt, value_pt)
        return min(_BARS * slot_pt / len(self.chart.series), widest_pt)

    def _measure_value(self) -> float:
        """Width of the widest number, with what parts it from the next."""
        texts = set(write_values(self.chart, self.chart.values))
        return max(measure_line(text, self.type_) for text in texts) + _VALUE_GAP_PT

    def _draw_stacks(self, sketch: Sketch, frame: Frame, bar_pt: float) -> None:
        for (place, number), start, end in list_stacked(self.chart):
            left = frame.find_x(place) - bar_pt / 2
            self._fill(sketch, frame, (left, bar_pt), (start, end), number)

    def _fill(
        self,
        sketch: Sketch,
        frame: Frame,
        span: tuple[float, float],
        values: tuple[float, float],
        number: int,
    ) -> None:
        """A bar from one value to the other; `span` is its left edge and its width."""
        left, bar_pt = span
        top, bottom = sorted(frame.find_y(value) for value in values)
        has_colour = self.typography.has_colour
        fill_box(sketch, left, top, bar_pt, bottom - top, number, has_colour=has_colour)

    def _write_value(
        self, sketch: Sketch, frame: Frame, value: float, left: float, bar_pt: float
    ) -> None:
        (text,) = write_values(self.chart, [value])
        wide_pt = max(measure_line(text, self.type_) + 0.5, bar_pt)
        top = frame.find_y(value) + (1.0 if value < 0 else -self.type_.leading_pt)
        sketch.write(text, self.type_, left + (bar_pt - wide_pt) / 2, top, wide_pt, "center")

    def draw_points(self, sketch: Sketch, frame: Frame) -> None:
        """Lines with marks, or marks alone."""
        for number, one in enumerate(self.chart.series):
            parts = _list_parts(one, frame)
            marked = [place for part in parts for place in part]
            if self.chart.kind is ChartKind.LINE:
                self._draw_lines(sketch, parts, number)
                apart_pt = (frame.right - frame.left) / max(1, len(one.points) - 1)
                marked = marked[:: math.ceil(_MARK_EVERY_PT / apart_pt)]
                # A point between two gaps has no line, and would not be seen.
                marked += [part[0] for part in parts if len(part) == 1 and part[0] not in marked]
            for x, y in marked:
                draw_mark(sketch, x, y, number, has_colour=self.typography.has_colour)

    def _draw_lines(
        self, sketch: Sketch, parts: Sequence[Sequence[tuple[float, float]]], number: int
    ) -> None:
        for part in parts:
            if len(part) > 1:
                draw_curve(sketch, part, number, has_colour=self.typography.has_colour)

    def draw_key(
        self, sketch: Sketch, x: float, middle: float, width_pt: float, number: int
    ) -> None:
        """The sign of a series for a legend."""
        has_colour = self.typography.has_colour
        if self.chart.kind is ChartKind.BAR:
            fill_box(sketch, x, middle - 4.5, width_pt, 9, number, has_colour=has_colour)
            return
        if self.chart.kind is ChartKind.LINE:
            ends = [(x, middle), (x + width_pt, middle)]
            draw_curve(sketch, ends, number, has_colour=has_colour)
        draw_mark(sketch, x + width_pt / 2, middle, number, has_colour=has_colour)


def _list_parts(one: Series, frame: Frame) -> list[list[tuple[float, float]]]:
    """The places of the points, parted where one is missing."""
    parts: list[list[tuple[float, float]]] = [[]]
    for point in one.points:
        if point.y is None:
            parts.append([])
        else:
            parts[-1].append((frame.find_x(point.x), frame.find_y(point.y)))
    return [part for part in parts if part]


def spread(tops: Sequence[float], apart_pt: float, lowest: float) -> list[float]:
    """Rising places as near to `tops` as they can be, each so far from the next."""
    placed: list[float] = []
    for top in tops:
        placed.append(max(top, placed[-1] + apart_pt) if placed else top)
    limit = lowest
    for number in range(len(placed) - 1, -1, -1):
        placed[number] = min(placed[number], limit)
        limit = placed[number] - apart_pt
    return placed
