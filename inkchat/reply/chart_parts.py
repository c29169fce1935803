"""What stands around every chart: its title, what is measured, the legend, and a note."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from inkchat.reply.chart_data import Chart
from inkchat.reply.fonts import Face
from inkchat.reply.lettering import Room, measure_height, measure_line
from inkchat.reply.scale import is_shown_with_numbers, write_number
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type, Typography

GAP_PT = 5.0
_LEAST_PLOT_PT = 90.0
_LEAST_PLOT = 0.25
"""Of the page's height, in the rest of a page: better a low chart than half a page left empty."""
_KEY_PT = 16.0
_ITEM_GAP_PT = 14.0

DrawKey = Callable[[Sketch, float, float, float, int], None]
"""Draws the sign of a series: sketch, left, middle, width, and the number of the series."""


def choose_height(typography: Typography, room: Room) -> float:
    """How high a chart is that may choose, with all its words; in points."""
    page_pt = typography.text_height_pt
    return min(max(0.45 * page_pt, 190.0), 0.6 * page_pt, room.height_pt)


def find_least_plot(typography: Typography, room: Room) -> float:
    """How high the part of a chart between its words is at least, in points."""
    page_pt = typography.text_height_pt
    return (
        min(_LEAST_PLOT_PT, _LEAST_PLOT * page_pt) if room.height_pt < page_pt else _LEAST_PLOT_PT
    )


def write_head(sketch: Sketch, chart: Chart, typography: Typography) -> None:
    if chart.title:
        type_ = typography.cell_head
        sketch.height_pt += sketch.write(chart.title, type_, 0, 0, sketch.width_pt) + 4


def write_measure(sketch: Sketch, text: str, type_: Type, x: float = 0.0) -> None:
    """What is measured, and in what, above the scale at whose side it stands."""
    if text:
        width_pt = sketch.width_pt - x
        sketch.height_pt += sketch.write(text, type_, x, sketch.height_pt, width_pt) + 3


def write_foot(sketch: Sketch, chart: Chart, type_: Type, axis: str) -> None:
    """The name of the axis below, in the middle, and the note."""
    if axis:
        sketch.height_pt += sketch.write(
            axis, type_, 0, sketch.height_pt + 2, sketch.width_pt, "center"
        )
        sketch.height_pt += 2
    if chart.note:
        italic = replace(type_, face=Face.SANS_ITALIC)
        sketch.height_pt += GAP_PT
        sketch.height_pt += sketch.write(chart.note, italic, 0, sketch.height_pt, sketch.width_pt)


def measure_foot(chart: Chart, type_: Type, width_pt: float, axis: str) -> float:
    """Height in points of what `write_foot` writes."""
    axis_pt = measure_height(axis, type_, width_pt) + 2 if axis else 0.0
    italic = replace(type_, face=Face.SANS_ITALIC)
    return axis_pt + (measure_height(chart.note, italic, width_pt) + GAP_PT if chart.note else 0.0)


def say_measure(chart: Chart) -> str:
    """What the values are: the name of their axis or of the only series, and the unit."""
    name, unit = chart.y_label, chart.unit
    if is_shown_with_numbers(unit) or unit in re.split(r"[\s(),]+", name):
        unit = ""
    parts = dict.fromkeys((find_only_name(chart), name, unit))
    return ", ".join(part for part in parts if part and part != chart.title)


def find_only_name(chart: Chart) -> str:
    """That of the only series, unless the title has it; empty where there are several."""
    name = chart.series[0].name if len(chart.series) == 1 else ""
    return "" if f" {_join_words(name)} " in f" {_join_words(chart.title)} " else name


def _join_words(text: str) -> str:
    """In one case and parted by blanks, without what may stand between them."""
    return " ".join(re.split(r"[\s,;:()]+", text.casefold())).strip() or text


def write_values(chart: Chart, values: Iterable[float]) -> list[str]:
    """Of those of `chart`, all in the form that the largest asks for."""
    largest = chart.largest
    return [write_number(value, chart.unit, largest=largest) for value in values]


def write_legend(sketch: Sketch, names: Sequence[str], type_: Type, draw_key: DrawKey) -> None:
    """The signs of the series with their names, in as many rows as they ask for."""
    x, row_pt = 0.0, 0.0
    for number, name in enumerate(names):
        width_pt = _KEY_PT + GAP_PT + measure_line(name, type_)
        if x and x + width_pt > sketch.width_pt:
            sketch.height_pt += row_pt
            x, row_pt = 0.0, 0.0
        room_pt = min(width_pt, sketch.width_pt - x) - _KEY_PT - GAP_PT
        draw_key(
            sketch, x, sketch.height_pt + type_.baseline_pt - 0.33 * type_.size_pt, _KEY_PT, number
        )
        height_pt = sketch.write(name, type_, x + _KEY_PT + GAP_PT, sketch.height_pt, room_pt)
        x += width_pt + _ITEM_GAP_PT
        row_pt = max(row_pt, height_pt + 2)
    sketch.height_pt += row_pt + 2
