"""Bars that lie, one below the other: for names too long to stand side by side."""

from dataclasses import dataclass

from inkchat.reply.chart_data import Chart, list_stacked
from inkchat.reply.chart_parts import (
    measure_foot,
    say_measure,
    write_foot,
    write_head,
    write_legend,
    write_measure,
    write_values,
)
from inkchat.reply.lettering import (
    Room,
    compose_largest,
    find_easy_size,
    measure_height,
    measure_line,
    measure_words,
)
from inkchat.reply.patterns import fill_box
from inkchat.reply.plot import GRID_DASHES
from inkchat.reply.scale import Scale, make_scale
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type, Typography

_GAP_PT = 7.0
_WIDEST_LABELS = 0.42
_BAR = 0.92
"""Thickness of a bar to the size of the words."""
_BETWEEN_PT = 5.0
_LEAST_PLOT_PT = 40.0


def compose_bars(chart: Chart, typography: Typography, room: Room) -> Sketch | None:
    """The chart with lying bars; None if it is too high for a page or too wide."""
    least_pt = find_easy_size(typography)

    def compose_beside(type_: Type) -> Sketch | None:
        return _Bars(chart, typography, type_, room, names_above=False).compose()

    def compose_below(type_: Type) -> Sketch | None:
        return _Bars(chart, typography, type_, room, names_above=True).compose()

    return compose_largest(compose_beside, room, least_pt) or compose_largest(
        compose_below, room, least_pt
    )


@dataclass(frozen=True, slots=True)
class _Bars:
    chart: Chart
    typography: Typography
    type_: Type
    room: Room
    names_above: bool
    """Each name above its bars, over the whole width, and not at their left."""

    @property
    def width_pt(self) -> float:
        return self.room.width_pt

    def compose(self) -> Sketch | None:
        chart, type_ = self.chart, self.type_
        labels_pt = self._measure_labels()
        if labels_pt is None:
            return None
        sketch = Sketch(self.width_pt)
        write_head(sketch, chart, self.typography)
        if len(chart.series) > 1:
            write_legend(sketch, [one.name for one in chart.series], type_, self._draw_key)
        left = 0.0 if self.names_above else labels_pt + _GAP_PT
        measure = say_measure(chart)
        if chart.x_label:
            sketch.height_pt += sketch.write(chart.x_label, type_, 0, sketch.height_pt, labels_pt)
            sketch.height_pt += 3
        scale = self._make_scale(left)
        span = self._find_span(scale, left) if scale else None
        if scale is None or span is None:
            return None
        write_measure(sketch, measure, type_, left)
        rows_pt = [self._measure_row(label, labels_pt) for label in chart.labels]
        foot_pt = measure_foot(chart, type_, self.width_pt, "")
        axis_pt = type_.leading_pt + 4 if chart.is_stacked else 0.0
        if sketch.height_pt + sum(rows_pt) + axis_pt + foot_pt > self.room.height_pt:
            return None
        self._draw_rows(sketch, scale, span, rows_pt, labels_pt)
        write_foot(sketch, chart, type_, "")
        return sketch

    # Measures

    def _measure_labels(self) -> float | None:
        """Width in points of the names at the left; None if their words do not fit."""
        room_pt = self.width_pt * (1.0 if self.names_above else _WIDEST_LABELS)
        widest_pt = max(measure_line(label, self.type_) for label in self.chart.labels)
        words_pt = max(measure_words(label, self.type_) for label in self.chart.labels)
        return None if words_pt > room_pt else min(widest_pt, room_pt)

    def _make_scale(self, left: float) -> Scale | None:
        """With as many numbers below it as there is room for; None if for no two."""
        chart = self.chart
        values = chart.values
        if chart.is_stacked:
            values = [value for _, start, end in list_stacked(chart) for value in (start, end)]
        low, high = min(0.0, *values), max(0.0, *values)
        scale = None
        for steps in range(1, 11):
            finer = make_scale(low, high, steps)
            room_pt = (self._measure_ticks(finer) + _GAP_PT) * len(finer.ticks)
            if room_pt <= self.width_pt - left:
                scale = finer
        return scale

    def _measure_ticks(self, scale: Scale) -> float:
        texts = [scale.write(tick, self.chart.unit) for tick in scale.ticks]
        return max(measure_line(text, self.type_) for text in texts)

    def _find_span(self, scale: Scale, left: float) -> tuple[float, float] | None:
        """Where zero stands, and points per unit; with room for the numbers at the bars' ends."""
        chart = self.chart
        if chart.is_stacked:
            low, high = scale.ticks[0], scale.ticks[-1]
            ends_pt = self._measure_ticks(scale) / 2
            left_pt, right_pt = max(0.0, ends_pt - left), ends_pt
        else:
            low, high = min(0.0, *chart.values), max(0.0, *chart.values)
            left_pt = self._measure_numbers(negative=True)
            right_pt = self._measure_numbers(negative=False)
        room_pt = self.width_pt - left - left_pt - right_pt
        if room_pt < _LEAST_PLOT_PT:
            return None
        per_unit = room_pt / ((high - low) or 1.0)
        return left + left_pt - low * per_unit, per_unit

    def _measure_numbers(self, *, negative: bool) -> float:
        values = [value for value in self.chart.values if (value < 0) == negative]
        texts = write_values(self.chart, values)
        return max((measure_line(text, self.type_) + 5 for text in texts), default=0.0)

    @property
    def _bar_pt(self) -> float:
        return round(_BAR * self.type_.leading_pt, 1)

    def _measure_row(self, label: str, labels_pt: float) -> float:
        bars = 1 if self.chart.is_stacked else len(self.chart.series)
        height_pt = measure_height(label, self.type_, labels_pt)
        if self.names_above:
            return height_pt + bars * self._bar_pt + _BETWEEN_PT
        return max(height_pt, bars * self._bar_pt) + _BETWEEN_PT

    # What is drawn

    def _draw_rows(
        self,
        sketch: Sketch,
        scale: Scale,
        span: tuple[float, float],
        rows_pt: list[float],
        labels_pt: float,
    ) -> None:
        top, bottom = sketch.height_pt, sketch.height_pt + sum(rows_pt)
        zero, _ = span
        if self.chart.is_stacked:
            self._draw_grid(sketch, scale, span, top, bottom)
        y = top
        for place, (label, row_pt) in enumerate(zip(self.chart.labels, rows_pt, strict=True)):
            height_pt = measure_height(label, self.type_, labels_pt)
            middle = y + row_pt / 2
            if self.names_above:
                sketch.write(label, self.type_, 0, y, labels_pt)
                middle += (height_pt - _BETWEEN_PT) / 2
            else:
                sketch.write(label, self.type_, 0, middle - height_pt / 2, labels_pt, "right")
            if self.chart.is_stacked:
                self._draw_stack(sketch, span, place, middle - self._bar_pt / 2)
            else:
                self._draw_group(sketch, span, place, middle)
            y += row_pt
        if not self.names_above:
            sketch.draw_line([(zero, top), (zero, bottom)], 0.9)
        sketch.height_pt = bottom + (self.type_.leading_pt + 4 if self.chart.is_stacked else 0.0)

    def _draw_group(
        self, sketch: Sketch, span: tuple[float, float], place: int, middle: float
    ) -> None:
        zero, per_unit = span
        series = self.chart.series
        y = middle - len(series) * self._bar_pt / 2
        for number, one in enumerate(series):
            value = one.points[place].y
            if value is not None:
                end = zero + value * per_unit
                left, wide_pt = min(zero, end), abs(end - zero)
                self._fill(sketch, left, y + 0.5, wide_pt, self._bar_pt - 1, number)
                self._write_value(sketch, value, end, y + self._bar_pt / 2)
            y += self._bar_pt

    def _write_value(self, sketch: Sketch, value: float, end: float, middle: float) -> None:
        (text,) = write_values(self.chart, [value])
        wide_pt = measure_line(text, self.type_) + 0.5
        x = end - 4 - wide_pt if value < 0 else end + 4
        sketch.write(text, self.type_, x, middle - self.type_.leading_pt / 2, wide_pt)

    def _draw_stack(
        self, sketch: Sketch, span: tuple[float, float], place: int, top: float
    ) -> None:
        zero, per_unit = span
        for (at, number), start, end in list_stacked(self.chart):
            if at == place:
                left, right = sorted((zero + start * per_unit, zero + end * per_unit))
                self._fill(sketch, left, top, right - left, self._bar_pt, number)

    def _draw_grid(
        self, sketch: Sketch, scale: Scale, span: tuple[float, float], top: float, bottom: float
    ) -> None:
        zero, per_unit = span
        for tick in scale.ticks:
            x = zero + tick * per_unit
            colour = self.typography.rule_colour
            sketch.draw_line([(x, top), (x, bottom)], 0.6, colour, GRID_DASHES)
            text = scale.write(tick, self.chart.unit)
            wide_pt = measure_line(text, self.type_) + 0.5
            sketch.write(text, self.type_, x - wide_pt / 2, bottom + 3, wide_pt)

    def _fill(
        self, sketch: Sketch, x: float, y: float, width_pt: float, height_pt: float, number: int
    ) -> None:
        has_colour = self.typography.has_colour
        fill_box(sketch, x, y, width_pt, height_pt, number, has_colour=has_colour)

    def _draw_key(
        self, sketch: Sketch, x: float, middle: float, width_pt: float, number: int
    ) -> None:
        self._fill(sketch, x, middle - 4.5, width_pt, 9, number)
