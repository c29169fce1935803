"""A circle cut into slices, each with its name beside it, or in a list where there is no room."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from inkchat.reply.chart_data import Chart
from inkchat.reply.chart_parts import (
    choose_height,
    measure_foot,
    write_foot,
    write_head,
    write_measure,
)
from inkchat.reply.figure import Points, Room, Sketch, list_types, measure_height, measure_words
from inkchat.reply.patterns import fill_area, fill_box
from inkchat.reply.scale import is_shown_with_numbers, write_number
from inkchat.reply.typography import Alignment, Type, Typography

SLICES = 8
"""More are told apart by nobody: they become bars."""
_LEAST_RADIUS_PT = 42.0
_LARGEST_RADIUS_PT = 80.0
_LEAST_LISTED_PT = 30.0
"""The same where its names are in a list."""
_ABOVE_LIST_PT = 10.0
_LEADER_PT = 9.0
_KEY_PT = 16.0


@dataclass(frozen=True, slots=True)
class _Slice:
    number: int
    label: str
    start: float
    """Of the whole, from 0 at the top and on clockwise to 1."""
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class _Name:
    """The name of a slice beside the pie, and the line that leads to it."""

    text: str
    x: float
    y: float
    alignment: Alignment
    leader: Points

    def is_clear(self, centre: tuple[float, float], radius: float) -> bool:
        """Whether the line stays outside the pie once it has left it."""
        (x, y), (end_x, end_y) = self.leader[1], self.leader[2]
        steps = [number / 8 for number in range(9)]
        return all(
            math.dist(centre, (x + part * (end_x - x), y + part * (end_y - y))) > radius + 1
            for part in steps
        )


def is_pie(chart: Chart) -> bool:
    """Whether the values are parts of one whole that can be told apart."""
    values = [point.y for point in chart.series[0].points]
    known = chart.values
    is_whole = len(chart.series) == 1 and len(values) == len(known)
    return is_whole and len(known) <= SLICES and min(known) >= 0 < sum(known)


def compose_pie(chart: Chart, typography: Typography, room: Room) -> Sketch | None:
    """The chart; None if its words do not fit."""
    for is_list in (False, True):
        for type_ in list_types(room):
            sketch = _Pie(chart, typography, type_, room).compose(is_list=is_list)
            if sketch is not None:
                return sketch
    return None


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
        names = dict.fromkeys((chart.x_label, chart.y_label, chart.series[0].name))
        return ", ".join(name for name in names if name and name != chart.title)

    def _cut(self) -> list[_Slice]:
        total = sum(self.chart.values)
        slices, start = [], 0.0
        values = [point.y or 0.0 for point in self.chart.series[0].points]
        for number, (label, value) in enumerate(zip(self.chart.labels, values, strict=True)):
            end = start + value / total
            slices.append(_Slice(number, f"{label}\n{self._say(value, total)}", start, end))
            start = end
        return slices

    def _say(self, value: float, total: float) -> str:
        unit = self.chart.unit
        number = write_number(value, unit)
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
            self.width_pt / 2 - name_pt - 2 * _LEADER_PT, _LARGEST_RADIUS_PT, room_pt / 2 - 4
        )
        if radius < _LEAST_RADIUS_PT or widest_pt > name_pt:
            return False
        name_pt = min(self.width_pt / 2 - radius - 2 * _LEADER_PT, 150.0)
        sides = (
            [one for one in slices if one.middle <= 0.5],
            [one for one in slices if one.middle > 0.5],
        )
        heights = [sum(self._measure_name(one, name_pt) for one in side) for side in sides]
        height_pt = max(2 * radius + 8, *heights)
        if height_pt > max(room_pt, 2 * radius + 8):
            return False
        centre = (self.width_pt / 2, sketch.height_pt + height_pt / 2)
        top = sketch.height_pt
        names = [
            name
            for side in sides
            for name in self._place_side(side, centre, radius, name_pt, (top, top + height_pt))
        ]
        if not all(name.is_clear(centre, radius) for name in names):
            return False
        for one in slices:
            self._fill(sketch, one, centre, radius)
        for name in names:
            sketch.draw_line(name.leader, 0.7)
            sketch.write(name.text, self.type_, name.x, name.y, name_pt, name.alignment)
        sketch.height_pt += height_pt + 2
        return True

    def _measure_name(self, one: _Slice, name_pt: float) -> float:
        return measure_height(one.label, self.type_, name_pt) + 2

    def _place_side(
        self,
        side: list[_Slice],
        centre: tuple[float, float],
        radius: float,
        name_pt: float,
        within: tuple[float, float],
    ) -> Iterator[_Name]:
        """The names of the slices of one half, from above to below."""
        is_right = bool(side) and side[0].middle <= 0.5
        sign = 1 if is_right else -1
        falling = sorted(side, key=lambda one: one.middle, reverse=not is_right)
        heights = [self._measure_name(one, name_pt) for one in falling]
        wanted = [
            _point(one.middle, centre, radius)[1] - height / 2
            for one, height in zip(falling, heights, strict=True)
        ]
        tops = _place(wanted, heights, within)
        for one, top, height in zip(falling, tops, heights, strict=True):
            middle = top + height / 2
            bend = centre[0] + sign * (radius + _LEADER_PT)
            leader = (
                _point(one.middle, centre, radius),
                _point(one.middle, centre, radius + 3),
                (bend, middle),
                (bend + sign * 4, middle),
            )
            x = bend + 7 if is_right else bend - 7 - name_pt
            yield _Name(one.label, x, top + 1, "left" if is_right else "right", leader)

    # Names in a list

    def _draw_list(self, sketch: Sketch, room_pt: float, most_pt: float) -> bool:
        """In about `room_pt`, and never higher than `most_pt`."""
        slices = self._cut()
        beside = self.width_pt >= 200
        radius = min(
            self.width_pt * (0.2 if beside else 0.4),
            _LARGEST_RADIUS_PT,
            max(room_pt / 2, _LEAST_LISTED_PT),
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
            middle = y + self.type_.leading_pt / 2
            fill_box(
                sketch,
                left,
                middle - 4.5,
                _KEY_PT,
                9,
                one.number,
                has_colour=self.typography.has_colour,
            )
            sketch.write(label, self.type_, left + _KEY_PT + 6, y, name_pt)
            y += height
        sketch.height_pt = max(y, pie_top + 2 * radius + 2)
        return True

    def _fill(
        self, sketch: Sketch, one: _Slice, centre: tuple[float, float], radius: float
    ) -> None:
        share = one.end - one.start
        if share <= 0:
            return
        steps = max(2, math.ceil(72 * share))
        arc: Points = [
            _point(one.start + share * step / steps, centre, radius) for step in range(steps + 1)
        ]
        points = arc if share > 0.9999 else [centre, *arc]
        fill_area(sketch, points, one.number, has_colour=self.typography.has_colour)


def _point(part: float, centre: tuple[float, float], radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * part
    return centre[0] + radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _place(wanted: list[float], heights: list[float], within: tuple[float, float]) -> list[float]:
    """Places from above to below, near the wanted ones, that do not overlap."""
    tops: list[float] = []
    for top, _ in zip(wanted, heights, strict=True):
        least = tops[-1] + heights[len(tops) - 1] if tops else within[0]
        tops.append(max(top, least))
    limit = within[1]
    for number in range(len(tops) - 1, -1, -1):
        tops[number] = min(tops[number], limit - heights[number])
        limit = tops[number]
    return tops
