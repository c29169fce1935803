"""Upright charts: bars that stand, lines, and points, between two axes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkchat.reply.chart_data import Chart, ChartKind, list_stacked
from inkchat.reply.chart_parts import (
    choose_height,
    find_least_plot,
    measure_foot,
    say_measure,
    write_foot,
    write_head,
    write_legend,
    write_measure,
)
from inkchat.reply.lettering import Room, compose_largest, find_easy_size, measure_line
from inkchat.reply.plot_frame import Frame
from inkchat.reply.plot_labels import AxisLabels, Label, choose_labels
from inkchat.reply.plot_series import SeriesDrawer, spread
from inkchat.reply.scale import Scale, choose_scale, make_scale
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type, Typography

GRID_DASHES = (0.6, 2.4)
_AXIS_PT = 0.9
_TICK_GAP_PT = 6.0
_TICK_PT = 3.0
_MARK_ROOM_PT = 4.0
"""For half of a mark that stands on the edge."""
_PROPORTION = 0.56
"""Height of a plot to its width."""
_EASY_PLOT_PT = 110.0
"""On a narrow page it is as high as this, if there is room: its scale needs four numbers."""
_NUMBER_EVERY_PT = 55.0
"""Along the axis below scattered points."""
_LEAST_WIDTH_PT = 60.0
_WIDEST_NAMES = 0.3
"""Of the width, for names at the ends of lines; longer ones are put into a legend."""
_FARTHEST_NAME = 0.7
"""Of a line of type, that a name is moved away from its line's end."""
_NAMED_LINES = 5


def compose_plot(
    chart: Chart, typography: Typography, room: Room, *, is_dense: bool = True
) -> Sketch | None:
    """The chart, upright; None if its words do not fit below it.

    Not dense, they stand side by side in a size that is easily read.
    """

    def compose(type_: Type) -> Sketch | None:
        plot = _Plot(chart, typography, type_, room, is_dense)
        return plot.compose(plot.measure_names()) or plot.compose(0.0)

    return compose_largest(compose, room, 0.0 if is_dense else find_easy_size(typography))


@dataclass(frozen=True, slots=True)
class _Plot:
    chart: Chart
    typography: Typography
    type_: Type
    room: Room
    is_dense: bool

    @property
    def width_pt(self) -> float:
        return self.room.width_pt

    def compose(self, names_pt: float) -> Sketch | None:
        """With the names at the ends of lines, if these are given room."""
        chart, type_ = self.chart, self.type_
        sketch = Sketch(self.width_pt)
        write_head(sketch, chart, self.typography)
        if len(chart.series) > 1 and not names_pt:
            drawer = SeriesDrawer(chart, self.typography, type_)
            write_legend(sketch, [one.name for one in chart.series], type_, drawer.draw_key)
        write_measure(sketch, say_measure(chart), type_)
        frame = self._make_frame(sketch.height_pt, names_pt)
        labels = self._choose_labels(frame) if frame else None
        if frame is None or labels is None:
            return None
        foot_pt = labels.height_pt + measure_foot(chart, type_, self.width_pt, chart.x_label)
        height_pt = self._choose_height(sketch.height_pt + foot_pt)
        if sketch.height_pt + height_pt + foot_pt > self.room.height_pt:
            return None
        frame, scale = self._stretch(frame, height_pt)
        if names_pt and not self._stand_near(frame):
            return None
        self._draw(sketch, frame, scale, has_names=names_pt > 0)
        sketch.height_pt += height_pt
        if chart.kind is not ChartKind.BAR:
            for label in labels.labels:
                x = frame.find_x(label.x)
                sketch.draw_line([(x, frame.bottom), (x, frame.bottom + _TICK_PT)], _AXIS_PT)
        labels.draw(sketch, frame, sketch.height_pt)
        sketch.height_pt += labels.height_pt
        write_foot(sketch, chart, type_, chart.x_label)
        return sketch

    # Measures

    def measure_names(self) -> float:
        """Width in points of the names at the ends of lines; 0 if they are to stand elsewhere."""
        series = self.chart.series
        ends = [one.points[-1].y for one in series]
        if self.chart.kind is not ChartKind.LINE or not 1 < len(series) <= _NAMED_LINES:
            return 0.0
        widest_pt = max(measure_line(one.name, self.type_) for one in series) + 9
        has_room = None not in ends and widest_pt <= _WIDEST_NAMES * self.width_pt
        return widest_pt if has_room else 0.0

    def _choose_height(self, around_pt: float) -> float:
        room_pt = choose_height(self.typography, self.room) - around_pt
        return max(
            min(max(_PROPORTION * self.width_pt, _EASY_PLOT_PT), room_pt),
            find_least_plot(self.typography, self.room),
        )

    def _make_frame(self, top: float, names_pt: float) -> Frame | None:
        """Its width; its height is not known yet."""
        left = 0.0
        if not self._is_bare:
            scales = [make_scale(*self._find_range(), steps) for steps in range(2, 13)]
            texts = {scale.write(tick, self.chart.unit) for scale in scales for tick in scale.ticks}
            left = max(measure_line(text, self.type_) for text in texts) + _TICK_GAP_PT
        right = self.width_pt - names_pt
        if self.chart.kind is not ChartKind.BAR:
            right -= _MARK_ROOM_PT
        if right - left < _LEAST_WIDTH_PT:
            return None
        return Frame(left, right, top, top, self._find_across(), (0.0, 1.0))

    def _stretch(self, frame: Frame, height_pt: float) -> tuple[Frame, Scale]:
        """The frame at its height, with the scale at its side."""
        top, bottom = frame.top + self.type_.leading_pt / 2, frame.top + height_pt
        low, high = self._find_range()
        if self._is_bare:
            # Room for the numbers above and below bars; no scale is seen.
            top = frame.top + self.type_.leading_pt
            bottom -= self.type_.leading_pt if low < 0 else 0.0
        scale = choose_scale(low, high, bottom - top, self.type_.leading_pt)
        up = (scale.ticks[0], scale.ticks[-1])
        if self._is_bare and low < high:
            up = (low, high)
        return replace(frame, top=top, bottom=bottom, up=up), scale

    def _find_range(self) -> tuple[float, float]:
        values = self.chart.values
        if self.chart.is_stacked and self.chart.kind is ChartKind.BAR:
            values = [value for _, start, end in list_stacked(self.chart) for value in (start, end)]
        low, high = min(values), max(values)
        near_zero = 0 <= low <= 0.5 * high or 0.5 * low <= high <= 0
        if self.chart.kind is ChartKind.BAR or near_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        return low, high

    def _find_across(self) -> tuple[float, float]:
        if self.chart.kind is ChartKind.BAR:
            return -0.5, len(self.chart.labels) - 0.5
        xs = [point.x for one in self.chart.series for point in one.points]
        low, high = min(xs), max(xs)
        if self.chart.kind is ChartKind.SCATTER:
            ticks = self._make_scale_below(low, high).ticks
            return ticks[0], ticks[-1]
        if low == high:
            return low - 1, high + 1
        room = 0.02 * (high - low)
        return low - room, high + room

    def _make_scale_below(self, low: float, high: float) -> Scale:
        return make_scale(low, high, max(2, int(self.width_pt / _NUMBER_EVERY_PT)))

    def _choose_labels(self, frame: Frame) -> AxisLabels | None:
        chart = self.chart
        if chart.kind is ChartKind.SCATTER:
            scale = self._make_scale_below(*frame.across)
            labels = [Label(tick, scale.write(tick, "")) for tick in scale.ticks]
        else:
            xs = sorted({point.x for one in chart.series for point in one.points})
            labels = [Label(x, text) for x, text in zip(xs, chart.labels, strict=True)]
        return choose_labels(
            labels,
            frame,
            self.type_,
            self.width_pt,
            has_marks=chart.kind is not ChartKind.BAR,
            are_numbers=chart.has_numeric_x,
            may_stand=self.is_dense,
        )

    @property
    def _is_bare(self) -> bool:
        """Whether each bar has its value above it, so that no scale is needed."""
        chart = self.chart
        if chart.kind is not ChartKind.BAR or chart.is_stacked:
            return False
        return SeriesDrawer(chart, self.typography, self.type_).fits_values(self.width_pt)

    def _find_tops(self, frame: Frame) -> list[tuple[float, int]]:
        """Where the name of each line would begin, and the number of the line; from above."""
        ends = [one.points[-1].y or 0.0 for one in self.chart.series]
        half_pt = self.type_.leading_pt / 2
        return sorted((frame.find_y(end) - half_pt, number) for number, end in enumerate(ends))

    def _spread_tops(self, frame: Frame) -> list[float]:
        tops = [top for top, _ in self._find_tops(frame)]
        return spread(tops, self.type_.leading_pt, frame.bottom - self.type_.leading_pt / 2)

    def _stand_near(self, frame: Frame) -> bool:
        """Whether the names stand at their lines, once they are moved apart."""
        pairs = zip(self._find_tops(frame), self._spread_tops(frame), strict=True)
        farthest_pt = _FARTHEST_NAME * self.type_.leading_pt
        return all(abs(wanted - top) <= farthest_pt for (wanted, _), top in pairs)

    # What is drawn

    def _draw(self, sketch: Sketch, frame: Frame, scale: Scale, *, has_names: bool) -> None:
        chart = self.chart
        if not self._is_bare:
            self._draw_grid(sketch, frame, scale)
        low, high = frame.up
        base = frame.find_y(0.0) if low <= 0 <= high else frame.bottom
        drawer = SeriesDrawer(chart, self.typography, self.type_)
        if chart.kind is ChartKind.BAR:
            drawer.draw_bars(sketch, frame, has_values=self._is_bare)
        sketch.draw_line([(frame.left, base), (frame.right, base)], _AXIS_PT)
        if chart.kind is ChartKind.SCATTER:
            sketch.draw_line([(frame.left, frame.top), (frame.left, frame.bottom)], _AXIS_PT)
        if chart.kind is not ChartKind.BAR:
            drawer.draw_points(sketch, frame)
        if has_names:
            self._write_names(sketch, frame)

    def _draw_grid(self, sketch: Sketch, frame: Frame, scale: Scale) -> None:
        for tick in scale.ticks:
            y = frame.find_y(tick)
            ends: Sequence[tuple[float, float]] = [(frame.left, y), (frame.right, y)]
            sketch.draw_line(ends, 0.6, self.typography.rule_colour, GRID_DASHES)
            text = scale.write(tick, self.chart.unit)
            top = y - self.type_.leading_pt / 2
            sketch.write(text, self.type_, 0, top, frame.left - _TICK_GAP_PT, "right")

    def _write_names(self, sketch: Sketch, frame: Frame) -> None:
        room_pt = self.width_pt - frame.right - 8
        for (_, number), top in zip(self._find_tops(frame), self._spread_tops(frame), strict=True):
            name = self.chart.series[number].name
            sketch.write(name, self.type_, frame.right + 8, top, room_pt)
