"""A circle cut into slices, each with its name beside it, or in a list where there is no room."""

import math
from dataclasses import dataclass

from inkchat.reply.chart_data import Chart
from inkchat.reply.chart_parts import (
    choose_height,
    find_only_name,
    measure_foot,
    write_foot,
    write_head,
    write_measure,
    write_values,
)
from inkchat.reply.lettering import Room, compose_largest, measure_height, measure_words
from inkchat.reply.patterns import fill_area, fill_box
from inkchat.reply.pie_names import LEADER_PT, NameColumns, Slice, find_point
from inkchat.reply.scale import is_shown_with_numbers
from inkchat.reply.sketch import Points, Sketch
from inkchat.reply.typography import Type, Typography

SLICES = 8
"""More are told apart by nobody: they become bars."""
_LEAST_RADIUS_PT = 42.0
_LARGEST_RADIUS_PT = 80.0
_LEAST_LISTED_PT = 30.0
"""The same where its names are in a list."""
_ABOVE_LIST_PT = 10.0
_KEY_PT = 16.0


def is_pie(chart: Chart) -> bool:
    """Whether the values are parts of one whole that can be told apart."""
    values = [point.y for point in chart.series[0].points]
    known = chart.values
    is_whole = len(chart.series) == 1 and len(values) == len(known)
    return is_whole and len(known) <= SLICES and min(known) >= 0 < sum(known)


def compose_pie(chart: Chart, typography: Typography, room: Room) -> Sketch | None:
    """The chart; None if its words do not fit."""

    def compose_named(type_: Type) -> Sketch | None:
        return _Pie(chart, typography, type_, room).compose(is_list=False)

    def compose_listed(type_: Type) -> Sketch | None:
        return _Pie(chart, typography, type_, room).compose(is_list=True)

    return compose_largest(compose_named, room) or compose_largest(compose_listed, room)


@dataclass(frozen=True, slots=True)
class _Pie:
    chart: Chart
    typography: Typography
    type_: Type
    room: Room

    @property
    def width_pt(self) -> float:
        return self.room.width_pt

    def compose(self, *, is_list: bool) -> Sketch | None:
        sketch = Sketch(self.width_pt)
        write_head(sketch, self.chart, self.typography)
        write_measure(sketch, self._say_measure(), self.type_)
        foot_pt = measure_foot(self.chart, self.type_, self.width_pt, "")
        around_pt = sketch.height_pt + foot_pt
        room_pt = choose_height(self.typography, self.room) - around_pt
        if is_list:
            is_drawn = self._draw_list(sketch, room_pt, self.room.height_pt - around_pt)
        else:
            is_drawn = self._draw_named(sketch, room_pt)
        if not is_drawn:
            return None
        write_foot(sketch, self.chart, self.type_, "")
        return sketch if sketch.height_pt <= self.room.height_pt else None

    def _say_measure(self) -> str:
        chart = self.chart
        names = dict.fromkeys((chart.x_label, chart.y_label, find_only_name(chart)))
        return ", ".join(name for name in names if name and name != chart.title)

    def _cut(self) -> list[Slice]:
        total = sum(self.chart.values)
        slices, start = [], 0.0
        values = [point.y or 0.0 for point in self.chart.series[0].points]
        for number, (label, value) in enumerate(zip(self.chart.labels, values, strict=True)):
            end = start + value / total
            slices.append(Slice(number, f"{label}\n{self._say(value, total)}", start, end))
            start = end
        return slices

    def _say(self, value: float, total: float) -> str:
        unit = self.chart.unit
        (number,) = write_values(self.chart, [value])
        if unit and not is_shown_with_numbers(unit):
            number = f"{number}\u00a0{unit}"
        if unit == "%" or math.isclose(total, 100.0):
            return number
        return f"{number}\u00a0·\u00a0{round(100 * value / total)}%"

    # Names beside the slices

    def _draw_named(self, sketch: Sketch, room_pt: float) -> bool:
        slices = self._cut()
        widest_pt = max(
            measure_words(line, self.type_) for one in slices for line in one.label.split("\n")
        )
        name_pt = min(max(widest_pt, 0.3 * self.width_pt), 130.0)
        radius = min(
            self.width_pt / 2 - name_pt - 2 * LEADER_PT, _LARGEST_RADIUS_PT, room_pt / 2 - 4
        )
        if radius < _LEAST_RADIUS_PT or widest_pt > name_pt:
            return False
        name_pt = min(self.width_pt / 2 - radius - 2 * LEADER_PT, 150.0)
        columns = NameColumns(slices, self.type_, radius, name_pt)
        height_pt = max(2 * radius + 8, columns.height_pt)
        if height_pt > max(room_pt, 2 * radius + 8):
            return False
        centre = (self.width_pt / 2, sketch.height_pt + height_pt / 2)
        names = columns.place(centre, height_pt)
        if names is None:
            return False
        for one in slices:
            self._fill(sketch, one, centre, radius)
        for name in names:
            sketch.draw_line(name.leader, 0.7)
            sketch.write(name.text, self.type_, name.x, name.y, name_pt, name.alignment)
        sketch.height_pt += height_pt + 2
        return True

    # Names in a list

    def _draw_list(self, sketch: Sketch, room_pt: float, most_pt: float) -> bool:
        """In about `room_pt`, and never higher than `most_pt`."""
        slices = self._cut()
        beside = self.width_pt >= 200
        radius = min(
            self.width_pt * (0.2 if beside else 0.4),
            _LARGEST_RADIUS_PT,
            max(room_pt / 2 - 1, _LEAST_LISTED_PT),
        )
        left = 2 * radius + 20 if beside else 0.0
        name_pt = self.width_pt - left - _KEY_PT - 6
        labels = [one.label.replace("\n", ": ") for one in slices]
        if max(measure_words(label, self.type_) for label in labels) > name_pt:
            return False
        heights = [measure_height(label, self.type_, name_pt) + 3 for label in labels]
        if not beside:
            radius = min(radius, (most_pt - sum(heights) - _ABOVE_LIST_PT) / 2)
            if radius < _LEAST_LISTED_PT:
                return False
        top = sketch.height_pt
        pie_top = top + max(0.0, (sum(heights) - 2 * radius) / 2) if beside else top
        centre = (radius + 1 if beside else self.width_pt / 2, pie_top + radius + 1)
        for one in slices:
            self._fill(sketch, one, centre, radius)
        y = top + (max(0.0, radius - sum(heights) / 2) if beside else 2 * radius + _ABOVE_LIST_PT)
        for one, label, height in zip(slices, labels, heights, strict=True):
            self._write_item(sketch, one, label, left, y)
            y += height
        sketch.height_pt = max(y, pie_top + 2 * radius + 2)
        return True

    def _write_item(self, sketch: Sketch, one: Slice, label: str, left: float, y: float) -> None:
        """A line of the list: the sign of a slice and its name."""
        top = y + self.type_.leading_pt / 2 - 4.5
        has_colour = self.typography.has_colour
        fill_box(sketch, left, top, _KEY_PT, 9, one.number, has_colour=has_colour)
        name_pt = self.width_pt - left - _KEY_PT - 6
        sketch.write(label, self.type_, left + _KEY_PT + 6, y, name_pt)

    def _fill(self, sketch: Sketch, one: Slice, centre: tuple[float, float], radius: float) -> None:
        share = one.end - one.start
        if share <= 0:
            return
        steps = max(2, math.ceil(72 * share))
        arc: Points = [
            find_point(one.start + share * step / steps, centre, radius)
            for step in range(steps + 1)
        ]
        points = arc if share > 0.9999 else [centre, *arc]
        fill_area(sketch, points, one.number, has_colour=self.typography.has_colour)
